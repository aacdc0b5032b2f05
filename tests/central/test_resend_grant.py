"""Credit that a gateway did not take is sent again by its name, under a serial that no other grant used up (C-5, C-11)."""

from types import SimpleNamespace

import pytest

from central.config.commands import gateways
from central.desk.operations import pay
from central.link.epochs import number_above
from central.link.grants import NEVER_AHEAD, SERIALS_FROM_MS
from central.link.models import Alarm, Delivery, Gateway, GatewayEpoch
from central.link.operations import LinkRefusal, ask_closing
from central.link.resending import resend_grant
from central.link.shared_balance import merge
from gateway.contract.facts import CommandOutcome
from tests.central.conftest import NOW_MS
from tests.central.steps import ROOM, answered, born, last, order, rebuilt, standing, up

LATER_MS = NOW_MS + 5


def paid_and_answered(taker, twin, cashier, outcome, **changes):
    """A payment whose grant the gateway answered with `outcome`, and no entry."""
    pay("p1", ROOM, 5_000, cashier, now_ms=LATER_MS)
    answered(taker, twin, last("configure"))
    answered(taker, twin, last("grant"), outcome, **changes)
    return Delivery.objects.get(pk="p-p1")


def detail_of(what):
    return Alarm.objects.get(what=what, cleared_ms=None).detail


def sent_again(**more):
    return resend_grant("p-p1", actor="boss", now_ms=LATER_MS, **more)


def test_c_5_a_refused_grant_goes_again_with_its_serial_by_the_command_its_alarm_names(
    taker, twin, cashier, capsys
):
    before = paid_and_answered(taker, twin, cashier, CommandOutcome.REFUSED, detail="no such bucket")
    assert "`cardroom-central resend-grant p-p1`" in detail_of("command-refused")
    assert gateways.send_grant_again(SimpleNamespace(grant="p-p1", not_credited=False)) == 0
    assert order(last("grant")).serial == before.serial
    assert "gw-1" in capsys.readouterr().out
    up(taker, twin, twin.granted("p-p1", ROOM, 50_000_000))
    assert gateways.send_grant_again(SimpleNamespace(grant="p-p1", not_credited=False)) == 2
    assert "has credited it" in capsys.readouterr().err


def test_a_grant_that_can_not_be_taken_is_not_sent_again(taker, twin, cashier):
    assert resend_grant("p-none", actor="b", now_ms=NOW_MS).why == LinkRefusal.UNKNOWN_GRANT
    pay("p2", "2-101.1", 5_000, cashier, now_ms=NOW_MS)
    assert resend_grant("p-p2", actor="b", now_ms=NOW_MS).why == LinkRefusal.NO_GATEWAY
    pay("p1", ROOM, 5_000, cashier, now_ms=LATER_MS)
    assert sent_again().why == LinkRefusal.GRANT_UNDER_WAY
    answered(taker, twin, last("configure"))
    answered(taker, twin, last("grant"), CommandOutcome.REFUSED)
    up(taker, twin, twin.granted("p-p1", ROOM, 50_000_000))
    assert sent_again().why == LinkRefusal.GRANT_CREDITED


@pytest.mark.parametrize(
    ("cause", "why"),
    [("closing", LinkRefusal.ACCOUNT_NOT_OPEN), ("awaits", LinkRefusal.GATEWAY_BEING_RESTORED)],
)
def test_a_cause_that_still_stands_is_named(taker, twin, cashier, cause, why):
    paid_and_answered(taker, twin, cashier, CommandOutcome.REFUSED)
    if cause == "closing":
        ask_closing(ROOM, actor="b", why="w", now_ms=NOW_MS)
    else:
        Gateway.objects.update(awaits_epoch=True)
    assert sent_again().why == why
    assert Delivery.objects.get().refused == "refused"


def test_a_grant_of_a_room_that_pays_elsewhere_now_waits_for_the_split(taker, twin, cashier):
    delivery = paid_and_answered(taker, twin, cashier, CommandOutcome.REFUSED)
    Delivery.objects.update(applied_ms=NOW_MS)
    assert isinstance(merge("1-302", ["1-301"], actor="t", now_ms=NOW_MS), list)
    Delivery.objects.filter(pk=delivery.pk).update(applied_ms=None)
    assert sent_again().why == LinkRefusal.PAYS_ELSEWHERE


@pytest.mark.parametrize("outcome", [CommandOutcome.EXISTS, CommandOutcome.EXISTS_WITH_DIFFERENT])
def test_c_11_a_serial_that_another_grant_used_up_is_replaced(taker, twin, cashier, outcome):
    before = paid_and_answered(taker, twin, cashier, outcome)
    what = "grant-unproved" if outcome == CommandOutcome.EXISTS else "command-refused"
    assert before.refused == outcome.value
    assert "`cardroom-central resend-grant p-p1`" in detail_of(what)
    after = sent_again()
    assert after.serial > before.serial
    assert order(last("grant")).serial == after.serial
    up(taker, twin, twin.granted("p-p1", ROOM, 50_000_000))
    answered(taker, twin, last("grant"))
    assert standing(what) == []


def test_c_11_a_grant_that_an_entry_proves_may_be_answered_as_known(taker, twin, cashier):
    pay("p1", ROOM, 5_000, cashier, now_ms=LATER_MS)
    up(taker, twin, twin.granted("p-p1", ROOM, 50_000_000))
    answered(taker, twin, last("grant"), CommandOutcome.EXISTS)
    assert Delivery.objects.get().refused == ""
    assert standing("grant-unproved") == []


@pytest.mark.parametrize("way", ["code", "opening"])
def test_c_11_what_the_gateway_may_hold_without_its_id_waits_for_a_persons_word(taker, twin, cashier, way):
    before = paid_and_answered(taker, twin, cashier, CommandOutcome.EXISTS)
    if way == "code":
        Delivery.objects.update(vouched_ms=NOW_MS)
    else:
        GatewayEpoch.objects.update(began_ms=LATER_MS + 1)
    assert sent_again().why == LinkRefusal.MAY_BE_CREDITED
    assert sent_again(not_credited=True).serial > before.serial


def test_c_11_a_restored_central_gives_serials_above_what_it_lost(taker, twin, cashier):
    """The lost central had given four hundred grants within a minute after the backup."""
    pay("p1", ROOM, 5_000, cashier, now_ms=NOW_MS)
    before = Delivery.objects.get().serial
    born(taker, twin, last_command=400)
    assert Delivery.objects.get().serial == before, "credited by its serial alone, it must not be again"
    pay("p2", ROOM, 5_000, cashier, now_ms=NOW_MS)
    assert Delivery.objects.get(pk="p-p2").serial > before + 400
    first = Gateway.objects.get().last_grant_serial
    number_above(Gateway.objects.get(), 500, NOW_MS)
    assert Gateway.objects.get().last_grant_serial == first, "one restored backup, one leap"


def test_c_11_so_does_one_that_a_gateway_tells_of_an_epoch_it_lost(taker, twin, cashier):
    rebuilt(taker, twin, last_command=400)
    assert Gateway.objects.get().last_grant_serial == (NOW_MS - SERIALS_FROM_MS) // 60_000 + NEVER_AHEAD


def test_a_gateway_that_was_rebuilt_is_no_reason_to_leap(taker, twin, cashier):
    pay("p1", ROOM, 5_000, cashier, now_ms=NOW_MS)
    before = Gateway.objects.get().last_grant_serial
    rebuilt(taker, twin)
    assert Gateway.objects.get().last_grant_serial == before


def test_every_refusal_has_its_advice():
    of_grants = [LinkRefusal.UNKNOWN_GRANT, LinkRefusal.NO_GATEWAY, LinkRefusal.GRANT_CREDITED]
    of_grants += [LinkRefusal.GRANT_UNDER_WAY, LinkRefusal.GATEWAY_BEING_RESTORED, LinkRefusal.PAYS_ELSEWHERE]
    assert {*of_grants, LinkRefusal.ACCOUNT_NOT_OPEN, LinkRefusal.MAY_BE_CREDITED} <= gateways.ADVICE.keys()
