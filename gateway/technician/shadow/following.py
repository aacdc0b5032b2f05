"""Reading the registry's meters again and again, on lines whose owner refuses every request that could change a meter."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from gateway.adapters.registry_store import LineRow, MeterRow
from gateway.adapters.serial_bus import SerialBus, open_line
from gateway.adapters.shadow_book import Reading
from gateway.application.ports import Rank
from gateway.protocols.driver import Answer, Item
from gateway.protocols.meters import address_mistake, make_driver
from gateway.protocols.models import ModelRow


@asynccontextmanager
async def reading_lines(lines: Sequence[LineRow]) -> AsyncIterator[dict[str, SerialBus]]:
    """Open the lines to read; each gives its port back at the end."""
    buses = {row.name: open_line(row.name, row.port, row.baud, row.parity, reads_only=True) for row in lines}
    for bus in buses.values():
        bus.start()
    try:
        yield buses
    finally:
        for bus in buses.values():
            await bus.close()


async def sweep(
    buses: Mapping[str, SerialBus],
    meters: Sequence[MeterRow],
    models: Mapping[str, ModelRow],
    now_ms: Callable[[], int],
) -> dict[str, Reading]:
    """Read each meter's register once, all lines at once; a silent one is left out."""
    readings: dict[str, Reading] = {}

    async def line(bus: SerialBus, here: Sequence[MeterRow]) -> None:
        for meter in here:
            reading = await _read(bus, meter, models, now_ms)
            if reading is not None:
                readings[meter.meter_number] = reading

    work = (line(bus, [meter for meter in meters if meter.line == name]) for name, bus in buses.items())
    await asyncio.gather(*work)
    return readings


async def _read(
    bus: SerialBus, meter: MeterRow, models: Mapping[str, ModelRow], now_ms: Callable[[], int]
) -> Reading | None:
    model = models.get(meter.model)
    if model is None or address_mistake(model, meter.address):
        return None
    driver = make_driver(model, meter.address, meter.ct_ratio)
    reply = await bus.read(driver, Item.ENERGY, Rank.READ_BACK)
    if not isinstance(reply, Answer) or reply.values.energy_wh is None:
        return None
    return Reading(now_ms(), reply.values.energy_wh)
