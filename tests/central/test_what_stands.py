"""What stands for ever misleads: alarms that end, supply that is proved by the meters of now, commands that are sent again."""

from central.campus.operations import add_meter, bind_meter
from central.ingest.supply import mark_supplied
from central.link import outbox
from central.link.models import Alarm, Command, Delivery, Gateway, QuarantinedRow, RelayState
from central.link.operations import LinkRefusal, Refused
from central.link.resolving import resolve_alarm
from gateway.contract import facts
from gateway.contract.commands import Resend
from gateway.contract.facts import CommandOutcome, RelayVerdict
from tests.central.conftest import NOW_MS
from tests.central.steps import ROOM, answered, born, counts, credit, last, rebuilt, standing, up


def test_c_15_a_meter_that_was_replaced_says_nothing_of_its_former_account(taker, twin, cashier):
    up(taker, twin, twin.relay(True, RelayVerdict.CONFIRMED, ROOM))
    add_meter("m-new", "1", actor="t", now_ms=NOW_MS)
    bind_meter("m-new", ROOM, NOW_MS, None, actor="t", now_ms=NOW_MS)
    new = facts.RelayReport(
        "m-new", True, True, True, RelayVerdict.CONFIRMED, "credit-left", twin.at(), account=ROOM
    )
    released = facts.RelayReport("m-301", None, None, True, RelayVerdict.UNKNOWN, "", twin.at(), account=None)
    up(taker, twin, released, new)
    assert RelayState.objects.get(meter="m-301").account == ""
    credit(taker, twin, cashier)
    assert Delivery.objects.get().supplied_ms == NOW_MS


def test_c_15_only_meters_tied_to_an_account_now_prove_its_supply(taker, twin, cashier):
    up(taker, twin, twin.relay(True, RelayVerdict.CONFIRMED, ROOM))
    bind_meter("m-301", "1-302.1", NOW_MS, None, actor="t", now_ms=NOW_MS)
    credit(taker, twin, cashier)
    assert Delivery.objects.get().supplied_ms is None
    assert mark_supplied(ROOM, NOW_MS - 1) == 1, "it was tied to it then"


def test_c_11_a_dead_stores_alarms_end_with_it_and_a_living_ones_stand_again(taker, twin):
    silent = facts.Alarm("gw-1.e1.1", "meter-silent", "m-301", True, twin.at(), "x")
    up(taker, twin, silent)
    rebuilt(taker, twin)
    assert standing("meter-silent") == []
    assert standing("gateway-new-epoch") == ["gw-1"], "central's own stay"
    up(taker, twin, silent)
    assert standing("meter-silent") == ["m-301"]


def test_c_11_rows_of_a_closed_epoch_are_one_alarm_and_a_person_resolves_it(taker, twin, cashier):
    credit(taker, twin, cashier)
    twin.now_ms += 10_000
    twin.seq, twin.boot = 0, "boot-2"
    born(taker, twin)
    up(taker, twin, *[twin.reading(n) for n in range(50)])
    assert standing("rows-of-closed-epoch") == ["e1"]
    assert standing("row-quarantined") == []
    alarm = Alarm.objects.get(what="rows-of-closed-epoch")
    assert resolve_alarm(alarm.pk, actor="b", why=" ", now_ms=NOW_MS) == Refused(LinkRefusal.NO_REASON)
    assert resolve_alarm(alarm.pk, actor="b", why="the old card", now_ms=NOW_MS).cleared_ms == NOW_MS
    assert QuarantinedRow.objects.filter(resolved_ms=NOW_MS, resolution="the old card").count() == 50


def test_c_11_a_quarantined_row_is_resolved_alone_and_a_gateways_alarm_is_not_ours_to_end(taker, twin):
    up(taker, twin, b"{}", b"[]", facts.Alarm("gw-1.e1.1", "meter-silent", "m-301", True, twin.at(), "x"))
    alarm = Alarm.objects.get(what="row-quarantined", subject="e1.1")
    resolve_alarm(alarm.pk, actor="b", why="known", now_ms=NOW_MS)
    assert list(QuarantinedRow.objects.filter(resolved_ms=NOW_MS).values_list("seq", flat=True)) == [1]
    theirs = Alarm.objects.get(what="meter-silent").pk
    assert resolve_alarm(theirs, actor="b", why="w", now_ms=NOW_MS).why == LinkRefusal.ENDS_WITH_ITS_CAUSE


def test_c_3_a_configuration_that_is_applied_ends_the_refusal_of_the_one_before(taker, twin):
    from central.link.configuration import publish_config

    answered(taker, twin, last("configure"), CommandOutcome.REFUSED)
    assert standing("command-refused") == ["configure:1"]
    publish_config("gw-1", NOW_MS)
    answered(taker, twin, last("configure"))
    assert standing("command-refused") == []
    assert Command.objects.count() == 2


def test_c_14_a_clock_that_was_far_ahead_hides_no_new_store_of_the_same_boot(taker, twin):
    up(taker, twin, twin.reading(1))
    birth = facts.Birth("boot-1", "e1", "t", 1, 1, 1, [])
    taker.take(twin.topic("birth"), twin.sealed("birth", birth, issued_ms=NOW_MS + 500_000_000_000), NOW_MS)
    twin.seq += 1
    taker.take(twin.topic("birth"), twin.birth(last_command=1), NOW_MS)
    assert counts(taker)["birth-known"] == 2, "the same store went on, its clock mended"
    taker.take(twin.topic("birth"), twin.birth(last_seq=0), NOW_MS)
    assert counts(taker)["birth-stale"] == 1, "said before, or replayed"
    twin.epoch, twin.seq = "e2", 0
    taker.take(twin.topic("birth"), twin.birth(), NOW_MS)
    assert Gateway.objects.get().epoch == "e2"
    assert up(taker, twin, twin.reading(1)) is not None


def test_c_5_who_answered_meanwhile_is_not_marked_as_sent_and_each_sending_is_counted(taker, twin):
    born(taker, twin)
    waiting = outbox.to_send(NOW_MS, 5_000)
    rest = [outbox.enqueue("gw-1", Resend("e1", 1), subject=str(n), now_ms=NOW_MS) for n in range(3)]
    outbox.mark_sent(waiting, NOW_MS)
    assert outbox.to_send(NOW_MS, 5_000) == rest, "in order of their numbers, those that were not sent"
    outbox.answer(Command.objects.get(pk=rest[1].pk), CommandOutcome.APPLIED, "", NOW_MS)
    outbox.mark_sent(rest, NOW_MS)
    again = outbox.to_send(NOW_MS + 5_000 * outbox.SLOWER_WHILE_SILENT, 5_000)
    assert again == [*waiting, rest[0], rest[2]]
    outbox.mark_sent(again, NOW_MS + 1)
    rows = Command.objects.filter(pk__in=[one.pk for one in rest]).order_by("number")
    assert list(rows.values_list("state", "sends")) == [("sent", 2), ("answered", 0), ("sent", 2)]
