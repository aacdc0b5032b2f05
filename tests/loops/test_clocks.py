"""Meters' clocks told the time on a real line: who follows, who needs a person, what is on record (DL/T 645, 08H; C-14)."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from gateway.application.clock_setting import Seen, begin_telling
from gateway.application.ports import Journal, LineGone, Rank, Sent
from gateway.contract.facts import Alarm
from gateway.contract.rules import ClockRule, PolicyRule
from gateway.domain.clock_setting import ClockHabit
from gateway.loops.write_clock import LEAVE_MIDNIGHT, UNTRUSTED, write_clock
from gateway.protocols.driver import MeterClock
from tests.loops.building import HOUR_MS, Building, Room

RULE = ClockRule(hour=17, drift_s=60)
"""The building's time begins at 17:00."""
MINUTE_MS = 60_000
DAY_MS = 24 * HOUR_MS


def building(folder: Path, *specs: dict[str, Any], rule: ClockRule = RULE) -> Building:
    rooms = [Room(str(number), 100, spec) for number, spec in enumerate(specs, 1)]
    policy = PolicyRule(new_account_grace_s=0, restore_gap_ms=0, clocks=[rule])
    return Building(folder, *rooms, policy=policy, pause_ms=200)


def off_s(site: Building, name: str) -> float:
    """How far a meter's calendar truly is ahead."""
    meter, now_ms = site.meters[name], site.time.now_ms()
    return (meter.calendar.local_ms(now_ms) - now_ms - meter.utc_offset_ms) / 1000


async def until_known(site: Building, count: int) -> None:
    async def known() -> bool:
        return sum(site.clocks.off_s(one.meter) is not None for one in site.rooms.values()) >= count

    await site.until(known, "calendars are known")


async def until_told(site: Building, times: int = 1) -> list[Alarm]:
    async def told() -> bool:
        return len(await notes(site, "line-told-the-time")) >= times

    await site.until(told, f"told {times} times")
    return await notes(site, "line-told-the-time")


async def notes(site: Building, what: str) -> list[Alarm]:
    return [alarm for alarm in await site.facts(Alarm) if alarm.what == what and alarm.raised]


async def habit(site: Building, meter: str) -> ClockHabit | None:
    def known(journal: Journal) -> ClockHabit | None:
        return journal.record(ClockHabit, meter)

    return await site.ask(known)


async def test_a_line_is_told_once_a_day_and_each_setting_is_on_record(tmp_path: Path) -> None:
    specs = [
        {"clock_offset_s": 200},
        {"clock_offset_s": -90},
        {"clock_offset_s": 20},
        {"clock_offset_s": 400},
    ]
    async with building(tmp_path, *specs) as site:
        site.start(look=True, set_clocks=True)
        await until_known(site, 4)
        assert await notes(site, "line-told-the-time") == []
        await site.skip(10 * MINUTE_MS)
        (told,) = await until_told(site)
        assert (told.subject, "2 meters were off, 2 by less" in told.detail) == ("g1/a", True)
        for name in ("1", "2", "3"):
            assert abs(off_s(site, name)) < 15
        assert off_s(site, "4") > 390
        await site.until_alarm("meter-clock-off", "m4")
        records = {alarm.subject: alarm.detail for alarm in await notes(site, "meter-clock-set")}
        assert set(records) == {"m1", "m2"}
        assert records["m1"].startswith("broadcast: 2025-10-09 17:1")
        assert " (+200 s) became 2025-10-09 17:1" in records["m1"] or " (+199 s) became " in records["m1"]
        assert (await habit(site, "m1")).follows is True  # type: ignore[union-attr]
        assert site.buses["a"].counters()["broadcasts"] == 1
        site.meters["1"].set_clock(site.time.now_ms() + site.meters["1"].utc_offset_ms + 200_000)
        site.clocks.forget("m1")
        await until_known(site, 4)
        await site.until_read("1", 20)
        assert site.buses["a"].counters()["broadcasts"] == 1


async def test_a_meter_that_never_follows_gets_its_alarm_and_costs_no_more_tellings(tmp_path: Path) -> None:
    async with building(tmp_path, {"clock_offset_s": 120}, {}) as site:
        site.meters["1"].set_clock = lambda local_ms: None  # type: ignore[method-assign]
        site.start(look=True, set_clocks=True)
        await until_known(site, 2)
        await site.skip(10 * MINUTE_MS)
        for day in range(1, 4):
            await until_told(site, day)
            await site.skip(DAY_MS)
        await site.until_alarm("meter-clock-off", "m1")
        assert (await habit(site, "m1")).follows is False  # type: ignore[union-attr]
        assert {alarm.subject for alarm in await notes(site, "meter-clock-not-set")} == {"m1"}
        site.clocks.forget("m1")
        await until_known(site, 2)
        await site.until_read("1", 20)
        assert len(await notes(site, "line-told-the-time")) == 3


async def test_a_time_that_waited_for_its_line_is_reported_and_nobody_is_blamed_for_it(
    tmp_path: Path,
) -> None:
    async with building(tmp_path, {"clock_offset_s": 200}) as site:
        bus, ranks = site.buses["a"], []

        class Busy:
            """The line, with something long on the wire before each broadcast."""

            name = bus.name
            read = bus.read

            async def broadcast(self, driver: Any, exchange: Any, rank: Rank) -> Sent | LineGone:
                ranks.append(rank)
                await asyncio.sleep(1.2)
                return await bus.broadcast(driver, exchange, rank)

        (meter,) = site.fleet.all()
        site.fleet.replace([replace(meter, line=Busy())])  # type: ignore[arg-type]
        site.time.skip(10 * MINUTE_MS)
        now = site.time.now()
        ahead = msgspec.structs.replace(now, wall_ms=now.wall_ms + 200_000)
        site.clocks.note(meter.meter, site.clocks.right(ahead), now)
        site.start(poll=False, drive=False, set_clocks=True)
        (told,) = await until_told(site)
        assert told.detail.endswith("s old")
        assert ranks == [Rank.RELAY]
        assert await habit(site, "m1") is None


async def test_a_line_is_not_told_when_reading_its_meters_took_until_the_full_hour(tmp_path: Path) -> None:
    """And its day is not used up by that."""
    async with building(tmp_path, {"clock_offset_s": 200}) as site:
        site.time.skip(30 * MINUTE_MS)
        early = site.time.now()
        late = msgspec.structs.replace(early, wall_ms=early.wall_ms + 26 * MINUTE_MS)
        assert await site.ask(lambda journal: begin_telling(journal, "a", late, 480)) is False
        assert await site.ask(lambda journal: begin_telling(journal, "a", early, 480)) is True
        assert await site.ask(lambda journal: begin_telling(journal, "a", early, 480)) is False


async def test_c14_no_meter_is_told_the_time_by_a_clock_that_is_not_trusted(tmp_path: Path) -> None:
    async with building(tmp_path, {"clock_offset_s": 120}) as site:
        site.start(set_clocks=True)
        await until_known(site, 1)
        site.time.trusted = False
        await site.skip(10 * MINUTE_MS)
        await site.until_read("1", 20)
        assert site.buses["a"].counters().get("broadcasts", 0) == 0


async def test_c14_after_a_telling_no_relay_command_is_dated_by_the_old_calendars(tmp_path: Path) -> None:
    """Also of a meter that was off by too little to be read back: what was known of it is forgotten."""
    async with building(tmp_path, {"clock_offset_s": -280}, {"clock_offset_s": -50}) as site:
        site.start(drive=False, set_clocks=True)
        await until_known(site, 2)
        await site.skip(10 * MINUTE_MS)
        await until_told(site)
        for meter in ("m1", "m2"):
            now = site.time.now()
            until, right = site.clocks.valid_until(meter, now), site.clocks.right(now)
            assert abs(seconds(until) - seconds(right) - 300) < 15


def seconds(clock: MeterClock) -> int:
    return (clock.day * 24 + clock.hour) * 3600 + clock.minute * 60 + clock.second


async def test_a_person_sets_by_address_what_the_broadcast_mends_no_more(tmp_path: Path) -> None:
    """Years off; a wrong password changes nothing; at midnight nothing is written."""
    async with building(tmp_path, {"clock_year": 2011}, {"programming_key": False}) as site:
        meter, keyless = site.fleet.meter("m1"), site.fleet.meter("m2")
        assert meter is not None
        assert keyless is not None
        refused = await write_clock(meter, site.time, site.clocks, "04111111")
        assert "refused, password" in str(refused)
        assert abs(off_s(site, "1")) > 86_400
        assert "refused, password" in str(await write_clock(keyless, site.time, site.clocks, None))
        seen = await write_clock(meter, site.time, site.clocks, None)
        assert isinstance(seen, Seen)
        assert seen.before_s < -86_400
        assert abs(seen.after_s or 0) < 15
        assert abs(off_s(site, "1")) < 15
        await site.skip(7 * HOUR_MS - 4 * MINUTE_MS)
        assert await write_clock(meter, site.time, site.clocks, None) == LEAVE_MIDNIGHT
        site.time.trusted = False
        assert await write_clock(meter, site.time, site.clocks, None) == UNTRUSTED


async def test_a_policy_that_is_off_tells_nobody(tmp_path: Path) -> None:
    async with building(tmp_path, {"clock_offset_s": 120}, rule=ClockRule(on=False, hour=17)) as site:
        site.start(set_clocks=True)
        await until_known(site, 1)
        await site.skip(10 * MINUTE_MS)
        await site.until_read("1", 20)
        assert site.buses["a"].counters().get("broadcasts", 0) == 0
