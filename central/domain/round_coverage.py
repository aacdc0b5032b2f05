"""How much of a building a warden's round has seen, floor by floor, and which rooms nobody has seen for days (R-4.2.4). Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

DAY_MS: Final = 86_400_000
RESUMES_WITHIN_MS: Final = 16 * 3_600_000
"""A round that was interrupted goes on the same day; one of yesterday is not made whole today."""


class Outcome(StrEnum):
    """What a round says of a room."""

    IN_ORDER = "in-order"
    FOUND = "found"
    NO_ACCESS = "no-access"


STRENGTH: Final = {Outcome.NO_ACCESS: 0, Outcome.IN_ORDER: 1, Outcome.FOUND: 2}
"""Of several entries the strongest stands: what was found is not tapped away, who was let in at last has seen the room."""


@dataclass(frozen=True, slots=True)
class Floor:
    """One floor of a round: its rooms, how many were seen, and those that were not."""

    number: int
    seen: int
    rooms: int
    left: tuple[int, ...]


def outcomes(entries: Iterable[tuple[int, Outcome]]) -> dict[int, Outcome]:
    """Give room -> what stands of it."""
    stands: dict[int, Outcome] = {}
    for room, outcome in entries:
        if room not in stands or STRENGTH[outcome] > STRENGTH[stands[room]]:
            stands[room] = outcome
    return stands


def floors_of(rooms: Sequence[tuple[int, int]], stands: Mapping[int, Outcome]) -> list[Floor]:
    """Give the floors upwards; `rooms` are (room, floor). A room without access is not seen."""
    by_floor: dict[int, list[int]] = {}
    for room, floor in rooms:
        by_floor.setdefault(floor, []).append(room)
    return [
        Floor(number, len(here) - len(left), len(here), left)
        for number, here in sorted(by_floor.items())
        if (left := tuple(room for room in here if not is_seen(stands.get(room)))) is not None
    ]


def is_seen(outcome: Outcome | None) -> bool:
    """Say whether somebody has looked into the room."""
    return outcome in (Outcome.IN_ORDER, Outcome.FOUND)


def resumes(started_ms: int, now_ms: int) -> bool:
    """Say whether a round that has not ended is gone on with."""
    return now_ms - started_ms < RESUMES_WITHIN_MS


def not_seen_for(
    days: int, seen_ms: Mapping[int, int], rooms: Iterable[int], now_ms: int
) -> list[tuple[int, int | None]]:
    """Give rooms nobody has seen for so many days, longest first, with the days since (None: never)."""
    ages = [(room, None if room not in seen_ms else (now_ms - seen_ms[room]) // DAY_MS) for room in rooms]
    late = [(room, age) for room, age in ages if age is None or age >= days]
    return sorted(late, key=lambda one: (one[1] is not None, -(one[1] or 0), one[0]))
