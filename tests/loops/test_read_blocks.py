"""A block of registers on a real line: read at once where the meter answers it, one by one where it does not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_tools.virtual_meter.modbus_server import ModbusServer, Refusal
from gateway.contract.facts import Alarm
from tests.loops.building import Building, Room

HIKING = Room("1", spec={"model": "dds238-zn-sr", "load": "1kW"}, model="hiking-dds238-zn-sr")


async def told(building: Building) -> bool:
    meter, relay = await building.meter("1"), await building.relay("1")
    return (meter.power_w or 0) > 900 and (meter.current_ma or 0) > 1_000 and relay.observed_closed is True


def asked(monkeypatch: pytest.MonkeyPatch, refuses: Callable[[int], bool]) -> list[int]:
    """Note how many registers each read asks for; refuse some of them, as a meter does that has gaps."""
    counts: list[int] = []
    answer = ModbusServer._answer_dds238

    def noting(server: ModbusServer, request):  # type: ignore[no-untyped-def]
        count = int.from_bytes(request.body[2:4], "big")
        counts.append(count)
        return Refusal.ILLEGAL_ADDRESS if refuses(count) else answer(server, request)

    monkeypatch.setattr(ModbusServer, "_answer_dds238", noting)
    return counts


async def test_relay_current_and_power_come_in_one_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = asked(monkeypatch, lambda count: False)
    async with Building(tmp_path, HIKING) as building:
        building.start(drive=False)
        await building.until(lambda: told(building))
        assert counts.count(14) >= 1
        assert set(counts) == {2, 14}


async def test_a_meter_that_refuses_blocks_is_asked_one_by_one_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = asked(monkeypatch, lambda count: count > 2)
    async with Building(tmp_path, HIKING) as building:
        building.start(drive=False)
        await building.until(lambda: told(building))
        await building.until_read("1", 12)
        assert counts.count(14) == 1
        assert counts.count(1) >= 6
        assert await building.facts(Alarm) == []
