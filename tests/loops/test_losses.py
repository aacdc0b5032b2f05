"""Master and subs of a real building at one instant: freezes, interpolation, a tap in the corridor, a silent sub (R-B2)."""

from pathlib import Path
from typing import Any

from firmware_tools.virtual_meter.freezes import FreezeBook
from gateway.application.loss_records import Freezes
from gateway.application.ports import Journal
from gateway.contract.facts import Alarm, LossBalances, LossRow, LossVerdict
from gateway.contract.rules import GroupKind, GroupRule, PolicyRule
from tests.loops.building import Building, Room

EVERY_S = 60
GROUP = GroupRule("g-1", GroupKind.BUILDING, "m9", ["m1", "m2"], tolerance_ppm=50_000)


def building(folder: Path, master_w: int, *, groups: list[GroupRule] | None = None, **spec: Any) -> Building:
    """Two rooms of 6 kW each on one line and their master on another; `spec` is the first room's."""
    rooms = [
        Room("1", 100, {"load": "6kW", **spec}),
        Room("2", 100, {"load": "6kW"}),
        Room("9", 100, {"load": f"{master_w}W"}, line="b"),
    ]
    policy = PolicyRule(
        new_account_grace_s=0, restore_gap_ms=0, balance_every_s=EVERY_S, loss_judged_every_s=3 * EVERY_S
    )
    return Building(folder, *rooms, policy=policy, pause_ms=500, groups=groups or [GROUP])


async def rows(site: Building) -> list[LossRow]:
    return [row for fact in await site.facts(LossBalances) for row in fact.rows]


async def until_rows(
    site: Building, count: int, verdict: LossVerdict = LossVerdict.MEASURED
) -> list[LossRow]:
    async def enough() -> bool:
        return len([row for row in await rows(site) if row.verdict is verdict]) >= count

    await site.until(enough, f"{count} balances {verdict}")
    return [row for row in await rows(site) if row.verdict is verdict]


async def freezes(site: Building, meter: str) -> Freezes | None:
    def known(journal: Journal) -> Freezes | None:
        return journal.record(Freezes, meter)

    return await site.ask(known)


async def test_all_meters_freeze_at_one_instant_and_an_honest_building_balances(tmp_path: Path) -> None:
    async with building(tmp_path, 12_000) as site:
        site.start(watch=True)
        for row in await until_rows(site, 2):
            assert row.frozen == row.meters == 3
            assert row.master_wh > 0
            assert abs(row.unexplained_wh) <= row.uncertainty_wh + 20
        assert {(await freezes(site, f"m{n}")).able for n in (1, 2, 9)} == {True}  # type: ignore[union-attr]
        (judged, *_) = await until_rows(site, 1, LossVerdict.BALANCED)
        assert judged.to_ms - judged.from_ms >= 2 * EVERY_S * 1000
        assert ("energy-loss", "g-1") not in await site.alarms()


async def test_a_tap_in_the_corridor_raises_one_alarm(tmp_path: Path) -> None:
    async with building(tmp_path, 18_000) as site:
        site.start(watch=True)
        await site.until_alarm("energy-loss", "g-1")
        (row, *_) = [row for row in await rows(site) if row.verdict is LossVerdict.LOSS]
        assert 4_000 < row.unexplained_wh * 3_600_000 // (row.to_ms - row.from_ms) < 8_000
        assert row.unexplained_wh > row.uncertainty_wh


async def test_a_meter_without_freezes_is_interpolated_and_not_asked_for_ever(tmp_path: Path) -> None:
    modbus = {"model": "sdm120", "address": "1"}
    async with building(tmp_path, 12_000, **modbus) as site:
        site.rooms["1"].model = "eastron-sdm120"
        site.commission()
        site.start(watch=True)
        for row in await until_rows(site, 2):
            assert (row.frozen, row.meters) == (2, 3)
            assert abs(row.unexplained_wh) <= row.uncertainty_wh + 20
        assert await freezes(site, "m1") is None


async def test_a_silent_sub_is_missing_and_the_next_balance_covers_its_time(tmp_path: Path) -> None:
    async with building(tmp_path, 12_000) as site:
        site.start(watch=True)
        await until_rows(site, 1)
        site.meters["1"].glitches.dead = True
        (gone, *_) = await until_rows(site, 1, LossVerdict.INCOMPLETE)
        assert gone.missing == ["m1"]
        site.meters["1"].glitches.dead = False
        told = len(await until_rows(site, 1))
        row = (await until_rows(site, told + 1))[-1]
        assert row.to_ms - row.from_ms > 1.5 * EVERY_S * 1000
        assert row.from_ms == gone.from_ms
        assert abs(row.unexplained_wh) <= row.uncertainty_wh + 20


def seconds_off(site: Building, name: str, seconds: int) -> None:
    meter = site.meters[name]
    meter.set_clock(meter.at_ms + meter.utc_offset_ms + seconds * 1000)


async def test_the_moment_proves_a_freeze_whatever_the_meters_calendar_shows(tmp_path: Path) -> None:
    """One is years off, and one is set while nobody looks: its calendar is read anew before its freeze is doubted."""
    async with building(tmp_path, 12_000, clock_year=2011) as site:
        site.start(watch=True)
        for row in await until_rows(site, 1):
            assert row.frozen == row.meters == 3
        seconds_off(site, "2", 3 * 3600)
        told = len(await until_rows(site, 1))
        assert [row.frozen for row in (await until_rows(site, told + 1))[told:]] == [3]
        assert abs((site.clocks.off_s("m2") or 0) - 3 * 3600) < 5


async def test_a_meter_that_did_not_hear_the_freeze_is_interpolated(tmp_path: Path) -> None:
    """Its last freeze has another moment: however its register stands, it is not taken for this one."""
    async with building(tmp_path, 12_000) as site:
        deaf = site.meters["1"]
        deaf.freezes = TwoHoursBack(deaf.freezes.last_local_ms)
        site.start(watch=True)
        for row in await until_rows(site, 1):
            assert (row.frozen, row.meters) == (2, 3)


class TwoHoursBack(FreezeBook):
    """Keeps the right register with a moment that is not the broadcast's."""

    def freeze_now(self, local_ms: int, register_centi_kwh: int) -> None:
        super().freeze_now(local_ms - 7_200_000, register_centi_kwh)


async def test_a_building_without_groups_asks_nothing(tmp_path: Path) -> None:
    async with building(tmp_path, 12_000) as site:
        site.groups = []
        await site.configure()
        site.start(watch=True)
        await site.until_read("1", 30)
        assert await rows(site) == []
        assert site.buses["a"].counters().get("broadcasts", 0) == 0


async def test_a_master_that_counts_less_than_its_subs_is_a_matter_of_wires_not_of_theft(
    tmp_path: Path,
) -> None:
    async with building(tmp_path, 3_000) as site:
        site.start(watch=True)
        await site.until_alarm("master-below-subs", "g-1")
        assert await site.alarms() == {("master-below-subs", "g-1")}
        assert LossVerdict.LOSS not in {row.verdict for row in await rows(site)}


async def test_a_sub_that_counts_backwards_is_told_before_any_loss_is_judged(tmp_path: Path) -> None:
    async with building(tmp_path, 18_000, register_kwh="500.00") as site:
        site.start(watch=True)
        await until_rows(site, 1)
        site.meters["1"].jump_register(-5_000)
        (row, *_) = await until_rows(site, 1, LossVerdict.SUB_BACKWARDS)
        assert row.missing == ["m1"]
        assert ("meter-counts-backwards", "m1") in await site.alarms()
        raised = [alarm.what for alarm in await site.facts(Alarm) if alarm.raised]
        assert raised.count("meter-counts-backwards") == 1
