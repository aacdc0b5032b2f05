"""Stock-taking: what was counted against what is on record, device by device, and what the closing writes (R-4.3.3a). Pure.

recorded here, counted here       found                recorded here, not counted         lost
recorded elsewhere, counted here  moved here           lies among devices of another kind put back, not rewritten
recorded as missing, counted      found again          in use, claimed or scrapped        told, not rewritten
changed while stock was taken, and not counted after that: left as it is, and told
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from central.domain.device_states import HELD, DeviceAct, DeviceState, Holds, fits


class Outcome(StrEnum):
    """What became of one device, or of one label."""

    FOUND = "found"
    NOT_THERE = "not-there"
    MOVED = "moved"
    """Recorded at another place; it may lie where it was counted."""
    FOUND_AGAIN = "found-again"
    MISLAID = "mislaid"
    """Among devices of another kind: it is carried back, and stays recorded where it was."""
    NOT_IN_STOCK = "not-in-stock"
    """Recorded as in use, at its maker or scrapped, and yet it is here."""
    MEANWHILE = "meanwhile"
    """Its record changed while stock was taken, and it was not counted after that."""


WRITES: Final[Mapping[Outcome, DeviceAct]] = {
    Outcome.NOT_THERE: DeviceAct.LOST,
    Outcome.MOVED: DeviceAct.MOVED,
    Outcome.FOUND_AGAIN: DeviceAct.FOUND,
}
"""The steps that a closing takes."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A device as it is on record. `changed_ms`: its last step since the taking began; None: there was none."""

    state: DeviceState
    place: int | None
    changed_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """One scan that is known as a device, or (`is_struck`) one that is taken back. The last of a device counts."""

    device: str
    place: int
    holds: Holds
    at_ms: int
    is_struck: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One device's outcome. `counted`: the place where it was counted; None: nowhere."""

    device: str
    outcome: Outcome
    recorded: int | None
    counted: int | None


def last_of_each(scans: Iterable[Counted]) -> dict[str, Counted]:
    """Give the scan that counts of each device; one that was struck counts for none. `scans` come in their order."""
    last = {scan.device: scan for scan in scans}
    return {device: scan for device, scan in last.items() if not scan.is_struck}


def compare(
    recorded: Mapping[str, Recorded], expected: Iterable[str], scans: Iterable[Counted], places: Iterable[int]
) -> list[Line]:
    """Compare the records with what was counted at `places`; `expected`: the devices that lay there when it began.

    `recorded` has every device that is expected, counted, or recorded at one of the places now. Lines come by device.
    """
    counted, here, before = last_of_each(scans), frozenset(places), frozenset(expected)
    lines = []
    for device in sorted(recorded):
        record, scan = recorded[device], counted.get(device)
        is_recorded_here = record.state in HELD and record.place in here
        if scan is None and not is_recorded_here and device not in before:
            continue
        lines.append(
            Line(device, _outcome(record, scan, is_recorded_here), record.place, scan.place if scan else None)
        )
    return lines


def _outcome(record: Recorded, scan: Counted | None, is_recorded_here: bool) -> Outcome:
    if record.changed_ms is not None and (scan is None or scan.at_ms <= record.changed_ms):
        return Outcome.MEANWHILE
    if scan is None:
        return Outcome.NOT_THERE if is_recorded_here else Outcome.MEANWHILE
    if record.state is DeviceState.MISSING:
        return Outcome.FOUND_AGAIN
    if record.state not in HELD:
        return Outcome.NOT_IN_STOCK
    if record.place == scan.place:
        return Outcome.FOUND
    return Outcome.MOVED if fits(record.state, scan.holds) else Outcome.MISLAID
