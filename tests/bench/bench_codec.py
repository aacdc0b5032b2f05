"""What reading and building frames costs, beside a bare decoder written by hand for this very frame, and beside the peers.

    make bench-codec
    make bench-codec SHORT=1     a moment, to see that it works

A bare decoder checks what must be checked (marks, length, sum or CRC), gives the same fields, and knows no damage, no echo and no
second frame. Peers: PyPI dlt645, and pymodbus by its public way from bytes to registers. The three are timed in turns in one
process, and the best of many rounds counts; a round is short, so that a busy machine leaves some of each in peace.
"""

import argparse
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dlt645.protocol.protocol import DLT645Protocol
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU
from pymodbus.pdu.register_message import ReadInputRegistersRequest

from gateway.protocols.dlt645 import frame as dlt645
from gateway.protocols.modbus import frame as modbus
from tests.bench.figures import Figures

MOST_TIMES_BARE = 2.5
LEAST_TIMES_PEER = 4.0
ADDRESS = "652022122003"
ENERGY_DI = bytes.fromhex("00000100")
PORTION_BYTES = 32
FRAMES_IN_STREAM = 64

REPLY_645 = dlt645.encode(ADDRESS, 0x91, ENERGY_DI + bytes.fromhex("78563412"))
STREAM_645 = (b"\xfe\xfe\xfe\xfe" + REPLY_645) * FRAMES_IN_STREAM
REPLY_MODBUS = modbus.encode(17, 4, b"\x04\x43\x66\x80\x00")
TWO_REGISTERS = struct.Struct(">2H")
FROM_33 = bytes((value - 0x33) & 0xFF for value in range(256))
TO_33 = bytes((value + 0x33) & 0xFF for value in range(256))


# ---- bare ----------------------------------------------------------------------------------------------------------------


def bare_decode_645(raw: bytes) -> tuple[str, int, bytes] | None:
    size = len(raw)
    if size < 12 or raw[0] != 0x68 or raw[7] != 0x68 or raw[-1] != 0x16 or raw[9] != size - 12:
        return None
    if sum(raw[:-2]) & 0xFF != raw[-2]:
        return None
    return raw[6:0:-1].hex(), raw[8], raw[10:-2].translate(FROM_33)


def bare_encode_645(address: str, control: int, data: bytes) -> bytes:
    covered = (
        b"\x68" + bytes.fromhex(address)[::-1] + bytes((0x68, control, len(data))) + data.translate(TO_33)
    )
    return covered + bytes((sum(covered) & 0xFF, 0x16))


def bare_stream_645(portions: list[bytes]) -> int:
    buffer, found = b"", 0
    for portion in portions:
        buffer += portion
        while (start := buffer.find(0x68)) >= 0 and len(buffer) >= start + 12:
            end = start + 12 + buffer[start + 9]
            if len(buffer) < end:
                break
            found += bare_decode_645(buffer[start:end]) is not None
            buffer = buffer[end:]
    return found


def bare_decode_modbus(raw: bytes) -> tuple[int, ...] | None:
    if len(raw) < 5 or len(raw) != raw[2] + 5 or modbus.crc16(raw):
        return None
    return raw[0], raw[1], *TWO_REGISTERS.unpack(raw[3:-2])


def bare_encode_modbus(unit: int, function: int, start: int, count: int) -> bytes:
    covered = bytes((unit, function)) + start.to_bytes(2, "big") + count.to_bytes(2, "big")
    return covered + modbus.crc16(covered).to_bytes(2, "little")


def bare_stream_modbus(portions: list[bytes]) -> int:
    buffer, found = b"", 0
    for portion in portions:
        buffer += portion
        while len(buffer) >= 5 and len(buffer) >= (end := buffer[2] + 5):
            found += bare_decode_modbus(buffer[:end]) is not None
            buffer = buffer[end:]
    return found


# ---- ours and theirs -----------------------------------------------------------------------------------------------------


def our_stream(decoder: Any, portions: list[bytes]) -> int:
    found = 0
    for portion in portions:
        decoder.feed(portion)
        while decoder.next_event() is not None:
            found += 1
    return found


def our_decode(decoder: Any, raw: bytes) -> Any:
    decoder.feed(raw)
    return decoder.next_event()


def peer_stream_645(portions: list[bytes]) -> int:
    rest, found = b"", 0
    for portion in portions:
        rest += portion
        while True:
            rest, frame = DLT645Protocol.deserialize_with_remaining(rest)
            if frame is None:
                break
            found += 1
    return found


def our_registers(decoder: modbus.Decoder, raw: bytes) -> tuple[int, ...] | None:
    decoder.feed(raw)
    frame = decoder.next_event()
    if type(frame) is not modbus.Frame:
        return None
    return frame.address, frame.function, *TWO_REGISTERS.unpack_from(frame.body, 1)


def our_stream_modbus(decoder: modbus.Decoder, portions: list[bytes]) -> int:
    return sum(our_registers(decoder, portion) is not None for portion in portions)


def peer_registers(framer: FramerRTU, raw: bytes) -> list[int] | None:
    pdu = framer.handleFrame(raw, 17, 0)[1]
    return None if pdu is None else list(pdu.registers)


def peer_stream_modbus(framer: FramerRTU, portions: list[bytes]) -> int:
    rest, found = b"", 0
    for portion in portions:
        rest += portion
        used, pdu = framer.handleFrame(rest, 17, 0)
        rest = rest[used:]
        found += pdu is not None and len(pdu.registers) == 2
    return found


def peer_encode_modbus(framer: FramerRTU) -> bytes:
    pdu = ReadInputRegistersRequest(address=0x48, count=2, dev_id=17)
    return framer.buildFrame(pdu)


@dataclass(frozen=True)
class Match:
    """The same job done three ways; `per_call` frames in each."""

    what: str
    ours: Callable[[], Any]
    bare: Callable[[], Any]
    peer: Callable[[], Any]
    peer_name: str
    per_call: int = 1


def matches() -> list[Match]:
    on_645, on_modbus = dlt645.Decoder(), modbus.Decoder(modbus.Role.RESPONSE)
    framer = FramerRTU(DecodePDU(False))
    cut = range(0, len(STREAM_645), PORTION_BYTES)
    portions_645 = [STREAM_645[at : at + PORTION_BYTES] for at in cut]
    # Each reply in two portions: pymodbus drops what stands behind a frame, so none stands there.
    portions_modbus = [REPLY_MODBUS[:5], REPLY_MODBUS[5:]] * FRAMES_IN_STREAM
    address_low_first = bytes.fromhex(ADDRESS)[::-1]
    return [
        Match(
            "DL/T 645 decode",
            lambda: our_decode(on_645, REPLY_645),
            lambda: bare_decode_645(REPLY_645),
            lambda: DLT645Protocol.deserialize(REPLY_645),
            "dlt645",
        ),
        Match(
            "DL/T 645 encode",
            lambda: dlt645.encode(ADDRESS, 0x11, ENERGY_DI),
            lambda: bare_encode_645(ADDRESS, 0x11, ENERGY_DI),
            lambda: DLT645Protocol.build_frame(address_low_first, 0x11, ENERGY_DI, 0),
            "dlt645",
        ),
        Match(
            "DL/T 645 stream in portions",
            lambda: our_stream(on_645, portions_645),
            lambda: bare_stream_645(portions_645),
            lambda: peer_stream_645(portions_645),
            "dlt645",
            FRAMES_IN_STREAM,
        ),
        Match(
            "Modbus decode, to registers",
            lambda: our_registers(on_modbus, REPLY_MODBUS),
            lambda: bare_decode_modbus(REPLY_MODBUS),
            lambda: peer_registers(framer, REPLY_MODBUS),
            "pymodbus",
        ),
        Match(
            "Modbus encode",
            lambda: modbus.read_registers(17, 4, 0x48, 2),
            lambda: bare_encode_modbus(17, 4, 0x48, 2),
            lambda: peer_encode_modbus(framer),
            "pymodbus",
        ),
        Match(
            "Modbus stream in portions, to registers",
            lambda: our_stream_modbus(on_modbus, portions_modbus),
            lambda: bare_stream_modbus(portions_modbus),
            lambda: peer_stream_modbus(framer, portions_modbus),
            "pymodbus",
            FRAMES_IN_STREAM,
        ),
    ]


def seconds_of(job: Callable[[], Any], calls: int) -> float:
    began = time.perf_counter()
    for _ in range(calls):
        job()
    return (time.perf_counter() - began) / calls


def measure(match: Match, rounds: int, calls: int) -> tuple[float, float, float]:
    """The best seconds per frame of ours, the bare one and the peer, taken in turns so that a busy machine is fair to all."""
    jobs = (match.ours, match.bare, match.peer)
    many = [
        max(1, calls // match.per_call),
        max(1, calls // match.per_call),
        max(1, calls // match.per_call // 8),
    ]
    best = [float("inf")] * 3
    for _ in range(rounds):
        for place, (job, count) in enumerate(zip(jobs, many, strict=True)):
            best[place] = min(best[place], seconds_of(job, count) / match.per_call)
    return best[0], best[1], best[2]


def check() -> None:
    """All three ways must agree, or their times mean nothing."""
    for match in matches():
        ours, bare, peer = match.ours(), match.bare(), match.peer()
        if match.per_call > 1:
            assert ours == bare == peer == match.per_call, (match.what, ours, bare, peer)
        elif isinstance(ours, bytes):
            assert ours == bare == bytes(peer), (match.what, ours, bare, peer)
        else:
            assert None not in (ours, bare, peer), match.what


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--short", action="store_true", help="a moment, to see that it works")
    rounds, calls = (3, 500) if parser.parse_args().short else (800, 1_000)
    check()
    figures = Figures("bench-codec")
    for match in matches():
        ours, bare, peer = measure(match, rounds, calls)
        beside = f"{1e6 * ours:.2f} us, bare {1e6 * bare:.2f}, {match.peer_name} {1e6 * peer:.2f}"
        figures.at_most(f"{match.what}, time beside bare", ours / bare, MOST_TIMES_BARE, " x", beside)
        figures.at_least(f"{match.what}, faster than {match.peer_name}", peer / ours, LEAST_TIMES_PEER, " x")
    return figures.close()


if __name__ == "__main__":
    sys.exit(main())
