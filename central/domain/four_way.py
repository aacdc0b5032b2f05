"""The four-way agreement (R-4.1.9): per building and accounting period, money, energy and the bridge between them. Pure.

    money    card room                                                  = K3                       fen
    energy   the electrician's readings                                 = the automatic ones       Wh
    bridge   opening + takings + subsidies - refunds - consumption x price = closing balances      micro-yuan

A source that is missing is named. It is never counted as zero: its line has then no difference.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from central.domain.agreement_rows import Grain, Row, taken_off
from central.domain.periods import Period


class Party(StrEnum):
    """Who says it."""

    CARD_ROOM = "card-room"
    K3 = "k3"
    ELECTRICIAN = "electrician"
    AUTOMATIC = "automatic"
    OPENING = "opening"
    TAKINGS = "takings"
    SUBSIDIES = "subsidies"
    REFUNDS = "refunds"
    CONSUMPTION = "consumption"
    CLOSING = "closing"


class Origin(StrEnum):
    """Whether a source was brought in or is our own."""

    OURS = "ours"
    IMPORTED = "imported"


class LineKind(StrEnum):
    """The three lines."""

    MONEY = "money"
    ENERGY = "energy"
    BRIDGE = "bridge"


class LineUnit(StrEnum):
    """What a line's integers count."""

    FEN = "fen"
    WATT_HOURS = "watt-hours"
    MICRO_YUAN = "micro-yuan"


class LineState(StrEnum):
    """How a line stands."""

    AGREES = "agrees"
    DIFFERS = "differs"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Source:
    """One party's rows, of any buildings and of neighbouring periods; `covers`: the buildings and periods it was given for."""

    party: Party
    origin: Origin
    rows: tuple[Row, ...]
    covers: frozenset[tuple[str, str]]
    grain: Grain = Grain.ROWS


@dataclass(frozen=True, slots=True)
class Term:
    """One party's sum on a line; `total` None: the source is missing."""

    party: Party
    sign: int
    origin: Origin | None
    total: int | None
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of one building. `difference` is left minus right; None while a source is missing."""

    kind: LineKind
    unit: LineUnit
    building: str
    period: str
    left: tuple[Term, ...]
    right: tuple[Term, ...]

    @property
    def missing(self) -> tuple[Party, ...]:
        """The parties that have not said anything yet."""
        return tuple(term.party for term in (*self.left, *self.right) if term.total is None)

    @property
    def difference(self) -> int | None:
        """Left minus right, to the unit."""
        left, right = signed_sum(self.left), signed_sum(self.right)
        return None if left is None or right is None else left - right

    @property
    def state(self) -> LineState:
        """Agrees only when every source is there and nothing is left over."""
        difference = self.difference
        if difference is None:
            return LineState.MISSING
        return LineState.DIFFERS if difference else LineState.AGREES


@dataclass(frozen=True, slots=True)
class Agreement:
    """A building's three lines for one accounting period."""

    building: str
    period: str
    lines: tuple[Line, ...]

    @property
    def agrees(self) -> bool:
        """Whether it can be signed without a word."""
        return all(line.state is LineState.AGREES for line in self.lines)


Sources = Mapping[Party, Source]
_Side = tuple[tuple[Party, int], ...]
SIDES: Mapping[LineKind, tuple[LineUnit, _Side, _Side]] = {
    LineKind.MONEY: (LineUnit.FEN, ((Party.CARD_ROOM, 1),), ((Party.K3, 1),)),
    LineKind.ENERGY: (LineUnit.WATT_HOURS, ((Party.ELECTRICIAN, 1),), ((Party.AUTOMATIC, 1),)),
    LineKind.BRIDGE: (
        LineUnit.MICRO_YUAN,
        (
            (Party.OPENING, 1),
            (Party.TAKINGS, 1),
            (Party.SUBSIDIES, 1),
            (Party.REFUNDS, -1),
            (Party.CONSUMPTION, -1),
        ),
        ((Party.CLOSING, 1),),
    ),
}
"""What stands left and right on each line, and with which sign. Amounts come unsigned: a refund of 30 yuan is 30."""


def due_on(period: Period, due_day: int) -> date:
    """Give the day by which a period is to agree: the setting's day of the month after the one it ends in (R-4.1.9: the 6th)."""
    return (period.last.replace(day=1) + timedelta(days=31)).replace(day=due_day)


def signed_sum(terms: Sequence[Term]) -> int | None:
    """Add a side's terms with their signs; None while one is missing."""
    total = 0
    for term in terms:
        if term.total is None:
            return None
        total += term.sign * term.total
    return total


def agreements(buildings: Iterable[str], period: str, sources: Sources) -> tuple[Agreement, ...]:
    """Give every building's three lines, in the order of the buildings."""
    sums = {party: _sums(source, period) for party, source in sources.items()}
    return tuple(_agreement(building, period, sources, sums) for building in buildings)


def line_rows(kind: LineKind, sources: Sources) -> tuple[list[Row], list[Row]]:
    """Give a line's rows left and right as they are compared: the bridge's movements signed against the change of balance."""
    if kind is not LineKind.BRIDGE:
        _unit, left, right = SIDES[kind]
        return _rows(left, sources), _rows(right, sources)
    moved = ((Party.TAKINGS, 1), (Party.SUBSIDIES, 1), (Party.REFUNDS, -1), (Party.CONSUMPTION, -1))
    return _rows(moved, sources), _rows(((Party.CLOSING, 1), (Party.OPENING, -1)), sources)


def _rows(side: _Side, sources: Sources) -> list[Row]:
    return [
        row if sign > 0 else taken_off(row)
        for party, sign in side
        if party in sources
        for row in sources[party].rows
    ]


def _sums(source: Source, period: str) -> dict[str, tuple[int, int]]:
    """Sum a source's rows by building, with their number; a building it was given for and has no row of is zero."""
    found = {building: (0, 0) for building, covered in source.covers if covered == period}
    for row in source.rows:
        if row.period == period and row.building in found:
            total, count = found[row.building]
            found[row.building] = (total + row.amount, count + 1)
    return found


def _agreement(
    building: str, period: str, sources: Sources, sums: Mapping[Party, Mapping[str, tuple[int, int]]]
) -> Agreement:
    def term(party: Party, sign: int) -> Term:
        said = sums.get(party, {}).get(building)
        if said is None:
            return Term(party, sign, None, None)
        return Term(party, sign, sources[party].origin, *said)

    lines = (
        Line(
            kind,
            unit,
            building,
            period,
            tuple(term(*one) for one in left),
            tuple(term(*one) for one in right),
        )
        for kind, (unit, left, right) in SIDES.items()
    )
    return Agreement(building, period, tuple(lines))
