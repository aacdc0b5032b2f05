"""Credit runs out at a real meter on a real line: what becomes of the relay, for each way in which a relay can behave."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from firmware_tools.virtual_meter.meter import MeterEvent, VirtualMeter
from firmware_tools.virtual_meter.relay import Fault
from gateway.application.drive_relay import lock_out, release_lock
from gateway.application.ports import Journal, StoreFull
from gateway.application.relay_state import CENTRAL, TECHNICIAN
from gateway.contract.facts import Decision, DecisionKind, RelayReport, RelayVerdict
from gateway.contract.rules import PolicyRule
from gateway.domain.relay import Step
from gateway.loops import drive_relays
from gateway.protocols.driver import RelayAction
from tests.loops.building import HOUR_MS, Building, Room

CONFIRMED = RelayVerdict.CONFIRMED


@dataclass(frozen=True)
class Case:
    """A meter, what cutting it comes to, and what mends it."""

    name: str
    verdict: RelayVerdict
    spec: dict[str, Any] = field(default_factory=dict)
    model: str = "generic-dlt645-2007"
    why: str = ""
    alarm: str = ""
    contact_closed: bool = False
    reported_closed: bool = False
    mend: Callable[[VirtualMeter], object] | None = None


def repair(meter: VirtualMeter) -> None:
    meter.break_relay(Fault.NONE)


CASES = [
    Case("honest", CONFIRMED, why="credit-spent"),
    Case("modbus", CONFIRMED, {"model": "dds238-zn-sr"}, "hiking-dds238-zn-sr"),
    Case("three-phase", CONFIRMED, {"model": "dlt645-3p"}, "three-phase-dlt645-2007"),
    Case("clock-years-behind", CONFIRMED, {"clock_year": 2009}),
    Case("clock-years-ahead", CONFIRMED, {"clock_year": 2061}),
    Case("welded", RelayVerdict.CONTRADICTED, {"relay_fault": Fault.WELDED}, why="no-effect",
         alarm="relay-contradicted", contact_closed=True, mend=repair),
    Case("stuck", RelayVerdict.CONTRADICTED, {"relay_fault": Fault.STUCK}, why="no-effect",
         alarm="relay-contradicted", contact_closed=True, reported_closed=True, mend=repair),
    Case("lying", RelayVerdict.CONTRADICTED, {"relay_fault": Fault.LYING}, why="no-effect",
         alarm="relay-contradicted", reported_closed=True, mend=repair),
    Case("heavy-load", RelayVerdict.DELAYED, {"load": "8kW"}, why="the meter delays the trip",
         contact_closed=True, reported_closed=True, mend=lambda meter: meter.set_load("500W")),
    Case("keep-power", RelayVerdict.REFUSED, {"keep_power": True}, alarm="relay-refused",
         contact_closed=True, reported_closed=True, mend=lambda meter: setattr(meter.relay, "keep_power", False)),
    Case("wrong-password", RelayVerdict.REFUSED, {"passwords": {"02": "111111"}}, alarm="relay-refused",
         contact_closed=True, reported_closed=True, mend=lambda meter: meter.spec.passwords.update({"02": "000000"})),
    Case("no-relay", RelayVerdict.HELD, {"model": "sdm120"}, "eastron-sdm120", why="no-relay",
         contact_closed=True, reported_closed=True),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_credit_runs_out(tmp_path: Path, case: Case) -> None:
    one = Room("1", spec=case.spec, model=case.model)
    async with Building(tmp_path, one) as building:
        building.start()
        meter = building.meters["1"]
        if case.verdict is RelayVerdict.HELD:
            await building.until_verdict("1", RelayVerdict.HELD, closed=True)
            await building.skip(30 * HOUR_MS)
        else:
            await building.use_up("1")
        relay = await building.until_verdict("1", case.verdict, closed=False)
        assert case.why in relay.why
        assert (meter.relay.contact_closed, meter.relay.reported_closed) == (
            case.contact_closed,
            case.reported_closed,
        )
        expected = {(case.alarm, "m1")} if case.alarm else set()
        assert await building.alarms() == expected
        if case.verdict is CONFIRMED:
            assert (relay.observed_closed, relay.observed_current_ma) == (False, 0)
        if case.mend is not None:
            case.mend(meter)
            await building.skip(HOUR_MS)
            await building.until_verdict("1", CONFIRMED, closed=False)
            assert meter.relay.contact_closed is False
            assert await building.alarms() == set()


async def test_a_cut_is_confirmed_by_a_second_reading_and_a_grant_restores(tmp_path: Path) -> None:
    async with Building(tmp_path, Room("1")) as building:
        building.start()
        await building.use_up("1")
        await building.until_verdict("1", CONFIRMED, closed=False)
        decisions = [(d.decision, d.reason) for d in await building.facts(Decision)]
        assert decisions == [(DecisionKind.CLOSE, "credit-left"), (DecisionKind.OPEN, "credit-spent")]
        owed = (await building.state("1")).settled_wh
        await building.grant("1", 100)
        relay = await building.until_verdict("1", CONFIRMED, closed=True)
        assert relay.observed_closed is True
        assert building.meters["1"].relay.contact_closed is True
        await building.until_read("1")
        assert await building.billed_wh("1") >= owed > 14_000
        seen = [
            (r.desired_closed, r.observed_closed)
            for r in await building.facts(RelayReport)
            if r.verdict is CONFIRMED
        ]
        assert seen == [(True, True), (False, False), (True, True)]


class CountedCommands:
    """How often a meter's relay was told something."""

    def __init__(self, meter: VirtualMeter) -> None:
        self.count = 0
        meter.observers.append(self)

    def __call__(self, _meter: VirtualMeter, event: MeterEvent) -> None:
        self.count += event.kind == "relay-command"


async def test_a_welded_relay_is_tried_rarely_and_never_hammered(tmp_path: Path) -> None:
    async with Building(tmp_path, Room("1", spec={"relay_fault": Fault.WELDED})) as building:
        commands = CountedCommands(building.meters["1"])
        building.start()
        await building.use_up("1")
        await building.until_verdict("1", RelayVerdict.CONTRADICTED, closed=False)
        began_ms = building.time.now_ms()
        for _ in range(6):
            before = commands.count
            await building.until(lambda: rests(building))
            await building.skip(15 * 60_000)
            await building.until(lambda before=before: told_again(commands, before))
        assert building.time.now_ms() - began_ms > HOUR_MS
        assert 6 <= commands.count <= 11
        assert await building.alarms() == {("relay-contradicted", "m1")}


async def told_again(commands: CountedCommands, before: int) -> bool:
    return commands.count > before


async def test_an_expired_command_is_refused_and_sent_again_by_the_meters_own_clock(tmp_path: Path) -> None:
    async with Building(tmp_path, Room("1")) as building:
        building.start()
        await building.until_verdict("1", CONFIRMED, closed=True)
        meter = building.meters["1"]
        meter.set_clock(meter.calendar.local_ms(meter.at_ms) + 400 * 86_400_000)
        await change(building, lock_out, CENTRAL)
        await building.until_verdict("1", CONFIRMED, closed=False)
        whys = [report.why for report in await building.facts(RelayReport)]
        assert "other" in whys, "a plain meter's error byte has no bit for it"
        assert await building.alarms() == set()


async def test_a_meter_that_wants_its_key_waits_for_it(tmp_path: Path) -> None:
    permit_only = frozenset({RelayAction.OPEN, RelayAction.PERMIT})
    async with Building(tmp_path, Room("1", actions=permit_only)) as building:
        building.start()
        await building.use_up("1")
        await building.until_verdict("1", CONFIRMED, closed=False)
        await building.grant("1", 100)
        await building.until_verdict("1", RelayVerdict.WAITING_KEY, closed=True)
        meter = building.meters["1"]
        assert meter.relay.contact_closed is False
        assert meter.press_key()
        await building.until_verdict("1", CONFIRMED, closed=True)
        assert meter.relay.contact_closed is True


async def test_a_silent_relay_is_unknown_and_read_before_anything_is_sent_again(tmp_path: Path) -> None:
    """C-15: the cut's command was lost with its meter; when the meter answers again it is asked first."""
    async with Building(tmp_path, Room("1")) as building:
        building.start(poll=False)
        commands, meter = CountedCommands(building.meters["1"]), building.meters["1"]
        meter.glitches.dead = True
        now = building.time.now()
        await building.ask(lambda journal: lock_out(journal, "m1", CENTRAL, now))
        building.signals.relay.set()
        await building.until(lambda: rests(building))
        assert commands.count == 0
        assert (await building.relay("1")).verdict is RelayVerdict.UNKNOWN
        meter.glitches.dead = False
        await building.skip(60_000)
        await building.until_verdict("1", CONFIRMED, closed=False)
        assert commands.count == 1


async def rests(building: Building) -> bool:
    rest_until = (await building.relay("1")).rest_until
    return rest_until is not None and rest_until.monotonic_ms > building.time.now().monotonic_ms


async def test_a_meter_that_trips_by_itself_is_seen_and_restored(tmp_path: Path) -> None:
    async with Building(tmp_path, Room("1")) as building:
        building.start()
        await building.until_verdict("1", CONFIRMED, closed=True)
        building.meters["1"].command_relay(0x1A)
        await building.until(lambda: reported(building, "changed by itself"))
        await building.until_verdict("1", CONFIRMED, closed=True)


async def reported(building: Building, why: str) -> bool:
    return any(report.why == why for report in await building.facts(RelayReport))


async def test_c16_a_lock_out_beats_credit_and_only_its_owner_ends_it(tmp_path: Path) -> None:
    async with Building(tmp_path, Room("1")) as building:
        building.start()
        await building.until_verdict("1", CONFIRMED, closed=True)
        for owner in (TECHNICIAN, CENTRAL):
            await change(building, lock_out, owner)
        await building.until_verdict("1", CONFIRMED, closed=False)
        await building.grant("1", 100)
        await building.until_read("1", 3)
        await change(building, release_lock, CENTRAL)
        await building.until_read("1", 3)
        assert building.meters["1"].relay.contact_closed is False
        assert (await building.relay("1")).desired_closed is False
        await change(building, release_lock, TECHNICIAN)
        await building.until_verdict("1", CONFIRMED, closed=True)


async def change(building: Building, deed: Callable[..., Any], owner: str) -> None:
    now = building.time.line_now()
    await building.ask(lambda journal: deed(journal, "m1", owner, now))
    building.signals.relay.set()


async def test_c10_restoring_is_staggered_against_inrush(tmp_path: Path) -> None:
    gap_ms = 2_000
    rooms = [Room(str(n)) for n in range(1, 5)]
    async with Building(
        tmp_path, *rooms, policy=PolicyRule(new_account_grace_s=0, restore_gap_ms=gap_ms)
    ) as building:
        building.start()
        await building.use_up(*building.rooms)
        for name in building.rooms:
            await building.until_verdict(name, CONFIRMED, closed=False)
        for name in building.rooms:
            await building.grant(name, 100)
        for name in building.rooms:
            await building.until_verdict(name, CONFIRMED, closed=True)
        moved_ms = sorted(meter.relay.moved_at_ms for meter in building.meters.values())
        gaps_ms = [later - sooner for sooner, later in pairwise(moved_ms)]
        assert min(gaps_ms) >= gap_ms / 2


async def test_a_line_that_is_closed_under_a_relay_costs_nothing_but_time(tmp_path: Path) -> None:
    """The registry changed: the driver's meter is still on the old line for a moment."""
    async with Building(tmp_path, Room("1")) as building:
        building.start(poll=False)
        await building.buses["a"].close()
        await change(building, lock_out, CENTRAL)
        await building.until(lambda: rests(building))
        assert "closed" in (await building.relay("1")).why
        await asyncio.sleep(0)
        assert not building.tasks[0].done()


async def test_a_relay_that_breaks_on_a_full_card_ends_no_other_relays_drive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its account can't be put in quarantine then; the building's other relays go on."""
    honest, refused = drive_relays.next_step, []

    def breaking(journal: Journal, meter: str, *rest: Any) -> Step:
        if meter == "m1":
            raise LookupError("no next step")
        return honest(journal, meter, *rest)

    def full(*_: object) -> None:
        refused.append("m1")
        raise StoreFull("no room on the card")

    monkeypatch.setattr(drive_relays, "next_step", breaking)
    monkeypatch.setattr(drive_relays, "quarantine_of", full)
    async with Building(tmp_path, Room("1"), Room("2")) as building:
        building.start()
        now = building.time.line_now()
        for meter in ("m1", "m2"):
            await building.ask(lambda journal, meter=meter: lock_out(journal, meter, CENTRAL, now))
        building.signals.relay.set()
        await building.until_verdict("2", CONFIRMED, closed=False)
        assert refused == ["m1"]
        assert not building.tasks[0].done()
