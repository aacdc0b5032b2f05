"""Masters that nobody here wrote read the virtual meter over a pty: PyPI dlt645's client and pymodbus' client."""

import asyncio
import struct
from collections.abc import AsyncIterator

import pytest
from dlt645 import MeterClientService
from pymodbus.client import AsyncModbusSerialClient

from firmware_tools.virtual_meter import ManualClock, PtyEndpoint, VirtualLine, VirtualMeter
from tests.firmware.master import build_spec

ADDRESS = "202411110002"


@pytest.fixture
async def line() -> AsyncIterator[VirtualLine]:
    clock = ManualClock()
    specs = (
        build_spec(name="a", address=ADDRESS, load="1kW", register_kwh="123.45"),
        build_spec(name="b", address="5", model="sdm120", load="1kW", register_kwh="123.45"),
        build_spec(
            name="c", address="6", model="dds238-zn-sr", load="1kW", register_kwh="123.45", relay_delay_ms=0
        ),
    )
    line = VirtualLine(
        [VirtualMeter(spec, clock.now_ms()) for spec in specs], PtyEndpoint(), clock, baud=9600
    )
    await line.start()
    yield line
    await line.stop()


async def test_pypi_dlt645_reads_energy_voltage_and_address(line: VirtualLine) -> None:
    def converse() -> tuple[object, ...]:
        client = MeterClientService.new_rtu_client(line.address, 9600, 8, 1, "N", 3.0)
        client.address = bytearray.fromhex(ADDRESS)[::-1]
        try:
            return (
                client.read_00(0x00010000).value,
                client.read_02(0x02010100).value,
                client.read_address().value,
            )
        finally:
            client.disconnect()

    energy, volts, address = await asyncio.to_thread(converse)
    assert float(energy) == 123.45
    assert 220 < float(volts) < 236
    assert str(address) in (ADDRESS, bytes.fromhex(ADDRESS)[::-1].hex())


async def test_pymodbus_reads_floats_and_switches_the_relay(line: VirtualLine) -> None:
    client = AsyncModbusSerialClient(line.address, baudrate=9600, parity="N", timeout=3)
    assert await client.connect()
    try:
        answer = await client.read_input_registers(0x0048, count=2, device_id=5)
        assert struct.unpack(">f", struct.pack(">2H", *answer.registers))[0] == pytest.approx(
            123.45, abs=0.001
        )
        assert (await client.read_holding_registers(0x0000, count=2, device_id=6)).registers == [0, 12345]
        assert (await client.write_register(0x001A, 0, device_id=6)).exception_code == 1
        assert not (await client.write_registers(0x001A, [0], device_id=6)).isError()
        assert (await client.read_holding_registers(0x001A, count=1, device_id=6)).registers == [0]
        assert (await client.read_input_registers(0x0001, count=2, device_id=5)).exception_code == 3
    finally:
        client.close()
