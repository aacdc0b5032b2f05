"""The four-way agreement's lines (R-4.1.9): sums, signs, differences, what is missing, the day it is due."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from central.domain.agreement_rows import Row, in_micro_yuan
from central.domain.four_way import (
    LineKind,
    LineState,
    Origin,
    Party,
    Source,
    agreements,
    due_on,
    line_rows,
)
from central.domain.periods import accounting_period

PERIOD = "period:2026-11"
DAY = date(2026, 11, 3)


def source(
    party: Party, *amounts: int, building: str = "1", period: str = PERIOD, origin: Origin = Origin.OURS
) -> Source:
    """Give a party's rows of one building, which it was given for."""
    rows = tuple(
        Row(f"{party}{at}", building, period, DAY, amount, f"room{at}") for at, amount in enumerate(amounts)
    )
    return Source(party, origin, rows, frozenset({(building, period)}))


def lines_of(*sources: Source) -> dict[LineKind, object]:
    (found,) = agreements(["1"], PERIOD, {one.party: one for one in sources})
    return {line.kind: line for line in found.lines}


def test_money_is_compared_to_the_fen() -> None:
    line = lines_of(source(Party.CARD_ROOM, 5_000, 3_000), source(Party.K3, 7_999))[LineKind.MONEY]
    assert (line.difference, line.state, line.missing) == (1, LineState.DIFFERS, ())
    assert [term.rows for term in (*line.left, *line.right)] == [2, 1]


def test_a_missing_source_is_named_and_is_not_zero() -> None:
    line = lines_of(source(Party.CARD_ROOM))[LineKind.MONEY]
    assert (line.difference, line.state, line.missing) == (None, LineState.MISSING, (Party.K3,))


def test_a_source_given_for_another_building_or_period_is_missing_here() -> None:
    for other in (source(Party.K3, 1, building="2"), source(Party.K3, 1, period="period:2026-12")):
        assert lines_of(source(Party.CARD_ROOM, 1), other)[LineKind.MONEY].missing == (Party.K3,)


def test_a_source_that_covers_a_building_without_a_row_is_zero() -> None:
    line = lines_of(source(Party.CARD_ROOM), source(Party.K3))[LineKind.MONEY]
    assert (line.difference, line.state) == (0, LineState.AGREES)


@given(*[st.lists(st.integers(0, 10**12), max_size=3) for _term in range(5)], st.integers(-5, 5))
def test_the_bridge_closes_exactly_when_the_balances_follow(
    opening: list[int],
    takings: list[int],
    subsidies: list[int],
    refunds: list[int],
    used: list[int],
    off: int,
) -> None:
    closing = sum(opening) + sum(takings) + sum(subsidies) - sum(refunds) - sum(used) - off
    parts = {
        Party.OPENING: opening,
        Party.TAKINGS: takings,
        Party.SUBSIDIES: subsidies,
        Party.REFUNDS: refunds,
        Party.CONSUMPTION: used,
        Party.CLOSING: [closing],
    }
    sources = {party: source(party, *amounts) for party, amounts in parts.items()}
    line = lines_of(*sources.values())[LineKind.BRIDGE]
    assert line.difference == off
    left, right = line_rows(LineKind.BRIDGE, sources)
    assert sum(row.amount for row in left) - sum(row.amount for row in right) == off


def test_all_three_lines_agree_only_when_each_does() -> None:
    bridge = [
        source(party, 0)
        for party in Party
        if party not in (Party.CARD_ROOM, Party.K3, Party.ELECTRICIAN, Party.AUTOMATIC)
    ]
    readings = [source(Party.ELECTRICIAN, 5_000), source(Party.AUTOMATIC, 5_000)]
    money = [source(Party.CARD_ROOM, 5_000), source(Party.K3, 5_000, origin=Origin.IMPORTED)]
    (whole,) = agreements(["1"], PERIOD, {one.party: one for one in (*bridge, *readings, *money)})
    assert whole.agrees
    assert whole.lines[0].right[0].origin is Origin.IMPORTED
    (part,) = agreements(["1"], PERIOD, {one.party: one for one in (*bridge, *money)})
    assert not part.agrees


def test_it_is_due_on_the_sixth_of_the_month_after() -> None:
    assert due_on(accounting_period(2026, 11), 6) == date(2026, 12, 6)
    assert due_on(accounting_period(2026, 12), 6) == date(2027, 1, 6)
    assert due_on(accounting_period(2027, 1), 28) == date(2027, 2, 28)


def test_fen_become_micro_yuan() -> None:
    assert in_micro_yuan(Row("a", "1", PERIOD, DAY, 5_001, written=3)).amount == 50_010_000
