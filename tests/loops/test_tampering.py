"""Tampering and faults of real meters: one alarm each, standing while its cause does, at next to no line time (R-G3)."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.serial_bus import PortSettings, open_line
from gateway.application.ports import LineReply, Rank
from gateway.contract.facts import Alarm
from gateway.loops.fleet import Fleet, FleetMeter
from gateway.loops.meter_clocks import MeterClocks
from gateway.loops.watch_meters import QUESTIONS, ROUND_S, MeterWatcher
from gateway.protocols.driver import Driver, Item
from tests.application.site import Site
from tests.line.test_bus_on_virtual_time import EXCHANGE_S, SimulatedPort, run
from tests.line.toy import ToyDriver
from tests.loops.building import Building, Room, TestTime


def open_cover(meter: Any) -> None:
    meter.tamper.cover_openings += 1


def reverse(meter: Any) -> None:
    meter.tamper.reverse_centi_kwh += 40


def say_reversed(meter: Any, is_reversed: bool = True) -> None:
    meter.tamper.is_reversed = is_reversed


def lose_voltage(meter: Any, lost: int = 1) -> None:
    meter.tamper.lost_phases = lost


class Looks:
    """Counts what is asked on a building's line."""

    def __init__(self, site: Building) -> None:
        self._site = site
        self._read = site.buses["a"].read
        self.asked: Counter[Item] = Counter()
        site.buses["a"].read = self.read  # type: ignore[method-assign]

    async def read(self, driver: Driver, item: Item, rank: Rank) -> LineReply:
        reply = await self._read(driver, item, rank)
        self.asked[item] += 1
        return reply

    async def rounds(self, times: int = 1) -> None:
        """Let every question come to every meter once more, and its answer be taken."""
        goal = {item: self.asked[item] + (times + 1) * len(self._site.rooms) for item in QUESTIONS}

        async def came() -> bool:
            return all(self.asked[item] >= count for item, count in goal.items())

        await self._site.until(came, "the questions came round")


@pytest.mark.parametrize(
    ("what", "begin", "end"),
    [
        ("reverse-energy", reverse, lambda meter: None),
        ("reverse-flow", say_reversed, lambda meter: say_reversed(meter, False)),
        ("voltage-lost", lose_voltage, lambda meter: lose_voltage(meter, 0)),
        ("cover-opened", open_cover, None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_tampering_is_one_alarm_while_it_lasts(tmp_path: Path, what: str, begin: Any, end: Any) -> None:
    """An opened cover stays told for a week; the others end with their cause."""
    spec = {"register_kwh": "100.00"}
    async with Building(tmp_path, Room("1", 100, spec), Room("2", 100, spec), pause_ms=300) as site:
        site.meters["1"].tamper.cover_openings = 7
        site.meters["1"].tamper.reverse_centi_kwh = 1_234
        looks = Looks(site)
        site.start(look=True)
        await looks.rounds()
        assert await site.alarms() == set()
        begin(site.meters["1"])
        await site.until_alarm(what, "m1")
        if end is None:
            await looks.rounds()
            assert await site.alarms() == {(what, "m1")}
        else:
            end(site.meters["1"])
            await site.until_alarm(what, "m1", stands=False)
        raised = [alarm for alarm in await site.facts(Alarm) if alarm.raised]
        assert [(alarm.what, alarm.subject) for alarm in raised] == [(what, "m1")]


async def test_a_current_past_a_register_that_stands_is_told(tmp_path: Path) -> None:
    async with Building(tmp_path, Room("1", 100, {"load": "2kW"}), pause_ms=300) as site:
        shown = [10_000]
        site.meters["1"].shown_register_centi_kwh = lambda: shown[0]  # type: ignore[method-assign]
        looks = Looks(site)
        site.start(look=True)
        for _ in range(20):
            await site.skip(4 * 3_600_000)
            await looks.rounds()
            if await site.alarms():
                break
        assert await site.alarms() == {("still-with-current", "m1")}
        shown[0] += 1
        await site.until_alarm("still-with-current", "m1", stands=False)


async def test_a_clock_beyond_the_broadcast_is_told(tmp_path: Path) -> None:
    rooms = [Room("1", 100, {"clock_offset_s": 400}), Room("2", 100, {"clock_offset_s": -200})]
    async with Building(tmp_path, *rooms, pause_ms=300) as site:
        looks = Looks(site)
        site.start(look=True)
        await site.until_alarm("meter-clock-off", "m1")
        await looks.rounds()
        assert await site.alarms() == {("meter-clock-off", "m1")}


async def test_a_meter_without_such_items_is_not_asked_for_them(tmp_path: Path) -> None:
    one = Room("1", 100, {"model": "dds238-zn-sr", "address": "1"}, model="hiking-dds238-zn-sr")
    async with Building(tmp_path, one) as site:
        site.start(look=True)
        await site.until_read("1", 10)
        assert site.buses["a"].counters().get("refusals", 0) == 0
        assert {alarm for alarm in await site.alarms() if alarm[0].startswith("reverse")} == set()


class RareDriver(ToyDriver):
    """A toy meter that has every rare item."""

    items = frozenset(QUESTIONS)


class MemoryStore:
    """A store without a thread: virtual time has none."""

    trouble = None

    def __init__(self) -> None:
        self._site = Site()

    async def run(self, use_case: Any) -> Any:
        return self._site.journal.perform(use_case)


@pytest.mark.parametrize("meters", [1, 8, 64])
def test_looks_cost_the_line_less_than_a_hundredth_and_come_to_every_meter(meters: int) -> None:
    hours = 6

    async def watch_for_a_while() -> None:
        async def opener(settings: PortSettings, protocol: asyncio.Protocol) -> SimulatedPort:
            return SimulatedPort(protocol, set())

        bus = open_line("north", "/simulated", 9600, "N", opener=opener)
        bus.start()
        fleet = Fleet()
        fleet.replace(FleetMeter(f"m{n}", RareDriver(str(n)), bus, "toy", None, 10) for n in range(meters))
        watcher = MeterWatcher(MemoryStore(), TestTime(), fleet, MeterClocks(480), lambda: None)
        task = asyncio.create_task(watcher.run())
        await asyncio.sleep(hours * 3600)
        task.cancel()
        counts = bus.meter_counts()
        asked = sum(one.answered for one in counts.values())
        assert asked * EXCHANGE_S < 0.01 * hours * 3600
        assert len(counts) == meters
        assert min(one.answered for one in counts.values()) >= len(QUESTIONS)
        assert asked <= meters * len(QUESTIONS) * (hours * 3600 / ROUND_S + 1)
        await bus.close()

    run(watch_for_a_while())


async def test_two_meters_at_one_address_are_told_once_and_the_end_of_it_too(tmp_path: Path) -> None:
    same = {"address": "202411110001"}
    rooms = [Room("1", 100, same), Room("2", 100), Room("3", 100, same)]
    async with Building(tmp_path, *rooms, pause_ms=300) as site:
        site.commission("3")
        site.start(drive=False, look=True)
        await site.until_alarm("address-twice", "m1")
        assert await site.alarms() == {("address-twice", "m1")}
        site.meters["3"].glitches.dead = True
        await site.until_alarm("address-twice", "m1", stands=False)
        raised = [alarm.what for alarm in await site.facts(Alarm) if alarm.raised]
        assert raised.count("address-twice") == 1


async def test_a_module_that_fails_more_than_its_line_is_told_once(tmp_path: Path) -> None:
    """It loses every third answer; the others lose none. Mended, the alarm ends by itself."""
    rooms = [Room(str(number), 100) for number in range(1, 5)]
    async with Building(tmp_path, *rooms, pause_ms=300) as site:
        line, broken = site.lines["a"], [True]
        hear, count = line._ask, [0]

        def lossy(meter: Any, server: Any, request: Any, heard_at: float) -> Any:
            reply = hear(meter, server, request, heard_at)
            if reply is None or meter is not site.meters["2"] or not broken[0]:
                return reply
            count[0] += 1
            return None if count[0] % 3 == 0 else reply

        line._ask = lossy  # type: ignore[method-assign]
        site.start(drive=False, look=True)
        await site.until_alarm("meter-failing", "m2")
        assert await site.alarms() == {("meter-failing", "m2")}
        broken[0] = False
        await site.until_alarm("meter-failing", "m2", stands=False)
        raised = [alarm.what for alarm in await site.facts(Alarm) if alarm.raised]
        assert raised.count("meter-failing") == 1
