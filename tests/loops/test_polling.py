"""Polling real meters: what is billed and what is not, who is cut and who never is, and what one bad meter costs the others."""

from pathlib import Path

import pytest

from gateway.application.accounts import quarantine
from gateway.application.decide import approve_cuts
from gateway.application.post_reading import post_reading
from gateway.application.release import release_account
from gateway.contract.facts import (
    Alarm,
    Decision,
    DecisionKind,
    Entry,
    ReadingOutcome,
    Readings,
    RelayVerdict,
)
from gateway.contract.rules import Billing, CutOff, PolicyRule
from gateway.domain.ledger import AccountState
from tests.application.site import PRICE
from tests.loops.building import HOUR_MS, Building, Room

CONFIRMED = RelayVerdict.CONFIRMED


async def outcomes(building: Building) -> set[ReadingOutcome]:
    return {row.outcome for readings in await building.facts(Readings) for row in readings.rows}


async def seen(building: Building, outcome: ReadingOutcome) -> bool:
    return outcome in await outcomes(building)


# --- what a register may say


@pytest.mark.parametrize(
    ("strange", "outcome"),
    [
        (lambda meter: setattr(meter.glitches, "zero_reads", 3), ReadingOutcome.ZERO_GLITCH),
        (lambda meter: setattr(meter.glitches, "zero_reads", 40), ReadingOutcome.ZERO_GLITCH),
        (lambda meter: meter.jump_register(-5_000), ReadingOutcome.BACKWARDS),
        (lambda meter: meter.jump_register(9_000_000), ReadingOutcome.IMPLAUSIBLE),
        (lambda meter: meter.replace(None, None, "7777.00"), ReadingOutcome.REPLACED),
    ],
    ids=["zero-glitch", "zero-for-long", "backwards", "implausible", "replaced"],
)
async def test_a_strange_register_bills_nothing_and_cuts_nobody(
    tmp_path: Path, strange: object, outcome: ReadingOutcome
) -> None:
    one = Room("1", spec={"register_kwh": "1234.00"})
    async with Building(tmp_path, one, Room("2")) as building:
        building.start()
        await building.until_verdict("1", CONFIRMED, closed=True)
        await building.skip(HOUR_MS)
        await building.until_read("1", 2)
        before = await building.meter("1")
        strange(building.meters["1"])  # type: ignore[operator]
        if outcome is ReadingOutcome.REPLACED:
            building.meters["1"].glitches.dead = True
            await building.until(lambda: silent(building, "1"))
            building.meters["1"].glitches.dead = False
        await building.until(lambda: seen(building, outcome))
        await building.until_read("2", 3)
        after = await building.meter("1")
        assert after.total_wh - before.total_wh < 100
        assert building.meters["1"].relay.contact_closed is True
        assert not [d for d in await building.facts(Decision) if d.decision is DecisionKind.OPEN]


async def silent(building: Building, name: str) -> bool:
    return (await building.meter(name)).silent_since is not None


async def test_a_passing_glitch_is_forgotten_and_nothing_used_is_lost(tmp_path: Path) -> None:
    async with Building(tmp_path, Room("1", 100, {"register_kwh": "1234.00"})) as building:
        building.start()
        await building.until_read("1")
        building.meters["1"].glitches.zero_reads = 3
        await building.until(lambda: seen(building, ReadingOutcome.ZERO_GLITCH))
        await building.skip(10 * HOUR_MS)
        await building.until_read("1", 2)
        state = await building.meter("1")
        assert (state.doubt, state.bad_readings) == ("", 0)
        assert 5_000 <= state.total_wh <= 5_100
        assert await building.alarms() == set()


async def test_a_replaced_meter_is_held_until_a_person_says_so(tmp_path: Path) -> None:
    """C-16: a held room escalates by an alarm; released, it bills from the new register on and nothing in between."""
    async with Building(tmp_path, Room("1", spec={"register_kwh": "1234.00"})) as building:
        building.start()
        await building.until_verdict("1", CONFIRMED, closed=True)
        meter = building.meters["1"]
        meter.glitches.dead = True
        await building.until(lambda: silent(building, "1"))
        meter.replace(None, None, "7777.00")
        await building.until_alarm("meter-in-doubt", "m1")
        billed_wh = await building.billed_wh("1")
        now = building.time.now()
        released = await building.ask(lambda journal: release_account(journal, "a1", now))
        assert released.doubt == "replaced"
        await building.until_read("1", 3)
        state = await building.meter("1")
        assert (state.identity, await building.alarms()) == (meter.identity.meter_number, set())
        assert state.register_wh is not None
        assert state.register_wh >= 7_777_000
        assert await building.billed_wh("1") - billed_wh < 100


async def test_the_old_meter_put_back_goes_on_by_itself(tmp_path: Path) -> None:
    async with Building(tmp_path, Room("1", 100, {"register_kwh": "1234.00"})) as building:
        building.start()
        await building.until_verdict("1", CONFIRMED, closed=True)
        meter = building.meters["1"]
        number = meter.identity.meter_number
        meter.glitches.dead = True
        await building.until(lambda: silent(building, "1"))
        meter.replace(None, None, "1234.10")
        await building.until_alarm("meter-in-doubt", "m1")
        meter.identity.meter_number = number
        await building.until_alarm("meter-in-doubt", "m1", stands=False)


# --- who is cut


KEPT = {
    "protected": {"protected": True},
    "monthly": {"billing": Billing.MONTHLY},
    "card": {"billing": Billing.CARD},
    "no-cut-off": {"cut_off": CutOff.NONE},
    "overdraft": {"overdraft": 20_000_000},
}


@pytest.mark.parametrize("rule", KEPT.values(), ids=KEPT.keys())
async def test_who_is_never_cut(tmp_path: Path, rule: dict[str, object]) -> None:
    async with Building(tmp_path, Room("1", rule=rule), Room("2")) as building:
        building.start()
        await building.until_read("1")
        await building.use_up("2")
        await building.until_verdict("2", CONFIRMED, closed=False)
        await building.until_read("1", 3)
        assert building.meters["1"].relay.contact_closed is True
        assert not [
            d for d in await building.facts(Decision) if d.decision is DecisionKind.OPEN and d.account == "a1"
        ]


async def test_c17_a_quarantined_account_stays_as_it_is(tmp_path: Path) -> None:
    async with Building(tmp_path, Room("1")) as building:
        building.start()
        await building.until_verdict("1", CONFIRMED, closed=True)
        now = building.time.now()
        await building.ask(lambda journal: quarantine(journal, "a1", "a test", now))
        billed_wh = await building.billed_wh("1")
        await building.skip(30 * HOUR_MS)
        await building.until_read("1", 3)
        assert building.meters["1"].relay.contact_closed is True
        assert await building.billed_wh("1") == billed_wh


async def test_c17_what_breaks_on_one_meter_waits_for_a_person_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def post(journal, reading, now, *, confirming=False):  # type: ignore[no-untyped-def]
        if reading.meter == "m1":
            raise ZeroDivisionError
        return post_reading(journal, reading, now, confirming=confirming)

    async with Building(tmp_path, Room("1"), Room("2")) as building:
        building.start()
        await building.until_read("1")
        monkeypatch.setattr("gateway.loops.meter_turns.post_reading", post)
        await building.until_alarm("account-quarantined", "a1")
        await building.until_read("2", 3)
        assert await building.alarms() == {("account-quarantined", "a1")}


async def test_c10_the_cut_guard_holds_and_a_person_lets_go(tmp_path: Path) -> None:
    rooms = [Room(str(n)) for n in range(1, 5)]
    policy = PolicyRule(new_account_grace_s=0, cut_guard_count=2, cut_guard_window_s=10**6, restore_gap_ms=0)
    async with Building(tmp_path, *rooms, policy=policy) as building:
        building.start()
        await building.use_up(*building.rooms)
        await building.until(lambda: opened(building, 2))
        await building.until_alarm("cut-guard", "g1")
        for name in building.rooms:
            await building.until_read(name, 2)
        assert count_open(building) == 2
        now = building.time.now()
        await building.ask(lambda journal: approve_cuts(journal, 1, now.wall_ms + HOUR_MS, "li", now))
        await building.until(lambda: opened(building, 3))
        for name in building.rooms:
            await building.until_read(name, 2)
        assert count_open(building) == 3
        await building.until_alarm("cut-guard", "g1")


def count_open(building: Building) -> int:
    return sum(not meter.relay.contact_closed for meter in building.meters.values())


async def opened(building: Building, count: int) -> bool:
    return count_open(building) >= count


async def test_c16_a_cut_is_decided_on_a_second_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[tuple[bool, DecisionKind | None]] = []

    def post(journal, reading, now, *, confirming=False):  # type: ignore[no-untyped-def]
        posted = post_reading(journal, reading, now, confirming=confirming)
        state = journal.record(AccountState, "a1")
        looks.append((confirming, state and state.decision))
        return posted

    monkeypatch.setattr("gateway.loops.meter_turns.post_reading", post)
    async with Building(tmp_path, Room("1")) as building:
        building.start()
        await building.use_up("1")
        await building.until_verdict("1", CONFIRMED, closed=False)
        first_open = next(n for n, (_, decision) in enumerate(looks) if decision is DecisionKind.OPEN)
        assert [confirming for confirming, _ in looks[: first_open + 1]].count(True) == 1
        assert looks[first_open][0] is True


# --- lines


async def test_a_dead_meter_is_told_the_others_go_on_and_it_comes_back(tmp_path: Path) -> None:
    policy = PolicyRule(new_account_grace_s=0, silent_alarm_after_s=10)
    async with Building(tmp_path, Room("1"), Room("2"), policy=policy, pause_ms=200) as building:
        building.start()
        for name in ("1", "2"):
            await building.until_verdict(name, CONFIRMED, closed=True)
        building.meters["1"].glitches.dead = True
        await building.until_alarm("meter-silent", "m1")
        await building.until_read("2", 3)
        assert building.meters["1"].relay.contact_closed is True
        building.meters["1"].glitches.dead = False
        await building.until_alarm("meter-silent", "m1", stands=False)
        assert [alarm.raised for alarm in await building.facts(Alarm)] == [True, False]


async def test_a_line_that_is_unplugged_leaves_the_other_alone_and_comes_back(tmp_path: Path) -> None:
    async with Building(tmp_path, Room("1", line="a"), Room("2", line="b")) as building:
        building.start()
        for name in ("1", "2"):
            await building.until_verdict(name, CONFIRMED, closed=True)
        await building.lines["a"].stop()
        await building.until(lambda: gone(building, "a"))
        await building.until_read("2", 3)
        assert (await building.meter("1")).silent_since is None
        await building.lines["a"].start()
        await building.until_read("1")


async def gone(building: Building, line: str) -> bool:
    return building.buses[line].trouble is not None


async def test_a_meter_that_left_the_registry_is_not_asked_and_one_that_came_is(tmp_path: Path) -> None:
    async with Building(tmp_path, Room("1"), Room("2")) as building:
        building.commission("2")
        building.start()
        await building.until_read("1", 3)
        assert (await building.meter("2")).at is None
        building.commission("1")
        await building.until_read("2")
        last = (await building.meter("1")).at
        await building.until_read("2", 3)
        assert (await building.meter("1")).at == last


async def test_a_resting_line_wakes_up_for_a_reading_that_is_wanted_soon(tmp_path: Path) -> None:
    async with Building(tmp_path, Room("1"), pause_ms=3_600_000) as building:
        building.start()
        await building.until_read("1")
        building.signals.read_soon("m1")
        await building.until_read("1")


async def test_a_resting_line_counts_as_alive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.loops.poll_meters.LOOK_EVERY_S", 0.02)
    async with Building(tmp_path, Room("1"), pause_ms=3_600_000) as building:
        building.start(drive=False)
        await building.until_read("1")
        ticks = building.ticks

        async def goes_on() -> bool:
            return building.ticks > ticks + 3

        await building.until(goes_on)


async def test_power_and_relay_are_read_beside_the_register(tmp_path: Path) -> None:
    async with Building(tmp_path, Room("1", spec={"load": "1kW"})) as building:
        building.start()

        async def told() -> bool:
            return ((await building.meter("1")).power_w or 0) > 900

        await building.until(told)
        assert (await building.relay("1")).observed_closed is True


async def test_every_watt_hour_of_the_register_is_billed_once(tmp_path: Path) -> None:
    one = Room("1", 1000, {"register_kwh": "999998.00", "load": "2kW"})
    async with Building(tmp_path, one, prices=[PRICE]) as building:
        building.start(keep=True)
        await building.until_read("1")
        for hour in range(1, 5):
            await building.skip(HOUR_MS)
            await building.until(lambda hour=hour: settled(building, hour))
        await building.until_read("1")
        await building.grant("1", 1, "settles")
        meter = await building.meter("1")
        state = await building.state("1")
        entries = [entry for entry in await building.facts(Entry) if entry.energy_wh]
        assert sum(entry.energy_wh for entry in entries) == state.settled_wh
        assert meter.total_wh >= state.settled_wh >= 8_000
        assert await seen(building, ReadingOutcome.ROLLOVER)
        assert len(entries) >= 4


async def settled(building: Building, times: int) -> bool:
    return len([entry for entry in await building.facts(Entry) if entry.energy_wh]) >= times
