"""Every word of policy changes a decision on a running gateway, and central has words for its reason (R-B1, C-10).

Real loops, journal and bus, virtual meters on ptys. A case is two rooms that use the same: one has the rule, the other has not.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from central.office.words import why_words
from gateway.application.bill_gap import bill_gap
from gateway.application.drive_relay import lock_out, release_lock, set_override
from gateway.application.emergency import draw_emergency
from gateway.application.grant import apply_grant
from gateway.application.power import end_trip
from gateway.application.relay_state import CENTRAL
from gateway.contract.commands import BillGap, DrawEmergency, Grant, RelayWish
from gateway.contract.facts import CommandOutcome, Decision, Entry, RelayVerdict
from gateway.contract.rules import (
    BucketRule,
    CalendarException,
    CalendarRule,
    EmergencyRule,
    HighPowerRule,
    PolicyRule,
    PowerCapRule,
    PriceRule,
    PriceStep,
    PriceWindow,
    SoftwareControlRule,
    WeekWindow,
)
from tests.application.site import PAID, PRICE, START_MS, YUAN
from tests.loops.building import HOUR_MS, Building, Room

ALWAYS = [WeekWindow([1, 2, 3, 4, 5, 6, 7], 0, 1440)]
TODAY = (START_MS - HOUR_MS, START_MS + 24 * HOUR_MS)
CALENDARS = [
    CalendarRule("dark", ALWAYS),
    CalendarRule("dark but for exams", ALWAYS, [CalendarException(*TODAY)]),
    CalendarRule("holidays", [], [CalendarException(*TODAY, ALWAYS)]),
]
DEAR = 20 * YUAN
PRICES = [
    PRICE,
    PriceRule("tou", "by-time", 0, 1, windows=[PriceWindow(ALWAYS[0], DEAR)]),
    PriceRule("steps", "by-steps", 0, 558_300, steps=[PriceStep(100, DEAR)]),
]
SPENT, LEFT = (False, "credit-spent"), (True, "credit-left")


@dataclass(frozen=True)
class Case:
    """What room 1 has as its rule and room 2 has not; what passes; how each is decided then: supplied, and why."""

    word: str
    rule: dict[str, Any]
    then: tuple[bool, str]
    without: tuple[bool, str] = SPENT
    other: dict[str, Any] = field(default_factory=dict)
    minutes: int = 30
    yuan: float = 0.2
    load: str = "2kW"
    policy: dict[str, Any] = field(default_factory=dict)


CASES = [
    Case("flat price", {}, SPENT, LEFT, {"overdraft": 5 * YUAN}),
    Case("time of use", {"tariff": "by-time"}, SPENT, LEFT, yuan=3),
    Case("steps of the month", {"tariff": "by-steps"}, SPENT, LEFT, yuan=3),
    Case("overdraft", {"overdraft": 5 * YUAN}, LEFT),
    Case("first warning", {"warn_at": [4 * YUAN, YUAN]}, (True, "credit-low-1"), LEFT, yuan=4),
    Case("second warning", {"warn_at": [4 * YUAN, 3 * YUAN]}, (True, "credit-low-2"), LEFT, yuan=3),
    Case("protected room", {"protected": True}, (True, "spent-protected")),
    Case("desk closed", {"no_cut_extra": YUAN}, (True, "no-cut-window"), minutes=360, load="80W"),
    Case("holidays", {"no_cut": "holidays", "no_cut_extra": 5 * YUAN}, (True, "no-cut-window")),
    Case("time-table", {"lights_out": "dark"}, (False, "lights-out"), LEFT, yuan=50),
    Case(
        "exam weeks",
        {"lights_out": "dark but for exams"},
        LEFT,
        (False, "lights-out"),
        {"lights_out": "dark"},
        yuan=50,
    ),
    Case(
        "power cap",
        {"power_cap": PowerCapRule(1_000, restore_after_s=36_000)},
        (False, "power-cap"),
        LEFT,
        {"power_cap": PowerCapRule(3_000)},
        yuan=50,
    ),
    Case(
        "night cap",
        {"power_cap": PowerCapRule(3_000, 1_000, "dark", restore_after_s=36_000)},
        (False, "night-cap"),
        LEFT,
        {"power_cap": PowerCapRule(3_000, 1_000, "dark but for exams")},
        yuan=50,
    ),
    Case("isolated", {"isolated_extra": 5 * YUAN}, (True, "isolated"), policy={"isolated_after_s": 600}),
    Case(
        "room without a meter",
        {"software": SoftwareControlRule(START_MS, 6_000)},
        (True, "software-control"),
    ),
]  # fmt: skip


def told_in_words(reason: str) -> None:
    """The resident's page shows the reason in the reader's language, not its name."""
    with translation.override("en"):
        assert str(why_words(reason)) != reason
    with translation.override("zh-hans"):
        assert any("一" <= sign <= "鿿" for sign in str(why_words(reason))), reason


async def decided(building: Building, name: str, supplied: bool, reason: str) -> Decision:
    """Wait until a room is decided so and its relay is read back so; give the decision."""

    async def so() -> bool:
        told = [d for d in await building.facts(Decision) if d.account == f"a{name}"]
        return bool(told) and told[-1].reason == reason

    await building.until(so, f"{name} decided {reason}")
    await building.until_verdict(name, RelayVerdict.CONFIRMED, closed=supplied)
    assert building.meters[name].relay.contact_closed is supplied
    told_in_words(reason)
    return [d for d in await building.facts(Decision) if d.account == f"a{name}"][-1]


def policy(**changes: Any) -> PolicyRule:
    usual = {"new_account_grace_s": 0, "restore_gap_ms": 0, "calendars": CALENDARS}
    return PolicyRule(**{**usual, **changes})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.word)
async def test_a_rule_changes_the_decision(tmp_path: Path, case: Case) -> None:
    rooms = [
        Room(name, case.yuan, {"load": case.load}, rule)
        for name, rule in (("1", case.rule), ("2", case.other))
    ]
    async with Building(tmp_path, *rooms, policy=policy(**case.policy), prices=PRICES) as building:
        building.start(keep=True)
        for name in building.rooms:
            await building.until_read(name)
        await building.skip(case.minutes * 60_000)
        await decided(building, "1", *case.then)
        await decided(building, "2", *case.without)


async def act(building: Building, use_case: Any, *arguments: Any) -> Any:
    """A person's or central's deed, in the writer's thread."""
    now = building.time.now()
    done = await building.ask(lambda journal: use_case(journal, *arguments, now))
    building.signals.relay.set()
    building.signals.read_soon(*(room.meter for room in building.rooms.values()))
    return done


async def test_a_monthly_allowance_rolls_over_within_its_rule_and_the_rest_lapses(tmp_path: Path) -> None:
    """Both had 5 kWh of the month; what one may take along keeps it supplied."""
    rolls = BucketRule("subsidy", "kwh", 1, False, rollover_max=3_000, rollover_until_ms=START_MS * 2)
    lapses = BucketRule("subsidy", "kwh", 1, False)
    rooms = [
        Room("1", 0, {"load": "20W"}, {"buckets": [rolls, PAID]}),
        Room("2", 0, {"load": "20W"}, {"buckets": [lapses, PAID]}),
    ]
    async with Building(tmp_path, *rooms, policy=policy()) as building:
        for name in building.rooms:
            body = Grant(f"s{name}", f"a{name}", "subsidy", "kwh", 5_000, expires_ms=START_MS + 2 * HOUR_MS)
            await act(building, apply_grant, body)
        building.start(keep=True)
        for name in building.rooms:
            await decided(building, name, *LEFT)
        await building.skip(3 * HOUR_MS)
        await decided(building, "2", *SPENT)
        await decided(building, "1", *LEFT)
        lapsed = [e for e in await building.facts(Entry) if e.entry_kind == "expired"]
        assert {e.account: e.lines[0].balance_after for e in lapsed} == {"a1": 3_000, "a2": 0}
        await building.skip(200 * HOUR_MS)
        await decided(building, "1", *SPENT)


async def test_a_heater_trips_comes_back_so_often_and_then_waits_for_a_person(tmp_path: Path) -> None:
    rule = {"high_power": HighPowerRule(800, restore_after_s=600, restores_per_day=1)}
    heater = Room("1", 100, {"load": "100W", "power_factor_milli": 990}, rule)
    async with Building(tmp_path, heater, policy=policy()) as building:
        building.start(keep=True)

        async def calm() -> bool:
            return (await building.state("1")).power.calm_w is not None

        await building.until(calm)
        for _ in range(2):
            building.meters["1"].set_load("1500W")
            tripped = await decided(building, "1", False, "high-power")
            assert tripped.facts["step_w"] >= 1_300
            building.meters["1"].set_load("100W")
            if ("power-trip-waits", "a1") in await building.alarms():
                break
            await building.skip(11 * 60_000)
            await decided(building, "1", *LEFT)
            await building.until(calm)
        await building.until_alarm("power-trip-waits", "a1")
        await building.skip(HOUR_MS)
        await decided(building, "1", False, "high-power")
        await act(
            building, lambda journal, now: set_override(journal, "m1", RelayWish.CLOSE, "desk", now, "c9")
        )
        await act(building, lambda journal, now: end_trip(journal, "m1", now))
        await building.until_verdict("1", RelayVerdict.CONFIRMED, closed=True)


async def test_a_lock_out_beats_credit_until_it_is_released(tmp_path: Path) -> None:
    async with Building(tmp_path, Room("1", 50), policy=policy()) as building:
        building.start(keep=True)
        await decided(building, "1", *LEFT)
        await act(building, lambda journal, now: lock_out(journal, "m1", CENTRAL, now, "c1"))
        await building.until_verdict("1", RelayVerdict.CONFIRMED, closed=False)
        relay = await building.relay("1")
        told_in_words(relay.why)
        await building.grant("1", 10)
        await building.until_read("1", 3)
        assert building.meters["1"].relay.contact_closed is False
        await act(building, lambda journal, now: release_lock(journal, "m1", CENTRAL, now, "c2"))
        await building.until_verdict("1", RelayVerdict.CONFIRMED, closed=True)


async def test_an_emergency_is_drawn_once_and_ends(tmp_path: Path) -> None:
    rule = {"emergency": EmergencyRule(20 * YUAN, hours=2)}
    async with Building(tmp_path, Room("1", 0.2, {"load": "2kW"}, rule), policy=policy()) as building:
        building.start(keep=True)
        await building.until_read("1")
        await building.skip(HOUR_MS)
        await decided(building, "1", *SPENT)
        done = await act(building, draw_emergency, DrawEmergency("d1", "a1", "warden"))
        assert done.outcome is CommandOutcome.APPLIED
        lent = await decided(building, "1", True, "emergency")
        assert lent.facts["limit"] == 20 * YUAN
        again = await act(building, draw_emergency, DrawEmergency("d2", "a1", "warden"))
        assert again.outcome is CommandOutcome.REFUSED
        await building.skip(3 * HOUR_MS)
        await decided(building, "1", *SPENT)


async def test_what_was_used_without_a_meter_is_billed_later_with_time_to_pay(tmp_path: Path) -> None:
    rule = {"software": SoftwareControlRule(START_MS, 6_000)}
    async with Building(tmp_path, Room("1", 2, {"load": "20W"}, rule), policy=policy()) as building:
        building.start(keep=True)
        await decided(building, "1", True, "software-control")
        building.rooms["1"].rule.clear()
        await building.configure()
        await decided(building, "1", *LEFT)
        until_ms = building.time.now_ms() + 24 * HOUR_MS
        gap = BillGap("gap", "a1", 20_000, START_MS - 48 * HOUR_MS, START_MS, until_ms)
        assert (await act(building, bill_gap, gap)).outcome is CommandOutcome.APPLIED
        grace = await decided(building, "1", True, "time-to-pay")
        assert grace.facts["until_ms"] == until_ms
        await building.skip(25 * HOUR_MS)
        await decided(building, "1", *SPENT)


async def test_the_brake_holds_what_would_be_cut_at_once_and_the_page_says_so(tmp_path: Path) -> None:
    rooms = [Room(str(n), 0.2, {"load": "2kW"}) for n in range(1, 5)]
    async with Building(tmp_path, *rooms, policy=policy(cut_guard_count=2)) as building:
        building.start(keep=True)
        for name in building.rooms:
            await building.until_read(name)
        await building.skip(HOUR_MS)
        await building.until_alarm("cut-guard", "g1")

        async def shared() -> bool:
            last = {d.account: d.reason for d in await building.facts(Decision)}
            return sorted(last.values()) == ["credit-spent", "credit-spent", "cut-guard", "cut-guard"]

        await building.until(shared, "two cut, two held")
        told_in_words("cut-guard")

        async def two_are_cut() -> bool:
            return sum(not meter.relay.contact_closed for meter in building.meters.values()) == 2

        await building.until(two_are_cut, "two cut")
