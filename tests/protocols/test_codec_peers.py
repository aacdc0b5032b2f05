"""Frames against codecs that no one here wrote: PyPI dlt645 3.2.0 and pymodbus, where they follow the standards."""

import random

import pytest
from dlt645.protocol.protocol import DLT645Protocol
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU

from gateway.protocols.dlt645 import frame as dlt645
from gateway.protocols.modbus import frame as modbus
from tests.protocols.streams import hear, hear_645

SEEDS = range(50)


@pytest.mark.parametrize("seed", SEEDS)
def test_dlt645_builds_and_reads_the_same_frames(seed: int) -> None:
    chance = random.Random(seed)
    address, data = chance.randbytes(6), chance.randbytes(chance.randint(0, 200))
    control, preamble = chance.randint(0, 255), chance.randint(0, 4)
    theirs = bytes(DLT645Protocol.build_frame(address[::-1], control, data, preamble))
    ours = dlt645.encode(address.hex(), control, data, preamble)
    assert ours == theirs
    read = DLT645Protocol.deserialize(ours)
    (frame,) = hear_645(theirs)
    assert (frame.address, frame.control, frame.data) == (
        address.hex().upper(),
        read.ctrl_code,
        bytes(read.data),
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_dlt645_finds_the_same_frame_in_a_struck_stream(seed: int) -> None:
    """Their reader drops damage without a word, so only the frames are compared; both step to the next 68 after one."""
    chance = random.Random(seed)
    frames = [dlt645.encode(chance.randbytes(6).hex(), 0x91, chance.randbytes(8), 2) for _ in range(4)]
    struck = bytearray(b"".join(frames))
    struck[chance.randrange(len(struck))] ^= 1 << chance.randrange(8)
    theirs, rest = [], bytes(struck)
    while True:
        rest, found = DLT645Protocol.deserialize_with_remaining(rest)
        if found is None:
            break
        theirs.append(bytes(found.data))
    ours = [event.data for event in hear_645(bytes(struck)) if isinstance(event, dlt645.Frame)]
    assert len(ours) >= 3
    assert [data for data in ours if data in theirs] == theirs


def pymodbus_requests(raw: bytes) -> object:
    used, device, _, pdu = FramerRTU(DecodePDU(True)).decode(raw)[:4]
    return used, device, pdu


@pytest.mark.parametrize("seed", SEEDS)
def test_pymodbus_agrees_on_length_unit_and_body(seed: int) -> None:
    chance = random.Random(seed)
    unit, start, count = chance.randint(1, 247), chance.randint(0, 0xFFFF), chance.randint(1, 123)
    for raw, is_server, role in (
        (modbus.read_registers(unit, chance.choice([1, 2, 3, 4]), start, count), True, modbus.Role.REQUEST),
        (modbus.write_registers(unit, start, chance.randbytes(2 * count)), True, modbus.Role.REQUEST),
        (modbus.encode(unit, 6, chance.randbytes(4)), True, modbus.Role.REQUEST),
        (
            modbus.encode(unit, 4, bytes((2 * count,)) + chance.randbytes(2 * count)),
            False,
            modbus.Role.RESPONSE,
        ),
        (
            modbus.encode(unit, 16, start.to_bytes(2, "big") + count.to_bytes(2, "big")),
            False,
            modbus.Role.RESPONSE,
        ),
        (modbus.encode(unit, 0x83, b"\x02"), False, modbus.Role.RESPONSE),
    ):
        used, device, _, pdu = FramerRTU(DecodePDU(is_server)).decode(raw)
        assert (used, device, bytes(pdu)) == (len(raw), unit, raw[1:-2])
        (frame,) = hear(modbus.Decoder(role), raw)
        assert (frame.address, frame.role, frame.raw) == (unit, role, raw)
        assert modbus.encode(frame.address, frame.function, frame.body) == raw
        assert FramerRTU.compute_CRC(raw[:-2]).to_bytes(2, "big") == raw[-2:]
