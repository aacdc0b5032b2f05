"""Time-tables and power rules on real loops, lines and meters: the relay opens, is read back, and comes back (R-B1)."""

from pathlib import Path

from gateway.contract.facts import Decision, RelayVerdict
from gateway.contract.rules import (
    CalendarException,
    CalendarRule,
    HighPowerRule,
    PolicyRule,
    PowerCapRule,
    WeekWindow,
)
from gateway.protocols.driver import Item
from tests.application.site import START_MS, YUAN
from tests.loops.building import HOUR_MS, Building, Room

ALWAYS = [WeekWindow([1, 2, 3, 4, 5, 6, 7], 0, 1440)]
QUIET = CalendarRule("quiet", [], [CalendarException(START_MS + HOUR_MS, START_MS + 2 * HOUR_MS, ALWAYS)])
POLICY = PolicyRule(new_account_grace_s=0, restore_gap_ms=0, cut_guard_count=1, calendars=[QUIET])


async def reasons(building: Building, account: str) -> list[str]:
    return [d.reason for d in await building.facts(Decision) if d.account == account]


async def test_lights_go_out_and_on_by_the_calendar_and_are_read_back(tmp_path: Path) -> None:
    dark = {"lights_out": "quiet"}
    rooms = [Room("1", 100, rule=dark), Room("2", 100, rule=dark), Room("3", 100)]
    async with Building(tmp_path, *rooms, policy=POLICY) as building:
        building.start(keep=True)
        for name in building.rooms:
            await building.until_verdict(name, RelayVerdict.CONFIRMED, closed=True)
        await building.skip(START_MS + HOUR_MS - building.time.now_ms())
        for name in ("1", "2"):
            relay = await building.until_verdict(name, RelayVerdict.CONFIRMED, closed=False)
            assert relay.why == "lights-out"
            assert not building.meters[name].relay.contact_closed
        assert building.meters["3"].relay.contact_closed
        assert ("cut-guard", "g1") not in await building.alarms()
        await building.skip(START_MS + 2 * HOUR_MS - building.time.now_ms())
        for name in ("1", "2"):
            await building.until_verdict(name, RelayVerdict.CONFIRMED, closed=True)
            assert await reasons(building, f"a{name}") == ["credit-left", "lights-out", "credit-left"]


async def test_a_load_above_the_cap_is_cut_and_comes_back_by_itself(tmp_path: Path) -> None:
    cap = PowerCapRule(1_000, confirmations=2, restore_after_s=600, restores_per_day=1)
    rooms = [
        Room("1", 100, {"load": "2kW"}, {"power_cap": cap}),
        Room("2", 100, {"load": "500W"}, {"power_cap": cap}),
    ]
    async with Building(tmp_path, *rooms) as building:
        building.start(keep=True)
        relay = await building.until_verdict("1", RelayVerdict.CONFIRMED, closed=False)
        assert relay.why == "power-cap"
        assert (await building.relay("2")).desired_closed is True
        await building.skip(HOUR_MS)
        await building.until_alarm("power-trip-waits", "a1")
        await building.until_verdict("1", RelayVerdict.CONFIRMED, closed=False)
        assert (await reasons(building, "a1"))[:4] == ["credit-left", "power-cap", "credit-left", "power-cap"]


async def test_only_a_room_with_the_rule_is_asked_its_power_factor(tmp_path: Path) -> None:
    rule = {"high_power": HighPowerRule(800, restore_after_s=600)}
    async with Building(
        tmp_path, Room("1", 100, {"load": "100W"}, rule), Room("2", 100, {"load": "100W"})
    ) as building:
        asked: set[tuple[str, Item]] = set()
        bus = building.buses["a"]
        read = bus.read

        async def noted(driver, item, rank):  # type: ignore[no-untyped-def]
            asked.add((driver.address, item))
            return await read(driver, item, rank)

        bus.read = noted  # type: ignore[method-assign]
        building.start(keep=True)
        await building.until_read("1", 12)
        await building.until_read("2", 12)
        factor = {address for address, item in asked if item is Item.POWER_FACTOR}
        assert len(factor) == 1
        assert all((address, Item.POWER) in asked for address in factor)
        assert len({address for address, item in asked if item is Item.POWER}) == 2


async def test_a_heater_is_cut_and_a_motor_of_the_same_power_is_not(tmp_path: Path) -> None:
    rule = {"high_power": HighPowerRule(800, restore_after_s=36_000)}
    heater = Room("1", 100, {"load": "100W", "power_factor_milli": 990}, rule)
    motor = Room("2", 100, {"load": "100W", "power_factor_milli": 800}, rule)
    async with Building(tmp_path, heater, motor) as building:
        building.start(keep=True)

        async def calm() -> bool:
            return all([(await building.state(name)).power.calm_w is not None for name in ("1", "2")])

        await building.until(calm)
        for meter in building.meters.values():
            meter.set_load("1500W")
        relay = await building.until_verdict("1", RelayVerdict.CONFIRMED, closed=False)
        assert relay.why == "high-power"
        await building.until_read("2", 8)
        assert (await building.relay("2")).desired_closed is True
        decision = (await building.facts(Decision))[-1]
        assert decision.facts["step_w"] >= 1_300
        assert decision.facts["power_factor_milli"] >= 950


async def test_while_the_desk_is_closed_a_room_goes_on_down_to_its_limit(tmp_path: Path) -> None:
    shut = PolicyRule(
        new_account_grace_s=0, restore_gap_ms=0, calendars=[CalendarRule("desk-closed", ALWAYS)]
    )
    rooms = [Room("1", 0.2, rule={"no_cut_extra": YUAN}), Room("2", 0.2)]
    async with Building(tmp_path, *rooms, policy=shut) as building:
        building.start(keep=True)
        for name in building.rooms:
            await building.until_verdict(name, RelayVerdict.CONFIRMED, closed=True)
        await building.skip(HOUR_MS)
        await building.until_verdict("2", RelayVerdict.CONFIRMED, closed=False)

        async def spared() -> bool:
            return (await building.state("1")).reason == "no-cut-window"

        await building.until(spared)
        assert building.meters["1"].relay.contact_closed is True
        await building.skip(5 * HOUR_MS)
        await building.until_verdict("1", RelayVerdict.CONFIRMED, closed=False)
        assert await reasons(building, "a1") == ["credit-left", "no-cut-window", "credit-spent"]
