"""Random weeks at the desk, and the papers made of them: the monthly charges and the rooms' payments come to what was taken.

By item, by building, by day and by method the sum is that of the takings (R-4.1.7, R-6.1); every receipt and every book page of
the span stands in the room usage report once, and what is void is named (R-4.2.1).
"""

import random
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import translation

from central.campus.models import Account, Building, CustomerClass
from central.clock import campus_day, start_of_day_ms
from central.desk.book_models import BookPageIssue
from central.desk.corrections.reversal import reversal_drafts
from central.desk.day_sums import payments_in, voids_in
from central.desk.models import Payment
from central.desk.operations import Paid, pay
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
from central.ledger import chart_of_accounts as chart
from central.ledger.operations import Draft, book
from central.link.models import TakeBackRequest
from central.office.models import DatedValue, User
from central.office.repair_lists import publish_at_console
from central.office.roles import Role
from central.papers.accounting import first_days
from central.papers.catalogue import make, report_of
from tests.central.gateway_twin import GatewayTwin
from tests.central.steps import up
from tests.central.test_takings_tie import HOUR_MS, ITEMS, NOW_MS, Desk
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


class BookedDesk(Desk):
    """What is made void is taken off again in the ledger as well."""

    def book(self, number: str, side: chart.Side, fen: int) -> None:
        if number.startswith("void:"):
            void = ReceiptVoid.objects.get(pk=number.removeprefix("void:"))
            book(reversal_drafts(void), self.at_ms)
        else:
            super().book(number, side, fen)

    def sell_late(self) -> None:
        """Close the tenth of a month at noon, and sell on: that is booked on the eleventh."""
        for shift in Shift.objects.filter(end=None):
            self.end(shift.drawer)
        later = campus_day(self.at_ms) + timedelta(days=40)
        self.at_ms = start_of_day_ms(later.replace(day=10)) + 12 * HOUR_MS
        for _ in range(2):
            self.open("main")
            self.sell(Shift.objects.get(end=None))
            self.later(HOUR_MS)
            self.end("main")
            self.close()


@pytest.fixture
def lived(campus: None, request: pytest.FixtureRequest) -> set[Period]:
    """Weeks at a desk with two drawers; the spans that its days belong to."""
    have_drawers("main", "2")
    for code, value in (("receipt.original", "page"), ("sale.seasonal-minimum", [])):
        DatedValue.objects.create(
            code=code, place="campus", value=value, from_ms=0, made_by="test", made_ms=0
        )
    publish_at_console(ITEMS, NOW_MS - 1000, why="new year", now_ms=NOW_MS - 1000)
    cashiers = {name: User.objects.create_user(f"at-{name}", role=Role.CASHIER) for name in ("main", "2")}
    finance = User.objects.create_user("fei", role=Role.FINANCE)
    codes = list(Account.objects.values_list("code", flat=True))
    desk = BookedDesk(random.Random(request.param), cashiers, finance, accounts=codes)
    for _ in range(8):
        desk.live_a_while()
    desk.sell_late()
    CustomerClass.objects.update(group=CustomerClass.Group.STAFF)
    days = set(Shift.objects.values_list("day", flat=True))
    spans = {month_period(day.year, day.month) for day in days} | {accounting_period_of(day) for day in days}
    return spans | {week_of(day) for day in days} | {day_period(day) for day in days}


@pytest.mark.parametrize("lived", [3], indirect=True)
def test_charges_and_room_payments_come_to_the_takings(lived: set[Period]) -> None:
    charges, usage = report_of("monthly-charges"), report_of("room-usage")
    reasons: set[str] = set()
    with translation.override("en"):
        for period in lived:
            if period.kind in charges.periods:
                _charges_tie(make(charges, period), period)
                reasons |= _households_tie(make(report_of("household-detail"), period), make(charges, period))
            _usage_ties(make(usage, period), period)
        begun = _begun_by_a_late_shift()
        reasons |= _households_tie(make(report_of("household-detail"), begun), make(charges, begun))
    assert any(words.startswith("Booked on days") for words in reasons), "all paid and booked on the same day"
    assert ReceiptVoid.objects.exists()
    assert BookPageIssue.objects.exists()


def _begun_by_a_late_shift() -> Period:
    """Let an accounting period begin with the day that a late shift is booked on."""
    paid = Payment.objects.filter(purpose="energy", receipt__void=None).select_related("shift")
    day = next(one.shift.day for one in paid if one.shift.day > campus_day(one.at_ms))
    DatedValue.objects.create(
        code="period.first-day", place="campus", value=day.day, from_ms=1, made_by="test", made_ms=1
    )
    return accounting_period_of(day, first_days)


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


def _households_tie(paper: Paper, charges: Paper) -> set[str]:
    """What households paid is the takings for electricity, but for what is named."""
    tie = next(table for table in paper.tables if table.columns[0].key == "what")
    (first, taken_fen), *reasons, (_last, paid) = (row.cells for row in tie.rows)
    assert taken_fen == sum(of(charges.tables[0], key) for key in ("dormitory", "merchant", "staff")), first
    assert taken_fen + sum(amount for _words, amount in reasons) == paid
    in_yuan = [table for table in paper.tables if "yuan" in table.title and table.columns[0].key == "room"]
    assert paid == sum(of(table, "takings") for table in in_yuan)
    assert "Not explained" not in {words for words, _amount in reasons}, (
        paper.period,
        [row.cells for row in tie.rows],
    )
    return {words for words, _amount in reasons}


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


def test_energy_stands_with_its_room_and_its_class(taker: object, twin: GatewayTwin, cashier: User) -> None:
    """Of a month every room that used some, of a day those that paid: in Wh from the gateway's own entries."""
    assert isinstance(pay("p1", "1-301.1", 3_000, cashier, now_ms=NOW_MS), Paid)
    up(taker, twin, twin.consumption("1-301.1", 4_000, 4_000), twin.consumption("1-302.1", 1_500, 5_500))
    day = campus_day(NOW_MS)
    with translation.override("en"):
        for code, period in (
            ("household-detail", month_period(day.year, day.month)),
            ("household-detail", accounting_period_of(day)),
            ("room-usage", month_period(day.year, day.month)),
            ("room-usage", accounting_period_of(day)),
        ):
            used = used_by_room(make(report_of(code), period), "used" if code == "room-usage" else "energy")
            assert used.items() >= {("301", 4_000), ("302", 1_500)}, (code, period.name)
        for period in (day_period(day), week_of(day)):
            assert used_by_room(make(report_of("room-usage"), period), "used") == {"301": 4_000}
        statement = make(report_of("bureau-statement"), accounting_period_of(day))
        (classes,) = (table for table in statement.tables if table.columns[0].key == "class")
        assert (of(classes, "energy"), of(classes, "yuan")) == (5_500, 5_500 * 558)


def used_by_room(paper: Paper, key: str) -> dict[str, int]:
    houses = [table for table in paper.tables if table.columns[0].key == "room"]
    found = {}
    for table in houses:
        keys = [column.key for column in table.columns]
        if key in keys:
            found |= {
                row.cells[0]: row.cells[keys.index(key)] for row in table.rows if row.cells[keys.index(key)]
            }
    return found


def test_a_subsidy_taken_back_through_what_lapsed_stands_with_its_building(campus: None) -> None:
    """Both papers say the same of subsidies, given less taken back."""
    account = Account.objects.get(code="1-301.1")
    asked = TakeBackRequest.objects.create(
        request_id="r1", account=account, bucket="aid", unit="yuan", asked=30, asked_ms=NOW_MS, why="w"
    )
    aid, lapsed, given = chart.customer("1-301.1", "aid", "yuan"), chart.lapsed("yuan"), chart.subsidy("yuan")
    with transaction.atomic():
        book([Draft("s1", given, aid, 40, "subsidy", NOW_MS)], NOW_MS)
        book([Draft("s2", aid, lapsed, 30, "taken-back", NOW_MS)], NOW_MS)
        book([Draft("s3", lapsed, given, 30, "subsidy-back", NOW_MS, asked.pk)], NOW_MS)
    day = campus_day(NOW_MS)
    with translation.override("en"):
        charges, detail = (
            make(report_of(code), month_period(day.year, day.month))
            for code in ("monthly-charges", "household-detail")
        )
    (subsidies,) = (table for table in charges.tables if table.columns[-1].key == "stays")
    assert [row.cells for row in subsidies.rows] == [["North", 40, 30, 10]]
    assert of(detail.tables[0], "subsidies") == of(subsidies, "stays")
