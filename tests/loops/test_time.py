"""What time brings by itself: price edges are read, hours settled, alarms about the building's own parts follow what is."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from gateway.application.ports import StoreFull
from gateway.contract.facts import Alarm, Entry, EntryCause, EntryKind, Health, RelayVerdict, Watermark
from gateway.contract.rules import PriceRule, PriceWindow, WeekWindow
from gateway.loops.keep_health import Trouble
from tests.application.site import PRICE, START_MS
from tests.loops.building import HOUR_MS, Building, Room

NIGHT = PriceRule("p2", "student", START_MS + 90 * 60_000, 300_000)
"""Holds half an hour after the first full hour."""


async def count(building: Building, kind: type, times: int) -> bool:
    return len(await building.facts(kind)) >= times


async def test_c9_all_meters_are_read_at_a_price_edge_and_the_interval_is_split(tmp_path: Path) -> None:
    rooms = [Room(name, 100, {"load": "2kW"}) for name in ("1", "2")]
    async with Building(tmp_path, *rooms, prices=[PRICE, NIGHT], pause_ms=3_600_000) as building:
        building.start(keep=True, drive=False)
        await building.until(lambda: all_read(building))
        building.time.skip(NIGHT.from_ms - building.time.now_ms() - 2_000)
        await building.until(lambda: both_prices(building))
        for name in building.rooms:
            entries = [e for e in await building.facts(Entry) if e.energy_wh and e.account == f"a{name}"]
            edge = [e for e in entries if e.cause is EntryCause.PRICE_EDGE]
            assert {e.price_version for e in edge} == {"p1", "p2"}
            assert max(e.at.wall_ms for e in edge if e.price_version == "p1") == NIGHT.from_ms
            assert min(e.from_ms for e in edge if e.price_version == "p2") == NIGHT.from_ms
            assert sum(e.energy_wh for e in edge if e.price_version == "p2") < 40
            at = (await building.meter(name)).at
            assert at is not None
            assert 0 <= at.wall_ms - NIGHT.from_ms < 60_000


async def all_read(building: Building) -> bool:
    return all([(await building.meter(name)).at is not None for name in building.rooms])


async def both_prices(building: Building) -> bool:
    edges = [e.account for e in await building.facts(Entry) if e.cause is EntryCause.PRICE_EDGE]
    return {"a1", "a2"} <= set(edges)


async def test_c14_on_a_clock_that_is_not_trusted_the_lowest_price_is_billed_and_trued_up(
    tmp_path: Path,
) -> None:
    dear = PriceRule("p2", "student", START_MS + 60_000, 900_000)
    async with Building(tmp_path, Room("1", 100, {"load": "2kW"}), prices=[PRICE, dear]) as building:
        building.time.trusted = False
        building.start(keep=True)
        await building.until_read("1")
        await building.skip(HOUR_MS)
        await building.until(lambda: billed(building))
        entry = next(e for e in await building.facts(Entry) if e.energy_wh)
        assert (entry.provisional, entry.price_version) == (True, "p1")
        building.time.trusted = True
        await building.until(lambda: adjusted(building))
        due = next(e for e in await building.facts(Entry) if e.entry_kind is EntryKind.ADJUSTMENT)
        assert due.source == entry.entry
        assert due.lines[0].amount < 0


async def billed(building: Building) -> bool:
    return any(e.energy_wh for e in await building.facts(Entry))


async def adjusted(building: Building) -> bool:
    return any(e.entry_kind is EntryKind.ADJUSTMENT for e in await building.facts(Entry))


async def test_troubles_become_alarms_and_end_with_them(tmp_path: Path) -> None:
    async with Building(tmp_path, Room("1")) as building:
        building.troubles = [
            Trouble("line-gone", "g1/a", "unplugged"),
            Trouble("clock-untrusted", "g1", "1970"),
        ]
        building.start(poll=False, drive=False, keep=True)
        await building.until_alarm("line-gone", "g1/a")
        await building.until_alarm("clock-untrusted", "g1")
        building.troubles = building.troubles[1:]
        await building.until_alarm("line-gone", "g1/a", stands=False)
        assert ("clock-untrusted", "g1") in await building.alarms()
        details = [alarm.detail for alarm in await building.facts(Alarm) if alarm.what == "line-gone"]
        assert details == ["unplugged", "unplugged"]


async def test_a_line_taken_out_of_the_registry_leaves_no_alarm_behind_a_restart(tmp_path: Path) -> None:
    async with Building(tmp_path, Room("1")) as building:
        building.troubles = [Trouble("line-gone", "g1/a", "unplugged")]
        building.start(poll=False, drive=False, keep=True)
        await building.until_alarm("line-gone", "g1/a")
        building.tasks.pop().cancel()
        building.troubles = []
        building.start(poll=False, drive=False, keep=True)
        await building.until_alarm("line-gone", "g1/a", stands=False)


async def test_a_meter_that_central_counts_on_but_is_on_no_line_is_an_alarm(tmp_path: Path) -> None:
    async with Building(tmp_path, Room("1"), Room("2")) as building:
        building.commission("2")
        building.start(poll=False, drive=False, keep=True)
        await building.until_alarm("meter-missing", "m2")
        assert ("meter-missing", "m1") not in await building.alarms()
        building.commission()
        await building.skip(60_000)
        await building.until_alarm("meter-missing", "m2", stands=False)


async def test_counters_and_balances_are_reported(tmp_path: Path) -> None:
    async with Building(tmp_path, Room("1", 7)) as building:
        building.counters = {"refused:down:forged": 3}
        building.start(poll=False, drive=False, keep=True)
        await building.until(lambda: count(building, Health, 1))
        assert [health.counters for health in await building.facts(Health)] == [{"refused:down:forged": 3}]
        marks = len(await building.facts(Watermark))
        await building.skip(HOUR_MS)
        await building.until(lambda: count(building, Watermark, marks + 1))
        last = (await building.facts(Watermark))[-1]
        assert [(b.account, b.bucket, b.amount) for b in last.balances] == [("a1", "paid", 7_000_000)]


async def test_c13_while_the_disk_is_full_nothing_acts_and_all_loops_go_on_when_it_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Building(tmp_path, Room("1")) as building:
        building.start(keep=True)
        await building.until_verdict("1", RelayVerdict.CONFIRMED, closed=True)
        real_run, full = building.store.run, StoreFull("no space left; free some")

        async def refuse(_use_case: Any) -> Any:
            raise full

        monkeypatch.setattr(building.store, "run", refuse)
        monkeypatch.setattr(building.store, "_trouble", full)
        await building.skip(30 * HOUR_MS)
        async with asyncio.timeout(20):
            ticks, kept = building.ticks, building.kept
            while building.ticks < ticks + 20 or building.kept < kept + 2:
                await asyncio.sleep(0.02)
        assert building.meters["1"].relay.contact_closed is True
        monkeypatch.setattr(building.store, "run", real_run)
        await building.until_verdict("1", RelayVerdict.CONFIRMED, closed=False)
        await building.until(lambda: told_of_full_disk(building))


async def told_of_full_disk(building: Building) -> bool:
    told = [alarm.raised for alarm in await building.facts(Alarm) if alarm.what == "store-full"]
    return told == [True, False]


async def test_c9_the_window_of_the_week_is_read_at_its_edge_and_bills_its_own_price(tmp_path: Path) -> None:
    """The valley begins half an hour after the building's time begins, to the minute."""
    minute = (START_MS // 60_000 + 480 + 30) % 1440
    valley = PriceWindow(WeekWindow([1, 2, 3, 4, 5, 6, 7], minute, (minute + 480) % 1440 or 1440), 300_000)
    edge_ms = START_MS + 30 * 60_000
    tariff = PriceRule("tou", "student", 0, 800_000, windows=[valley])
    async with Building(
        tmp_path, Room("1", 100, {"load": "2kW"}), prices=[tariff], pause_ms=3_600_000
    ) as building:
        building.start(keep=True, drive=False)
        await building.until(lambda: all_read(building))
        building.time.skip(edge_ms - building.time.now_ms() - 2_000)

        async def both_rates() -> bool:
            return {e.price_micro_yuan_per_kwh for e in await building.facts(Entry) if e.energy_wh} == {
                800_000, 300_000,
            }  # fmt: skip

        await building.until(both_rates)
        edge = [e for e in await building.facts(Entry) if e.energy_wh]
        assert max(e.at.wall_ms for e in edge if e.price_micro_yuan_per_kwh == 800_000) == edge_ms
        assert min(e.from_ms for e in edge if e.price_micro_yuan_per_kwh == 300_000) == edge_ms
