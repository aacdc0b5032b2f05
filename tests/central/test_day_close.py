"""The day's close and the hand-in (R-4.1.7, R-4.1.8): all tied, in order, once; late acts on the next day; every fen to finance."""

import random
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from central import clock
from central.campus.models import Account, CustomerClass
from central.desk.day_close import close_day, day_as_it_stands, open_days
from central.desk.day_models import DayClose, HandIn
from central.desk.hand_ins import Batch, days_to_hand_in, differences_that_wait, hand_in, receive, send_back
from central.desk.models import Payment
from central.desk.operations import Paid, pay
from central.desk.refusals import ShiftRefusal
from central.desk.shift_models import Shift
from central.desk.shift_verification import verify_shifts
from central.desk.shifts import Counted, drawer_tie, end_shift
from central.domain.day_totals import Totals, sum_of
from central.domain.paper import Paper, totals
from central.domain.periods import Period, accounting_period_of, day_period, month_period, year_period
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balance
from central.ledger.verification import verify_books
from central.office import approvals
from central.office.models import Approval, User
from central.office.roles import Role
from central.papers.catalogue import make, report_of
from tests.central.conftest import NOW_MS, rounds
from tests.open_shifts import have_drawers, off_shift, on_shift

ROOM, DAY_MS, FEN = "1-301.1", 86_400_000, 10_000
TODAY = clock.campus_day(NOW_MS)


@pytest.fixture
def anna(campus: None) -> User:
    return User.objects.create_user("anna", role=Role.CASHIER)


@pytest.fixture
def finance(campus: None) -> User:
    return User.objects.create_user("fei", role=Role.FINANCE)


def worked(cashier: User, *fens: int, at_ms: int = NOW_MS, left_fen: int = 0) -> Shift:
    """A whole shift that took these sums."""
    shift = on_shift(cashier, at_ms)
    for fen in fens:
        number = Payment.objects.count()
        assert isinstance(pay(f"p{number}", ROOM, fen, cashier, now_ms=at_ms), Paid)
    off_shift(shift, at_ms, left_fen)
    return shift


def closed(cashier: User, day=TODAY, now_ms: int = NOW_MS) -> DayClose:
    made = close_day(day, cashier, now_ms=now_ms)
    assert isinstance(made, DayClose), made
    return made


def test_a_day_is_closed_once_with_its_totals_and_its_receipts(anna: User) -> None:
    worked(anna, 5_000, 1_050)
    made = closed(anna)
    assert (made.number, made.dormitory, made.totals.total, made.receipts) == (1, 6_050, 6_050, 2)
    assert (made.first_receipt, made.last_receipt, made.moved_fen, made.shifts) == (1, 2, 6_050, 1)
    assert made.repair == made.on_behalf == made.card == 0
    assert close_day(TODAY, anna, now_ms=NOW_MS) is ShiftRefusal.DAY_CLOSED
    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
        connection.cursor().execute("UPDATE desk_dayclose SET dormitory = 0")


def test_what_a_close_refuses(anna: User) -> None:
    have_drawers("main", "2")
    assert close_day(TODAY, anna, now_ms=NOW_MS) is ShiftRefusal.NOTHING_THAT_DAY
    worked(anna, 100, at_ms=NOW_MS - DAY_MS)
    shift = on_shift(anna, NOW_MS)
    assert close_day(TODAY, anna, now_ms=NOW_MS) is ShiftRefusal.SHIFT_OPEN
    off_shift(shift, NOW_MS)
    assert close_day(TODAY, anna, now_ms=NOW_MS) is ShiftRefusal.EARLIER_DAY_OPEN
    assert close_day(TODAY, anna, now_ms=NOW_MS - DAY_MS) is ShiftRefusal.DAY_NOT_COME
    closed(anna, TODAY - timedelta(days=1))
    assert closed(anna).number == 2, "a refusal takes no number"
    assert open_days() == []


def test_a_day_that_does_not_tie_is_not_closed(anna: User) -> None:
    """Somebody wrote into the database by hand: the books and the counts no longer say the same."""
    worked(anna, 5_000)
    shift = Shift.objects.get()
    Payment.objects.create(
        payment_id="forged",
        account=Account.objects.get(code=ROOM),
        bucket="paid",
        amount_fen=7,
        cashier=anna,
        at_ms=NOW_MS,
        grant="g",
        shift=shift,
    )
    assert day_as_it_stands(TODAY).tie.mistakes() == ("receipts", "cash")
    assert [check.name for check in verify_shifts() if not check.holds] == ["shifts"]
    assert close_day(TODAY, anna, now_ms=NOW_MS) is ShiftRefusal.DOES_NOT_TIE


def test_what_comes_after_the_close_is_booked_on_the_next_day_with_both_dates(anna: User) -> None:
    worked(anna, 5_000)
    closed(anna)
    late = worked(anna, 700, at_ms=NOW_MS + 60_000)
    assert late.day == TODAY + timedelta(days=1)
    assert clock.campus_day(late.opened_ms) == TODAY
    assert close_day(late.day, anna, now_ms=NOW_MS) is ShiftRefusal.DAY_NOT_COME
    worked(anna, 300, at_ms=NOW_MS + DAY_MS)
    assert closed(anna, late.day, NOW_MS + DAY_MS).totals.total == 1_000
    sheet = make(report_of("takings"), day_period(late.day))
    times = [row.cells[1] for row in sheet.tables[0].rows]
    assert times[0].startswith(f"{TODAY:%m-%d} "), "its own date beside the day it is booked on"
    assert len(times[1]) == len("12:00:00")


def total_of(paper: Paper) -> int:
    return totals(paper.tables[0])[-1] // FEN


def periods_of(days: list, kind) -> set[Period]:
    return {kind(day) for day in days}


@pytest.mark.parametrize("seed", rounds(3))
def test_day_month_and_year_tables_tie_with_the_closes_over_random_days(anna: User, seed: int) -> None:
    """Random sums on random days, over a year's end, with late shifts, differences and floats that change."""
    dice = random.Random(seed)
    accounts = [account.code for account in Account.objects.all()]
    groups = list(CustomerClass.Group.values)
    at_ms, days = NOW_MS, []
    for _ in range(8):
        at_ms += dice.choice([1_000, DAY_MS, 3 * DAY_MS, 20 * DAY_MS])
        CustomerClass.objects.filter(code="dormitory").update(group=dice.choice(groups))
        shift = on_shift(anna, at_ms, float_fen=dice.randrange(0, 500))
        for _payment in range(dice.randrange(4)):
            number = Payment.objects.count()
            pay(f"p{number}", dice.choice(accounts), dice.randrange(1, 9_999), anna, now_ms=at_ms)
        expected = drawer_tie(shift, 0).expected_fen
        counted = max(0, expected + dice.choice([0, 0, -3, 5]))
        end_shift(
            shift.pk, Counted(counted), dice.randrange(counted + 1), anna, reason="counted", now_ms=at_ms
        )
        days.append(shift.day)
        if dice.random() < 0.5:
            at_ms = max(at_ms, clock.start_of_day_ms(shift.day))
            for day in open_days():
                closed(anna, day, at_ms)
    for day in open_days():
        closed(anna, day, at_ms + 400 * DAY_MS)
    _all_tie(sorted(set(days)))
    assert all(check.holds for check in (*verify_books(), *verify_shifts()))


def _all_tie(days: list) -> None:
    report, taken = report_of("takings"), sum(Payment.objects.values_list("amount_fen", flat=True))
    closes = sum_of(one.totals for one in DayClose.objects.all())
    assert closes.total == taken
    for kind in (
        day_period,
        lambda day: month_period(day.year, day.month),
        accounting_period_of,
        lambda day: year_period(day.year),
    ):
        assert sum(total_of(make(report, period)) for period in periods_of(days, kind)) == taken
    for one in DayClose.objects.all():
        month = make(report, month_period(one.day.year, one.day.month)).tables[0]
        row = next(row for row in month.rows if row.cells[0] == one.day.isoformat())
        assert row.cells[1:4] == [str(one.number), one.receipts, one.voids]
        assert [cell // FEN for cell in row.cells[4:]] == _columns(one.totals)
    moved = sum(DayClose.objects.values_list("moved_fen", flat=True))
    assert balance(chart.safe()) == moved * FEN, "what lies in the safe is what the days say"


def _columns(day: Totals) -> list[int]:
    return [
        day.dormitory,
        day.owners,
        day.merchant,
        day.staff,
        day.repair,
        day.on_behalf,
        day.penalty,
        day.cash,
        day.card,
        day.total,
    ]


def test_a_batch_goes_to_finance_with_its_pages_and_its_cash(anna: User, finance: User) -> None:
    worked(anna, 5_000, 1_050)
    first = closed(anna)
    worked(anna, 700, at_ms=NOW_MS + DAY_MS)
    second = closed(anna, TODAY + timedelta(days=1), NOW_MS + DAY_MS)
    batch = Batch([first.pk, second.pk], 6_750, "B-77", "00000017-00000019")
    made = hand_in(batch, anna, now_ms=NOW_MS)
    assert (made.first_receipt, made.last_receipt, made.receipts, made.expected_fen) == (1, 3, 3, 6_750)
    assert days_to_hand_in() == []
    assert hand_in(batch, anna, now_ms=NOW_MS) is ShiftRefusal.DAY_HANDED_IN
    assert receive(made.pk, anna, now_ms=NOW_MS) is ShiftRefusal.OWN_HAND_IN
    end = receive(made.pk, finance, now_ms=NOW_MS)
    assert (end.received, end.by) == (True, finance)
    assert (balance(chart.safe()), balance(chart.handed_in()) // FEN) == (0, 6_750)
    assert receive(made.pk, finance, now_ms=NOW_MS) is ShiftRefusal.ALREADY_ENDED
    assert hand_in(Batch([], 0), anna, now_ms=NOW_MS) is ShiftRefusal.NO_DAYS


def signed(number: int, *people: User) -> None:
    for person in people:
        approvals.sign(number, approve=True, reason="", actor=person, now_ms=NOW_MS)


def test_a_batch_that_does_not_balance_waits_for_its_named_difference(anna: User, finance: User) -> None:
    director = User.objects.create_user("dao", role=Role.DIRECTOR)
    worked(anna, 5_000)
    batch = [closed(anna).pk]
    assert hand_in(Batch(batch, 4_900), anna, now_ms=NOW_MS) is ShiftRefusal.NO_REASON
    made = hand_in(Batch(batch, 4_900, reason="a false note"), anna, now_ms=NOW_MS)
    assert receive(made.pk, finance, now_ms=NOW_MS) is ShiftRefusal.DIFFERENCE_WAITS
    signed(Approval.objects.get().number, finance, director)
    assert receive(made.pk, finance, now_ms=NOW_MS).received
    assert (balance(chart.safe()), balance(chart.over_short()) // FEN) == (0, 100)


def test_a_batch_waits_for_the_differences_of_its_shifts_too(anna: User, finance: User) -> None:
    director = User.objects.create_user("dao", role=Role.DIRECTOR)
    shift = on_shift(anna, NOW_MS)
    pay("p1", ROOM, 5_000, anna, now_ms=NOW_MS)
    end_shift(shift.pk, Counted(4_990), 0, anna, reason="wrong change", now_ms=NOW_MS)
    made = hand_in(Batch([closed(anna).pk], 4_990), anna, now_ms=NOW_MS)
    assert made.difference_fen == 0
    assert [one.shift for one in differences_that_wait(made)] == [shift]
    assert receive(made.pk, finance, now_ms=NOW_MS) is ShiftRefusal.DIFFERENCE_WAITS
    signed(Approval.objects.get().number, finance, director)
    assert receive(made.pk, finance, now_ms=NOW_MS).received


def test_a_batch_sent_back_frees_its_days_and_its_difference(anna: User, finance: User) -> None:
    director = User.objects.create_user("dao", role=Role.DIRECTOR)
    worked(anna, 5_000)
    day = closed(anna)
    made = hand_in(Batch([day.pk], 4_900, reason="?"), anna, now_ms=NOW_MS)
    assert send_back(made.pk, finance, note=" ", now_ms=NOW_MS) is ShiftRefusal.NO_RETURN_REASON
    assert not send_back(made.pk, finance, note="count again", now_ms=NOW_MS).received
    assert (balance(chart.safe()) // FEN, balance(chart.difference_waiting())) == (5_000, 0)
    signed(Approval.objects.get().number, finance, director)
    assert Approval.objects.get().state == "failed"
    assert balance(chart.over_short()) == 0
    assert days_to_hand_in() == [day]
    again = hand_in(Batch([day.pk], 5_000), anna, now_ms=NOW_MS)
    assert receive(again.pk, finance, now_ms=NOW_MS).received
    assert HandIn.objects.count() == 2


def test_duty_meals_are_counted_by_shift(anna: User) -> None:
    worked(anna, at_ms=NOW_MS)
    worked(anna, at_ms=NOW_MS + DAY_MS)
    paper = make(report_of("duty-meals"), month_period(TODAY.year, TODAY.month))
    assert paper.tables[0].rows[0].cells == ["anna", 2, 2, 1_600 * FEN]
