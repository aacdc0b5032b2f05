"""A subsidy per head end to end: planned, signed, credited once, undone once on its day; never takings (R-4.1.7, C-1, C-7)."""

import random
from datetime import date
from uuid import uuid4

import pytest
from django.db import connection

from central.campus.models import Account, Bucket, Customer, Occupancy
from central.clock import campus_day, start_of_day_ms
from central.desk.models import Payment
from central.desk.operations import pay
from central.desk.paying_out import pay_out_credit_back
from central.desk.refusals import DeskRefusal
from central.desk.shift_verification import verify_shifts
from central.desk.subsidies.batches import Refused, SubsidyRefusal, ask_subsidy
from central.desk.subsidies.models import SubsidyBatch, SubsidyDone, SubsidyRow
from central.desk.subsidies.plan import Choice, WhyLeftOut, plan_subsidy
from central.desk.subsidies.tables import progress_of
from central.desk.subsidies.undoing import undo_subsidy
from central.desk.subsidies.verification import verify_subsidies
from central.desk.verification import verify_sales
from central.ledger import chart_of_accounts as chart
from central.ledger.models import Transfer
from central.ledger.queries import balance
from central.ledger.verification import verify_books
from central.link.models import Alarm, Command, Delivery, Grant, TakeBackRequest
from central.link.operations import enrol_gateway
from central.office import approvals
from central.office.models import Approval
from central.office.roles import Role
from gateway.contract.facts import CommandOutcome, EntryKind
from tests.central.conftest import NOW_MS, import_list, rounds
from tests.central.go_live_steps import credit_all, give_back_all, people, report
from tests.central.steps import ROOM, answered, customer, last, up

DAY = campus_day(NOW_MS)
YUAN = 1_000_000
PER_HEAD = 8 * YUAN


def subsidy_bucket(class_code: str = "dormitory") -> Bucket:
    return Bucket.objects.get(customer_class__code=class_code, name="subsidy")


def choice(**changes) -> Choice:
    return Choice(**{"bucket": subsidy_bucket(), "per_head": PER_HEAD, "heads_on": DAY, **changes})


def ask(plan=None, key: str = "", now_ms: int = NOW_MS, **changes):
    plan = plan or plan_subsidy(choice(**changes))
    return ask_subsidy(
        plan, key or uuid4().hex, shown=plan.digest, why="winter", actor=people()[Role.ADMIN], now_ms=now_ms
    )


def sign(request: Approval, now_ms: int = NOW_MS) -> Approval:
    for role in (Role.FINANCE, Role.DIRECTOR):
        request = approvals.sign(request.number, approve=True, reason="", actor=people()[role], now_ms=now_ms)
        assert isinstance(request, Approval), request
    return request


def give(**changes) -> SubsidyBatch:
    signed = sign(ask(**changes))
    assert (signed.state, signed.outcome) == ("approved", "")
    return SubsidyBatch.objects.get(pk=signed.key)


def undo(batch, now_ms: int = NOW_MS + 1, why: str = "wrong month"):
    return undo_subsidy(batch.pk, why=why, actor=people()[Role.ADMIN], now_ms=now_ms)


def faults():
    checks = (*verify_books(), *verify_sales(), *verify_shifts(), *verify_subsidies())
    return [check.fault for check in checks if check.fault]


def lapsed():
    return balance(chart.lapsed("yuan"))


def issued():
    return balance(chart.subsidy("yuan"))


def test_each_room_gets_its_heads_and_the_others_are_named_with_why(taker, twin):
    Occupancy.objects.filter(account__code="1-302.1").delete()
    plan = plan_subsidy(choice())
    assert [(r.room, r.heads, r.amount) for r in plan.rows] == [("1-301", 2, 2 * PER_HEAD)]
    assert {(one.room, one.why) for one in plan.left_out} == {
        ("1-302", WhyLeftOut.NOBODY),
        ("2-101", WhyLeftOut.NO_GATEWAY),
    }
    assert (plan.heads, plan.amount, plan.can_be_asked) == (2, 2 * PER_HEAD, True)


def test_heads_are_those_of_the_day_that_was_chosen(taker, twin):
    wang = Occupancy.objects.filter(account__code=ROOM).order_by("pk").first()
    wang.until_day = date(2026, 1, 31)
    wang.from_day = date(2026, 1, 1)
    wang.save()
    heads = {
        day: {r.room: r.heads for r in plan_subsidy(choice(heads_on=day)).rows}
        for day in (DAY, date(2026, 1, 31))
    }
    assert heads[DAY]["1-301"] == 1
    assert heads[date(2026, 1, 31)].get("1-301", 0) == 1 + (
        Occupancy.objects.filter(account__code=ROOM, from_day__lte=date(2026, 1, 31)).count() - 1
    )


def test_a_list_chooses_rooms_by_any_of_their_names_and_names_what_is_no_room(taker, twin):
    plan = plan_subsidy(choice(rooms=("1-301", "North\n302", "1\n３０２", "9-999", "2-101")))
    assert [r.room for r in plan.rows] == ["1-301", "1-302"]
    assert plan.unknown == ["9-999"]
    assert not plan.can_be_asked
    assert ask(plan) == Refused(SubsidyRefusal.UNKNOWN_ROOMS, "9-999")
    assert [r.room for r in plan_subsidy(choice(buildings=("2",))).rows] == []


def test_what_a_room_pays_from_gets_its_heads(taker, twin):
    a, b = Account.objects.get(code=ROOM), Account.objects.get(code="1-302.1")
    Account.objects.filter(pk=b.pk).update(pays_from=a)
    plan = plan_subsidy(choice())
    assert [(r.room, r.account_id, r.payer) for r in plan.rows] == [
        ("1-301", a.pk, ""),
        ("1-302", a.pk, "1-301"),
    ]


def test_nothing_moves_before_the_last_signature_and_then_all_of_it_once(taker, twin, cashier):
    request = ask()
    approvals.sign(request.number, approve=True, reason="", actor=people()[Role.FINANCE], now_ms=NOW_MS)
    assert (Grant.objects.count(), Transfer.objects.count()) == (0, 0)
    approvals.sign(request.number, approve=True, reason="", actor=people()[Role.DIRECTOR], now_ms=NOW_MS)
    assert list(
        Grant.objects.order_by("account__code").values_list("account__code", "bucket", "amount", "source")
    ) == [
        (ROOM, "subsidy", 2 * PER_HEAD, "subsidy"),
        ("1-302.1", "subsidy", PER_HEAD, "subsidy"),
    ]
    assert customer("subsidy") == 2 * PER_HEAD
    assert issued() == 3 * PER_HEAD
    assert not Payment.objects.exists(), "never takings"
    credit_all(taker, twin)
    assert not Alarm.objects.filter(cleared_ms=None).exists()
    assert faults() == []


def test_the_same_key_asks_once_and_with_other_content_is_refused(taker, twin):
    key = uuid4().hex
    assert ask(key=key) == ask(key=key)
    assert ask(key=key, per_head=9 * YUAN) == Refused(SubsidyRefusal.EXISTS_WITH_DIFFERENT)
    assert SubsidyBatch.objects.count() == 1


def test_signed_twice_at_once_it_is_carried_out_once(taker, twin):
    from central.desk.subsidies.carrying_out import carry_out
    from central.office.acts import Approved

    batch = give()
    who = people()
    again = carry_out(
        batch.pk, batch.digest, Approved(1, who[Role.ADMIN], (who[Role.FINANCE],), "", NOW_MS + 5)
    )
    assert isinstance(again, SubsidyDone)
    assert Grant.objects.count() == 2


def test_a_campus_that_changed_since_the_preview_is_shown_again(taker, twin):
    plan = plan_subsidy(choice())
    more = Customer.objects.create(number="new", name="Qian")
    Occupancy.objects.create(account=Account.objects.get(code="1-302.1"), customer=more, from_day=DAY)
    now = plan_subsidy(choice())
    refused = ask_subsidy(
        now, uuid4().hex, shown=plan.digest, why="w", actor=people()[Role.ADMIN], now_ms=NOW_MS
    )
    assert refused == Refused(SubsidyRefusal.CHANGED)
    assert not SubsidyBatch.objects.exists()


def test_who_departed_before_the_last_signature_is_left_out_and_the_others_get_theirs(taker, twin):
    request = ask()
    Account.objects.filter(code="1-302.1").update(state="closing")
    assert sign(request).state == "approved"
    batch = SubsidyBatch.objects.get(pk=request.key)
    assert [(one.row.room, one.why) for one in _left(batch)] == [("1-302", "account-not-open")]
    assert Grant.objects.get().account.code == ROOM
    assert faults() == []


def _left(batch):
    from central.desk.subsidies.models import SubsidyLeftOut

    return list(SubsidyLeftOut.objects.filter(row__batch=batch).select_related("row"))


def test_rows_that_were_changed_behind_the_triggers_are_never_carried_out(taker, twin):
    from central.ledger.immutability import allow_changes, forbid_changes

    request = ask()
    allow_changes(connection, "desk_subsidyrow")
    SubsidyRow.objects.filter(number=1).update(amount=99 * YUAN)
    forbid_changes(connection, "desk_subsidyrow")
    signed = sign(request)
    assert (signed.state, Grant.objects.count()) == ("failed", 0)


def test_a_last_day_that_passed_before_the_signatures_gives_nothing(taker, twin):
    ends = start_of_day_ms(DAY) + 86_400_000
    request = ask(expires_ms=ends)
    assert sign(request, now_ms=ends).state == "failed"
    assert not Grant.objects.exists()


def test_undone_what_is_left_comes_back_and_what_was_used_stays_a_subsidy(taker, twin):
    batch = give()
    credit_all(taker, twin)
    up(taker, twin, consumed(twin, ROOM, 5 * YUAN))
    assert undo(batch).batch_id == batch.pk
    give_back_all(taker, twin)
    assert customer("subsidy") == 0
    assert issued() == 5 * YUAN, "what was used"
    assert lapsed() == 0
    seen = progress_of(batch)
    assert (seen.asked_back, seen.answered, seen.taken_back, seen.stays) == (
        2,
        2,
        3 * PER_HEAD - 5 * YUAN,
        5 * YUAN,
    )
    report(taker, twin)
    assert not Alarm.objects.filter(cleared_ms=None).exists()
    assert faults() == []


def test_it_is_undone_once_however_often_it_is_asked_and_never_after_midnight(taker, twin, cashier):
    batch = give()
    credit_all(taker, twin)
    midnight = start_of_day_ms(DAY) + 86_400_000
    assert undo(batch, midnight) == Refused(SubsidyRefusal.NOT_TODAY)
    assert not TakeBackRequest.objects.exists()
    assert undo(batch, midnight - 1) == undo(batch, midnight - 1)
    assert undo(batch, midnight + 1).at_ms == midnight - 1, "the same undo"
    assert TakeBackRequest.objects.count() == 2
    give_back_all(taker, twin)
    answered(taker, twin, last("take-back"), CommandOutcome.APPLIED)
    assert issued() == 0
    refused = pay_out_credit_back(TakeBackRequest.objects.first().pk, cashier, now_ms=midnight)
    assert refused.why == DeskRefusal.NOT_REFUNDABLE, "a subsidy is nobody's cash"


@pytest.mark.parametrize(
    ("why", "refusal"), [("  ", SubsidyRefusal.NO_REASON), ("w", SubsidyRefusal.NOT_DONE)]
)
def test_what_was_not_given_or_has_no_reason_is_not_undone(taker, twin, why, refusal):
    request = ask()
    assert undo(SubsidyBatch.objects.get(pk=request.key), why=why) == Refused(refusal)


def test_a_refused_take_back_stays_given_and_is_counted(taker, twin):
    batch = give()
    credit_all(taker, twin)
    undo(batch)
    for command in Command.objects.filter(kind="take-back"):
        answered(taker, twin, command, CommandOutcome.REFUSED)
    seen = progress_of(batch)
    assert (seen.refused_back, seen.stays, issued()) == (2, 3 * PER_HEAD, 3 * PER_HEAD)
    assert faults() == []


def test_an_undo_beside_a_payment_leaves_the_paid_credit_alone(taker, twin, cashier):
    batch = give()
    pay("p1", ROOM, 5_000, cashier, now_ms=NOW_MS)
    credit_all(taker, twin)
    undo(batch)
    give_back_all(taker, twin)
    assert (customer("paid"), customer("subsidy")) == (50 * YUAN, 0)
    assert faults() == []


def test_a_grant_that_never_reached_its_gateway_is_asked_back_behind_it(taker, twin):
    batch = give()
    undo(batch)
    kinds = list(Command.objects.order_by("number").values_list("kind", flat=True))
    assert kinds[-4:] == ["grant", "grant", "take-back", "take-back"]
    credit_all(taker, twin)
    give_back_all(taker, twin)
    assert (issued(), customer("subsidy")) == (0, 0)
    assert faults() == []


@pytest.mark.parametrize("seed", rounds(8))
def test_whatever_is_given_used_and_undone_the_books_say_it(taker, twin, seed):
    """Given = heads x amount; after an undo the subsidy is exactly what was used of it. Each seed has databases of its own."""
    chance = random.Random(seed)
    heads, used = [chance.randrange(7) for _ in "ab"], [chance.randrange(10**9) for _ in "ab"]
    per_head = chance.randrange(1, 100_000) * 10_000
    expected = _given_to(heads, per_head, taker, twin, used, undone=seed % 2 == 0)
    assert issued() == expected
    assert lapsed() == 0
    assert faults() == []


def _given_to(heads, per_head, taker, twin, used, *, undone):
    rooms, spent = [ROOM, "1-302.1"], 0
    Occupancy.objects.all().delete()
    for room, count in zip(rooms, heads, strict=True):
        for n in range(count):
            who = Customer.objects.create(number=f"{room}-{n}", name="x")
            Occupancy.objects.create(account=Account.objects.get(code=room), customer=who, from_day=DAY)
    if not any(heads):
        assert ask(per_head=per_head) == Refused(SubsidyRefusal.NOTHING_TO_DO)
        return 0
    batch = give(per_head=per_head)
    assert issued() == sum(heads) * per_head == sum(Grant.objects.values_list("amount", flat=True))
    credit_all(taker, twin)
    for room, count, much in zip(rooms, heads, used, strict=True):
        part = min(much, count * per_head)
        if part:
            up(taker, twin, consumed(twin, room, part))
        spent += part
    if not undone:
        return sum(heads) * per_head
    undo(batch)
    give_back_all(taker, twin)
    return spent


def consumed(twin, room, amount):
    """The room used up so much of its subsidy."""
    registers = {"register_from_wh": 0, "register_to_wh": 10}
    return twin.entry(
        EntryKind.CONSUMPTION, room, -amount, bucket="subsidy", meter="m-301", energy_wh=10, **registers
    )


def test_three_hundred_rooms_are_credited_and_undone_by_few_statements(
    taker, twin, django_assert_max_num_queries
):
    lines = "".join(
        f"{1 + n // 150},{'North' if n < 150 else 'South'},1,R{n},dormitory,mm-{n},no,P{n};Q{n},0.558\n"
        for n in range(300)
    )
    import_list("building,building_name,floor,room,class,meter,protected,occupants,price\n" + lines)
    enrol_gateway("gw-2", "2", twin.public_key, actor="t", now_ms=NOW_MS)
    plan = plan_subsidy(choice())
    assert len(plan.rows) == 303
    request = ask(plan)
    approvals.sign(request.number, approve=True, reason="", actor=people()[Role.FINANCE], now_ms=NOW_MS)
    director = people()[Role.DIRECTOR]
    with django_assert_max_num_queries(150):
        signed = approvals.sign(request.number, approve=True, reason="", actor=director, now_ms=NOW_MS)
    assert signed.state == "approved"
    assert Delivery.objects.count() == 303
    with django_assert_max_num_queries(150):
        undo(SubsidyBatch.objects.get())
    assert TakeBackRequest.objects.count() == 303
