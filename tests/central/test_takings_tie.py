"""Random weeks at the desk: several shifts a day, every method, charges, void receipts, cash out, late shifts. All of it ties.

A day is its receipts less what was made void, a month its days, a year its months, cash and card the total (R-4.1.7); drawers, safe
and finance hold what the days say, every closed day and every page of the receipt books goes to finance once (R-4.1.8).
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest

from central import clock
from central.campus.models import Account, CustomerClass
from central.desk import books
from central.desk.book_models import BookPageIssue, ReceiptBook
from central.desk.book_queries import current_book, states_of
from central.desk.charges import Wanted, charge
from central.desk.day_close import close_day, day_as_it_stands, open_days
from central.desk.day_models import DayClose, HandIn, HandInDay
from central.desk.day_sums import cash_table, takings_table
from central.desk.hand_in_models import HandInPages
from central.desk.hand_in_tables import card_table, pages_handed_in, voids_table
from central.desk.hand_ins import Batch, days_to_hand_in, hand_in, receive, send_back
from central.desk.models import Payment, Receipt
from central.desk.money_in import HowPaid, money_side
from central.desk.operations import Paid, pay
from central.desk.print_models import ReceiptVoid
from central.desk.shift_models import Shift, ShiftEnd
from central.desk.shift_verification import verify_shifts
from central.desk.shifts import Counted, drawer_tie, end_shift, open_shift, record_cash_out
from central.domain.day_totals import sum_of
from central.domain.paper import Table, totals
from central.domain.periods import accounting_period_of, days_of, month_period, months_of, year_period
from central.domain.receipt_book import Mark, next_page
from central.domain.repair_list import Item, ItemKind, ItemUnit
from central.ledger import chart_of_accounts as chart
from central.ledger.operations import Draft, book
from central.ledger.queries import balance
from central.ledger.verification import verify_books
from central.office.models import DatedValue, User
from central.office.repair_lists import publish_at_console
from central.office.roles import Role
from tests.central.conftest import NOW_MS, rounds
from tests.open_shifts import have_drawers

DAY_MS, HOUR_MS, FEN = 86_400_000, 3_600_000, 10_000
SEALS = ["档案馆公章", "财务专用章", "加盖财务专用章生效"]
ITEMS = [
    Item("lock", ItemKind.REPAIR, "换锁", "New lock", ItemUnit.EACH, 3_500),
    Item("card", ItemKind.ON_BEHALF, "补卡费", "New card", ItemUnit.EACH, 1_500),
]


@dataclass
class Desk:
    """A desk with two drawers and two cashiers whose days are made by dice."""

    dice: random.Random
    cashiers: dict[str, User]
    finance: User
    at_ms: int = NOW_MS
    accounts: list[str] = field(default_factory=list)

    def later(self, most_ms: int) -> int:
        self.at_ms += self.dice.randrange(1, most_ms)
        return self.at_ms

    def live_a_while(self) -> None:
        """Open and end shifts, sell, void, pay out; close what can be closed; hand in; skip days."""
        CustomerClass.objects.update(group=self.dice.choice(CustomerClass.Group.values))
        for _ in range(self.dice.randrange(1, 4)):
            drawer = self.dice.choice(list(self.cashiers))
            if Shift.objects.filter(cashier=self.cashiers[drawer], end=None).exists():
                self.end(drawer)
            else:
                self.open(drawer)
            self.later(2 * HOUR_MS)
        for shift in Shift.objects.filter(end=None).select_related("cashier"):
            for _ in range(self.dice.randrange(2, 7)):
                self.act(shift)
        if self.dice.random() < 0.5:
            self.close()
        if self.dice.random() < 0.3:
            self.hand_in_some()
        self.at_ms += self.dice.choice([0, HOUR_MS, 12 * HOUR_MS, DAY_MS, 17 * DAY_MS])

    def open(self, drawer: str) -> None:
        counted = Counted(self.dice.randrange(0, 800))
        done = open_shift(drawer, counted, self.cashiers[drawer], reason="small change", now_ms=self.at_ms)
        assert isinstance(done, Shift), done

    def end(self, drawer: str) -> None:
        shift = Shift.objects.get(cashier=self.cashiers[drawer], end=None)
        expected = drawer_tie(shift, 0).expected_fen
        counted = max(0, expected + self.dice.choice([0, 0, 0, -3, 5]))
        left = self.dice.randrange(counted + 1)
        done = end_shift(shift.pk, Counted(counted), left, shift.cashier, reason="counted", now_ms=self.at_ms)
        assert isinstance(done, ShiftEnd), done

    def act(self, shift: Shift) -> None:
        act = self.dice.choice(
            [self.sell, self.sell, self.sell, self.charge, self.charge, self.void, self.pay_out]
        )
        act(shift)
        self.later(60_000)

    def how(self) -> HowPaid:
        method = self.dice.choice(list(Payment.Method))
        return HowPaid(method, "" if method == Payment.Method.CASH else f"T-{Payment.objects.count()}")

    def page(self, cashier: User) -> str:
        """The next page of his book; now and then it is spoiled first."""
        while True:
            mine = current_book(cashier)
            page = next_page(states_of(mine)) if mine else None
            if page is None:
                self.new_book(cashier)
            elif self.dice.random() < 0.2:
                books.void_page(mine, page, Mark.SPOILED, "ink", actor=cashier, now_ms=self.at_ms)
            else:
                return str(page)

    def new_book(self, cashier: User) -> None:
        number = ReceiptBook.objects.count() + 1
        made = books.receive_book(f"B-{number}", 1, 9, "", actor=cashier, now_ms=self.at_ms)
        books.check_pages(made, 1, 9, SEALS, [], actor=cashier, now_ms=self.at_ms)
        books.take_book(made, actor=cashier, now_ms=self.at_ms)

    def sell(self, shift: Shift) -> None:
        fen, account = self.dice.randrange(3_000, 9_999), self.dice.choice(self.accounts)
        number = f"p{Payment.objects.count()}"
        page = self.page(shift.cashier)
        done = pay(number, account, fen, shift.cashier, now_ms=self.at_ms, page=page, how=self.how())
        assert isinstance(done, Paid), done

    def charge(self, shift: Shift) -> None:
        wanted = [
            Wanted(code, 1000 * self.dice.randrange(1, 4)) for code in self.dice.sample(["lock", "card"], 2)
        ]
        number, account = f"c{Payment.objects.count()}", self.dice.choice(self.accounts)
        page = self.page(shift.cashier)
        done = charge(number, account, wanted, shift.cashier, now_ms=self.at_ms, page=page, how=self.how())
        assert isinstance(done, Paid), done

    def void(self, shift: Shift) -> None:
        """Make an earlier receipt void, of this day or of one long closed: its money goes back from this drawer or clearing."""
        receipts = list(Receipt.objects.filter(void=None).select_related("payment"))
        if not receipts:
            return
        receipt = self.dice.choice(receipts)
        ReceiptVoid.objects.create(
            receipt=receipt, reason="wrong room", shift=shift, by=shift.cashier, at_ms=self.at_ms
        )
        self.book(f"void:{receipt.pk}", money_side(receipt.payment.method, shift), receipt.amount_fen)

    def pay_out(self, shift: Shift) -> None:
        left = drawer_tie(shift, 0).expected_fen
        if left > 0:
            fen, number = self.dice.randrange(1, left + 1), f"out-{self.at_ms}"
            record_cash_out(shift, number, Account.objects.first().pk, fen, self.at_ms)
            self.book(number, chart.cash(shift.drawer), fen)

    def book(self, number: str, side: chart.Side, fen: int) -> None:
        book([Draft(number, chart.repair_fees(), side, fen * FEN, "test", self.at_ms)], self.at_ms)

    def close(self) -> None:
        """Close the days that can be closed, in order: a shift that begins later today is booked on the next day."""
        for day in open_days():
            if not isinstance(close_day(day, self.cashiers["main"], now_ms=self.at_ms), DayClose):
                return

    def hand_in_some(self) -> None:
        waiting = days_to_hand_in()
        if not waiting:
            return
        days = self.dice.sample(waiting, self.dice.randrange(1, len(waiting) + 1))
        cash = sum(day.moved_fen for day in days)
        batch = Batch([day.pk for day in days], cash + self.dice.choice([0, 0, -7]), "slip", reason="a note")
        made = hand_in(batch, self.cashiers["main"], now_ms=self.at_ms)
        assert isinstance(made, HandIn), made
        if self.dice.random() < 0.3:
            send_back(made.pk, self.finance, note="count again", now_ms=self.at_ms)
        else:
            receive(made.pk, self.finance, now_ms=self.at_ms)

    def finish(self) -> None:
        for shift in Shift.objects.filter(end=None):
            self.end(shift.drawer)
        self.at_ms += 500 * DAY_MS
        self.close()
        while days_to_hand_in():
            self.hand_in_some()


@pytest.fixture
def desk(campus: None, request: pytest.FixtureRequest) -> Desk:
    have_drawers("main", "2")
    DatedValue.objects.create(
        code="receipt.original", place="campus", value="page", from_ms=0, made_by="test", made_ms=0
    )
    assert publish_at_console(ITEMS, NOW_MS - 1000, why="new year", now_ms=NOW_MS - 1000)
    cashiers = {name: User.objects.create_user(f"at-{name}", role=Role.CASHIER) for name in ("main", "2")}
    finance = User.objects.create_user("fei", role=Role.FINANCE)
    codes = list(Account.objects.values_list("code", flat=True))
    return Desk(random.Random(request.param), cashiers, finance, accounts=codes)


@pytest.mark.parametrize("desk", rounds(4), indirect=True)
def test_random_weeks_tie(desk: Desk) -> None:
    for _ in range(9):
        desk.live_a_while()
        _faultless()
    _tables_tie()
    desk.finish()
    _tables_tie()
    _faultless()
    _finance_has_it_all()
    assert ReceiptVoid.objects.exists()
    assert HandInPages.objects.filter(kind="void").exists()


def _faultless() -> None:
    found = [
        f"{check.name}: {check.fault}" for check in (*verify_books(), *verify_shifts()) if not check.holds
    ]
    assert not found


def _sum(table: Table, key: str) -> int:
    place = [column.key for column in table.columns].index(key)
    return totals(table)[place]


def _tables_tie() -> None:
    """Months are their days, years their months, by the rows of payments and voids themselves."""
    days = sorted(set(Shift.objects.values_list("day", flat=True)))
    by_rows, still_open = _by_rows(), set(open_days())
    for year in {day.year for day in days}:
        whole = takings_table(year_period(year), lambda _part: "x")
        for month, row in zip(months_of(year_period(year)), whole.rows, strict=True):
            by_day = takings_table(month, lambda _part: "x")
            assert row.cells[2:] == totals(by_day)[2:]
            for day, cells in zip(days_of(month), by_day.rows, strict=True):
                assert cells.cells[-1] == by_rows.get(day, 0) * FEN
                assert bool(cells.cells[1] and not cells.cells[1].isdigit()) == (day in still_open)
        assert _sum(whole, "cash") + _sum(whole, "card") == _sum(whole, "total")
        parts = ("dormitory", "owners", "repair", "on_behalf")
        assert sum(_sum(whole, key) for key in parts) == _sum(whole, "total")
        _cash_ties(whole, year)
    all_periods = {accounting_period_of(day) for day in days}
    by_period = sum(_sum(takings_table(one, lambda _part: "x"), "total") for one in all_periods)
    assert by_period == sum(by_rows.values()) * FEN


def _by_rows() -> Counter[date]:
    """The days from receipts and voids alone, in fen."""
    sums: Counter[date] = Counter()
    for day, fen in Receipt.objects.values_list("shift__day", "amount_fen"):
        sums[day] += fen
    for day, fen in ReceiptVoid.objects.values_list("shift__day", "receipt__amount_fen"):
        sums[day] -= fen
    return sums


def _cash_ties(takings: Table, year: int) -> None:
    cash = cash_table(year_period(year), lambda _part: "x")
    if not cash.rows:
        return
    went = _sum(cash, "float") + _sum(cash, "safe")
    assert went == _sum(cash, "cash") - _sum(cash, "out") + _sum(cash, "difference")
    if not [day for day in open_days() if day.year == year]:
        assert _sum(cash, "cash") == _sum(takings, "cash")


def _finance_has_it_all() -> None:
    """Every closed day, every fen and every page is with finance, or waits there for a signature."""
    closes = list(DayClose.objects.all())
    live = HandIn.objects.exclude(end__received=False)
    handed = list(HandInDay.objects.filter(hand_in__in=live).values_list("day_close", flat=True))
    assert sorted(handed) == sorted(one.pk for one in closes)
    assert sum(live.values_list("expected_fen", flat=True)) == sum(one.moved_fen for one in closes)
    received = sum(live.filter(end__received=True).values_list("cash_fen", flat=True))
    assert balance(chart.handed_in()) == received * FEN
    pages = [
        (row.book_id, page) for row in HandInPages.objects.filter(hand_in__in=live) for page in row.pages
    ]
    assert len(pages) == len(set(pages))
    assert set(BookPageIssue.objects.values_list("book", "page")) <= set(pages)
    first_void = [
        (made.pk, page)
        for made in ReceiptBook.objects.all()
        for page, state in states_of(made).items()
        if state == "void" and page < max(p for b, p in pages if b == made.pk)
    ]
    assert set(first_void) <= set(pages)
    days = [one.day for one in closes]
    assert _sum(card_table(days), "amount") == sum_of(one.totals for one in closes).card * FEN
    assert len(voids_table(days).rows) == ReceiptVoid.objects.count() == sum(one.voids for one in closes)
    assert sum(_sum(pages_handed_in(one.pages.all()), "count") for one in live) == len(pages)


def test_a_void_after_the_close_is_taken_off_the_later_day(campus: None) -> None:
    """The day that was closed stays as it was; what went back stands on the day of the shift that gave it."""
    anna = User.objects.create_user("anna", role=Role.CASHIER)
    desk = Desk(random.Random(1), {"main": anna}, anna, accounts=["1-301.1"])
    desk.open("main")
    shift = Shift.objects.get()
    done = pay("p1", "1-301.1", 5_000, anna, now_ms=NOW_MS)
    assert isinstance(done, Paid)
    desk.end("main")
    desk.close()
    before = DayClose.objects.get().totals
    desk.open("main")
    late = Shift.objects.get(end=None)
    assert late.day == shift.day + timedelta(days=1)
    assert clock.campus_day(late.opened_ms) == shift.day
    desk.void(late)
    stands = day_as_it_stands(late.day)
    assert (stands.totals.total, stands.totals.voids, stands.tie.receipts_fen) == (-5_000, 1, -5_000)
    assert DayClose.objects.get().totals == before == day_as_it_stands(shift.day).totals
    month = takings_table(month_period(shift.day.year, shift.day.month), lambda _part: "x")
    if late.day.month == shift.day.month:
        assert _sum(month, "total") == 0
