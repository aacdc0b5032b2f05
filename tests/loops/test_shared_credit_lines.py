"""One balance for meters on two lines that rest: what one of them uses is known to the other's line at once, and both are cut."""

from pathlib import Path

from gateway.contract.facts import RelayVerdict
from tests.loops.building import Building, Room

CONFIRMED = RelayVerdict.CONFIRMED
REST_MS = 120_000
"""Longer than the test waits for anything."""


async def test_a_meter_on_another_line_is_read_when_its_neighbour_has_used_up_the_balance(
    tmp_path: Path,
) -> None:
    rule = {"max_power_w": 10_000_000_000}
    payer = Room("1", yuan=5.0, spec={"load": "0W"}, rule=rule, line="a")
    member = Room("2", yuan=0, spec={"load": "0W"}, rule={**rule, "pays_from": "a1"}, line="b")
    async with Building(tmp_path, payer, member, pause_ms=REST_MS) as building:
        building.start()
        await building.until_verdict("1", CONFIRMED, closed=True)
        await building.until_verdict("2", CONFIRMED, closed=True)
        left_wh = building.plan.watch("m1").outlook.to_cut_wh
        assert left_wh is not None
        building.meters["2"].jump_register(100)
        building.signals.read_soon("m2")

        async def told() -> bool:
            return building.plan.watch("m1").outlook.to_cut_wh == left_wh - 1_000

        await building.until(told, "what meter 2 used is known to the line of meter 1")
        building.meters["2"].jump_register(1_000)
        building.signals.read_soon("m2")
        await building.until_verdict("2", CONFIRMED, closed=False)
        await building.until_verdict("1", CONFIRMED, closed=False)
