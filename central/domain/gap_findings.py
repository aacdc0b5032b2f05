"""What is said about a gap: errors, the sets of them that close it, and how sure that is. Pure; no sentence, pages make those.

Every error carries its rows and what it adds to "left minus right" (`delta`): a set explains a gap when its deltas add up to it,
to the unit. Rows that nothing tells apart (five payments of 50 yuan on a day) are one error "`take` of these rows", so that equal
explanations are all there without being listed one by one.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import comb, prod

from central.domain.agreement_rows import Frame, Row


class Side(StrEnum):
    """A line's two sources: card room, electrician or movements; K3, automatic readings or balances."""

    LEFT = "left"
    RIGHT = "right"


class ErrorKind(StrEnum):
    """What went wrong, told from its side (`Error.side`)."""

    MISSING = "missing"
    """The side has no such row."""
    DOUBLED = "doubled"
    """The side has the row twice."""
    TRANSPOSED = "transposed"
    """Two neighbouring digits changed places."""
    ONE_DIGIT = "one-digit"
    """One digit is another."""
    SIGN_REVERSED = "sign-reversed"
    OTHER_DOCUMENT = "other-document"
    """The document's number is another, mistyped as a rule; the sum is the same: a remark."""
    AMOUNT_DIFFERS = "amount-differs"
    """The same row by its keys, with another amount that is no slip of the pen."""
    ROUNDED = "rounded"
    """Read to a coarser last digit: no mistake, but part of the gap."""
    WRONG_BUILDING = "wrong-building"
    WRONG_PLACE = "wrong-place"
    """Another room of the same building."""
    WRONG_DAY = "wrong-day"
    """Booked on another day of the same period: the days differ, the period does not."""
    WRONG_PERIOD = "wrong-period"
    CUT_OFF = "cut-off"
    """Near the period's edge, and booked on its other side; or a meter read at another instant."""
    LATE = "late"
    """It arrived after its period was closed and was booked in a later one."""
    TOTAL_MISSING = "total-missing"
    """The side has no sum at all for a day or a room: that is not zero."""


class Basis(StrEnum):
    """What ties the rows together, the strongest first."""

    DOCUMENT = "document"
    PLACE = "place"
    """The room or meter, with the day and amount where they are needed to tell rows apart."""
    DAY = "day"
    """The day and the amount."""
    TWO_GAPS = "two-gaps"
    """Sums only, but two gaps close at once."""
    SUMS = "sums"
    """The sum of a day or a room: numbers, among few rows."""
    NUMBERS = "numbers"
    """Numbers alone."""


RANK = {basis: rank for rank, basis in enumerate(Basis)}


class Verdict(StrEnum):
    """How a gap, or one part of it, stands."""

    AGREES = "agrees"
    NAMED = "named"
    """One explanation, tied by keys or by two gaps at once."""
    FITS = "fits"
    """One smallest set fits, by its numbers: nothing else speaks for it."""
    AMBIGUOUS = "ambiguous"
    """Several explanations are equally good."""
    COINCIDENCE = "coincidence"
    """Sets of several rows fit, as they would nearly any number of this size: they say nothing. They are given to be looked at."""
    UNEXPLAINED = "unexplained"
    """Searched to the end: no set of rows within the limit explains it."""
    NOT_SEARCHED = "not-searched-to-the-end"
    """The budget was used up: what was found so far is given, and nothing is claimed."""


@dataclass(frozen=True, slots=True)
class Error:
    """One error; any `take` of `rows` when there are more. `against`: what they were compared with (any one of them)."""

    kind: ErrorKind
    side: Side
    basis: Basis
    delta: int
    rows: tuple[Row, ...]
    take: int = 1
    against: tuple[Row, ...] = ()
    other: Frame | None = None
    """The building and period in which the other side has it."""

    @property
    def ways(self) -> int:
        """In how many ways the rows can be chosen. Of a row that stands twice by its keys it is all one which is the second."""
        if self.kind is ErrorKind.DOUBLED and self.basis in (Basis.DOCUMENT, Basis.PLACE):
            return 1
        return comb(len(self.rows), self.take) * max(comb(len(self.against), self.take), 1)


Explanation = tuple[Error, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a gap that stands by itself: a row, a day, a room. `alternatives` are all equally small and equally well tied."""

    delta: int
    alternatives: tuple[Explanation, ...]
    more: int = 0
    """How many further alternatives there are beyond those given."""
    is_complete: bool = True
    """False: the budget was used up."""
    is_coincidence: bool = False
    steps: int = 0
    rows: tuple[Row, ...] = ()
    """What was compared, where nothing explains it: the rows to look at by hand."""

    @property
    def ways(self) -> int:
        """How many explanations there are, each choice among equal rows counted."""
        return self.more + sum(prod(error.ways for error in errors) for errors in self.alternatives)

    @property
    def verdict(self) -> Verdict:
        """How sure it is."""
        if not self.is_complete:
            return Verdict.NOT_SEARCHED
        if not self.alternatives:
            return Verdict.UNEXPLAINED
        if self.is_coincidence:
            return Verdict.COINCIDENCE
        if self.ways > 1:
            return Verdict.AMBIGUOUS
        weakest = max(RANK[error.basis] for error in self.alternatives[0])
        return Verdict.FITS if weakest > RANK[Basis.TWO_GAPS] else Verdict.NAMED


_WORST_LAST = (
    Verdict.NAMED,
    Verdict.FITS,
    Verdict.AMBIGUOUS,
    Verdict.NOT_SEARCHED,
    Verdict.COINCIDENCE,
    Verdict.UNEXPLAINED,
)
_NOT_EXPLAINED = (Verdict.UNEXPLAINED, Verdict.COINCIDENCE)


@dataclass(frozen=True, slots=True)
class GapExplanation:
    """A building's gap on one line. The parts' deltas add up to the gap; parts that cancel each other are shown all the same."""

    building: str
    period: str
    gap: int
    parts: tuple[Part, ...]

    @property
    def verdict(self) -> Verdict:
        """That of the part which stands worst."""
        if not self.parts:
            return Verdict.AGREES
        return max((part.verdict for part in self.parts), key=_WORST_LAST.index)

    @property
    def unexplained(self) -> int:
        """What of the gap no rows explain."""
        return sum(part.delta for part in self.parts if part.verdict in _NOT_EXPLAINED)

    @property
    def steps(self) -> int:
        """What the search cost."""
        return sum(part.steps for part in self.parts)


def mirrored(error: Error) -> Error:
    """Turn an error round: left becomes right."""
    side = Side.LEFT if error.side is Side.RIGHT else Side.RIGHT
    return Error(
        error.kind, side, error.basis, -error.delta, error.rows, error.take, error.against, error.other
    )


def merged(errors: list[Error]) -> Explanation:
    """Put errors that differ only in which of the same rows they take into one, and all into one order."""
    found: dict[tuple[object, ...], Error] = {}
    for error in errors:
        key: tuple[object, ...] = (
            error.kind, error.side, error.basis, error.rows, error.against, error.other,
        )  # fmt: skip
        at = found.get(key)
        if at is not None and at.take + error.take <= len(error.rows):
            error = Error(
                at.kind, at.side, at.basis, at.delta + error.delta, at.rows, at.take + error.take,
                at.against, at.other,
            )  # fmt: skip
        elif at is not None:
            key = (*key, len(found))
        found[key] = error
    return tuple(sorted(found.values(), key=_order))


def _order(error: Error) -> tuple[object, ...]:
    return (
        error.kind, error.side, RANK[error.basis], [row.id for row in error.rows], error.take,
        [row.id for row in error.against], error.other or ("", ""),
    )  # fmt: skip
