"""DL/T 645-2007 frames, from the meter's side of the wire.

`[FE..] 68 A0..A5 68 C L DATA CS 16`; A0 is the lowest address byte, DATA travels with 33H added, CS is the sum mod 256 from the
first 68 up to the byte before it (clause 5.2). Parsed by length: 68, 16 and FE may all occur inside. A meter stays silent on
damage (5.3.4), so damage has no name here: it's dropped.
"""

from dataclasses import dataclass

START, END, OFFSET = 0x68, 0x16, 0x33
HEAD_LENGTH = 10
"""68, six address bytes, 68, C, L."""
MAX_REQUEST_DATA = 200
REPLY_BIT = 0x80
WILDCARD = 0xAA
BROADCAST = b"\x99" * 6


@dataclass(frozen=True, slots=True)
class Request:
    """One command heard on the line; `address` as on the wire (A0 first), `data` without the 33H."""

    address: bytes
    control: int
    data: bytes

    def is_for(self, own: bytes) -> bool:
        """Return whether a meter with this address is meant: its own, the wildcard, or abbreviated with high AA bytes (7.1)."""
        known = self.address.rstrip(bytes([WILDCARD]))
        return own.startswith(known)


def address_bytes(digits: str) -> bytes:
    """Turn up to 12 address digits into six wire bytes, A0 first."""
    return bytes.fromhex(digits.zfill(12))[::-1]


def build_reply(address: bytes, control: int, data: bytes, preamble_fe: int = 4) -> bytes:
    """Build a reply frame; `control` already has its direction bit."""
    body = bytes([START, *address, START, control, len(data)]) + bytes(
        (byte + OFFSET) & 0xFF for byte in data
    )
    return b"\xfe" * preamble_fe + body + bytes([sum(body) & 0xFF, END])


class RequestReceiver:
    """Turns the bytes of the line into requests; hears what a meter hears, that is commands only."""

    silence_s = 0.5
    """Tb: bytes of one frame are never further apart (clause 5.1)."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[tuple[Request, int]]:
        """Take bytes; return each whole command with the number of bytes of `data` that came after it."""
        self._buffer += data
        found = []
        while (request := self._take()) is not None:
            found.append((request, len(self._buffer)))
        return found

    def forget(self) -> None:
        """Drop a half-heard frame: the line was silent for longer than Tb allows."""
        self._buffer.clear()

    def _take(self) -> Request | None:
        while True:
            start = self._buffer.find(START)
            if start < 0:
                self._buffer.clear()
                return None
            del self._buffer[:start]
            if len(self._buffer) < HEAD_LENGTH:
                return None
            length = HEAD_LENGTH + self._buffer[9] + 2
            if self._buffer[7] != START or self._buffer[9] > MAX_REQUEST_DATA:
                del self._buffer[0]
                continue
            if len(self._buffer) < length:
                return None
            frame = bytes(self._buffer[:length])
            if frame[-1] != END or sum(frame[:-2]) & 0xFF != frame[-2]:
                del self._buffer[0]
                continue
            del self._buffer[:length]
            if not frame[8] & REPLY_BIT:
                return Request(frame[1:7], frame[8], bytes((byte - OFFSET) & 0xFF for byte in frame[10:-2]))
