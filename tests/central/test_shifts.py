"""Shifts in a real database (R-4.1.1a): no cash without one, every count against the books, differences named and never lost."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from central import clock
from central.desk.cash_differences import ACT, ask_again, is_asked, is_settled
from central.desk.models import Payment, Receipt
from central.desk.operations import pay
from central.desk.paying_out import pay_out_credit_back
from central.desk.refusals import DeskRefusal, Refused, ShiftRefusal
from central.desk.roster import change_day, duties, duty_of, set_rotation
from central.desk.shift_models import CashDifference, CashOut, Drawer, Shift, ShiftEnd
from central.desk.shift_queries import free_drawers
from central.desk.shifts import Counted, end_shift, hand_over, open_shift, open_shift_of
from central.domain.roster import DutyKind, Rotation
from central.ledger import chart_of_accounts as chart
from central.ledger.models import AuditEntry
from central.ledger.queries import balance
from central.ledger.verification import verify_books
from central.link.models import TakeBackRequest
from central.office import approvals
from central.office.approval_queries import waiting_for
from central.office.models import Approval, Delegation, User
from central.office.roles import Role
from tests.central.conftest import NOW_MS
from tests.open_shifts import have_drawers, off_shift, on_shift

ROOM = "1-301.1"
FEN = 10_000  # micro-yuan
HOUR_MS = 3_600_000


@pytest.fixture
def anna(campus: None) -> User:
    """A cashier without a shift."""
    return User.objects.create_user("anna", last_name="安娜", role=Role.CASHIER)


@pytest.fixture
def ben(campus: None) -> User:
    return User.objects.create_user("ben", last_name="本", role=Role.CASHIER)


@pytest.fixture
def signers(db: None) -> dict[str, User]:
    roles = (Role.FINANCE, Role.DIRECTOR)
    return {role: User.objects.create_user(f"the-{role}", role=role) for role in roles}


def yuan(side: chart.Side) -> int:
    """A balance in whole fen."""
    return balance(side) // FEN


def test_without_a_shift_nothing_is_taken_and_with_one_it_is_on_payment_and_receipt(anna: User) -> None:
    assert pay("p1", ROOM, 5_000, anna, now_ms=NOW_MS) == Refused(DeskRefusal.NO_SHIFT)
    assert not Payment.objects.exists()
    assert balance(chart.cash()) == 0
    shift = on_shift(anna, NOW_MS)
    pay("p1", ROOM, 5_000, anna, now_ms=NOW_MS)
    assert Payment.objects.get().shift_id == Receipt.objects.get().shift_id == shift.number == 1
    off_shift(shift, NOW_MS)
    assert pay("p2", ROOM, 5_000, anna, now_ms=NOW_MS) == Refused(DeskRefusal.NO_SHIFT)


def test_a_payment_that_was_taken_keeps_its_receipt_when_the_shift_is_over(anna: User) -> None:
    shift = on_shift(anna, NOW_MS)
    first = pay("p1", ROOM, 5_000, anna, now_ms=NOW_MS)
    off_shift(shift, NOW_MS)
    again = pay("p1", ROOM, 5_000, anna, now_ms=NOW_MS)
    assert (again.existed, again.receipt) == (True, first.receipt)


def test_the_shift_of_another_does_not_help(anna: User, ben: User) -> None:
    on_shift(ben, NOW_MS)
    assert pay("p1", ROOM, 5_000, anna, now_ms=NOW_MS) == Refused(DeskRefusal.NO_SHIFT)


def test_cash_is_paid_out_only_in_a_shift_and_counts_in_it(anna: User) -> None:
    from central.campus.models import Account, Bucket
    from central.ledger.operations import Draft, book

    account = Account.objects.get(code=ROOM)
    Bucket.objects.filter(name="paid").update(refundable=True)
    TakeBackRequest.objects.create(
        request_id="r1",
        account=account,
        bucket="paid",
        unit="yuan",
        asked=10_000_000,
        taken=7_000_000,
        state="settled",
        asked_ms=NOW_MS,
        why="moved out",
        by="anna",
    )
    with transaction.atomic():
        book(
            [
                Draft(
                    "t",
                    chart.customer(ROOM, "paid", "yuan"),
                    chart.taken_back(ROOM, "yuan"),
                    7_000_000,
                    "x",
                    1,
                )
            ],
            1,
        )
    assert pay_out_credit_back("r1", anna, now_ms=NOW_MS) == Refused(DeskRefusal.NO_SHIFT)
    shift = on_shift(anna, NOW_MS, float_fen=10_000)
    assert pay_out_credit_back("r1", anna, now_ms=NOW_MS).amount_fen == 700
    assert CashOut.objects.get().shift == shift
    end = off_shift(shift, NOW_MS)
    assert (end.paid_out_fen, end.expected_fen) == (700, 9_300)


def test_the_drawer_by_counts_and_by_the_ledger_is_the_same(anna: User) -> None:
    shift = on_shift(anna, NOW_MS, float_fen=20_000)
    for n in range(3):
        pay(f"p{n}", ROOM, 1_000 + n, anna, now_ms=NOW_MS)
    assert yuan(chart.cash()) == 23_003
    end = end_shift(
        shift.pk, Counted(23_003, {10_000: 2, 1_000: 3, 1: 3}), 20_000, anna, now_ms=NOW_MS + HOUR_MS
    )
    assert (end.expected_fen, end.difference_fen, end.moved_fen, end.receipts) == (23_003, 0, 3_003, 3)
    assert (yuan(chart.cash()), yuan(chart.safe()), yuan(chart.desk_float())) == (20_000, 3_003, 20_000)
    assert not CashDifference.objects.exists()
    assert Drawer.objects.get().left_fen == 20_000
    assert all(check.holds for check in verify_books())


def test_a_difference_needs_its_reason_and_waits_for_the_offices(
    anna: User, signers: dict[str, User]
) -> None:
    shift = on_shift(anna, NOW_MS, float_fen=1_000)
    pay("p1", ROOM, 5_000, anna, now_ms=NOW_MS)
    assert end_shift(shift.pk, Counted(5_900), 1_000, anna, now_ms=NOW_MS) is ShiftRefusal.NO_REASON
    assert not ShiftEnd.objects.exists()
    end_shift(shift.pk, Counted(5_900), 1_000, anna, reason="wrong change", now_ms=NOW_MS)
    difference = CashDifference.objects.get()
    assert (difference.amount_fen, difference.reason, difference.needs_approval) == (
        -100,
        "wrong change",
        True,
    )
    assert (yuan(chart.difference_waiting()), yuan(chart.over_short())) == (100, 0)
    assert (yuan(chart.cash()), yuan(chart.safe())) == (1_000, 4_900), "the books hold what was counted"
    request = Approval.objects.get(act=ACT)
    for role in (Role.FINANCE, Role.DIRECTOR):
        assert not is_settled(CashDifference.objects.get())
        approvals.sign(request.number, approve=True, reason="", actor=signers[role], now_ms=NOW_MS)
    assert is_settled(CashDifference.objects.get())
    assert (yuan(chart.difference_waiting()), yuan(chart.over_short())) == (0, 100)


def test_a_difference_up_to_the_limit_is_booked_at_once(anna: User) -> None:
    from central.office.models import DatedValue

    DatedValue.objects.create(
        code="desk.cash-difference", place="campus", value=100, from_ms=0, made_by="t", made_ms=0
    )
    shift = on_shift(anna, NOW_MS)
    end_shift(shift.pk, Counted(100), 0, anna, reason="found a coin", now_ms=NOW_MS)
    assert CashDifference.objects.get().needs_approval is False
    assert yuan(chart.over_short()) == -100, "more than the books say"
    assert not Approval.objects.exists()


def test_a_refused_difference_stays_open_and_is_asked_again(anna: User, signers: dict[str, User]) -> None:
    shift = on_shift(anna, NOW_MS)
    end_shift(shift.pk, Counted(7), 0, anna, reason="?", now_ms=NOW_MS)
    difference = CashDifference.objects.get()
    assert ask_again(difference.pk, "w", by=anna, now_ms=NOW_MS) is ShiftRefusal.ALREADY_ASKED
    approvals.sign(
        Approval.objects.get().number,
        approve=False,
        reason="why?",
        actor=signers[Role.FINANCE],
        now_ms=NOW_MS,
    )
    assert not is_asked(difference)
    assert yuan(chart.difference_waiting()) == -7
    assert ask_again(difference.pk, " ", by=anna, now_ms=NOW_MS) is ShiftRefusal.NO_REASON
    assert isinstance(ask_again(difference.pk, "a guest left it", by=anna, now_ms=NOW_MS), Approval)
    assert ask_again("nothing", "w", by=anna, now_ms=NOW_MS) is ShiftRefusal.UNKNOWN_DIFFERENCE


def test_nobody_to_sign_does_not_lose_the_difference(anna: User) -> None:
    shift = on_shift(anna, NOW_MS)
    end_shift(shift.pk, Counted(7), 0, anna, reason="w", now_ms=NOW_MS)
    assert yuan(chart.difference_waiting()) == -7
    assert not is_settled(CashDifference.objects.get())


def test_a_float_below_what_was_left_is_a_difference_and_one_above_comes_from_finance(anna: User) -> None:
    off_shift(on_shift(anna, NOW_MS, float_fen=1_000), NOW_MS, left_fen=1_000)
    assert open_shift("main", Counted(900), anna, now_ms=NOW_MS) is ShiftRefusal.NO_REASON
    assert open_shift("main", Counted(1_500), anna, now_ms=NOW_MS) is ShiftRefusal.NO_REASON
    less = open_shift("main", Counted(900), anna, reason="short", now_ms=NOW_MS)
    assert CashDifference.objects.get().amount_fen == less.float_change_fen == -100
    assert yuan(chart.cash()) == 900
    off_shift(less, NOW_MS, left_fen=900)
    open_shift("main", Counted(1_500), anna, reason="small change", now_ms=NOW_MS)
    assert (yuan(chart.cash()), yuan(chart.desk_float())) == (1_500, 1_600)


def test_handing_over_keeps_all_cash_in_the_drawer_and_joins_both_shifts(anna: User, ben: User) -> None:
    shift = on_shift(anna, NOW_MS, float_fen=1_000)
    pay("p1", ROOM, 5_000, anna, now_ms=NOW_MS)
    following = hand_over(shift.pk, Counted(6_000), ben, anna, now_ms=NOW_MS)
    assert isinstance(following, Shift)
    assert (following.follows, following.float_fen, following.float_change_fen) == (shift, 6_000, 0)
    assert (shift.end.left_fen, shift.end.moved_fen) == (6_000, 0)
    assert pay("p2", ROOM, 100, anna, now_ms=NOW_MS) == Refused(DeskRefusal.NO_SHIFT)
    pay("p3", ROOM, 2_000, ben, now_ms=NOW_MS)
    end = off_shift(following, NOW_MS, left_fen=1_000)
    assert (end.expected_fen, end.moved_fen) == (8_000, 7_000)
    assert (yuan(chart.cash()), yuan(chart.safe())) == (1_000, 7_000)


def test_what_a_hand_over_refuses(anna: User, ben: User, signers: dict[str, User]) -> None:
    have_drawers("main", "2")
    shift = on_shift(anna, NOW_MS)

    def to(person: User, fen: int = 0) -> object:
        return hand_over(shift.pk, Counted(fen), person, anna, now_ms=NOW_MS)

    assert to(anna) is ShiftRefusal.SAME_PERSON
    assert to(signers[Role.FINANCE]) is ShiftRefusal.NOT_A_CASHIER
    assert to(ben, 1) is ShiftRefusal.NO_REASON
    other = on_shift(ben, NOW_MS, drawer="2")
    assert to(ben) is ShiftRefusal.HAS_SHIFT
    off_shift(other, NOW_MS)
    assert isinstance(to(ben), Shift)
    assert to(ben) is ShiftRefusal.NOT_OPEN
    assert Shift.objects.count() == 3


def test_what_an_opening_refuses(anna: User, ben: User, signers: dict[str, User]) -> None:
    have_drawers("main", "2", "x" * 60)
    on_shift(anna, NOW_MS)

    def at(drawer: str, person: User, count: Counted) -> object:
        return open_shift(drawer, count, person, reason="w", now_ms=NOW_MS)

    assert at("2", anna, Counted(0)) is ShiftRefusal.HAS_SHIFT
    assert at("main", ben, Counted(0)) is ShiftRefusal.DRAWER_IN_USE
    assert at("9", ben, Counted(0)) is at("x" * 60, ben, Counted(0)) is ShiftRefusal.UNKNOWN_DRAWER
    assert at("2", ben, Counted(-1)) is at("2", ben, Counted(5, {100: 1})) is ShiftRefusal.BAD_COUNT
    assert at("2", signers[Role.FINANCE], Counted(0)) is ShiftRefusal.NOT_A_CASHIER
    assert Shift.objects.count() == 1
    assert at("2", ben, Counted(0)).number == 2, "a refusal takes no number"


def test_what_an_end_refuses(anna: User, ben: User) -> None:
    shift = on_shift(anna, NOW_MS, float_fen=100)
    assert end_shift(9, Counted(100), 0, anna, now_ms=NOW_MS) is ShiftRefusal.NOT_OPEN
    assert end_shift(shift.pk, Counted(100), 101, anna, now_ms=NOW_MS) is ShiftRefusal.LEFT_ABOVE_COUNTED
    assert end_shift(shift.pk, Counted(100), -1, anna, now_ms=NOW_MS) is ShiftRefusal.LEFT_ABOVE_COUNTED
    assert end_shift(shift.pk, Counted(100, {10: 1}), 0, anna, now_ms=NOW_MS) is ShiftRefusal.BAD_COUNT
    assert end_shift(shift.pk, Counted(100), 0, ben, now_ms=NOW_MS) is ShiftRefusal.NO_REASON
    end = end_shift(shift.pk, Counted(100), 0, ben, reason="she fell ill", now_ms=NOW_MS)
    assert (end.ended_by, end.reason) == (ben, "she fell ill")
    assert end_shift(shift.pk, Counted(100), 0, anna, now_ms=NOW_MS) is ShiftRefusal.NOT_OPEN


def test_who_stands_in_sells_under_both_names(anna: User) -> None:
    warden = User.objects.create_user("wang", last_name="王", role=Role.WARDEN)
    assert open_shift("main", Counted(0), warden, now_ms=NOW_MS) is ShiftRefusal.NOT_A_CASHIER
    Delegation.objects.create(
        absent=anna, stand_in=warden, from_ms=0, until_ms=NOW_MS + HOUR_MS, reason="break", made_by="a"
    )
    shift = on_shift(warden, NOW_MS)
    assert shift.stands_in_for == anna
    assert pay("p1", ROOM, 5_000, warden, now_ms=NOW_MS).receipt.cashier_name == "王（代 安娜）"


def test_the_books_of_a_shift_cannot_be_edited(anna: User) -> None:
    off_shift(on_shift(anna, NOW_MS), NOW_MS)
    statements = [
        "UPDATE desk_shift SET float_fen = 1",
        "UPDATE desk_shiftend SET counted_fen = 1",
        "DELETE FROM desk_shiftend",
        "DELETE FROM desk_shift",
    ]
    for statement in statements:
        with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
            connection.cursor().execute(statement)


def test_the_migration_that_added_the_shift_kept_the_triggers(anna: User) -> None:
    on_shift(anna, NOW_MS)
    pay("p1", ROOM, 5_000, anna, now_ms=NOW_MS)
    for table in ("desk_payment", "desk_receipt"):
        for statement in (f"UPDATE {table} SET shift_id = NULL", f"DELETE FROM {table}"):
            with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
                connection.cursor().execute(statement)


def test_opening_outside_hours_and_off_the_roster_is_allowed_and_on_record(anna: User, ben: User) -> None:
    noon_ms = clock.start_of_day_ms(clock.campus_day(NOW_MS)) + 12 * HOUR_MS
    today = clock.campus_day(NOW_MS)
    plan = Rotation(DutyKind.TERM, today, today + timedelta(days=9), ((ben.pk,), (anna.pk,)))
    set_rotation(plan, actor=ben, now_ms=NOW_MS)
    first = on_shift(anna, noon_ms)
    assert (first.outside_hours, first.off_roster) == (False, True)
    off_shift(first, noon_ms)
    night = on_shift(ben, noon_ms - 9 * HOUR_MS)
    assert (night.outside_hours, night.off_roster) == (True, False)


def test_a_day_of_the_roster_changed_by_hand_is_kept_with_its_reason(anna: User, ben: User) -> None:
    today = clock.campus_day(NOW_MS)
    plan = Rotation(DutyKind.TERM, today, today + timedelta(days=3), ((anna.pk,), (ben.pk,)))
    set_rotation(plan, actor=anna, now_ms=NOW_MS)
    change_day(today, [ben.pk], "anna is ill", actor=anna, now_ms=NOW_MS)
    assert duty_of(today).people == (ben.pk,)
    assert [duty.people for duty in duties(today, today + timedelta(days=2))] == [
        (ben.pk,),
        (ben.pk,),
        (anna.pk,),
    ]
    entry = AuditEntry.objects.get(action="change-roster")
    assert "anna is ill" in entry.detail


def test_every_act_is_in_the_chain(anna: User, ben: User) -> None:
    shift = on_shift(anna, NOW_MS)
    off_shift(hand_over(shift.pk, Counted(0), ben, anna, now_ms=NOW_MS), NOW_MS)
    acts = [(entry.action, entry.actor) for entry in AuditEntry.objects.order_by("position")][-4:]
    assert acts == [
        ("open-shift", "anna"),
        ("end-shift", "anna"),
        ("open-shift", "ben"),
        ("end-shift", "ben"),
    ]
    assert open_shift_of(ben) is None


def test_what_was_left_in_a_drawer_that_is_given_up_comes_out_by_a_count(anna: User) -> None:
    have_drawers("main", "old")
    off_shift(on_shift(anna, NOW_MS, "old", 5_000), NOW_MS, left_fen=5_000)
    have_drawers("main")
    assert free_drawers(NOW_MS) == ["main", "old"]
    off_shift(on_shift(anna, NOW_MS, "old", 5_000), NOW_MS)
    assert (yuan(chart.cash("old")), yuan(chart.safe())) == (0, 5_000)
    assert free_drawers(NOW_MS) == ["main"]
    assert open_shift("old", Counted(0), anna, now_ms=NOW_MS) is ShiftRefusal.UNKNOWN_DRAWER


def test_who_stood_in_does_not_sign_for_what_differed_in_his_own_shift(
    anna: User, signers: dict[str, User]
) -> None:
    """Finance stood in for a cashier and another one counted his drawer: his office alone doesn't let him sign."""
    stand_in = signers[Role.FINANCE]
    Delegation.objects.create(absent=anna, stand_in=stand_in, from_ms=NOW_MS - 1, until_ms=NOW_MS + HOUR_MS)
    User.objects.create_user("second-director", role=Role.DIRECTOR)
    other = User.objects.create_user("second-finance", role=Role.FINANCE)
    shift = on_shift(stand_in, NOW_MS)
    end_shift(shift.pk, Counted(7), 0, signers[Role.DIRECTOR], reason="left open", now_ms=NOW_MS)
    request = Approval.objects.get(act=ACT)
    assert request.asked_by == signers[Role.DIRECTOR]
    assert waiting_for(stand_in, NOW_MS) == []
    refused = approvals.sign(request.number, approve=True, reason="", actor=stand_in, now_ms=NOW_MS)
    assert refused is approvals.ApprovalRefusal.OWN_MATTER
    assert waiting_for(other, NOW_MS) == [request]
    assert isinstance(
        approvals.sign(request.number, approve=True, reason="", actor=other, now_ms=NOW_MS), Approval
    )
