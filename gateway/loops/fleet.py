"""The meters that were commissioned, each with its driver and its line, as the loops see them. Knows no file and no money."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gateway.application.ports import Line
from gateway.contract.facts import MeterSeen
from gateway.contract.identifiers import MeterNo
from gateway.protocols.driver import Driver


@dataclass(frozen=True, slots=True)
class FleetMeter:
    """One meter that can be asked."""

    meter: MeterNo
    driver: Driver
    line: Line
    model: str
    span_wh: int | None
    """Where the register wraps, transformer included; None when the model's register does not."""
    step_wh: int
    """The register's resolution, transformer included."""

    @property
    def seen(self) -> MeterSeen:
        """How the birth message lists it."""
        return MeterSeen(self.meter, self.line.name, self.model, self.driver.address)


class Fleet:
    """All meters of the building; replaced as a whole when the registry changed."""

    def __init__(self) -> None:
        self._meters: dict[MeterNo, FleetMeter] = {}
        self._by_line: dict[str, dict[MeterNo, FleetMeter]] = {}

    def replace(self, meters: Iterable[FleetMeter]) -> None:
        """Take over what was commissioned now; a loop that holds an old meter finishes its exchange with it."""
        self._meters = {meter.meter: meter for meter in meters}
        self._by_line = {}
        for number, meter in self._meters.items():
            self._by_line.setdefault(meter.line.name, {})[number] = meter

    def meter(self, meter: MeterNo) -> FleetMeter | None:
        """Give one meter, or None when no line has it."""
        return self._meters.get(meter)

    def on_line(self, line: str) -> Mapping[MeterNo, FleetMeter]:
        """Give the meters of a line in the registry's order; looked at before each question."""
        return self._by_line.get(line, {})

    def all(self) -> list[FleetMeter]:
        """Give every meter."""
        return list(self._meters.values())
