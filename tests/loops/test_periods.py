"""At a period's end all meters are read, their registers told, and the meters' own monthly ones compared (R-4.1.9)."""

from pathlib import Path

from gateway.contract.facts import Entry, EntryCause
from gateway.contract.meter_facts import PeriodRegister
from gateway.contract.rules import PolicyRule
from gateway.domain.period import next_closing_ms
from tests.application.site import START_MS
from tests.loops.building import Building, Room

POLICY = PolicyRule(new_account_grace_s=0, restore_gap_ms=0, period_day=10)
CLOSING_MS = next_closing_ms(START_MS, POLICY)
MINUTE_MS = 60_000


async def told(site: Building) -> dict[str, PeriodRegister]:
    return {fact.meter: fact for fact in await site.facts(PeriodRegister)}


async def test_all_meters_are_read_at_the_instant_and_their_own_registers_agree(tmp_path: Path) -> None:
    rooms = [
        Room("1", 100, {"load": "2kW", "settlement_day": 10}),
        Room("2", 100, {"load": "2kW", "settlement_day": 1}),
        Room("3", 100, {"load": "2kW", "settlement_day": 10}),
        Room("4", 100, {"load": "2kW", "model": "sdm120"}, model="eastron-sdm120"),
    ]
    async with Building(tmp_path, *rooms, policy=POLICY, pause_ms=3_600_000) as site:
        site.start(keep=True, drive=False, compare=True)

        async def all_read() -> bool:
            return all([(await site.meter(name)).at is not None for name in site.rooms])

        await site.until(all_read, "all read once")
        site.time.skip(CLOSING_MS - site.time.now_ms() - 2_000)

        async def all_told() -> bool:
            return set(await told(site)) == {room.meter for room in rooms}

        await site.until(all_told, "all registers told")
        for fact in (await told(site)).values():
            assert fact.period_ms == CLOSING_MS
            assert fact.to_ms - CLOSING_MS < MINUTE_MS
            assert fact.own_wh is None
        ended = [e for e in await site.facts(Entry) if e.cause is EntryCause.CLOSING_INSTANT]
        assert {e.account for e in ended} == {"a1", "a2", "a3", "a4"}
        assert {e.at.wall_ms for e in ended} == {CLOSING_MS}
        at_ms, value = site.meters["3"].freezes.settlements[0]
        site.meters["3"].freezes.settlements[0] = (at_ms, value + 500)
        site.time.skip(11 * MINUTE_MS)

        async def compared() -> bool:
            found = await told(site)
            return found["m1"].own_wh is not None and found["m3"].own_wh is not None

        await site.until(compared, "own registers compared")
        found = await told(site)
        own_wh = site.meters["1"].freezes.settlements[0][1] * 10
        assert found["m1"].own_wh == own_wh
        assert abs(found["m1"].register_wh - own_wh) <= found["m1"].uncertainty_wh + 20
        assert (found["m2"].own_wh, found["m4"].own_wh) == (None, None)

        async def differs() -> bool:
            return ("period-register-differs", "m3") in await site.alarms()

        await site.until(differs, "a difference is named")
        assert ("period-register-differs", "m1") not in await site.alarms()
