"""Each room's change of use against its own past and against its peers (R-3.5): how unusual, and in which way. Pure.

The peers take out what changes for all: weather, holidays, the end of term. A change is no theft: a resident may have bought a
kettle or gone home; the reasons are numbers that a page turns into sentences, and a person looks.
"""

from dataclasses import dataclass
from enum import StrEnum

from central.domain.change_evidence import Weighed, weigh
from central.domain.change_rows import ReasonKind, RoomDays, RoomsHours, days_of

__all__ = ["NotJudged", "Reason", "ReasonKind", "RoomChange", "RoomsHours", "judge_changes"]

LEAST_PEERS = 8
"""Rooms to compare with, the room itself among them."""
LEAST_DAYS_BEFORE, LEAST_DAYS_NOW = 7, 1
LEAST_WH_PER_DAY = 50
"""A room that used less before can't use less now."""
REASON_FROM = 1.0


class NotJudged(StrEnum):
    """Why a room isn't compared."""

    TOO_LITTLE_DATA = "too-little-data"
    NO_USE_BEFORE = "no-use-before"
    EMPTY = "empty"
    """Nobody lived there on too many of the days: known, so no reason for anything."""
    NO_PEERS = "no-peers"


@dataclass(frozen=True, slots=True)
class Reason:
    """One way in which a room changed. `before`, `now` and `expected` are what `kind` speaks of:

    LESS, NOTHING: Wh per day; NIGHT: Wh per night; BLOCKS: minutes per day in stretches without use, on days that have use.
    `expected` is what `now` would be had the room gone with its peers; `z` is how far it is from that, in standard deviations of honest
    rooms; `evidence` the log of how much better theft of this kind explains it than honest change.
    """

    kind: ReasonKind
    before: int
    now: int
    expected: int
    z: float
    evidence: float


@dataclass(frozen=True, slots=True)
class RoomChange:
    """`score` is the log of how much better theft explains the change than honesty; `ways` are all ways looked at, the heaviest first."""

    room: str
    score: float = 0.0
    ways: tuple[Reason, ...] = ()
    missing_wh_per_day: int = 0
    """What it would use more, had it gone with its peers; 0 when it uses more than that."""
    since_day: int | None = None
    """The day (0 is the first of all) from which less use fits best; None where none does."""
    not_judged: NotJudged | None = None

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Those that speak against the room's meter."""
        return tuple(one for one in self.ways if one.evidence > REASON_FROM)


def judge_changes(told: RoomsHours) -> tuple[RoomChange, ...]:
    """Judge every room, in the order given; whoever can't be judged says why. Never refuses."""
    seen = days_of(told)
    if seen is None:
        return tuple(RoomChange(room, not_judged=NotJudged.TOO_LITTLE_DATA) for room in told.rooms_wh)
    faults = [_fault(seen, place) for place in range(len(seen.names))]
    good = [place for place, fault in enumerate(faults) if fault is None]
    if len(good) < LEAST_PEERS:
        return tuple(
            RoomChange(name, not_judged=fault or NotJudged.NO_PEERS)
            for name, fault in zip(seen.names, faults, strict=True)
        )
    judged = dict(zip(good, weigh(seen.of(good)), strict=True))
    return tuple(
        _told(seen, place, judged[place]) if fault is None else RoomChange(name, not_judged=fault)
        for place, (name, fault) in enumerate(zip(seen.names, faults, strict=True))
    )


def _fault(seen: RoomDays, place: int) -> NotJudged | None:
    before, now = seen.measured[: seen.reference, place].sum(), seen.measured[seen.reference :, place].sum()
    if before < LEAST_DAYS_BEFORE or now < LEAST_DAYS_NOW:
        lost = seen.empty[: seen.reference, place].sum() + before >= LEAST_DAYS_BEFORE
        was_empty = seen.empty[:, place].any() and lost
        return NotJudged.EMPTY if was_empty else NotJudged.TOO_LITTLE_DATA
    return NotJudged.NO_USE_BEFORE if seen.mean_before[place] < LEAST_WH_PER_DAY else None


def _told(seen: RoomDays, place: int, found: Weighed) -> RoomChange:
    ways = tuple(
        Reason(
            ReasonKind(way.kind), round(way.before), round(way.now), round(way.expected), way.z, way.evidence
        )
        for way in sorted(found.ways, key=lambda one: -one.evidence)
    )
    return RoomChange(
        seen.names[place], found.score, ways, max(0, round(found.missing_wh_per_day)), found.since_day
    )
