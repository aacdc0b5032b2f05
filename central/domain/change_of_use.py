"""Each room's change of use against its own past and against its peers (R-3.5): how unusual, and in which way. Pure.

The peers take out what changes for all: weather, holidays, the end of term. A change is no theft: a resident may have bought a
kettle or gone home; the reasons are numbers that a page turns into sentences, and a person looks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from central.domain.group_hours import CHINA_OFFSET_MS, MS_PER_HOUR

REFERENCE_DAYS, JUDGED_DAYS = 21, 28


class ReasonKind(StrEnum):
    """In which way a room changed."""

    LESS = "less"
    """It uses a smaller share of what its peers use than before."""
    BLOCKS = "blocks"
    """Stretches of hours without any use, as it did not have before."""
    NIGHT = "night"
    """Its nights fell and its days did not."""
    NOTHING = "nothing"
    """It shows next to nothing any more."""


class NotJudged(StrEnum):
    """Why a room isn't compared."""

    TOO_LITTLE_DATA = "too-little-data"
    NO_USE_BEFORE = "no-use-before"
    EMPTY = "empty"
    """Nobody lived there on too many of the days: known, so no reason for anything."""
    NO_PEERS = "no-peers"


@dataclass(frozen=True, slots=True)
class RoomsHours:
    """Rooms that are peers of each other (same building, same kind), over whole local days from `from_ms` on.

    Each row has one value per interval, None where unknown. The first `reference_days` are the past, the rest is judged.
    `empty_days`: per room the days (0 is the first) on which it is known that nobody lived there, moved out, or on holiday.
    """

    from_ms: int
    rooms_wh: Mapping[str, Sequence[int | None]]
    interval_ms: int = MS_PER_HOUR
    reference_days: int = REFERENCE_DAYS
    local_offset_ms: int = CHINA_OFFSET_MS
    empty_days: Mapping[str, frozenset[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reason:
    """One way in which a room changed. `before` and `now` are what `kind` speaks of:

    LESS, NOTHING: Wh per day; NIGHT: Wh per night; BLOCKS: minutes per day without use in stretches. `expected` is what `now` would be had the
    room gone with its peers. `z` is how unusual that is, in standard deviations of honest rooms.
    """

    kind: ReasonKind
    before: int
    now: int
    expected: int
    z: float


@dataclass(frozen=True, slots=True)
class RoomChange:
    """`score` is the log-odds evidence that the room's meter misses energy (0: as likely as before looking); reasons, the heaviest first."""

    room: str
    score: float = 0.0
    reasons: tuple[Reason, ...] = ()
    missing_wh_per_day: int = 0
    """What it would use more, had it gone with its peers; 0 when it uses more than that."""
    since_day: int | None = None
    """The day (0 is the first of all) from which the change fits best; None without one."""
    not_judged: NotJudged | None = None
