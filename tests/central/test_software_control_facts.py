"""Rooms under software control and lock-outs, as central asks for, takes and tells them to a new epoch (R-4.3.4, R-4.3.5)."""

import msgspec
import pytest

from central.ledger.models import AuditEntry
from central.link.control_queries import (
    locked_out,
    of_account,
    standing,
    standing_of,
)
from central.link.lock_outs import lock_out, release
from central.link.models import BilledRegister, Command, Gateway, LockOut, QuarantinedRow, SoftwareControl
from central.link.openings import opening_for
from central.link.operations import LinkRefusal, Refused
from central.link.software_control import begin_software_control, end_software_control
from gateway.contract.commands import RelayWish
from gateway.contract.facts import CommandOutcome
from gateway.contract.meter_facts import ControlEnd, SoftwareControlBegun, SoftwareControlEnded
from gateway.contract.meter_facts import LockOut as LockOutFact
from tests.central.conftest import NOW_MS
from tests.central.steps import ROOM, answered, last, order, rebuilt, up

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


def begun(twin, **changes):
    fact = SoftwareControlBegun(
        control="gw-1.e1.control1", account=ROOM, at=twin.at(), by="li", why="display dark", meter="m-301",
        last_good_wh=51_000, last_good_at=twin.at(), wh_per_day=4_000, ref="W-7",
    )  # fmt: skip
    return msgspec.structs.replace(fact, **changes)


def ended(twin, **changes):
    fact = SoftwareControlEnded(
        control="gw-1.e1.control1", account=ROOM, end=ControlEnd.GOOD_AGAIN, began=twin.at(), at=twin.at(),
        by="li", why="module dried", old_meter="m-301", last_good_wh=51_000, last_good_at=twin.at(),
        last_wh=60_000, counted_wh=9_000, new_meter="m-301", first_wh=60_000,
    )  # fmt: skip
    return msgspec.structs.replace(fact, **changes)


def test_a_control_begun_on_site_stands_until_its_end_and_the_same_again_is_nothing_new(taker, twin):
    up(taker, twin, begun(twin), begun(twin))
    control = standing().get()
    assert (control.account, control.last_good_wh, control.ref) == (ROOM, 51_000, "W-7")
    up(taker, twin, ended(twin), ended(twin))
    assert (standing_of(ROOM), of_account(ROOM).get().ended.counted_wh) == (None, 9_000)
    assert not QuarantinedRow.objects.exists()
    assert BilledRegister.objects.get(meter="m-301").register_wh == 60_000, (
        "a rebuilt card would bill the time without a meter"
    )


def test_an_end_is_whole_without_its_beginning_and_what_differs_is_quarantined(taker, twin):
    up(taker, twin, ended(twin))
    assert of_account(ROOM).get().last_good_wh == 51_000
    up(taker, twin, begun(twin))
    assert standing_of(ROOM) is None
    up(taker, twin, ended(twin, first_wh=1), begun(twin, meter="m-302"), begun(twin, account="2-101.1"))
    reasons = list(QuarantinedRow.objects.order_by("seq").values_list("reason", flat=True))
    assert len(reasons) == 3, reasons
    assert (SoftwareControl.objects.count(), of_account(ROOM).get().ended.first_wh) == (1, 60_000)


def test_r_g5_an_end_says_nothing_of_another_buildings_register(taker, twin):
    up(taker, twin, begun(twin), ended(twin, new_meter="m-101", first_wh=1))
    assert "m-101 is another building's" in QuarantinedRow.objects.get().reason
    assert (standing().count(), BilledRegister.objects.filter(meter="m-101").exists()) == (1, False)


def test_it_is_asked_for_once_with_a_reason_and_is_on_record(taker, twin):
    ask = {"actor": "chen", "why": " burnt  terminal ", "now_ms": NOW_MS, "wh_per_day": 4_000, "ref": "F-3"}
    first = begin_software_control("sc-1", ROOM, **ask)
    assert begin_software_control("sc-1", ROOM, **ask) == first
    assert order(first).why == "burnt terminal"
    assert AuditEntry.objects.filter(action="begin-software-control", subject=ROOM).count() == 1
    for refused, asked in (
        (LinkRefusal.NO_REASON, {**ask, "why": " "}),
        (LinkRefusal.EXISTS_WITH_DIFFERENT, {**ask, "ref": "F-4"}),
    ):
        assert begin_software_control("sc-1", ROOM, **asked).why is refused
    assert begin_software_control("sc-9", "9-999.1", **ask).why is LinkRefusal.UNKNOWN_ACCOUNT
    up(taker, twin, begun(twin, control="sc-1"))
    assert begin_software_control("sc-2", ROOM, **ask).why is LinkRefusal.NOT_SO_NOW


def test_an_end_that_was_refused_may_be_asked_again_and_one_under_way_may_not(taker, twin):
    say = {"actor": "chen", "why": "dried", "now_ms": NOW_MS}
    assert end_software_control("sc-1", **say) == Refused(LinkRefusal.NOT_SO_NOW, "sc-1")
    up(taker, twin, begun(twin, control="sc-1"))
    first = end_software_control("sc-1", **say)
    assert end_software_control("sc-1", **say) == first
    answered(taker, twin, first, CommandOutcome.REFUSED, detail="meter-silent")
    assert end_software_control("sc-1", **say) != first


def test_c_11_a_new_epoch_is_told_what_stands_what_ended_and_what_is_locked_out(taker, twin):
    up(taker, twin, begun(twin, control="sc-1"), ended(twin, control="sc-1"), begun(twin, control="sc-2"))
    up(taker, twin, LockOutFact("m-301", "technician", True, twin.at(), "li", "new terminal", "W-7"))
    begin_software_control("sc-3", "1-302.1", actor="chen", why="dark", now_ms=NOW_MS)
    rebuilt(taker, twin)
    opening = order(last("configure")).opening
    assert ([one.control for one in opening.controls], opening.controls_ended) == (["sc-2"], ["sc-1"])
    assert opening.controls[0].last_good_wh == 51_000
    assert [(one.meter, one.owner, one.ref) for one in opening.locks] == [("m-301", "technician", "W-7")]
    asked = Command.objects.filter(kind="begin-software-control", state="queued").get()
    assert asked.subject == "sc-3", "an order without an answer is lost with the old epoch"
    assert opening_for(Gateway.objects.get(pk=twin.name)).registers_wh["m-301"] == 60_000


def test_r_4_3_4_a_lock_out_is_asked_for_and_stands_when_its_gateway_says_so(taker, twin):
    asked = lock_out("m-301", actor="chen", why="new terminal", now_ms=NOW_MS, ref="W-7")
    assert (order(asked).wish, order(asked).ref) == (RelayWish.LOCK_OUT, "W-7")
    assert not locked_out().exists(), "asked is not done"
    up(taker, twin, LockOutFact("m-301", "central", True, twin.at(), "chen", "new terminal", "W-7"))
    assert locked_out().get().owner == "central"
    freed = release("m-301", actor="chen", why="done", now_ms=NOW_MS, ref="W-7")
    assert (order(freed).wish, freed.expires_ms) == (RelayWish.RELEASE, None)
    assert locked_out().exists()
    up(taker, twin, LockOutFact("m-301", "central", False, twin.at(), "chen", "done", "W-7"))
    up(taker, twin, LockOutFact("m-301", "central", False, twin.at(), "chen", "done", "W-7"))
    assert not locked_out().exists()
    assert LockOut.objects.get().ended_why == "done"
