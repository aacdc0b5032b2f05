"""Random weeks at the desk, and the papers made of them: the monthly charges and the rooms' payments come to what was taken.

By item, by building, by day and by method the sum is that of the takings (R-4.1.7, R-6.1); every receipt and every book page of
the span stands in the room usage report once, and what is void is named (R-4.2.1).
"""

import random

import pytest
from django.utils import translation

from central.campus.models import Account, Building, CustomerClass
from central.desk.book_models import BookPageIssue
from central.desk.day_sums import payments_in, voids_in
from central.desk.print_models import ReceiptVoid
from central.desk.shift_models import Shift
from central.domain.paper import Paper, Table, column_mistakes, totals
from central.domain.periods import (
    Period,
    accounting_period_of,
    day_period,
    month_period,
    week_of,
)
from central.papers.catalogue import make, report_of
from tests.central.test_takings_tie import ITEMS, NOW_MS, Desk
from tests.open_shifts import have_drawers

FEN = 10_000
METHODS = ("cash", "card", "transfer")
KINDS = ("dormitory", "merchant", "staff", "repair", "on_behalf", "penalty")


def of(table: Table, key: str) -> int:
    place = [column.key for column in table.columns].index(key)
    return sum(row.cells[place] or 0 for row in table.rows)


def taken(period: Period) -> int:
    paid = sum(payments_in(period).values_list("amount_fen", flat=True))
    return (paid - sum(voids_in(period).values_list("receipt__amount_fen", flat=True))) * FEN


@pytest.fixture
def lived(campus: None, request: pytest.FixtureRequest) -> set[Period]:
    """Weeks at a desk with two drawers; the spans that its days belong to."""
    from central.office.models import DatedValue, User
    from central.office.repair_lists import publish_at_console
    from central.office.roles import Role

    have_drawers("main", "2")
    for code, value in (("receipt.original", "page"), ("sale.seasonal-minimum", [])):
        DatedValue.objects.create(
            code=code, place="campus", value=value, from_ms=0, made_by="test", made_ms=0
        )
    publish_at_console(ITEMS, NOW_MS - 1000, why="new year", now_ms=NOW_MS - 1000)
    cashiers = {name: User.objects.create_user(f"at-{name}", role=Role.CASHIER) for name in ("main", "2")}
    finance = User.objects.create_user("fei", role=Role.FINANCE)
    codes = list(Account.objects.values_list("code", flat=True))
    desk = Desk(random.Random(request.param), cashiers, finance, accounts=codes)
    for _ in range(8):
        desk.live_a_while()
    CustomerClass.objects.update(group=CustomerClass.Group.STAFF)
    days = set(Shift.objects.values_list("day", flat=True))
    spans = {month_period(day.year, day.month) for day in days} | {accounting_period_of(day) for day in days}
    return spans | {week_of(day) for day in days} | {day_period(day) for day in days}


@pytest.mark.parametrize("lived", [3, 11], indirect=True)
def test_charges_and_room_payments_come_to_the_takings(lived: set[Period]) -> None:
    charges, usage = report_of("monthly-charges"), report_of("room-usage")
    with translation.override("en"):
        for period in lived:
            if period.kind in charges.periods:
                _charges_tie(make(charges, period), period)
            _usage_ties(make(usage, period), period)
    assert ReceiptVoid.objects.exists()
    assert BookPageIssue.objects.exists()


def _charges_tie(paper: Paper, period: Period) -> None:
    assert paper.document == "HNKJ/C4/1012"
    assert [mistake for table in paper.tables for mistake in column_mistakes(table)] == []
    whole, building, day = paper.tables[:3]
    assert building.columns[0].key == "building"
    for table in (whole, building, day):
        assert of(table, "total") == taken(period)
        assert sum(of(table, key) for key in METHODS) == of(table, "total")
        assert sum(of(table, key) for key in KINDS) == of(table, "total")
        for key in ("receipts", "voids", "void_sum", "energy"):
            assert of(table, key) == of(whole, key)
    assert of(whole, "receipts") == payments_in(period).count()
    assert of(whole, "void_sum") == of(paper.tables[-1], "amount")
    assert {row.cells[0] for row in building.rows} <= set(Building.objects.values_list("name", flat=True))


def _usage_ties(paper: Paper, period: Period) -> None:
    overview, *houses = (table for table in paper.tables if table.columns[0].key in ("building", "room"))
    numbers = next(table for table in paper.tables if table.columns[0].key == "numbers")
    assert of(overview, "total") == of(numbers, "amount") == taken(period)
    assert sum(of(table, "amount") for table in houses) == taken(period), "no merchants here"
    listed = [row.cells[3] for table in houses for row in table.rows if row.cells[3]]
    wanted = [f"{n:08d}" for n in payments_in(period).values_list("receipt__number", flat=True)]
    void = list(voids_in(period).values_list("receipt", flat=True))
    assert sorted(n for n in listed if n.isdigit()) == sorted(wanted)
    assert len(listed) - len(wanted) == len(void) == of(numbers, "void_count")
    pages = [table for table in paper.tables if table.columns[0].key == "book"]
    issued = BookPageIssue.objects.filter(payment__in=payments_in(period).order_by()).count()
    stated = sum(row.cells[2] for table in pages for row in table.rows if row.cells[3] == "issued")
    assert stated == issued
    assert all(totals(table)[2] >= stated for table in pages)
