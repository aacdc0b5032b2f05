"""Caps and high-power trips on a running gateway: open, restore, wait for a person, each with its reason (R-B1, C-10, C-16)."""

from typing import Any

import pytest

from gateway.application.release import release_account
from gateway.application.settle_due import settle_due
from gateway.contract.commands import RelayWish, SetRelay
from gateway.contract.facts import CommandOutcome, Decision
from gateway.contract.rules import CalendarRule, CutOff, HighPowerRule, PolicyRule, PowerCapRule, WeekWindow
from tests.application.site import YUAN, Site, room
from tests.application.test_calendar_rules import last, until_local

CAP = PowerCapRule(2_000, confirmations=2, restore_after_s=600, restores_per_day=1)
HEATER = HighPowerRule(800, restore_after_s=600, restores_per_day=1)
NIGHT = CalendarRule("night", [WeekWindow([1, 2, 3, 4, 5, 6, 7], 23 * 60, 6 * 60)])


def site_with(guard: int = 20, rooms: int = 1, trusted: bool = True, **rule: Any) -> Site:
    """Rooms with credit, supplied and read back, at 20:00."""
    site = Site(trusted=trusted)
    until_local(site, 20)
    policy = PolicyRule(new_account_grace_s=0, cut_guard_count=guard, calendars=[NIGHT])
    site.configure(*(room(f"a{n}", **rule) for n in range(1, rooms + 1)), policy=policy)
    for n in range(1, rooms + 1):
        site.grant(f"g{n}", 10 * YUAN, account=f"a{n}")
        site.read(50_000, meter=f"m{n}")
        if site.relay(f"m{n}").desired_closed is True:
            site.drive(False, meter=f"m{n}")
    return site


def draw(site: Site, *powers: int, meter: str = "m1", factor: int | None = None) -> Any:
    """Read so many powers, half a minute apart; give the last reading's outcome."""
    posted = None
    for power_w in powers:
        site.wait(30_000)
        posted = site.read(50_000, meter, power_w=power_w, power_factor_milli=factor)
    return posted


def test_a_cap_opens_after_confirmed_readings_and_restores_by_itself() -> None:
    site = site_with(power_cap=CAP)
    suspected = draw(site, 2_500)
    assert (suspected.watch, suspected.relay, suspected.factor) == (True, False, False)
    assert draw(site, 2_500).relay is True
    assert last(site) == ("open", "power-cap")
    assert site.facts(Decision)[-1].facts == {
        "power_w": 2_500, "limit_w": 2_000, "restores_left": 1, "until_ms": site.wall_ms + 600_000,
    }  # fmt: skip
    balance = site.balance()
    assert site.drive(True) is False
    assert site.relay().why == "power-cap"
    site.wait(590_000)
    assert site.do(settle_due).relay == ()
    site.wait(20_000)
    assert site.do(settle_due).relay == ("m1",)
    assert last(site) == ("close", "credit-left")
    assert site.drive(False) is True
    assert site.balance() == balance


def test_a_reading_without_power_neither_confirms_nor_forgets() -> None:
    site = site_with(power_cap=CAP)
    draw(site, 2_500)
    site.read(50_000)
    assert draw(site, 2_500).relay is True


def test_restored_as_often_as_allowed_it_waits_for_a_person() -> None:
    site = site_with(power_cap=CAP)
    draw(site, 2_500, 2_500)
    site.drive(True)
    site.wait(600_000)
    site.do(settle_due)
    site.drive(False)
    draw(site, 2_500, 2_500)
    assert "power-trip-waits" in site.standing()
    assert site.facts(Decision)[-1].facts["restores_left"] == 0
    site.drive(True)
    site.wait(7_200_000)
    assert site.do(settle_due).relay == ()
    site.command(SetRelay("m1", RelayWish.AUTO, "warden", "heater taken away"))
    assert "power-trip-waits" not in site.standing()
    assert site.relay().desired_closed is True
    assert last(site) == ("close", "credit-left")
    site.drive(False)
    draw(site, 2_500, 2_500)
    assert "power-trip-waits" not in site.standing(), "the count began anew"


def test_a_technician_ends_a_trip_on_site() -> None:
    site = site_with(power_cap=PowerCapRule(2_000, confirmations=2, restores_per_day=0))
    draw(site, 2_500, 2_500)
    assert "power-trip-waits" in site.standing()
    site.do(release_account, "a1")
    assert site.standing() == set()
    assert site.relay().desired_closed is True


def test_the_night_cap_holds_at_night_and_not_by_an_untrusted_clock() -> None:
    cap = PowerCapRule(2_000, 500, "night", confirmations=2)
    site = site_with(power_cap=cap)
    assert draw(site, 600, 600).relay is False
    until_local(site, 23)
    assert draw(site, 600, 600).relay is True
    assert last(site) == ("open", "night-cap")

    dim = site_with(power_cap=cap, trusted=False)
    until_local(dim, 23)
    assert draw(dim, 600, 600, 600).relay is False


def test_a_heater_trips_and_trips_again_when_it_is_still_there() -> None:
    site = site_with(high_power=HEATER)
    assert draw(site, 100, factor=600).factor is True
    assert draw(site, 1_100, factor=998).watch is True
    assert draw(site, 1_100, factor=998).relay is True
    assert last(site) == ("open", "high-power")
    facts = site.facts(Decision)[-1].facts
    assert (facts["power_w"], facts["step_w"], facts["limit_w"]) == (1_100, 1_000, 800)
    site.drive(True)
    site.wait(600_000)
    site.do(settle_due)
    site.drive(False)
    assert draw(site, 1_000, 1_000, factor=1_000).relay is True
    assert "power-trip-waits" in site.standing()


def test_a_compressor_of_the_same_power_does_not_trip() -> None:
    site = site_with(high_power=HEATER)
    draw(site, 100, factor=600)
    assert draw(site, 1_100, 1_100, 1_100, factor=750).relay is False


@pytest.mark.parametrize("rule", [{"protected": True}, {"cut_off": CutOff.NONE}])
def test_c16_who_is_never_cut_is_not_cut_by_power(rule: dict[str, Any]) -> None:
    site = site_with(power_cap=CAP, **rule)
    assert draw(site, 9_000, 9_000, 9_000).relay is False
    assert "power-cap" not in {d.reason for d in site.facts(Decision)}


def test_a_persons_override_is_not_tripped() -> None:
    site = site_with(power_cap=CAP)
    site.command(SetRelay("m1", RelayWish.CLOSE, "warden", "a test"))
    assert draw(site, 9_000, 9_000, 9_000).relay is False


def test_c16_nothing_trips_on_a_strange_reading() -> None:
    site = site_with(power_cap=CAP)
    for _ in range(3):
        site.wait(30_000)
        site.look(0, power_w=9_000)
    assert site.relay().desired_closed is True


def test_c10_the_guard_holds_trips_of_a_wrong_limit() -> None:
    site = site_with(power_cap=CAP, guard=2, rooms=4)
    for n in range(1, 5):
        draw(site, 2_500, 2_500, meter=f"m{n}")
    tripped = [d.account for d in site.facts(Decision) if d.reason == "power-cap"]
    assert tripped == ["a1", "a2"]
    assert "cut-guard" in site.standing()


def test_credit_goes_on_beside_a_trip() -> None:
    """A room that runs dry while it is tripped stays off when the trip ends."""
    site = site_with(power_cap=CAP)
    draw(site, 2_500, 2_500)
    site.drive(True)
    site.wait(3_600_000)
    site.read(75_000)
    assert last(site) == ("open", "credit-spent")
    site.do(settle_due)
    assert site.relay().desired_closed is False
    assert site.relay().why == "credit-spent"
    site.grant("more", 20 * YUAN)
    assert site.relay().desired_closed is True


def test_a_rule_that_is_taken_away_ends_its_trip() -> None:
    site = site_with(power_cap=CAP)
    draw(site, 2_500, 2_500)
    assert site.configure(room()).relay == ("m1",)
    assert site.relay().desired_closed is True


def test_a_rule_that_acts_on_one_reading_is_refused() -> None:
    site = Site()
    wrong = room(
        power_cap=PowerCapRule(1, 5, confirmations=1), high_power=HighPowerRule(0, restore_after_s=-1)
    )
    done = site.configure(wrong).result
    assert done.outcome is CommandOutcome.REFUSED
    assert all(text in done.detail for text in ("single reading", "below zero", "not above zero", "no night"))
