"""Write what was found into the registry, under names that are proposed; take it back again.

Only what can be polled is written: an address that one meter has, a model that is known, a line at one speed.
"""

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gateway.adapters.registry_store import LineRow, MeterRow, Refusal, RegistryStore
from gateway.technician.find.found import FindState, FoundLine, FoundMeter


@dataclass(slots=True)
class Proposal:
    """What would be written. `left_out` has meters with a stable word for why."""

    lines: list[LineRow] = field(default_factory=list)
    meters: list[MeterRow] = field(default_factory=list)
    left_out: list[tuple[FoundMeter, str]] = field(default_factory=list)
    known: int = 0
    """Meters that are registered already."""


def propose(state: FindState, registry: RegistryStore) -> Proposal:
    """Name new lines a, b, c.. and meters by their own number; what the registry has already keeps its name."""
    present, meters = registry.lines(), registry.meters()
    by_port = {row.port: row for row in present}
    names = _free_names({row.name for row in present})
    numbers = {row.meter_number for row in meters}
    places = {(row.line, row.address.lstrip("0")) for row in meters}
    proposal = Proposal()
    for line in _busiest_first(state):
        row = by_port.get(line.port)
        if row is None:
            row = LineRow(next(names), line.port, line.baud, line.parity)
            by_port[line.port] = row
            proposal.lines.append(row)
        for meter in state.meters:
            if meter.line == line.setting:
                _place(proposal, row, meter, numbers, places)
    used = {meter.line for meter in proposal.meters}
    proposal.lines = [row for row in proposal.lines if row.name in used]
    return proposal


def _place(
    proposal: Proposal, line: LineRow, meter: FoundMeter, numbers: set[str], places: set[tuple[str, str]]
) -> None:
    place = (line.name, meter.address.lstrip("0"))
    if place in places:
        proposal.known += 1
    elif why := _why_not(line, meter):
        proposal.left_out.append((meter, why))
    else:
        assert meter.model is not None
        number = _number(line, meter, numbers)
        numbers.add(number)
        places.add(place)
        proposal.meters.append(MeterRow(number, line.name, meter.address, meter.model))


def _why_not(line: LineRow, meter: FoundMeter) -> str | None:
    if meter.duplicate:
        return "duplicate-address"
    if meter.model is None:
        return "no-model"
    if line.baud != meter.line.baud or (line.parity != meter.line.parity and not _is_terminal(line.port)):
        return "other-speed"
    return None


def _is_terminal(port: str) -> bool:
    """A pseudo-terminal has no parity."""
    return port.startswith("/dev/pts/")


def _number(line: LineRow, meter: FoundMeter, taken: set[str]) -> str:
    """Propose a campus number: the meter's own, else its address, with the line's name where it is short or taken."""
    short = f"{line.name}-{meter.address}"
    wished = [meter.meter_number or "", meter.address if meter.protocol != "modbus-rtu" else "", short]
    for number in wished:
        if number.strip("0") and number not in taken:
            return number
    return next(number for count in range(2, len(taken) + 3) if (number := f"{short}-{count}") not in taken)


def _busiest_first(state: FindState) -> list[FoundLine]:
    """Of a port with several speeds the one with most meters gives the line its speed."""
    counts: dict[object, int] = {}
    for meter in state.meters:
        counts[meter.line] = counts.get(meter.line, 0) + 1
    return sorted(state.lines(), key=lambda line: (line.port, -counts[line.setting]))


def _free_names(taken: set[str]) -> Iterator[str]:
    letters = list(string.ascii_lowercase)
    yield from (name for name in letters if name not in taken)
    yield from (name for first in letters for second in letters if (name := first + second) not in taken)


def write(proposal: Proposal, state: FindState, registry: RegistryStore) -> list[Refusal]:
    """Write a proposal and note it in the state for `take_back`; every refusal is given, and then no meter was written."""
    added: list[str] = []
    for row in proposal.lines:
        if refusal := registry.add_line(row):
            _remove_lines(added, registry)
            return [refusal]
        added.append(row.name)
    if refusals := registry.add_meters(proposal.meters):
        _remove_lines(added, registry)
        return refusals
    state.saved = {"lines": added, "meters": [row.meter_number for row in proposal.meters]}
    return []


def _remove_lines(names: list[str], registry: RegistryStore) -> None:
    for name in names:
        registry.remove_line(name)


def take_back(state: FindState, registry: RegistryStore) -> Mapping[str, list[str]]:
    """Remove what the last `write` added and nobody has removed or moved since; give what was removed."""
    removed: dict[str, list[str]] = {"meters": [], "lines": []}
    for number in state.saved.get("meters", []):
        if registry.remove_meter(number) is None:
            removed["meters"].append(number)
    for name in state.saved.get("lines", []):
        if registry.remove_line(name) is None:
            removed["lines"].append(name)
    state.saved = {}
    return removed
