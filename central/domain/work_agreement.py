"""Whether the rooms that lose their power agreed to it: the rule for refusal and silence, room by room (R-4.3.4). Pure.

Who was told in time and says nothing agrees after some hours, if the rule says so; a share of the rooms may refuse; a protected
room always needs a yes. A yes to the very window counts however late it was asked for: the time beforehand protects the silent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

HOUR_MS = 3_600_000


class Says(StrEnum):
    """What a room answered."""

    AGREES = "agrees"
    REFUSES = "refuses"


@dataclass(frozen=True, slots=True)
class Rule:
    """The dated settings in force when the rooms were asked."""

    notice_hours: int = 24
    """How long before the window a room must have been told."""
    silence_hours: int = 24
    """After so long without an answer a room counts as agreeing; 0: never."""
    refusals_percent: int = 0
    """So many of a hundred rooms with somebody in them may refuse."""


@dataclass(frozen=True, slots=True)
class RoomAsked:
    """One affected room: `says` is its latest answer to this window; `told_ms` when it was told of it."""

    room: str
    is_lived_in: bool = True
    is_protected: bool = False
    told_ms: int | None = None
    says: Says | None = None


class Stand(StrEnum):
    """Why a room counts as it does."""

    AGREED = "agreed"
    SILENCE_COUNTS = "silence-counts"
    UNOCCUPIED = "unoccupied"
    """Nobody is there to be asked."""
    REFUSED = "refused"
    MUST_AGREE = "must-agree"
    """Protected: silence never counts."""
    NOT_TOLD = "not-told"
    TOLD_LATE = "told-late"
    """Told later than the rule wants: only a yes counts."""
    SILENT = "silent"
    """Silence never counts by the rule."""
    WAITS = "waits"
    """Silent, and the hours are not over."""


SETTLED = frozenset({Stand.AGREED, Stand.SILENCE_COUNTS, Stand.UNOCCUPIED})


@dataclass(frozen=True, slots=True)
class RoomStand:
    """How one room stands, and whether the work waits for it."""

    room: str
    stand: Stand
    lacks: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """All rooms, and whether the work may begin as far as they go."""

    rooms: tuple[RoomStand, ...]
    refusals: int
    refusals_allowed: int
    is_overridden: bool = False

    @property
    def lacking(self) -> tuple[RoomStand, ...]:
        """The rooms that the work waits for."""
        return tuple(one for one in self.rooms if one.lacks)

    @property
    def is_agreed(self) -> bool:
        """Nothing lacks, or a head decided that it doesn't matter."""
        return self.is_overridden or not self.lacking


def decide(
    rooms: Iterable[RoomAsked], rule: Rule, *, from_ms: int, now_ms: int, is_overridden: bool = False
) -> Decision:
    """Judge every room for a window that begins at `from_ms`, as of now. An override hides no room's own stand."""
    asked = list(rooms)
    stands = [stand_of(one, rule, from_ms=from_ms, now_ms=now_ms) for one in asked]
    counted = [one for one in asked if one.is_lived_in or one.says is not None]
    allowed = len(counted) * rule.refusals_percent // 100
    refusals = sum(stand is Stand.REFUSED for stand in stands)
    judged = tuple(
        RoomStand(one.room, stand, _lacks(one, stand, refusals > allowed))
        for one, stand in zip(asked, stands, strict=True)
    )
    return Decision(judged, refusals, allowed, is_overridden)


def stand_of(one: RoomAsked, rule: Rule, *, from_ms: int, now_ms: int) -> Stand:
    """Judge one room alone."""
    if one.says is not None:
        return Stand.AGREED if one.says is Says.AGREES else Stand.REFUSED
    if one.is_protected:
        return Stand.MUST_AGREE
    if not one.is_lived_in:
        return Stand.UNOCCUPIED
    if one.told_ms is None:
        return Stand.NOT_TOLD
    if from_ms - one.told_ms < rule.notice_hours * HOUR_MS:
        return Stand.TOLD_LATE
    if rule.silence_hours == 0:
        return Stand.SILENT
    return Stand.SILENCE_COUNTS if now_ms - one.told_ms >= rule.silence_hours * HOUR_MS else Stand.WAITS


def _lacks(one: RoomAsked, stand: Stand, too_many_refuse: bool) -> bool:
    if stand is Stand.REFUSED:
        return one.is_protected or too_many_refuse
    return stand not in SETTLED
