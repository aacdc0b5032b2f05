"""The Modbus RTU faces: Eastron floats, the DDS238's integers and relay, and every refusal."""

import struct

import pytest

from firmware_tools.virtual_meter import ManualClock, VirtualMeter
from firmware_tools.virtual_meter.modbus_server import ModbusServer
from firmware_tools.virtual_meter.modbus_wire import ModbusReceiver, build, crc16
from tests.firmware.master import build_spec

PRINTED_REQUEST = bytes.fromhex("01040000000271cb")
"""Eastron's own example: read volts of unit 1."""


class ModbusBench:
    """One Modbus meter without a wire."""

    def __init__(self, **keys: object) -> None:
        self.meter = VirtualMeter(build_spec(**keys), ManualClock().now_ms())
        self._server = ModbusServer(self.meter)

    def ask(self, request: bytes) -> bytes | None:
        """Send a frame; return the reply without unit and CRC, which are checked."""
        ((found, left),) = ModbusReceiver().feed(request)
        assert left == 0
        if not self._server.hears(found):
            return None
        reply = self._server.answer(found)
        if reply is None:
            return None
        assert crc16(reply) == 0
        assert reply[0] == request[0]
        return reply[1:-2]

    def read(self, function: int, start: int, count: int) -> bytes | None:
        """Read registers of unit 1."""
        return self.ask(build(1, function, struct.pack(">HH", start, count)))

    def floats(self, start: int, count: int) -> tuple[float, ...]:
        """Read consecutive floats."""
        return struct.unpack(f">{count}f", self.read(4, start, 2 * count)[2:])

    def pass_s(self, seconds: float) -> None:
        """Let virtual time pass."""
        self.meter.advance(self.meter.at_ms + round(seconds * 1000))


def test_the_printed_example_is_a_frame() -> None:
    assert build(1, 4, bytes.fromhex("00000002")) == PRINTED_REQUEST
    assert ModbusBench(model="sdm120").ask(PRINTED_REQUEST)[:2] == bytes([4, 4])


def test_sdm120_floats_agree_with_the_supply() -> None:
    bench = ModbusBench(model="sdm120", load="1kW", register_kwh="12.34")
    bench.pass_s(3600)
    volts, _, _, amps, _, _, watts = bench.floats(0x0000, 7)
    assert watts == 1000
    assert volts * amps * 0.97 == pytest.approx(1000, rel=0.01)
    assert bench.floats(0x0048, 1)[0] == pytest.approx(13.34)
    assert bench.floats(0x0156, 1)[0] == pytest.approx(13.34)
    assert 49 < bench.floats(0x0046, 1)[0] < 51


def test_sdm630_has_three_phases_and_their_sum() -> None:
    bench = ModbusBench(model="sdm630", load="9kW")
    assert all(220 < volts < 236 for volts in bench.floats(0x0000, 3))
    assert sum(bench.floats(0x000C, 3)) == bench.floats(0x0034, 1)[0] == 9000


def test_dds238_integers_and_relay() -> None:
    bench = ModbusBench(model="dds238-zn-sr", load="1kW", register_kwh="700.00")
    words = struct.unpack(">27H", bench.read(3, 0, 27)[2:])
    assert words[0] << 16 | words[1] == 70_000
    assert 2200 < words[0x0C] < 2360
    assert (words[0x0E], words[0x1A]) == (1000, 1)
    assert bench.ask(build(1, 16, bytes.fromhex("001a0001020000"))) == bytes.fromhex("10001a0001")
    bench.pass_s(1)
    assert bench.read(3, 0x1A, 1) == bytes.fromhex("03020000")
    assert bench.meter.supply_mw() == 0
    bench.ask(build(1, 16, bytes.fromhex("001a0001020001")))
    bench.pass_s(1)
    assert bench.meter.supply_mw() == 1_000_000


@pytest.mark.parametrize(
    ("model", "function", "body", "exception"),
    [
        ("sdm120", 3, "00000002", 1),
        ("sdm120", 4, "00000001", 3),
        ("sdm120", 4, "00010002", 3),
        ("sdm120", 4, "00000000", 3),
        ("sdm120", 4, "0000007e", 3),
        ("sdm120", 4, "02000002", 2),
        ("sdm120", 6, "00020000", 1),
        ("sdm120", 16, "000200010400000000", 3),
        ("sdm120", 16, "000200020400000000", 2),
        ("dds238-zn-sr", 6, "001a0000", 1),
        ("dds238-zn-sr", 4, "00000001", 1),
        ("dds238-zn-sr", 3, "001b0001", 2),
        ("dds238-zn-sr", 16, "001a0001020002", 3),
        ("dds238-zn-sr", 16, "00000001020000", 2),
        ("dds238-zn-s", 16, "001a0001020000", 2),
        ("dds238-zn-s", 3, "001a0001", 2),
    ],
)
def test_refusals(model: str, function: int, body: str, exception: int) -> None:
    bench = ModbusBench(model=model, load="1kW")
    assert bench.ask(build(1, function, bytes.fromhex(body))) == bytes([function | 0x80, exception])
    assert bench.meter.supply_mw() == 1_000_000


def test_other_units_are_not_heard_and_broadcasts_are_obeyed_in_silence() -> None:
    bench = ModbusBench(model="dds238-zn-sr", load="1kW")
    assert bench.ask(build(2, 3, bytes.fromhex("00000001"))) is None
    assert bench.ask(build(0, 16, bytes.fromhex("001a0001020000"))) is None
    bench.pass_s(1)
    assert bench.meter.supply_mw() == 0


def test_a_zero_glitch_takes_an_energy_reading_only() -> None:
    bench = ModbusBench(model="sdm120", register_kwh="5.00")
    bench.meter.glitches.zero_reads = 1
    assert bench.floats(0x0000, 1)[0] > 0
    assert [bench.floats(0x0048, 1)[0] for _ in range(2)] == [0, 5]


def test_a_damaged_request_is_dropped_and_the_next_one_found() -> None:
    damaged = bytearray(PRINTED_REQUEST)
    damaged[3] ^= 1
    assert [request.function for request, _ in ModbusReceiver().feed(bytes(damaged) + PRINTED_REQUEST)] == [4]
