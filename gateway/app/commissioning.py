"""From the registry's rows to lines that are open and meters that can be asked; follows the registry while the daemon runs."""

import asyncio
from collections.abc import Callable, Mapping

import structlog

from gateway.adapters.registry_store import LineRow, MeterRow, RegistryDamaged, RegistryStore, stamp
from gateway.adapters.serial_bus import SerialBus, open_line
from gateway.contract.identifiers import MeterNo
from gateway.domain.reading import DLT645_SPAN_WH
from gateway.loops.fleet import Fleet, FleetMeter
from gateway.protocols.meters import address_mistake, make_driver
from gateway.protocols.models import ModelRow

WATCH_EVERY_S = 2.0
REGISTER_STEP_WH = 10
"""0.01 kWh, what the registers of all shipped models resolve at least."""

log = structlog.get_logger("registry")


class Commissioning:
    """The lines and meters of the registry, brought to life."""

    def __init__(
        self,
        registry: RegistryStore,
        models: Mapping[str, ModelRow],
        fleet: Fleet,
        begin: Callable[[SerialBus], asyncio.Task[None]],
    ) -> None:
        """`begin` starts the poller of a new line and gives its task."""
        self._registry = registry
        self._models = models
        self._fleet = fleet
        self._begin = begin
        self._lines: dict[LineRow, tuple[SerialBus, list[asyncio.Task[None]]]] = {}
        self._seen: tuple[int, int] | None = None
        """The registry's file as it was last taken over."""
        self.unusable: dict[str, str] = {}
        """Meters whose rows can't be used, and why."""
        self.damage = ""
        """Why the registry can't be read now; the lines go on as they were."""

    def model(self, name: str) -> ModelRow | None:
        """Give a meter model's row."""
        return self._models.get(name)

    @property
    def registry(self) -> RegistryStore:
        """The file that the lines and meters come from."""
        return self._registry

    def meter_at(self, row: MeterRow) -> FleetMeter | str:
        """Give a meter that is not registered yet, to be asked on a line that runs; or say why it can't be."""
        for line, (bus, _) in self._lines.items():
            if line.name == row.line:
                return self._made(row, line, bus)
        return f"line {row.line!r} doesn't run here"

    def lines(self) -> list[tuple[LineRow, SerialBus]]:
        """Give the lines that run now."""
        return [(row, bus) for row, (bus, _) in self._lines.items()]

    async def begin(self) -> None:
        """Bring the registry to life. Raises RegistryDamaged."""
        self._seen = stamp(self._registry.path)
        await self.take_over(self._registry.lines(), self._registry.meters())

    async def follow(self) -> None:
        """Bring it to life again whenever its file changed. A damaged one changes nothing and is said once."""
        while True:
            if stamp(self._registry.path) != self._seen:
                await self._begin_again()
            self._raise_failures()
            await asyncio.sleep(WATCH_EVERY_S)

    async def _begin_again(self) -> None:
        try:
            await self.begin()
            self.damage = ""
        except RegistryDamaged as error:
            self.damage = str(error)
            log.error("registry-damaged", why=self.damage)

    async def take_over(self, lines: list[LineRow], meters: list[MeterRow]) -> None:
        """Close the lines that went, open those that came, and replace the fleet."""
        gone = [self._lines.pop(row) for row in list(self._lines) if row not in lines]
        await asyncio.gather(*(_end(bus, tasks) for bus, tasks in gone))
        for row in lines:
            if row not in self._lines:
                bus = open_line(row.name, row.port, row.baud, row.parity)
                self._lines[row] = (bus, [bus.start(), self._begin(bus)])
        buses = {row.name: (row, bus) for row, (bus, _) in self._lines.items()}
        self.unusable = {}
        usable = [
            meter
            for row in meters
            if row.line in buses and (meter := self._meter(row, *buses[row.line])) is not None
        ]
        self._fleet.replace(usable)
        log.info("commissioned", lines=len(buses), meters=len(usable), unusable=len(self.unusable))

    def _meter(self, row: MeterRow, line: LineRow, bus: SerialBus) -> FleetMeter | None:
        made = self._made(row, line, bus)
        if isinstance(made, FleetMeter):
            return made
        self.unusable[row.meter_number] = made
        log.error("meter-unusable", meter=row.meter_number, why=made)
        return None

    def _made(self, row: MeterRow, line: LineRow, bus: SerialBus) -> FleetMeter | str:
        model = self._models.get(row.model)
        mistake = f"no model {row.model!r}" if model is None else address_mistake(model, row.address)
        if model is None or mistake is not None:
            return str(mistake)
        wraps = model.protocol.startswith("dlt645")
        return FleetMeter(
            meter=MeterNo(row.meter_number),
            driver=make_driver(model, row.address, row.ct_ratio, baud=line.baud),
            line=bus,
            model=row.model,
            span_wh=DLT645_SPAN_WH * row.ct_ratio if wraps else None,
            step_wh=REGISTER_STEP_WH * row.ct_ratio,
        )

    def _raise_failures(self) -> None:
        """A line's owner ends only on a programming error: that stops the daemon, and says so."""
        for _, tasks in self._lines.values():
            for task in tasks:
                if task.done() and not task.cancelled():
                    task.result()

    async def close(self) -> None:
        """End all lines."""
        await asyncio.gather(*(_end(bus, tasks) for bus, tasks in self._lines.values()))
        self._lines.clear()


async def _end(bus: SerialBus, tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks[1:]:
        task.cancel()
    await asyncio.gather(*tasks[1:], return_exceptions=True)
    await bus.close()
