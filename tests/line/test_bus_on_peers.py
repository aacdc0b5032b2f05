"""Meters that no one here wrote: PyPI dlt645 3.2.0 and pymodbus 3.16.1, each as a server on the far end of a cable of ptys."""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from gateway.adapters.model_files import read_models
from gateway.adapters.serial_bus import SerialBus, open_line
from gateway.application.ports import LineReply, Rank
from gateway.loops.read_clock import read_clock
from gateway.protocols.driver import Accepted, Answer, Driver, Item, MeterClock, Refused, RelayAction
from gateway.protocols.meters import make_driver
from tests.line.bridge import Bridge

ADDRESS = "652022122003"
LATER = MeterClock(2026, 11, 23, 12, 5, 0)


def driver(model: str, address: str) -> Driver:
    return make_driver(read_models()[model], address)


async def read(bus: SerialBus, meter: Driver, item: Item) -> LineReply:
    return await bus.read(meter, item, Rank.READ_BACK)


@pytest.fixture
async def bridge() -> AsyncIterator[Bridge]:
    bridge = Bridge()
    yield bridge
    bridge.close()


@pytest.fixture
async def bus(bridge: Bridge) -> AsyncIterator[SerialBus]:
    bus = open_line("north", bridge.near, 9600, "E")
    bus.start()
    yield bus
    await bus.close()


@pytest.fixture
async def dlt645_peer(bridge: Bridge) -> AsyncIterator[object]:
    from dlt645.service.serversvc.async_server_service import AsyncMeterServerService

    peer = AsyncMeterServerService.new_rtu_server(bridge.far)
    service = peer.server.service
    service.set_address(
        bytes.fromhex(ADDRESS)[::-1]
    )  # the peer keeps a number in reading order, so it gets it reversed
    service.set_00(0x00010000, 123456.78)
    service.set_02(0x02010100, 229.4)
    service.set_02(0x02020100, 1.25)
    service.set_02(0x02030000, 0.278)
    assert await peer.start()
    yield service
    await peer.stop()


async def test_dlt645_peer_is_read(bus: SerialBus, dlt645_peer: object) -> None:
    meter = driver("generic-dlt645-2007", ADDRESS)
    replies = [await read(bus, meter, item) for item in (Item.ENERGY, Item.VOLTAGE, Item.CURRENT, Item.POWER)]
    values = [reply.values for reply in replies if isinstance(reply, Answer)]
    assert (values[0].energy_wh, values[1].voltage_mv, values[2].current_ma, values[3].power_w) == (
        123456780,
        229400,
        1250,
        278,
    )


async def test_dlt645_peer_refuses_what_it_does_not_know(bus: SerialBus, dlt645_peer: object) -> None:
    reply = await bus.switch(driver("generic-dlt645-2007", ADDRESS), RelayAction.OPEN, LATER)
    assert isinstance(reply, Refused)


async def test_dlt645_peer_has_a_date_and_a_time_but_no_clock_item(bus: SerialBus, dlt645_peer: Any) -> None:
    dlt645_peer.set_04(0x04000101, "26112301")
    dlt645_peer.set_04(0x04000102, "235907")
    meter = driver("generic-dlt645-2007", ADDRESS)
    refused = await read(bus, meter, Item.CLOCK)
    assert isinstance(refused, Refused)
    assert refused.reason == "no-such-data"
    assert await read_clock(bus, meter, Rank.RELAY) == MeterClock(2026, 11, 23, 23, 59, 7)


async def test_a_clock_near_midnight_belongs_to_the_day_it_was_read_on(
    bus: SerialBus, dlt645_peer: Any
) -> None:
    """The peer's calendar is moved over midnight while its time is asked for."""
    dlt645_peer.set_04(0x04000101, "26112301")
    dlt645_peer.set_04(0x04000102, "000001")
    midnight = Midnight(bus, lambda: dlt645_peer.set_04(0x04000101, "26112402"))
    clock = await read_clock(midnight, driver("generic-dlt645-2007", ADDRESS), Rank.RELAY)
    assert clock == MeterClock(2026, 11, 24, 0, 0, 1)


class Midnight:
    """A line on which midnight falls between the first answer to a date and what is asked next."""

    def __init__(self, bus: SerialBus, strike: Callable[[], object]) -> None:
        self._bus = bus
        self._strike = strike

    async def read(self, meter: Driver, item: Item, rank: Rank) -> LineReply:
        reply = await self._bus.read(meter, item, rank)
        if item is Item.DATE:
            self._strike()
        return reply


async def test_dlt645_peers_answer_to_anothers_address_is_no_answer(
    bus: SerialBus, dlt645_peer: object
) -> None:
    """The peer answers other addresses with an error where the standard wants silence."""
    reply = await read(bus, driver("generic-dlt645-2007", "000000000001"), Item.ENERGY)
    assert isinstance(reply, Refused)


def floats(*values: float) -> list[int]:
    packed = b"".join(struct.pack(">f", value) for value in values)
    return list(struct.unpack(f">{len(packed) // 2}H", packed))


@pytest.fixture
async def modbus_peer(bridge: Bridge) -> AsyncIterator[None]:
    sdm120 = SimDevice(
        1,
        [
            SimData(0x0000, values=floats(230.1) + [0] * 4 + floats(2.5), datatype=DataType.REGISTERS),
            SimData(0x0048, values=floats(1234.5), datatype=DataType.REGISTERS),
        ],
    )
    dds238 = SimDevice(
        2,
        [
            SimData(0x0000, values=[0x0001, 0xE240], datatype=DataType.REGISTERS),
            SimData(0x001A, values=[1], datatype=DataType.REGISTERS),
        ],
    )
    peer = ModbusSerialServer([sdm120, dds238], port=bridge.far, baudrate=9600)
    serving = asyncio.create_task(peer.serve_forever())
    await asyncio.sleep(0.1)
    yield
    await peer.shutdown()
    serving.cancel()


async def test_pymodbus_peer_is_read(bus: SerialBus, modbus_peer: None) -> None:
    meter = driver("eastron-sdm120", "1")
    energy, voltage = await read(bus, meter, Item.ENERGY), await read(bus, meter, Item.VOLTAGE)
    assert isinstance(energy, Answer)
    assert isinstance(voltage, Answer)
    assert energy.values.energy_wh == 1234500
    assert voltage.values.voltage_mv == 230100


async def test_pymodbus_peers_relay_register_is_written_and_read_back(
    bus: SerialBus, modbus_peer: None
) -> None:
    meter = driver("hiking-dds238-zn-sr", "2")
    assert isinstance(await bus.switch(meter, RelayAction.OPEN, LATER), Accepted)
    reply = await read(bus, meter, Item.RELAY)
    assert isinstance(reply, Answer)
    assert reply.values.relay_closed is False
    energy = await read(bus, meter, Item.ENERGY)
    assert isinstance(energy, Answer)
    assert energy.values.energy_wh == 1234560


async def test_pymodbus_peer_refuses_a_register_it_does_not_have(bus: SerialBus, modbus_peer: None) -> None:
    reply = await read(bus, driver("hiking-dds238-zn-sr", "2"), Item.FREQUENCY)
    assert isinstance(reply, Refused)
