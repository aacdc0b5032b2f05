"""In which period of a room's books something counts: by when it happened, unless that was locked before it was booked. Pure.

Periods are numbered: months since the year 0. A building's locked periods follow each other without a gap.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from central.domain.periods import EARLIEST, LATEST, Period, PeriodKind

MEAN_MONTH_MS = 2_629_746_000
FIRST, LAST = EARLIEST.year * 12, LATEST.year * 12 + 11
YEAR_1970 = 1970 * 12


def ordinal_of(period: Period) -> int:
    """Number a calendar month or an accounting period."""
    return period.last.year * 12 + period.last.month - 1


def name_of(kind: PeriodKind, ordinal: int) -> str:
    """Give the name that a numbered period has in addresses."""
    return f"{kind}:{ordinal // 12:04d}-{ordinal % 12 + 1:02d}"


@dataclass(slots=True)
class Edges:
    """Finds the period of an instant. `begins` gives the instant at which a numbered period begins; it is asked once for each."""

    begins: Callable[[int], int]
    known: dict[int, int] = field(default_factory=dict)
    _from_ms: int = 0
    _until_ms: int = 0
    _ordinal: int = 0

    def begin_of(self, ordinal: int) -> int:
        """Give when a period begins."""
        if ordinal not in self.known:
            self.known[ordinal] = self.begins(ordinal)
        return self.known[ordinal]

    def ordinal_at(self, at_ms: int) -> int:
        """Give the number of the period that an instant lies in; instants centuries away lie in the first or last one."""
        if self._from_ms <= at_ms < self._until_ms:
            return self._ordinal
        ordinal = min(max(YEAR_1970 + at_ms // MEAN_MONTH_MS, FIRST), LAST)
        while ordinal > FIRST and self.begin_of(ordinal) > at_ms:
            ordinal -= 1
        while ordinal < LAST and self.begin_of(ordinal + 1) <= at_ms:
            ordinal += 1
        if ordinal < LAST:
            self._from_ms, self._until_ms, self._ordinal = (
                self.begin_of(ordinal),
                self.begin_of(ordinal + 1),
                ordinal,
            )
        return ordinal


@dataclass(frozen=True, slots=True)
class Locked:
    """A locked period of a building with its edges, and up to where the books had come: the chain, and each gateway's entries."""

    ordinal: int
    from_ms: int
    until_ms: int
    position: int
    entries: dict[str, int]


@dataclass(frozen=True, slots=True)
class Counted:
    """Where something counts; `belongs_to` is where it happened, when that was locked before."""

    ordinal: int
    belongs_to: int | None = None


def place(at_ms: int, edges: Edges, locks: Sequence[Locked], came_after: Callable[[Locked], bool]) -> Counted:
    """Give the period that something counts in. `locks` in order; `came_after` says whether it was booked after a lock.

    What happened before the end of a period that was locked when it came counts in the first one that was not.
    """
    own = _by_edges(at_ms, edges, locks)
    if not locks or at_ms >= locks[-1].until_ms:
        return Counted(own)
    closed = [lock for lock in locks if came_after(lock)]
    if not closed or at_ms >= closed[-1].until_ms:
        return Counted(own)
    return Counted(closed[-1].ordinal + 1, own)


def _by_edges(at_ms: int, edges: Edges, locks: Sequence[Locked]) -> int:
    """Locked periods keep the edges that they were locked with."""
    if not locks or at_ms >= locks[-1].until_ms:
        ordinal = edges.ordinal_at(at_ms)
        return max(ordinal, locks[-1].ordinal + 1) if locks else ordinal
    if at_ms < locks[0].from_ms:
        return min(edges.ordinal_at(at_ms), locks[0].ordinal - 1)
    return next(lock.ordinal for lock in locks if at_ms < lock.until_ms)
