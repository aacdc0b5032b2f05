"""True-ups: computed once, checked, told, booked with time to pay, reversed; split by who lived there; no lock over one."""

import pytest
from django.urls import reverse
from django.utils import translation

from central.campus.models import Account, Price
from central.campus.operations import make_default_classes
from central.clock import campus_day
from central.desk.debts.models import DebtWriteOff
from central.desk.debts.operations import collect, write_off
from central.desk.debts.paying import pay_debt
from central.desk.debts.refusals import DebtRefusal
from central.desk.debts.true_up_models import DebtTrueUp
from central.desk.departures.unsettled import unsettled_notes
from central.desk.operations import Paid
from central.domain.periods import Period, PeriodKind
from central.ledger import chart_of_accounts as chart
from central.ledger.models import Transfer
from central.ledger.queries import balance
from central.link.models import Gateway, GatewayEntry, Grant, SoftwareControl, SoftwareControlEnd
from central.link.telemetry.models import HourlyUse
from central.office.acts import Approved
from central.office.models import Approval, Notice, User
from central.papers.accounting import instants_of, period_of
from central.reports.books.locks import LockRefusal, lock
from central.workshop.replacements.controls import remind
from central.workshop.replacements.explained import lines_of
from central.workshop.replacements.intervals import compute_new
from central.workshop.replacements.miscount import Miscount, MiscountRefusal, compute_miscount
from central.workshop.replacements.models import TrueUp
from central.workshop.replacements.queries import undecided_until
from central.workshop.replacements.true_ups import (
    Figure,
    Refused,
    TrueUpRefusal,
    ask_reversal,
    check,
    dispute,
    tell,
)
from tests.central.conftest import NOW_MS
from tests.central.departure_steps import faults, sign, signers
from tests.central.unmetered_steps import (
    DAY_MS,
    HOUR_MS,
    ROOM,
    START_MS,
    control,
    lived_since,
    peers,
    swap,
    use_hours,
)

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
FROM_MS = START_MS + 40 * DAY_MS
TO_MS = FROM_MS + 5 * DAY_MS
State = TrueUp.State
PRICE, FEN = 558_000, 10_000


@pytest.fixture
def room(twin) -> Account:
    """1-301: 100 Wh an hour for 40 days, as its three peers; five days not metered."""
    make_default_classes()
    Price.objects.update(from_ms=START_MS)
    found = lived_since(ROOM, START_MS)
    use_hours("m-301", START_MS, FROM_MS, 100)
    peers(3, START_MS, TO_MS, 100)
    return found


@pytest.fixture
def mei(db) -> User:
    return User.objects.create_user("mei", role="finance")


def computed() -> TrueUp:
    compute_new(NOW_MS)
    return TrueUp.objects.get()


def told(mei, figure: Figure | None = None) -> TrueUp:
    row = computed()
    assert isinstance(check(row.pk, "c1", figure, actor=mei, now_ms=NOW_MS), TrueUp)
    done = tell(row.pk, "t1", "slip handed over", actor=mei, now_ms=NOW_MS)
    assert isinstance(done, TrueUp), done
    return done


def test_what_nobody_metered_is_computed_once_and_priced_by_its_hours(room):
    control("c-1", FROM_MS, TO_MS)
    assert (compute_new(NOW_MS), compute_new(NOW_MS)) == (1, 0)
    row = TrueUp.objects.get()
    assert row.energy_wh == 5 * 24 * 100
    assert row.amount == row.energy_wh * PRICE // 1000 // FEN * FEN, "in whole fen"
    assert (row.state, row.method, row.figures["peer_rooms"]) == (State.COMPUTED, TrueUp.Method.ESTIMATE, 3)
    assert row.low_wh < row.energy_wh < row.high_wh


def test_a_past_too_short_to_hide_a_part_of_it_says_so_and_names_no_interval(room):
    HourlyUse.objects.filter(meter="m-301", hour_ms__lt=FROM_MS - 14 * DAY_MS).delete()
    control("c-1", FROM_MS, TO_MS)
    row = computed()
    assert (row.energy_wh, row.figures["tries"]) == (5 * 24 * 100, 0)
    with translation.override("en"):
        words = " ".join(said for _name, said in lines_of(row))
    assert "too little of its past is known to say how far off it is" in words
    assert "too little is known to say which errs less" in words
    assert "erred" not in words
    assert "9 of 10" not in words


def test_a_price_that_rose_meanwhile_holds_from_its_instant(room):
    price = Price.objects.filter(tariff=room.point.customer_class.tariff).first()
    Price.objects.create(
        version="p2", tariff=price.tariff, from_ms=FROM_MS + 4 * DAY_MS, micro_yuan_per_kwh=2 * PRICE
    )
    control("c-1", FROM_MS, TO_MS)
    row = computed()
    assert row.amount == (4 * 2_400 * PRICE + 2_400 * 2 * PRICE) // 1000 // FEN * FEN
    assert row.figures["rates"] == [PRICE, 2 * PRICE]


def test_a_swap_within_minutes_is_billed_to_nobody_and_a_controls_swap_is_the_controls(room):
    swap("g1.s0", TO_MS - HOUR_MS, TO_MS, received_ms=NOW_MS - 91 * DAY_MS, new_meter="n-300")
    swap("g1.s1", TO_MS - 10 * 60_000, TO_MS)
    assert compute_new(NOW_MS) == 0
    control("c-1", FROM_MS, TO_MS)
    swap("g1.s2", FROM_MS, TO_MS, new_meter="n-302")
    assert compute_new(NOW_MS) == 1
    assert TrueUp.objects.get().interval == "control:c-1"


def test_the_old_modules_register_is_taken_where_it_agrees_and_proposed_where_not(room):
    control("c-1", FROM_MS, TO_MS, counted_wh=12_100)
    row = computed()
    assert (row.method, row.energy_wh, row.low_wh) == (TrueUp.Method.REGISTER, 12_100, 12_100)
    control("c-2", TO_MS + DAY_MS, TO_MS + 2 * DAY_MS, counted_wh=900_000)
    use_hours("m-301", TO_MS, TO_MS + DAY_MS, 100)
    for number in range(3):
        use_hours(f"p-{number}", TO_MS, TO_MS + 2 * DAY_MS, 100)
    compute_new(NOW_MS)
    wild = TrueUp.objects.get(interval="control:c-2")
    assert wild.method == TrueUp.Method.ESTIMATE
    assert wild.figures["counted_wh"] == 900_000


def test_a_debit_is_owed_paid_at_the_desk_at_once_and_not_collected_before_its_time(room, mei, cashier):
    control("c-1", FROM_MS, TO_MS)
    row = told(mei)
    assert row.state == State.TOLD
    owed = chart.owed(ROOM, "yuan")
    assert balance(owed) == row.amount
    assert balance(chart.adjustments("yuan")) == row.amount
    assert Transfer.objects.get(kind="true-up").at_ms == TO_MS - 1, (
        "it counts in the period that its interval ended in"
    )
    early = collect(ROOM, "k1", why="debt", actor=mei, now_ms=NOW_MS + 13 * DAY_MS)
    assert early.why is DebtRefusal.IN_GRACE
    late = collect(ROOM, "k2", why="debt", actor=mei, now_ms=NOW_MS + 15 * DAY_MS)
    assert late.why is DebtRefusal.NO_CREDIT
    fen = row.amount // FEN
    paid = pay_debt("0a" * 16, ROOM, fen, cashier, now_ms=NOW_MS)
    assert isinstance(paid, Paid), paid
    assert balance(owed) == 0
    again = tell(row.pk, "t1", "slip", actor=mei, now_ms=NOW_MS)
    assert again == row
    assert DebtTrueUp.objects.count() == 1
    assert faults() == []


def test_a_credit_is_a_grant_and_never_takings(room, mei):
    control("c-1", FROM_MS, TO_MS)
    row = told(mei, Figure(-3_000, TrueUp.Method.BENCH, "counted 20 % too much"))
    grant = Grant.objects.get(pk=f"tu-{row.pk}-given")
    assert (grant.source, grant.amount) == (Grant.Source.ADJUSTMENT, 1_680_000)
    assert balance(chart.customer(ROOM, "paid", "yuan")) == 1_680_000
    assert balance(chart.subsidy("yuan")) == 0
    assert faults() == []


def test_a_figure_far_from_the_estimate_needs_another_signature(room, mei):
    control("c-1", FROM_MS, TO_MS)
    signers()
    row = computed()
    wild = Figure(900_000, TrueUp.Method.PERSON, "a heater ran all week")
    assert check(row.pk, "c1", wild, actor=mei, now_ms=NOW_MS).state == Approval.State.WAITING
    assert check(row.pk, "c2", None, actor=mei, now_ms=NOW_MS) == Refused(TrueUpRefusal.WAITS)
    sign(Approval.objects.get().number)
    row.refresh_from_db()
    assert (row.state, row.energy_wh, row.method) == (State.CHECKED, 900_000, TrueUp.Method.PERSON)
    over = Figure(10**9, TrueUp.Method.PERSON, "typing mistake")
    control("c-2", TO_MS, TO_MS + DAY_MS)
    compute_new(NOW_MS)
    other = TrueUp.objects.get(interval="control:c-2")
    assert check(other.pk, "c3", over, actor=mei, now_ms=NOW_MS).why is TrueUpRefusal.BAD_FIGURE


def test_a_dispute_is_noted_and_a_reversal_gives_back_what_was_paid(room, mei, cashier):
    control("c-1", FROM_MS, TO_MS)
    signers()
    row = told(mei)
    pay_debt("0a" * 16, ROOM, 200, cashier, now_ms=NOW_MS)
    dispute(row.pk, "d1", "we were away", is_settled=False, actor=mei, now_ms=NOW_MS)
    assert TrueUp.objects.get().disputed
    assert isinstance(ask_reversal(row.pk, "r1", why="they were away", actor=mei, now_ms=NOW_MS), Approval)
    sign(Approval.objects.get().number)
    row.refresh_from_db()
    assert (row.state, row.disputed) == (State.REVERSED, False)
    assert balance(chart.owed(ROOM, "yuan")) == 0
    assert balance(chart.customer(ROOM, "paid", "yuan")) == 200 * FEN, "what was paid is credit now"
    assert balance(chart.adjustments("yuan")) == 0
    assert faults() == []


def test_what_was_written_off_is_given_back_to_nobody(room, mei, cashier):
    control("c-1", FROM_MS, TO_MS)
    signers()
    row = told(mei)
    pay_debt("0a" * 16, ROOM, 200, cashier, now_ms=NOW_MS)
    approved = Approved(9_001, mei, (), "hopeless", NOW_MS)
    written = write_off(ROOM, None, row.amount // FEN - 200, approved)
    assert isinstance(written, DebtWriteOff), written
    ask_reversal(row.pk, "r1", why="they were away", actor=mei, now_ms=NOW_MS)
    sign(Approval.objects.get().number)
    row.refresh_from_db()
    assert row.state == State.REVERSED
    assert balance(chart.customer(ROOM, "paid", "yuan")) == 200 * FEN
    assert faults() == []


def test_who_lived_there_pays_for_his_own_days(room, mei):
    moved_ms = FROM_MS + 2 * DAY_MS
    Account.objects.filter(pk=room.pk).update(state=Account.State.CLOSED, closed_ms=moved_ms)
    Account.objects.create(code="1-301.2", point=room.point, opened_ms=moved_ms)
    control("c-1", FROM_MS, TO_MS, end="good-again")
    assert compute_new(NOW_MS) == 2
    parts = {row.account.code: row.energy_wh for row in TrueUp.objects.all()}
    assert parts == {ROOM: 4_800, "1-301.2": 7_200}
    departed = TrueUp.objects.get(account=room)
    check(departed.pk, "c1", Figure(-1_000, TrueUp.Method.BENCH, "too much"), actor=mei, now_ms=NOW_MS)
    tell(departed.pk, "t1", "by mail", actor=mei, now_ms=NOW_MS)
    assert balance(chart.taken_back(ROOM, "yuan")) == 560_000, "to be paid out to the departed"
    assert not Grant.objects.filter(pk__startswith="tu-").exists()
    assert faults() == []


def test_a_room_with_a_short_past_needs_a_persons_figure(room, mei):
    control("c-1", START_MS + 5 * DAY_MS, START_MS + 6 * DAY_MS)
    row = computed()
    assert (row.state, row.energy_wh) == (State.NO_FIGURE, 0)
    assert check(row.pk, "c1", None, actor=mei, now_ms=NOW_MS) == Refused(TrueUpRefusal.NEEDS_A_FIGURE)
    done = check(
        row.pk, "c2", Figure(2_000, TrueUp.Method.PERSON, "as the neighbour"), actor=mei, now_ms=NOW_MS
    )
    assert (done.state, sum(done.hours)) == (State.CHECKED, 2_000)


def test_a_period_with_a_forgotten_true_up_is_not_locked(room, mei):
    control("c-1", FROM_MS, TO_MS)
    period: Period = period_of(PeriodKind.ACCOUNTING, campus_day(TO_MS))
    until_ms = instants_of(period)[1]
    now_ms = until_ms + DAY_MS
    assert undecided_until("1", until_ms, NOW_MS) == ["control:c-1"], (
        "one that nobody computed yet counts, too"
    )
    assert lock("1", period, actor="mei", now_ms=now_ms) is LockRefusal.TRUE_UPS
    row = computed()
    assert undecided_until("1", until_ms, NOW_MS) == [row.name]
    assert undecided_until("2", until_ms, NOW_MS) == []
    assert lock("1", period, actor="mei", now_ms=now_ms) is LockRefusal.TRUE_UPS
    check(row.pk, "c1", None, actor=mei, now_ms=NOW_MS)
    tell(row.pk, "t1", "slip", actor=mei, now_ms=NOW_MS)
    assert lock("1", period, actor="mei", now_ms=now_ms) is not LockRefusal.TRUE_UPS


def test_a_room_under_control_is_told_of_each_day_and_to_the_heads_each_third(room):
    control("c-1", FROM_MS)
    for day, told_of in ((0, 0), (1, 1), (2, 2), (3, 4)):
        for _again in range(2):
            remind(FROM_MS + day * DAY_MS + HOUR_MS)
        assert Notice.objects.count() == told_of, day
    assert set(Notice.objects.values_list("template", flat=True)) == {"control-stands", "control-stands-long"}


def billed(at_ms, wh, meter="m-301"):
    GatewayEntry.objects.create(
        entry=f"g1.e{at_ms}",
        gateway=Gateway.objects.get(building__code="1"),
        epoch="e",
        seq=at_ms % 10**9,
        account=ROOM,
        meter=meter,
        kind="consumption",
        cause="hour",
        at_trusted=True,
        boot="b",
        monotonic_ms=0,
        carried_nano_yuan=0,
        energy_wh=wh,
        from_ms=at_ms - HOUR_MS,
        at_ms=at_ms,
        received_ms=at_ms,
        lines=[],
        booked=True,
    )


def test_a_module_that_counted_too_much_gives_back_what_was_billed_since_its_last_good_check(room, mei):
    for day in range(4):
        billed(FROM_MS + day * DAY_MS, 1_200)
    said = Miscount("m-301", 200_000, FROM_MS + DAY_MS - 1, FROM_MS + 3 * DAY_MS)
    (row,) = compute_miscount(said, actor=mei, now_ms=NOW_MS)
    assert (row.energy_wh, row.method) == (
        -600,
        TrueUp.Method.BENCH,
    )  # 3,600 Wh were shown where 3,000 were used
    assert row.amount == -340_000, "0.3348 yuan, in the customer's favour"
    assert sum(row.hours) == -600
    assert compute_miscount(said, actor=mei, now_ms=NOW_MS) is MiscountRefusal.DONE
    none = Miscount("m-999", 200_000, FROM_MS, TO_MS)
    assert compute_miscount(none, actor=mei, now_ms=NOW_MS) is MiscountRefusal.NOBODY_BILLED
    future = Miscount("m-301", 1, FROM_MS, NOW_MS + DAY_MS)
    assert compute_miscount(future, actor=mei, now_ms=NOW_MS) is MiscountRefusal.NOT_IN_ORDER


def test_a_module_s_error_is_applied_once_whatever_its_end_is_said_to_be_and_anew_when_it_was_taken_back(
    room, mei
):
    for day in range(4):
        billed(FROM_MS + day * DAY_MS, 1_200)
    said = Miscount("m-301", 200_000, FROM_MS + DAY_MS - 1, FROM_MS + 3 * DAY_MS)
    (row,) = compute_miscount(said, actor=mei, now_ms=NOW_MS)
    for until_ms in (FROM_MS + 2 * DAY_MS, FROM_MS + 4 * DAY_MS):
        again = Miscount("m-301", 200_000, FROM_MS, until_ms)
        assert compute_miscount(again, actor=mei, now_ms=NOW_MS) is MiscountRefusal.DONE
    before = Miscount("m-301", 200_000, FROM_MS - 1, FROM_MS + DAY_MS - 1)
    assert len(compute_miscount(before, actor=mei, now_ms=NOW_MS)) == 1, "another time"
    signers()
    check(row.pk, "c1", None, actor=mei, now_ms=NOW_MS)
    tell(row.pk, "t1", "slip", actor=mei, now_ms=NOW_MS)
    ask_reversal(row.pk, "r1", why="another module's error", actor=mei, now_ms=NOW_MS)
    sign(Approval.objects.get().number)
    (anew,) = compute_miscount(
        Miscount("m-301", 100_000, said.last_good_ms, said.until_ms), actor=mei, now_ms=NOW_MS
    )
    assert anew.interval != row.interval
    assert compute_miscount(said, actor=mei, now_ms=NOW_MS) is MiscountRefusal.DONE


def test_what_a_module_counted_too_much_is_given_back_at_the_step_that_it_reached(room, mei):
    Price.objects.update(steps=[{"above_wh": 2_000, "add_micro_yuan_per_kwh": PRICE}])
    first_ms = FROM_MS - 10 * DAY_MS
    for day in range(4):
        billed(first_ms + day * DAY_MS, 1_200)
    (row,) = compute_miscount(
        Miscount("m-301", 200_000, first_ms - 1, first_ms + 4 * DAY_MS), actor=mei, now_ms=NOW_MS
    )
    assert (row.energy_wh, row.amount) == (-800, -800 * 2 * PRICE // 1000 // FEN * FEN)
    done = check(row.pk, "c1", Figure(-600, TrueUp.Method.BENCH, "less"), actor=mei, now_ms=NOW_MS)
    assert done.amount == -600 * 2 * PRICE // 1000 // FEN * FEN


def test_a_swap_that_ended_a_control_is_the_controls_even_if_the_clock_was_not_trusted(room):
    control("c-1", FROM_MS, TO_MS, at_trusted=False, swap="g1.s1")
    swap("g1.s1", FROM_MS, TO_MS + HOUR_MS, at_trusted=False)
    assert compute_new(NOW_MS) == 1
    row = TrueUp.objects.get()
    assert (row.interval, row.state, row.energy_wh) == ("control:c-1", State.NO_FIGURE, 0)
    assert row.figures["times_unknown"], "central learnt of it later: its length is not known"


def test_an_interval_that_is_told_late_by_an_untrusted_clock_is_not_forgotten(room):
    row = control("c-1", TO_MS, TO_MS, at_trusted=False)
    assert row.ended.at_ms == row.last_good_ms
    assert computed().state == State.NO_FIGURE


def test_an_interval_in_which_nobody_lived_there_holds_up_no_period(room):
    Account.objects.filter(pk=room.pk).update(state=Account.State.CLOSED, closed_ms=FROM_MS)
    control("c-1", FROM_MS, TO_MS)
    assert (compute_new(NOW_MS), undecided_until("1", TO_MS, NOW_MS)) == (0, [])


def test_who_pays_a_departure_out_is_told_what_is_not_decided(room, mei, client):
    client.force_login(User.objects.create_user("wang", role="cashier"))
    page = reverse("desk:departure-new", args=[room.point.room_id])
    control("c-1", FROM_MS)
    assert "软件控制" in client.get(page).content.decode()
    SoftwareControlEnd.objects.create(
        control=SoftwareControl.objects.get(), end="swapped", at_ms=TO_MS, at_trusted=True, received_ms=TO_MS
    )
    assert unsettled_notes(ROOM) == []
    row = computed()
    assert f"尚未办结：{row.name}" in client.get(page).content.decode()
    check(row.pk, "c1", None, actor=mei, now_ms=NOW_MS)
    tell(row.pk, "t1", "slip", actor=mei, now_ms=NOW_MS)
    assert unsettled_notes(ROOM) == []
