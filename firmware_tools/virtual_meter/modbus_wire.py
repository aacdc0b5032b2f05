"""Modbus RTU frames, from the meter's side of the wire.

`unit function PDU crc-low crc-high`. A real meter cuts frames by 3.5 characters of silence; a program behind a pty can't see
those, so requests are cut by the length that their function implies. What fits nothing is dropped byte by byte.
"""

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
        while len(self._buffer) >= 4:
            length = self._expected_length()
            if length is not None and len(self._buffer) < length:
                return None
            for end in (length,) if length else range(4, min(len(self._buffer), LONGEST) + 1):
                frame = bytes(self._buffer[:end])
                if int(crc16(frame[:-2])).to_bytes(2, "little") == frame[-2:]:
                    del self._buffer[:end]
                    return ModbusRequest(frame[0], frame[1], frame[2:-2])
            if length is None and len(self._buffer) < LONGEST:
                return None
            del self._buffer[0]
        return None

    def _expected_length(self) -> int | None:
        function = self._buffer[1]
        if function in FIXED_FUNCTIONS:
            return FIXED_LENGTH
        if function in WRITE_MULTIPLE:
            return 9 + self._buffer[6] if len(self._buffer) > 6 else 9
        return None
