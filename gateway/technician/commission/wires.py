"""The lines of the standing, opened when they are first needed, and what their meters are asked.

The daemon must be stopped: it owns the ports while it runs.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.adapters.serial_bus import SerialBus, open_line
from gateway.protocols.driver import Answer, Driver, Item, Values
from gateway.protocols.meters import address_mistake, make_driver
from gateway.protocols.models import ModelRow
from gateway.technician.commission.acts import LineFound
from gateway.technician.commission.standing import Meter, Standing
from gateway.technician.one_shot import Trouble, ask, explain

READ_BACK_S = 5.0


@dataclass(frozen=True, slots=True)
class Wired:
    """A meter that can be asked: its line's owner, its driver, and the words that explain a failure."""

    bus: SerialBus
    driver: Driver
    args: argparse.Namespace

    async def values(self, item: Item) -> Values | Trouble:
        """Ask for one item that the model has."""
        reply = await ask(self.bus, self.driver, item)
        if isinstance(reply, Answer):
            return reply.values
        trouble = explain(reply, self.bus, self.args)
        assert trouble is not None, "a read is answered by an Answer or is explained"
        return trouble


class Wires:
    """All lines of one commissioning."""

    def __init__(self, models: Mapping[str, ModelRow]) -> None:
        self._models = models
        self._open: dict[LineFound, SerialBus] = {}

    def wired(self, standing: Standing, meter: Meter) -> Wired | None:
        """Give a meter on its open line; None where its line is not there any more, or its row makes no sense."""
        line, model = standing.lines.get(meter.found.line), self._models.get(meter.found.model)
        if line is None or model is None or address_mistake(model, meter.found.address):
            return None
        driver = make_driver(model, meter.found.address, meter.found.ct_ratio, baud=line.baud)
        args = argparse.Namespace(
            port=line.port,
            baud=line.baud,
            parity=line.parity,
            model=meter.found.model,
            address=meter.found.address,
            wait=READ_BACK_S,
            json=False,
        )
        return Wired(self._bus(line), driver, args)

    def _bus(self, line: LineFound) -> SerialBus:
        if line not in self._open:
            self._open[line] = open_line(line.name, line.port, line.baud, line.parity)
            self._open[line].start()
        return self._open[line]

    async def close(self) -> None:
        """Give the ports back: a search, or the daemon, wants them."""
        buses = list(self._open.values())
        self._open.clear()
        for bus in buses:
            await bus.close()
