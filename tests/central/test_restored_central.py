"""A restored central (C-11): what is sent before a gateway was heard, what an epoch of the lost one means, numbers, the list."""

import pytest

from central.config.backup.leaping import leap_numbers
from central.desk.operations import pay
from central.desk.restored_numbers import left_out
from central.desk.verification import verify_sales
from central.link import operations, outbox
from central.link.lost_with_central import lost_commands
from central.link.models import Alarm, Command, Delivery, Gateway, GatewayEntry, GatewayEpoch, QuarantinedRow
from central.link.operations import LinkRefusal
from central.link.restored import Point, TickRefusal, begin_incarnation, look_at_restoration, still_open, tick
from central.link.revoking import revoke_gateway
from gateway.contract.commands import RelayWish
from gateway.contract.facts import NOT_OPENED, Answer, CommandOutcome
from tests.central.conftest import NOW_MS
from tests.central.steps import ROOM, answer, answered, born, credit, customer, last, order, up


def restore(now_ms=NOW_MS):
    restoration = begin_incarnation("i1", now_ms - 3_600_000, "1", now_ms)
    leap_numbers(restoration)
    return restoration


def to_send():
    return [(c.kind, c.number) for c in outbox.to_send(NOW_MS, 5_000)]


def says(taker, twin, expected, reason="gap"):
    """The gateway answers the question, as it answers any number that it doesn't expect."""
    question = last("resend")
    answer(taker, twin, Answer(question.number, reason, expected, question.command_id))


def test_c_11_nothing_but_the_question_is_sent_before_the_gateway_was_heard(taker, twin, cashier):
    credit(taker, twin, cashier)
    pay("p2", ROOM, 1_000, cashier, now_ms=NOW_MS)
    last_number = Gateway.objects.get().next_number - 1
    restore()
    ((kind, number),) = to_send()
    assert kind == "resend"
    assert number > last_number + 1_000_000, "a number that the lost central can't have given"
    pay("p3", ROOM, 2_000, cashier, now_ms=NOW_MS)
    asked = operations.set_relay("m-301", RelayWish.OPEN, actor="e", why="w", now_ms=NOW_MS)
    assert asked.why == LinkRefusal.GATEWAY_BEING_RESTORED
    twin.boot = "boot-2"
    born(taker, twin, last_command=last_number)
    assert to_send() == [(kind, number)], "a retained birth may be older than the last command"
    says(taker, twin, 41)
    sent = outbox.to_send(NOW_MS, 5_000)
    assert [(c.kind, c.number) for c in sent] == [
        ("resend", 41),
        ("configure", 42),
        ("grant", 43),
        ("grant", 44),
    ]
    assert order(sent[0]).from_seq == 2, "the backup has one row"
    assert order(sent[1]).version > 1_000_000, "no gateway takes an older configuration"
    assert [c.subject for c in sent[2:]] == ["p-p2", "p-p3"]
    answer(taker, twin, Answer(number, "gap", 99, Command.objects.get(number=number).command_id))
    assert to_send() == [(c.kind, c.number) for c in sent], "the question was answered"
    assert not Alarm.objects.filter(what="central-behind").exists(), "it knows that it was restored"


def test_c_11_answers_to_the_lost_centrals_commands_are_kept_and_alarm_nobody(taker, twin, cashier):
    restoration = restore()
    up(taker, twin, twin.result(7, "c-lost", CommandOutcome.APPLIED), twin.granted("p-lost", ROOM, 500))
    assert [one.number for one in lost_commands(restoration)] == [7]
    assert not Alarm.objects.filter(what="row-quarantined").exists()
    says(taker, twin, 9)
    up(taker, twin, twin.result(9, "c-stranger", CommandOutcome.APPLIED))
    assert QuarantinedRow.objects.exclude(reason="lost-command").count() == 1, (
        "that number was not the lost one's"
    )


@pytest.mark.parametrize(("reason", "opened"), [("gap", True), (NOT_OPENED, False)])
def test_c_11_an_epoch_that_the_backup_doesnt_know_is_opened_unless_the_lost_central_did(
    taker, twin, cashier, reason, opened
):
    credit(taker, twin, cashier)
    before = customer()
    restore()
    twin.seq, twin.entries, twin.epoch, twin.boot = 0, 0, "e2", "boot-2"
    born(taker, twin, last_command=5)
    early = twin.consumption(ROOM, 1_000, 1_000)
    assert up(taker, twin, early) is None, "not taken before it is known who opened the epoch"
    says(taker, twin, 6, reason)
    assert GatewayEpoch.objects.get(epoch="e2").opened == opened
    assert (order(last("configure")).opening is None) == opened
    twin.seq = 0
    up(taker, twin, early)
    assert GatewayEntry.objects.get(epoch="e2").booked == opened
    assert customer() == before - (558_000 if opened else 0)
    if not opened:
        answered(taker, twin, last("configure"))
        assert GatewayEpoch.objects.get(epoch="e2").opened


def test_a_gateway_that_the_backup_never_heard_is_asked_at_its_birth(twin, taker):
    Gateway.objects.update(epoch="")
    GatewayEpoch.objects.all().delete()
    Command.objects.all().delete()
    restore()
    assert to_send() == []
    twin.boot = "boot-2"
    born(taker, twin, last_command=30)
    assert [kind for kind, _ in to_send()] == ["resend"]
    says(taker, twin, 31)
    assert to_send()[0] == ("resend", 31)


def test_receipts_leap_and_the_gap_has_a_name(campus, cashier):
    pay("p1", ROOM, 1_000, cashier, now_ms=NOW_MS)
    restore()
    paid = pay("p2", ROOM, 1_000, cashier, now_ms=NOW_MS)
    assert paid.receipt.number > 10_000
    assert left_out() == [(2, paid.receipt.number - 1)]
    assert all(check.holds for check in verify_sales())
    assert begin_incarnation("i1", 0, "1", NOW_MS) == restore(), "the same incarnation again is nothing new"
    assert len(left_out()) == 1


def test_the_list_ends_with_its_last_point_and_the_last_gateway(taker, twin):
    assert tick("money-again", "", actor="boss", now_ms=NOW_MS) is TickRefusal.NOT_RESTORED
    restore()
    assert tick("made-up", "", actor="boss", now_ms=NOW_MS) is TickRefusal.UNKNOWN
    for point in Point:
        assert Alarm.objects.filter(what="central-restored", cleared_ms=None).exists()
        tick(point.value, "done", actor="boss", now_ms=NOW_MS)
        tick(point.value, "again", actor="other", now_ms=NOW_MS)
    assert {row.note for row in still_open().ticks.values()} == {"done"}
    assert look_at_restoration(NOW_MS), "one gateway was not heard"
    says(taker, twin, 5)
    assert not look_at_restoration(NOW_MS)
    assert not Alarm.objects.filter(what="central-restored", cleared_ms=None).exists()
    assert not Delivery.objects.exists()


def test_the_list_ends_with_a_store_that_went_back(taker, twin, cashier):
    credit(taker, twin, cashier)
    restore()
    assert len(still_open().unheard) == 1
    twin.boot, twin.seq = "boot-2", 0
    born(taker, twin)
    assert not Gateway.objects.get().awaits_word
    assert still_open().unheard == []


def test_the_list_does_not_wait_for_a_gateway_that_is_revoked(taker, twin):
    restore()
    revoke_gateway("gw-1", "stolen", actor="boss", now_ms=NOW_MS)
    assert still_open().unheard == []


def test_c_11_an_epoch_ordered_before_the_backup_and_begun_since_is_met_and_not_opened_anew(
    taker, twin, cashier
):
    """Opened with the backup's balances, it would lose what was paid since; and its opening would never be taken."""
    credit(taker, twin, cashier)
    Gateway.objects.update(awaits_epoch=True)
    restore()
    twin.seq, twin.entries, twin.epoch, twin.boot = 0, 0, "e2", "boot-2"
    assert up(taker, twin, twin.consumption(ROOM, 1_000, 1_000)) is None
    assert not GatewayEpoch.objects.filter(epoch="e2").exists()
    born(taker, twin, last_command=5)
    says(taker, twin, 6)
    assert GatewayEpoch.objects.get(epoch="e2").opened
    assert [kind for kind, _ in to_send()] == ["resend", "configure"]
    assert order(last("configure")).opening is None
