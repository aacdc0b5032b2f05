"""A room whose meter is faulty: on, billed nothing, never cut; metered again by swap, binding or new baseline (R-4.3.5, C-16)."""

from pathlib import Path

import msgspec
import pytest

from gateway.application.accounts import quarantine
from gateway.application.alarms import standing_alarms, station
from gateway.application.control_state import control_of
from gateway.application.sealed_register import Sealed
from gateway.application.settle_due import settle_due
from gateway.application.software_control import (
    BeginOrder,
    Begun,
    ControlRefusal,
    Ended,
    begin,
    end_good_again,
    site_control_id,
)
from gateway.application.status import room_statuses
from gateway.contract.commands import (
    BeginEpoch,
    BeginSoftwareControl,
    BillGap,
    CloseAccount,
    EndSoftwareControl,
    Opening,
    RelayWish,
    SetRelay,
)
from gateway.contract.facts import Balance, CommandOutcome, Decision, DecisionKind
from gateway.contract.meter_facts import (
    ControlEnd,
    MeterSwapped,
    SoftwareControlBegun,
    SoftwareControlEnded,
)
from gateway.contract.rules import Billing, CalendarRule, PolicyRule, SoftwareControlRule, WeekWindow
from tests.application.site import HOUR_MS, YUAN, Site, room, tie, use
from tests.application.test_balances import Balanced
from tests.application.test_swap_rules import swap

SPENT_WH = 20_000
"""More than ten yuan buy."""


def order(control: str = "sc1", account: str = "a1", **changes: object) -> BeginSoftwareControl:
    body = BeginSoftwareControl(control, account, "chen", "display dark", ref="W-7")
    return msgspec.structs.replace(body, **changes)


def controlled(site: Site, control: str = "sc1") -> None:
    assert site.command(order(control)).result.outcome is CommandOutcome.APPLIED


def on_site(site: Site, last: Sealed | None = None, account: str = "a1"):
    name = site.ask(site_control_id)
    return site.do(begin, BeginOrder(name, account, "li", "rubbish on the display", "F-1", last=last))


def good_again(site: Site, register_wh: int, identity: str | None = None):
    first = Sealed(register_wh, site.now, b"first", identity)
    return site.do(end_good_again, "a1", first, "li", "dried")


def ended(site: Site) -> SoftwareControlEnded:
    return site.facts(SoftwareControlEnded)[-1]


def test_it_is_billed_to_the_last_good_register_and_nothing_of_what_the_meter_says_from_then_on(
    site: Site,
) -> None:
    use(site, 51_000)
    controlled(site)
    (begun,) = site.facts(SoftwareControlBegun)
    assert (begun.last_good_wh, begun.meter, begun.ref, begun.last_good_at) == (51_000, "m1", "W-7", site.now)
    assert site.billed_wh() == 1_000
    balance = site.balance()
    for register_wh in (52_000, 52_000, 40_000, 90_000, 0, 53_000):
        use(site, register_wh)
        site.do(settle_due)
    assert (site.billed_wh(), site.balance()) == (1_000, balance)
    (status,) = site.ask(room_statuses, site.now)
    assert (status.balance, status.reason) == (balance, "software-control")
    assert [alarm.subject for alarm in site.ask(standing_alarms) if alarm.what == "software-control"] == [
        "a1"
    ]


def test_a_room_that_was_cut_for_its_credit_is_supplied_and_never_cut_meanwhile(site: Site) -> None:
    use(site, 50_000 + SPENT_WH)
    assert site.drive(True) is False
    taken = site.command(order())
    assert taken.relay == ("m1",)
    assert site.drive(False) is True
    for _ in range(3):
        use(site, 50_000 + 2 * SPENT_WH)
        site.do(settle_due)
        assert site.relay().desired_closed is True
    decisions = site.facts(Decision)
    assert (decisions[-1].decision, decisions[-1].reason) == (DecisionKind.CLOSE, "software-control")


def test_no_warning_is_made_of_a_credit_that_nothing_measures() -> None:
    site = Site()
    site.configure(room(warn_at=[9 * YUAN]))
    site.grant("g", 10 * YUAN)
    site.read(50_000)
    controlled(site)
    use(site, 65_000)
    site.do(settle_due)
    assert "warn" not in {one.decision.value for one in site.facts(Decision)}


def test_a_lock_out_lights_out_and_an_order_to_open_win_over_it(site: Site) -> None:
    controlled(site)
    site.command(SetRelay("m1", RelayWish.LOCK_OUT, "chen", "terminal", "W-7"))
    assert site.relay().desired_closed is False
    assert (
        site.command(SetRelay("m1", RelayWish.CLOSE, "chen", "x")).result.outcome is CommandOutcome.LOCKED_OUT
    )
    site.command(SetRelay("m1", RelayWish.RELEASE, "chen", "done"))
    assert site.relay().desired_closed is True
    night = CalendarRule("night", [WeekWindow([1, 2, 3, 4, 5, 6, 7], 0, 1440)])
    policy = PolicyRule(new_account_grace_s=0, calendars=[night])
    site.configure(room(lights_out="night"), policy=policy)
    assert site.relay().desired_closed is False
    assert site.state().control == "sc1"


def test_the_same_command_again_is_nothing_new_and_another_content_is_refused(site: Site) -> None:
    controlled(site)
    facts = len(site.facts(SoftwareControlBegun))
    assert site.command(order()).result.outcome is CommandOutcome.EXISTS
    other = site.command(order(account="a1", why="other"))
    assert other.result.outcome is CommandOutcome.EXISTS_WITH_DIFFERENT
    second = site.command(order("sc2")).result
    assert (second.outcome, second.detail.split(":")[0]) == (CommandOutcome.REFUSED, "already")
    assert len(site.facts(SoftwareControlBegun)) == facts


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"software": SoftwareControlRule(1, 1)}, "by-configuration"),
        ({"billing": Billing.CARD}, "card-meter"),
    ],
)
def test_it_is_refused_by_name_where_it_has_no_sense(site: Site, changes: dict, name: str) -> None:
    site.configure(room(**changes), room("a2"))
    assert site.command(order()).result.detail.split(":")[0] == name
    assert site.command(order(account="a2")).result.detail.split(":")[0] == "not-bound"
    assert site.command(order(account="a9")).result.outcome is CommandOutcome.UNKNOWN_ACCOUNT
    assert site.state().control == ""


def test_it_is_refused_while_the_account_is_in_quarantine_or_closing_and_closing_waits_for_its_end(
    site: Site,
) -> None:
    controlled(site)
    closing = site.command(CloseAccount("a1", False, "moves")).result
    assert (closing.outcome, "under software control" in closing.detail) == (CommandOutcome.REFUSED, True)
    other = Site()
    other.configure()
    other.read(50_000)
    other.do(lambda journal, now: quarantine(journal, "a1", "a bug", now))
    assert on_site(other).why is ControlRefusal.QUARANTINED


def test_a_register_read_or_typed_on_site_is_the_last_good_one_where_it_can_be(site: Site) -> None:
    site.wait(HOUR_MS)
    refused = on_site(site, Sealed(49_000, site.now, read_by="wang"))
    assert (refused.why, site.state().control) == (ControlRefusal.LAST_IMPOSSIBLE, "")
    done = on_site(site, Sealed(51_500, site.now, read_by="wang"))
    assert isinstance(done, Begun)
    assert (done.fact.last_good_wh, done.fact.last_read_by, done.fact.last_good_frame) == (
        51_500,
        "wang",
        None,
    )
    assert site.billed_wh() == 1_500
    silly = Site()
    silly.configure()
    silly.read(50_000)
    silly.wait(HOUR_MS)
    fact = on_site(silly, Sealed(999_999, silly.now, b"rubbish")).fact
    assert (fact.last_good_wh, silly.billed_wh()) == (50_000, 0), "what the faulty meter says was believed"


def test_a_swap_ends_it_bills_nothing_of_the_time_between_and_goes_on_from_the_new_register(
    site: Site,
) -> None:
    controlled(site)
    good_at = site.now
    site.wait(10 * HOUR_MS)
    done = swap(site, 58_000, 7_000)
    (swapped,) = site.facts(MeterSwapped)
    assert (swapped.last_wh, swapped.last_at) == (50_000, good_at)
    fact = ended(site)
    assert (fact.end, fact.swap, fact.new_meter, fact.first_wh) == (
        ControlEnd.SWAPPED,
        done.fact.swap,
        "m2",
        7_000,
    )
    assert (fact.last_good_wh, fact.last_wh, fact.counted_wh) == (50_000, 58_000, 8_000)
    assert (site.billed_wh(), site.state().control) == (0, "")
    assert "software-control" not in site.standing()
    use(site, 7_400, meter="m2")
    site.wait(2 * HOUR_MS)
    site.read(7_900, meter="m2")
    site.do(settle_due)
    first = site.entries("consumption")[0]
    assert (first.meter, first.register_from_wh) == ("m2", 7_000)
    assert site.billed_wh() == 900


@pytest.mark.parametrize("shown", [None, 20_000])
def test_a_swap_of_a_dead_or_lying_module_asks_for_no_possible_register(
    site: Site, shown: int | None
) -> None:
    controlled(site)
    site.wait(HOUR_MS)
    swap(site, shown, 7_000)
    assert (ended(site).last_wh, ended(site).counted_wh) == (shown, None)
    assert site.facts(MeterSwapped)[0].last_wh == 50_000


def test_the_same_meter_begins_anew_and_what_it_counted_is_told(site: Site) -> None:
    on_site(site)
    use(site, 53_000)
    site.wait(HOUR_MS)
    assert isinstance(good_again(site, 54_000), Ended)
    fact = ended(site)
    assert (fact.end, fact.first_wh, fact.counted_wh, fact.new_meter) == (
        ControlEnd.GOOD_AGAIN, 54_000, 4_000, "m1",
    )  # fmt: skip
    assert (fact.control, fact.by) == ("g1." + site.ask(station).epoch + ".control1", "li")
    use(site, 54_600, minutes=90)
    site.do(settle_due)
    assert site.billed_wh() == 600
    assert site.facts(Decision)[-1].reason == "credit-left"


def test_central_ends_it_only_at_a_good_reading_of_just_now(site: Site) -> None:
    def end() -> tuple[CommandOutcome, str]:
        result = site.command(EndSoftwareControl("sc1", "chen", "dried")).result
        return result.outcome, result.detail.split(":")[0]

    assert end() == (CommandOutcome.REFUSED, "not-standing")
    controlled(site)
    site.wait(HOUR_MS)
    assert end() == (CommandOutcome.REFUSED, "meter-silent")
    site.look(0)
    assert end() == (CommandOutcome.REFUSED, "meter-in-doubt")
    site.read(50_700)
    assert end() == (CommandOutcome.APPLIED, "")
    assert end() == (CommandOutcome.EXISTS, "good-again")
    assert ended(site).counted_wh == 700
    use(site, 50_900, minutes=70)
    site.do(settle_due)
    assert site.billed_wh() == 200


def test_what_can_not_be_good_again_is_refused_by_name(site: Site) -> None:
    assert good_again(site, 51_000).why is ControlRefusal.NOT_STANDING
    site.read(50_000, identity="meter-1")
    controlled(site)
    assert good_again(site, 49_990).why is ControlRefusal.BELOW_LAST_BILLED
    assert good_again(site, 51_000, identity="stranger").why is ControlRefusal.ANOTHER_METER
    site.configure(room(), bindings=[])
    assert good_again(site, 51_000).why is ControlRefusal.NO_METER
    assert site.state().control == "sc1", "a room that lost even its meter stays on"
    assert site.facts(SoftwareControlEnded) == []


def test_a_binding_of_the_configuration_ends_it_and_so_does_the_account_s_end(site: Site) -> None:
    controlled(site)
    use(site, 53_000)
    site.configure(room(), bindings=[tie(), tie("a1", "m3", site.wall_ms)])
    use(site, 100, meter="m3")
    assert (ended(site).end, ended(site).new_meter, ended(site).first_wh) == (ControlEnd.BOUND, "m3", 100)
    assert site.billed_wh() == 0
    controlled(site, "sc2")
    site.configure(room("a2"))
    assert (ended(site).control, ended(site).end) == ("sc2", ControlEnd.ACCOUNT_GONE)
    assert "software-control" not in site.standing()


def test_it_ends_when_the_new_meter_s_first_register_was_so_though_the_gateway_learns_of_it_later(
    site: Site,
) -> None:
    controlled(site)
    site.wait(24 * HOUR_MS)
    bound_ms = site.wall_ms
    site.wait(48 * HOUR_MS)
    site.configure(room(), bindings=[tie(), tie("a1", "m3", bound_ms, baseline_wh=100)])
    use(site, 6_100, meter="m3")
    site.do(settle_due)
    assert (ended(site).first_wh, ended(site).at.wall_ms) == (100, bound_ms), (
        "what it counted since is billed"
    )
    assert site.billed_wh() == 6_000


def test_the_agreed_difference_is_billed_beside_it(site: Site) -> None:
    controlled(site)
    began_ms = site.wall_ms
    site.wait(24 * HOUR_MS)
    gap = BillGap("gap1", "a1", 4_000, began_ms, site.wall_ms, site.wall_ms + HOUR_MS)
    assert site.command(gap).result.outcome is CommandOutcome.APPLIED
    assert site.billed_wh() == 4_000
    assert site.balance() == 10 * YUAN - 4_000 * 558_300 // 1000


def test_its_estimate_is_what_the_room_used_lately(site: Site) -> None:
    for hour in range(48):
        use(site, 50_000 + 250 * (hour + 1), minutes=60)
        site.do(settle_due)
    fact = on_site(site).fact
    assert 5_800 <= fact.wh_per_day <= 6_200
    site.wait(12 * HOUR_MS)
    (status,) = site.ask(room_statuses, site.now)
    assert status.estimated_wh == fact.wh_per_day * (status_ms(site, fact)) // 86_400_000


def status_ms(site: Site, fact: SoftwareControlBegun) -> int:
    return site.wall_ms - fact.last_good_at.wall_ms


def test_it_outlives_the_daemon(tmp_path: Path) -> None:
    site = Site(tmp_path / "journal.db")
    site.configure()
    site.grant("g", 10 * YUAN)
    site.read(50_000)
    on_site(site)
    site.reopen()
    use(site, 55_000)
    site.do(settle_due)
    assert (site.billed_wh(), len(site.facts(SoftwareControlBegun))) == (0, 1)
    good_again(site, 55_000)
    site.reopen()
    assert site.state().control == ""
    assert len(site.facts(SoftwareControlEnded)) == 1


# --- a new epoch


def opening(site: Site, register_wh: int, **changes: object) -> Opening:
    told = Opening(
        site.ask(station).epoch, [Balance("a1", "paid", "yuan", 10 * YUAN)], {"m1": register_wh}, []
    )
    return msgspec.structs.replace(told, **changes)


def standing_at_central(site: Site) -> SoftwareControlBegun:
    at = site.now
    return SoftwareControlBegun(
        "sc1", "a1", at, "chen", "display dark", "m1", 50_000, at, wh_per_day=4_000, ref="W-7"
    )


def test_c_11_a_blank_card_takes_up_what_central_knows_to_stand() -> None:
    site = Site()
    site.configure(opening=opening(site, 50_000, controls=[standing_at_central(site)]))
    assert site.facts(SoftwareControlBegun) == []
    assert "software-control" in site.standing()
    use(site, 52_000)
    use(site, 52_000 + SPENT_WH)
    site.do(settle_due)
    assert (site.billed_wh(), site.relay().desired_closed) == (0, True)
    swap(site, None, 7_000)
    assert (ended(site).control, ended(site).last_good_wh) == ("sc1", 50_000)


def test_c_11_a_blank_card_ends_a_control_whose_room_was_tied_to_another_meter_since() -> None:
    site = Site()
    told = opening(site, 50_000, controls=[standing_at_central(site)])
    told.registers_wh["m3"] = 200
    site.configure(room(), bindings=[tie(), tie("a1", "m3", site.wall_ms)], opening=told)
    assert (ended(site).end, ended(site).new_meter, ended(site).first_wh) == (ControlEnd.BOUND, "m3", 200)
    use(site, 700, meter="m3")
    site.wait(2 * HOUR_MS)
    site.read(700, meter="m3")
    site.do(settle_due)
    assert site.billed_wh() == 500


def test_c_11_a_store_that_went_back_says_it_again_and_drops_what_ended_since(site: Site) -> None:
    controlled(site)
    site.command(BeginEpoch(site.booted.epoch, 1 << 53))
    assert [fact.control for fact in site.facts(SoftwareControlBegun)] == ["sc1", "sc1"]
    site.configure(opening=opening(site, 53_000, controls_ended=["sc1"]))
    assert (site.state().control, site.facts(SoftwareControlEnded)) == ("", [])
    use(site, 53_400, minutes=90)
    site.do(settle_due)
    assert site.billed_wh() == 400


def test_c_11_a_control_of_a_new_epoch_never_takes_the_name_of_one_that_stands(site: Site) -> None:
    site.configure(room(), room("a2"), room("a3"), bindings=[tie(), tie("a2", "m2"), tie("a3", "m3")])
    for meter in ("m2", "m3"):
        site.read(100, meter=meter)
    controlled(site)
    site.command(BeginEpoch(site.booted.epoch, 1 << 53))
    first = on_site(site, account="a2").fact
    site.configure(
        room(), room("a2"), room("a3"), bindings=[tie(), tie("a2", "m2"), tie("a3", "m3")],
        opening=opening(site, 53_000, controls_ended=["sc1"]),
    )  # fmt: skip
    second = on_site(site, account="a3").fact
    assert first.control != second.control
    assert site.ask(control_of, "a2").begun == first


def test_c_11_an_end_that_central_has_not_heard_of_holds_and_nothing_between_is_billed(site: Site) -> None:
    controlled(site)
    use(site, 53_000)
    good_again(site, 54_000)
    use(site, 54_100)
    site.command(BeginEpoch(site.booted.epoch, 1 << 53))
    site.configure(opening=opening(site, 50_000, controls=[standing_at_central(site)]))
    assert [fact.control for fact in site.facts(SoftwareControlEnded)] == ["sc1", "sc1"]
    before = site.billed_wh()
    use(site, 54_500, minutes=90)
    site.do(settle_due)
    assert (site.billed_wh() - before, site.state().control) == (500, "")
    assert site.ask(control_of, "a1") is None


# --- loss


def test_the_hours_of_a_faulty_meter_are_measured_on_neither_side() -> None:
    building = Balanced()
    building.site.read(50_000)
    building.use(m0=0)
    building.use(m0=1_000, m1=600, m2=400)
    controlled(building.site)
    (row,) = building.use(m0=1_000, m1=0, m2=400)
    assert (row.verdict.value, row.missing) == ("incomplete", ["m1"])
    good_again(building.site, 50_000)
    assert building.use(m0=500, m1=300, m2=200) == [], (
        "a balance spans the time in which one meter stood still"
    )
    (row,) = building.use(m0=1_000, m1=600, m2=400)
    assert (row.verdict.value, row.master_wh, row.unexplained_wh) == ("measured", 1_000, 0)
