"""What both codecs share: the named damage and a bounded buffer that is fed bytes and asked for the next event.

A decoder never says "need more data": `next_event()` gives a frame, a damage, or None (nothing decided yet, which the bound keeps
short). `flush()` tells it that the line fell silent; what is then unfinished is a damage like any other.
"""

from enum import StrEnum
from typing import NamedTuple

BUFFER_BYTES = 65_536
"""What is kept of bytes fed but not yet asked for; older bytes are dropped and named `overrun`. A decoder whose events are taken
after each feed keeps less than one frame."""

NOISE_KEPT_BYTES = 64
"""How much of a run of noise a `garbage` event shows."""


class Reason(StrEnum):
    """Why bytes are no good frame. Stable names: they stand in logs, counters and the decode command."""

    BAD_CHECKSUM = "bad-checksum"
    """DL/T 645: the frame is whole, its sum is wrong (clause 5.2.6)."""
    BAD_END = "bad-end"
    """DL/T 645: the sum is right, the byte behind it is not 16H."""
    BAD_SECOND_68 = "bad-second-68"
    """DL/T 645: a start mark without its twin seven bytes on: noise, a wrong baud rate or a lost byte."""
    LENGTH_MISMATCH = "length-mismatch"
    """DL/T 645: neither sum nor end mark stand where L says: bytes were lost or inserted."""
    PREAMBLE_ONLY = "preamble-only"
    """DL/T 645: FE bytes and then silence."""
    BAD_CRC = "bad-crc"
    """Modbus: the frame's shape is known, its CRC is wrong."""
    TRUNCATED = "truncated"
    """The stream ended inside a frame."""
    GARBAGE = "garbage"
    """Bytes that belong to no frame, good or damaged."""
    OVERRUN = "overrun"
    """More was fed than the buffer keeps; the oldest bytes are lost."""


class Damage(NamedTuple):
    """Bytes that are no good frame. `raw` shows them (of noise: the first 64)."""

    reason: Reason
    raw: bytes


class StreamDecoder:
    """The bounded buffer. A subclass adds `next_event()`; it moves `_position` over the bytes it has decided."""

    __slots__ = ("_buffer", "_ended", "_overrun", "_position", "_silent_until")

    def __init__(self) -> None:
        self._buffer = b""
        self._position = 0
        self._silent_until = 0
        """Failures before this position belong to a damage that has been named already."""
        self._ended = False
        self._overrun: bytes | None = None

    @property
    def pending_bytes(self) -> int:
        """How many bytes are fed and not yet decided."""
        return len(self._buffer) - self._position

    def feed(self, data: bytes) -> None:
        """Take bytes as they come off the line, in any portions."""
        if self._buffer or type(data) is not bytes:
            data = self._undecided() + bytes(data)
        self._buffer = data
        self._ended = False
        if len(data) > BUFFER_BYTES:
            self._drop_oldest(len(data) - BUFFER_BYTES)

    def flush(self) -> None:
        """Say that the stream ended here. Then ask `next_event()` until it gives None; feeding starts a new stream."""
        self._ended = True

    def _undecided(self) -> bytes:
        """Give what is fed and not decided, as the beginning of the next buffer."""
        position, self._position = self._position, 0
        self._silent_until -= position
        return self._buffer[position:]

    def _drop_oldest(self, count: int) -> None:
        self._overrun = self._overrun or self._buffer[: min(count, NOISE_KEPT_BYTES)]
        self._buffer = self._buffer[count:]
        self._silent_until -= count

    def _take_overrun(self) -> Damage | None:
        if self._overrun is None:
            return None
        raw, self._overrun = self._overrun, None
        return Damage(Reason.OVERRUN, raw)
