"""The go-live end to end: a list, two signatures, credit at the gateway once, the comparison, the way back, debts."""

from central.desk.go_live.asking import ask_acceptance, ask_correction, ask_go_live, ask_way_back
from central.desk.go_live.batches import OpeningRefusal, Refused
from central.desk.go_live.comparison import State, compare, summaries
from central.desk.go_live.models import OpeningBalance, OpeningBatch, OpeningDone
from central.desk.go_live.settling import ask_again, collect_debt
from central.desk.go_live.verification import verify_openings
from central.desk.operations import pay
from central.desk.paying_out import pay_out_credit_back
from central.desk.refusals import DeskRefusal
from central.desk.refusals import Refused as DeskRefused
from central.desk.subsidies.one_account import grant_subsidy
from central.ledger import chart_of_accounts as chart
from central.ledger.models import Transfer
from central.ledger.queries import balance
from central.ledger.verification import verify_books
from central.link.models import Command, Delivery, Grant, TakeBackRequest
from central.office.approvals import ApprovalRefusal
from central.office.approvals import sign as sign_one
from central.office.models import Approval, User
from central.office.roles import Role
from gateway.contract.facts import CommandOutcome, EntryKind
from tests.central.conftest import KWH_LISTS, NOW_MS, import_list
from tests.central.go_live_steps import ask, credit_all, give_back_all, go_live, people, plan, report, sign
from tests.central.steps import ROOM, answered, last, standing, up

LIST = "building,room,balance_yuan,subsidy,last receipt\n1,301,50.00,,K-77\n1,302,20.00,5,K-78\n"
YUAN = 1_000_000


def held(room="1-301.1", bucket="paid"):
    return balance(chart.customer(room, bucket, "yuan"))


def old_system(unit="yuan"):
    return balance(chart.opening(unit))


def owed(room="1-301.1"):
    return balance(chart.opening_owed(room, "yuan"))


def all_holds():
    return [check.fault for check in (*verify_books(), *verify_openings()) if check.fault] == []


def states(batch):
    return {(one.row.room, one.row.bucket): one.state for one in compare(batch)}


def one_of(batch, room="1-301", bucket="paid"):
    return next(one for one in compare(batch) if (one.row.room, one.row.bucket) == (room, bucket))


def test_nothing_moves_before_the_second_signature_and_all_of_it_then(taker, twin):
    request = ask(LIST)
    sign(request, Role.FINANCE)
    assert (Grant.objects.count(), Transfer.objects.count()) == (0, 0)
    assert sign(request, Role.DIRECTOR).state == "approved"
    given = sorted(Grant.objects.values_list("account__code", "bucket", "amount", "source"))
    assert given == [
        ("1-301.1", "paid", 50 * YUAN, "opening"),
        ("1-302.1", "paid", 15 * YUAN, "opening"),
        ("1-302.1", "subsidy", 5 * YUAN, "opening"),
    ]
    assert (held(), held("1-302.1"), held("1-302.1", "subsidy")) == (50 * YUAN, 15 * YUAN, 5 * YUAN)
    assert old_system() == 70 * YUAN
    assert not Transfer.objects.filter(kind__in=["payment", "subsidy"]).exists()
    transfer = Transfer.objects.filter(kind="opening").first()
    assert transfer.at_ms < transfer.booked_ms == NOW_MS
    assert "K-7" in transfer.note
    assert Command.objects.filter(kind="grant").count() == 3
    assert all_holds()


def test_who_asked_never_signs_and_nobody_signs_for_two(taker, twin):
    request = ask(LIST)
    who = people()
    assert sign_one(request.number, approve=True, reason="", actor=who[Role.ADMIN], now_ms=NOW_MS) == (
        ApprovalRefusal.OWN_REQUEST
    )
    sign(request, Role.FINANCE)
    again = sign_one(request.number, approve=True, reason="", actor=who[Role.FINANCE], now_ms=NOW_MS)
    assert again == ApprovalRefusal.SIGNED_BEFORE
    assert not Grant.objects.exists()


def test_a_shorter_chain_carries_nothing_out(taker, twin, monkeypatch):
    from central.domain.approval import Step
    from central.office import approvals

    monkeypatch.setattr(approvals, "chain_in_force", lambda act, now_ms: (Step((Role.FINANCE,)),))
    request = sign(ask(LIST), Role.FINANCE)
    assert request.state == "failed"
    assert not Grant.objects.exists()


def test_asked_twice_signed_twice_carried_out_twice_it_is_credited_once(taker, twin):
    first, second = ask(LIST, key="a" * 32), ask(LIST, key="a" * 32)
    assert first.number == second.number
    other = ask(LIST, key="b" * 32)
    sign(first)
    assert sign(other).state == "failed", "another page asked for the same rooms"
    assert sign_one(first.number, approve=True, reason="", actor=people()[Role.DIRECTOR], now_ms=NOW_MS) == (
        ApprovalRefusal.ENDED
    )
    assert (Grant.objects.count(), OpeningDone.objects.count(), old_system()) == (3, 1, 70 * YUAN)
    found = [f.fault for f in plan(LIST).problems]
    assert found[0] == "already-live"
    assert set(found) == {"already-live"}
    assert all_holds()


def test_the_comparison_explains_every_fen(taker, twin, cashier):
    batch = go_live(LIST)
    assert set(states(batch).values()) == {State.NOT_REPORTED}
    credit_all(taker, twin)
    assert set(states(batch).values()) == {State.EQUAL}
    up(taker, twin, twin.consumption(ROOM, 10_000, 10_000))
    pay("p1", ROOM, 3_000, cashier, now_ms=NOW_MS)
    grant_subsidy("s1", ROOM, "subsidy", 2 * YUAN, actor=cashier, why="w", now_ms=NOW_MS)
    assert one_of(batch).state == State.NOT_REPORTED, "a payment is on its way"
    credit_all(taker, twin)
    one = one_of(batch)
    figures = (one.listed, one.credited, one.paid, one.used, one.expected, one.reported)
    assert figures == (50 * YUAN, 50 * YUAN, 30 * YUAN, 5_580_000, 74_420_000, 74_420_000)
    assert (one.state, one.difference) == (State.EQUAL, 0)
    total = summaries(compare(batch))[0]
    assert (total.listed, total.reported, total.difference) == (70 * YUAN, 94_420_000, 0)
    assert standing("balance-differs") == []


def test_a_gateway_that_says_another_balance_is_different_by_that(taker, twin):
    batch = go_live(LIST)
    credit_all(taker, twin)
    twin.balances["1-301.1", "paid", "yuan"] -= 3 * YUAN
    report(taker, twin)
    assert (one_of(batch).state, one_of(batch).difference) == (State.DIFFERS, -3 * YUAN)
    assert one_of(batch, "1-302").state == State.EQUAL


def test_taken_back_after_use_what_was_used_is_owed(taker, twin, cashier):
    batch = go_live(LIST)
    credit_all(taker, twin)
    up(taker, twin, twin.consumption(ROOM, 10_000, 10_000))
    request = ask_way_back(
        batch, "1", "c" * 32, why="old system again", actor=people()[Role.ADMIN], now_ms=NOW_MS
    )
    sign(request)
    assert set(states(batch).values()) == {State.ASKED_BACK}
    assert all_holds(), "asked is not taken"
    give_back_all(taker, twin)
    assert (held(), old_system()) == (0, 0)
    assert owed() == 5_580_000
    assert owed("1-302.1") == 0
    one = one_of(batch)
    assert (one.listed, one.owed, one.expected, one.reported, one.state) == (0, 5_580_000, 0, 0, State.EQUAL)
    back = TakeBackRequest.objects.get(account__code=ROOM)
    assert pay_out_credit_back(back.request_id, cashier, now_ms=NOW_MS) == DeskRefused(
        DeskRefusal.NOT_REFUNDABLE
    )
    assert all_holds()
    again = go_live("room,balance_yuan\n1-301,44.42\n")
    credit_all(taker, twin)
    assert (held(), one_of(again).state) == (44_420_000, State.EQUAL), "the room goes live another day"
    assert all_holds()


def test_an_accepted_building_has_no_way_back(taker, twin):
    batch, asker = go_live(LIST), people()[Role.ADMIN]
    accept = ask_acceptance(batch, "1", "k", why="compared", actor=asker, now_ms=NOW_MS)
    back = ask_way_back(batch, "1", "d" * 32, why="w", actor=asker, now_ms=NOW_MS)
    sign(accept)
    assert sign(back).state == "failed"
    refused = ask_way_back(batch, "1", "e" * 32, why="w", actor=asker, now_ms=NOW_MS)
    assert refused == Refused(OpeningRefusal.ACCEPTED, "1")
    assert not TakeBackRequest.objects.exists()


def test_a_debt_is_owed_here_and_collected_from_later_credit(taker, twin, cashier):
    batch = go_live("room,balance_yuan\n1-301,-12.34\n1-302,20\n")
    credit_all(taker, twin)
    assert (held(), owed(), old_system()) == (0, 12_340_000, 7_660_000)
    assert states(batch) == {("1-301", "paid"): State.EQUAL, ("1-302", "paid"): State.EQUAL}
    pay("p1", ROOM, 1_000, cashier, now_ms=NOW_MS)
    credit_all(taker, twin)
    collect = {"why": "old debt", "actor": cashier, "now_ms": NOW_MS}
    assert isinstance(collect_debt(ROOM, "k1", **collect), TakeBackRequest)
    assert collect_debt(ROOM, "k2", **collect) == Refused(OpeningRefusal.STILL_ASKED, ROOM)
    give_back_all(taker, twin)
    assert (held(), owed()) == (0, 2_340_000), "no more than there was"
    assert one_of(batch).state == State.EQUAL
    assert balance(chart.taken_back(ROOM, "yuan")) == 0
    assert all_holds()
    sign(
        ask_correction(
            batch, "1-301", "paid", 0, "f" * 32, why="no debt", actor=people()[Role.ADMIN], now_ms=NOW_MS
        )
    )
    credit_all(taker, twin)
    assert (held(), owed(), old_system()) == (10 * YUAN, 0, 20 * YUAN), "what was collected comes back"
    assert one_of(batch).state == State.EQUAL
    assert all_holds()


def test_one_room_is_corrected_both_ways(taker, twin):
    batch, asker = go_live(LIST), people()[Role.ADMIN]
    credit_all(taker, twin)
    up_by = ask_correction(
        batch, "1-301", "paid", 55 * YUAN, "a" * 32, why="typo", actor=asker, now_ms=NOW_MS
    )
    late = ask_correction(batch, "1-301", "paid", 60 * YUAN, "b" * 32, why="typo", actor=asker, now_ms=NOW_MS)
    sign(up_by)
    credit_all(taker, twin)
    assert (held(), old_system()) == (55 * YUAN, 75 * YUAN)
    assert sign(late).state == "failed", "it was asked for what no longer holds"
    sign(
        ask_correction(
            batch, "1-301", "paid", -5 * YUAN, "c" * 32, why="was a debt", actor=asker, now_ms=NOW_MS
        )
    )
    give_back_all(taker, twin)
    assert (held(), owed(), old_system()) == (0, 5 * YUAN, 15 * YUAN)
    assert one_of(batch).state == State.EQUAL
    assert all_holds()


def test_what_a_gateway_refused_to_give_back_is_asked_again(taker, twin):
    batch = go_live(LIST)
    credit_all(taker, twin)
    sign(ask_way_back(batch, "1", "c" * 32, why="w", actor=people()[Role.ADMIN], now_ms=NOW_MS))
    command = Command.objects.filter(kind="take-back").first()
    answered(taker, twin, command, CommandOutcome.REFUSED, detail="quarantined")
    assert State.REFUSED_BACK in states(batch).values()
    assert all_holds()
    row = OpeningBalance.objects.get(batch="c" * 32, account__code=ROOM)
    assert isinstance(ask_again(row.pk, actor=people()[Role.ADMIN], now_ms=NOW_MS), TakeBackRequest)
    give_back_all(taker, twin)
    assert (held(), old_system()) == (0, 0)
    assert set(states(batch).values()) == {State.EQUAL}
    assert all_holds()


def test_a_building_without_a_gateway_waits_and_kwh_stays_kwh(taker, twin):
    import_list(KWH_LISTS[0])
    import_list(KWH_LISTS[1])
    go_live("room,balance,unit\n1-A01,12.5,度\n2-101,3.05,元\n")
    assert (old_system("kwh"), old_system("yuan")) == (12_500, 3_050_000)
    waiting = Delivery.objects.get(grant__account__code="2-101.1")
    assert (waiting.gateway, waiting.command) == (None, None)
    assert all_holds()


def test_without_people_to_sign_there_is_no_batch(taker, twin):
    made = people()
    User.objects.filter(pk=made[Role.DIRECTOR].pk).update(is_active=False)
    asked = ask_go_live(plan(LIST), "a" * 32, file_name="f", why="w", actor=made[Role.ADMIN], now_ms=NOW_MS)
    assert asked == ApprovalRefusal.NOBODY_TO_SIGN
    assert not OpeningBatch.objects.exists()
    assert not Approval.objects.exists()


def test_a_restored_gateway_gets_its_opening_balances_once(taker, twin):
    from tests.central.steps import order, rebuilt

    go_live(LIST)
    credit_all(taker, twin)
    rebuilt(taker, twin)
    opening = order(last("configure")).opening
    left = {(b.account, b.bucket): b.amount for b in opening.balances if b.amount}
    assert left[ROOM, "paid"] == 50 * YUAN
    assert Delivery.objects.filter(grant__source="opening").exclude(applied_ms=None).count() == 3
    up(taker, twin, twin.entry(EntryKind.OPENING, ROOM, 50 * YUAN))
    assert held() == 50 * YUAN
    assert old_system() == 70 * YUAN
