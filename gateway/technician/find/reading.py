"""Read what a found meter is. Asks only: no relay is moved, nothing is written."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from gateway.adapters.serial_bus.bare_line import ADAPTER_LATENCY_S, BareLine
from gateway.adapters.serial_bus.port import PortTrouble
from gateway.protocols.driver import Answer, Driver, Item, MeterClock, Refused, Values
from gateway.protocols.meters import make_driver
from gateway.protocols.models import ModelRow
from gateway.protocols.search.data import DataEar, DataQuestion
from gateway.protocols.search.portrait import ASKED, Portrait, portrait_of
from gateway.protocols.search.registers import fits, phase_rows
from gateway.technician.find.found import FoundMeter, noted

TRIES = 3
TIMES = ("04000102", "C011")
"""The answers from whose moment a clock's offset is counted."""


class PortGone(Exception):
    """The port went away in the middle: the search of this port stops."""

    def __init__(self, trouble: PortTrouble) -> None:
        self.trouble = trouble
        super().__init__(str(trouble))


class MeterReader:
    """Reads the meters of one open line."""

    def __init__(self, line: BareLine, models: Mapping[str, ModelRow], local_ms: Callable[[], int]) -> None:
        """`local_ms` gives the gateway's wall clock as the meters should show it: milliseconds of a calendar without a zone."""
        self._line = line
        self._models = models
        self._local_ms = local_ms

    async def read(self, meter: FoundMeter) -> FoundMeter:
        """Give a meter with all that it tells. Raises PortGone."""
        if meter.protocol == "modbus-rtu":
            return await self._read_registers(meter)
        return await self._read_identifiers(meter)

    # ---- DL/T 645 ----------------------------------------------------------------------------------------------------

    async def _read_identifiers(self, meter: FoundMeter) -> FoundMeter:
        bodies: dict[str, bytes | None] = {}
        shown_at_ms = self._local_ms()
        for di in ASKED[meter.protocol]:
            heard, body = await self._ask_data(DataQuestion(meter.protocol, meter.address, di))
            if not heard and not bodies:
                return noted(replace(meter, is_read=True), "silent-since")
            bodies[di] = body
            if di in TIMES:
                shown_at_ms = self._local_ms()
        return _painted(meter, portrait_of(meter.protocol, bodies), shown_at_ms)

    async def _ask_data(self, question: DataQuestion) -> tuple[bool, bytes | None]:
        """Ask for one identifier; tell whether the meter said anything, and its bytes."""
        for _ in range(TRIES):
            ear = DataEar(question)
            asked = await self._line.ask(question.exchange, ear, ADAPTER_LATENCY_S)
            if isinstance(asked, PortTrouble):
                raise PortGone(asked)
            if asked.heard.verdict is not None:
                return True, ear.body
        return False, None

    # ---- Modbus ------------------------------------------------------------------------------------------------------

    async def _read_registers(self, meter: FoundMeter) -> FoundMeter:
        best, most = None, 0
        for row in self._models.values():
            if row.protocol == "modbus-rtu" and (score := await self._score(row, meter)) > most:
                best, most = row, score
        if best is None:
            return noted(replace(meter, is_read=True), "no-model")
        driver = make_driver(best, meter.address, baud=meter.line.baud)
        energy = await self._ask_item(driver, Item.ENERGY)
        relay = await self._ask_item(driver, Item.RELAY) if Item.RELAY in driver.items else None
        told = relay if isinstance(relay, Values) else Values()
        painted = replace(
            meter,
            model=best.name,
            energy_wh=energy.energy_wh if isinstance(energy, Values) else None,
            relay_closed=told.relay_closed,
            has_relay=told.relay_closed is not None,
            own_prepay=False if best.relay is None else None,
            is_read=True,
        )
        return noted(painted, "relay-register-refused") if isinstance(relay, Refused) else painted

    async def _score(self, row: ModelRow, meter: FoundMeter) -> int:
        """Say how well a row's registers fit; one that refuses or shows nonsense ends its row at once."""
        voltages: list[Values | None] = []
        for phase in phase_rows(row):
            answer = await self._ask_item(
                make_driver(phase, meter.address, baud=meter.line.baud), Item.VOLTAGE
            )
            voltages.append(answer if isinstance(answer, Values) else None)
            if not fits(voltages[-1:], Values(frequency_mhz=50_000), phase):
                return 0
        if Item.FREQUENCY not in row.items:
            return fits(voltages, None, row)
        answer = await self._ask_item(make_driver(row, meter.address, baud=meter.line.baud), Item.FREQUENCY)
        return fits(voltages, answer if isinstance(answer, Values) else None, row)

    async def _ask_item(self, driver: Driver, item: Item) -> Values | Refused | None:
        exchange = driver.read(item)
        for _ in range(TRIES):
            ear = driver.listen(exchange, self._line.settings.baud)
            asked = await self._line.ask(exchange, ear, ADAPTER_LATENCY_S)
            if isinstance(asked, PortTrouble):
                raise PortGone(asked)
            match asked.heard.verdict:
                case Answer(values=values):
                    return values
                case Refused() as refused:
                    return refused
        return None


def _painted(meter: FoundMeter, portrait: Portrait, shown_at_ms: int) -> FoundMeter:
    offset_s = None if portrait.clock is None else _offset_s(portrait.clock, shown_at_ms)
    painted = replace(
        meter,
        model=portrait.model,
        meter_number=portrait.meter_number,
        maker_text=portrait.maker_text,
        energy_wh=portrait.energy_wh,
        clock_offset_s=offset_s,
        relay_closed=portrait.relay_closed,
        has_relay=portrait.has_relay,
        own_prepay=portrait.own_prepay,
        is_read=True,
    )
    return noted(painted, *portrait.notes)


def _offset_s(clock: MeterClock, local_ms: int) -> int | None:
    """Give how many seconds a meter's calendar is ahead of local time; None for a day that no calendar has."""
    try:
        shown = datetime(
            clock.year, clock.month, clock.day, clock.hour, clock.minute, clock.second, tzinfo=UTC
        )
    except ValueError:
        return None
    return round(shown.timestamp() - local_ms / 1000)
