"""A gateway's lives (C-11): what an old store says is not booked, and no order of messages leaves a building without commands."""

import copy

from central.desk.operations import pay
from central.desk.paying_out import pay_out_credit_back
from central.link import operations
from central.link.models import (
    Alarm,
    Gateway,
    GatewayEntry,
    GatewayEpoch,
    QuarantinedRow,
    TakeBackRequest,
)
from gateway.contract.facts import Answer, CommandOutcome, EntryKind
from tests.central.conftest import NOW_MS
from tests.central.steps import (
    ROOM,
    answer,
    answered,
    born,
    counts,
    credit,
    customer,
    held,
    last,
    order,
    queued,
    rebuilt,
    up,
)


def test_c_11_the_batch_that_shows_a_store_went_back_is_not_booked(taker, twin, cashier):
    credit(taker, twin, cashier)
    up(taker, twin, twin.consumption(ROOM, 10_000, 60_000))
    before = customer()
    twin.seq, twin.entries = 1, 5
    up(taker, twin, twin.reading(1), twin.consumption(ROOM, 11_000, 61_000))
    assert customer() == before, "the same energy came again beside the row that differs"
    assert Gateway.objects.get().awaits_epoch
    reasons = QuarantinedRow.objects.order_by("seq").values_list("reason", flat=True)
    assert list(reasons) == ["exists-with-different", "epoch-went-back"]


def test_c_11_an_old_card_that_comes_back_is_not_booked_beside_the_new_one(taker, twin, cashier):
    credit(taker, twin, cashier)
    old = copy.deepcopy(twin)
    rebuilt(taker, twin)
    answered(taker, twin, last("configure"))
    before = customer()
    up(taker, old, old.consumption(ROOM, 10_000, 10_000))
    assert customer() == before
    assert GatewayEpoch.objects.get(epoch="e1").closed
    up(taker, twin, twin.consumption(ROOM, 10_000, 10_000))
    assert customer() == before - 5_580_000


def test_c_11_an_answer_said_long_ago_does_not_move_the_numbers(taker, twin, cashier):
    pay("p0", ROOM, 5_000, cashier, now_ms=NOW_MS)
    old = Answer(2, "gap", 58, command=last("grant").command_id)
    rebuilt(taker, twin)
    answered(taker, twin, last("configure"))
    before = Gateway.objects.get().next_number
    answer(taker, twin, old)
    assert Gateway.objects.get().next_number == before
    assert counts(taker)["answer-stale"] == 1


def test_c_11_numbers_above_what_the_gateway_takes_are_begun_anew(taker, twin, cashier):
    rebuilt(taker, twin)
    answered(taker, twin, last("configure"))
    answer(taker, twin, Answer(60, "gap", 58))  # from software that doesn't say which command
    pay("p1", ROOM, 5_000, cashier, now_ms=NOW_MS)
    assert Gateway.objects.get().next_number > 58
    answer(taker, twin, Answer(59, "gap", 2, command=last("grant").command_id))
    assert queued() == [(2, "configure"), (3, "grant")]


def test_c_11_a_birth_mends_numbers_above_what_the_gateway_takes(taker, twin, cashier):
    rebuilt(taker, twin)
    answered(taker, twin, last("configure"))
    answer(taker, twin, Answer(60, "gap", 58))
    pay("p1", ROOM, 5_000, cashier, now_ms=NOW_MS)
    twin.last_command = 1
    born(taker, twin, boot="boot-10", config_version=2)
    assert queued() == [(2, "configure"), (3, "grant")]


def test_c_11_the_order_of_a_new_epoch_is_given_again_under_the_number_that_is_free(taker, twin, cashier):
    credit(taker, twin, cashier)
    up(taker, twin, twin.consumption(ROOM, 10_000, 10_000))
    twin.now_ms += 10_000
    twin.seq, twin.last_command, twin.boot = 0, 1, "boot-2"
    born(taker, twin)
    assert queued() == [(2, "begin-epoch")]
    order_before = order(last("begin-epoch"))
    answer(taker, twin, Answer(2, "exists-with-different", 3, command=last("begin-epoch").command_id))
    assert queued() == [(3, "begin-epoch")]
    assert order(last("begin-epoch")) == order_before
    assert Gateway.objects.get().awaits_epoch


def test_c_11_an_opening_not_adopted_yet_is_sent_again_under_the_number_that_is_free(taker, twin, cashier):
    credit(taker, twin, cashier)
    rebuilt(taker, twin)
    opening = order(last("configure")).opening
    number, command = last("configure").number, last("configure").command_id
    answer(taker, twin, Answer(number, "exists-with-different", number + 1, command=command))
    assert queued() == [(number + 1, "configure")]
    assert order(last("configure")).opening == opening
    answered(taker, twin, last("configure"))
    assert GatewayEpoch.objects.get(epoch="e9").opened
    up(taker, twin, twin.consumption(ROOM, 1_000, 1_000))
    assert GatewayEntry.objects.get(epoch="e9").booked


def test_c_7_what_was_taken_back_is_not_asked_back_again_of_a_new_store(taker, twin, cashier):
    credit(taker, twin, cashier)
    operations.ask_credit_back("r1", ROOM, "paid", 10_000_000, actor="b", why="w", now_ms=NOW_MS)
    up(taker, twin, twin.entry(EntryKind.TAKEN_BACK, ROOM, -10_000_000, source="r1"))
    rebuilt(taker, twin)  # the row with the answer died with the card
    opening = order(last("configure")).opening
    assert held(opening) == ["p-p1", "r1"]
    answered(taker, twin, last("configure"))
    answered(taker, twin, last("take-back"), CommandOutcome.EXISTS)
    request = TakeBackRequest.objects.get()
    assert (request.state, request.taken) == (TakeBackRequest.State.SETTLED, 10_000_000)
    assert pay_out_credit_back("r1", cashier, now_ms=NOW_MS).amount_fen == 1_000
    assert not Alarm.objects.filter(what="take-back-differs").exists()


def ask_gap(name):
    gap = {"grace_until_ms": NOW_MS, "actor": "b", "note": "no meter", "now_ms": NOW_MS}
    return operations.ask_gap(name, ROOM, 9_000, NOW_MS - 20, NOW_MS - 10, **gap)


def test_an_agreed_gap_that_a_lost_store_never_billed_is_asked_of_the_new_one(taker, twin, cashier):
    credit(taker, twin, cashier)
    first = ask_gap("gap-1")
    rebuilt(taker, twin)
    again = last("bill-gap")
    assert (again.number, order(again)) == (last("configure").number + 1, order(first))
    assert ask_gap("gap-1") == again, "the command that lives answers for the gap"
    answered(taker, twin, last("configure"))
    answered(taker, twin, again)
    twin.epoch, twin.boot = "e10", "boot-10"
    twin.seq, twin.entries, twin.last_command = 0, 0, 0
    born(taker, twin)
    assert last("bill-gap") == again, "it was answered"


def test_an_agreed_gap_whose_entry_came_before_the_card_died_is_not_billed_twice(taker, twin, cashier):
    credit(taker, twin, cashier)
    asked = ask_gap("gap-1")
    up(taker, twin, twin.entry(EntryKind.CONSUMPTION, ROOM, -5_000_000, source="gap-1"))
    rebuilt(taker, twin)  # the row with the answer died with the card
    assert last("bill-gap") == asked


def test_c_11_numbers_above_an_opening_that_is_still_under_way_stay(taker, twin, cashier):
    """The opening is taken out of turn: whoever numbers it anew from below lets old commands in again."""
    born(taker, twin, last_command=40)
    rebuilt(taker, twin, last_command=40)
    pay("p1", ROOM, 5_000, cashier, now_ms=NOW_MS)
    before = Gateway.objects.get().stream
    waiting = queued()
    answer(taker, twin, Answer(waiting[-1][0], "gap", 1, command=last("grant").command_id))
    assert Gateway.objects.get().stream == before
    assert queued() == waiting
    assert [kind for _, kind in waiting] == ["configure", "grant"]


def test_c_11_a_restored_store_begins_its_new_epoch_by_itself_and_is_opened_with_what_central_has(
    taker, twin, cashier
):
    """`cardroom-gateway restore`: an unknown epoch, but commands of the old life are in its inbox already."""
    credit(taker, twin, cashier)
    up(taker, twin, twin.consumption(ROOM, 10_000, 60_000))
    before, taken = customer(), last("grant").number
    rebuilt(taker, twin, last_command=taken)
    opening = order(last("configure")).opening
    assert last("configure").number > taken
    assert (opening.epoch, opening.registers_wh) == ("e9", {"m-301": 60_000})
    assert held(opening) == ["p-p1"]
    answered(taker, twin, last("configure"))
    assert customer() == before
    up(taker, twin, twin.consumption(ROOM, 1_000, 61_000))
    assert customer() == before - 558_000


def test_c_11_an_old_card_that_is_set_up_again_begins_a_new_life_and_an_old_birth_does_nothing(
    taker, twin, cashier
):
    """A blank card took its place; when that one died, somebody put the old one back: it must not stay without commands."""
    credit(taker, twin, cashier)
    old, replayed = copy.deepcopy(twin), copy.deepcopy(twin)
    rebuilt(taker, twin)
    answered(taker, twin, last("configure"))
    up(taker, twin, twin.consumption(ROOM, 10_000, 60_000))
    before, epoch = customer(), Gateway.objects.get().epoch
    replayed.boot = "boot-forgotten"
    taker.take(twin.topic("birth"), replayed.birth(), NOW_MS)
    assert (Gateway.objects.get().epoch, Gateway.objects.get().awaits_epoch) == (epoch, False)
    old.now_ms, old.boot = twin.now_ms + 60_000, "boot-20"
    born(taker, old)
    assert order(last("begin-epoch")).seen_epoch == "e1", "or the gateway refuses it"
    up(taker, old, old.consumption(ROOM, 5_000, 55_000))
    assert customer() == before
    old.epoch, old.seq, old.entries = "e20", 0, 0
    born(taker, old)
    opening = order(last("configure")).opening
    assert (opening.epoch, opening.registers_wh) == ("e20", {"m-301": 60_000})
    assert [one.amount for one in opening.balances if one.account == ROOM] == [before]
    answered(taker, old, last("configure"))
    up(taker, old, old.consumption(ROOM, 1_000, 61_000))
    assert customer() == before - 558_000
