"""Modbus RTU frames, from the meter's side of the wire.

`unit function PDU crc-low crc-high`. A real meter cuts frames by 3.5 characters of silence; a program behind a pty can't see
those, so requests are cut by the length that their function implies. What fits nothing is dropped at the next pause.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import crcmod.predefined

crc16 = crcmod.predefined.mkPredefinedCrcFun("modbus")

FIXED_LENGTH = 8
FIXED_FUNCTIONS = frozenset({1, 2, 3, 4, 5, 6})
WRITE_MULTIPLE = frozenset({15, 16})
LONGEST = 256


@dataclass(frozen=True, slots=True)
class ModbusRequest:
    """One command: unit, function and the bytes between function and CRC."""

    unit: int
    function: int
    body: bytes


def build(unit: int, function: int, body: bytes) -> bytes:
    """Build an RTU frame with its CRC, low byte first."""
    frame = bytes([unit, function]) + body
    return frame + int(crc16(frame)).to_bytes(2, "little")


class ModbusReceiver:
    """Turns the bytes of the line into requests."""

    silence_s = 0.05
    """A pause that ends a frame. Over a pty 3.5 characters can't be told from a busy machine; this can."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[tuple[ModbusRequest, int]]:
        """Take bytes; return each whole request with the number of bytes of `data` that came after it."""
        self._buffer += data
        found = []
        while (request := self._take()) is not None:
            found.append((request, len(self._buffer)))
        return found

    def forget(self) -> None:
        """Drop a half-heard frame."""
        self._buffer.clear()

    def _take(self) -> ModbusRequest | None:
        for start in range(len(self._buffer) - 3):
            for length in self._possible_lengths(start):
                frame = bytes(self._buffer[start : start + length])
                if len(frame) == length and crc16(frame) == 0:
                    del self._buffer[: start + length]
                    return ModbusRequest(frame[0], frame[1], frame[2:-2])
        del self._buffer[:-LONGEST]
        return None

    def _possible_lengths(self, start: int) -> Iterable[int]:
        function = self._buffer[start + 1]
        if function in FIXED_FUNCTIONS:
            return (FIXED_LENGTH,)
        if function in WRITE_MULTIPLE:
            return (9 + self._buffer[start + 6],) if len(self._buffer) > start + 6 else ()
        return range(4, min(len(self._buffer), LONGEST) + 1) if start == 0 else ()
