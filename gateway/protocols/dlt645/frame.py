"""The DL/T 645 frame: bytes to frames and back, the same for the 1997 and the 2007 edition. Knows no identifier and no meter.

    [FE ..] 68 A0 A1 A2 A3 A4 A5 68 C L DATA.. CS 16          (2007, clause 5.2)

* FE bytes wake the receiver; the standard advises four, captures show 0 to 7. They are outside the sum.
* The address is twelve BCD digits, lowest byte first. AA bytes are wildcards, 99 x 6 is the broadcast.
* Each DATA byte travels +33H; C, L, CS and the address don't. CS is the sum mod 256 from the first 68 to the last DATA byte.
* 68, 16 and FE may stand anywhere inside a frame, so its end is found by L, never by looking for 16H.

Damage to expect: a lost or doubled byte where an adapter switches direction late, our own echo, two meters at once, a wrong
parity. A start mark that leads nowhere costs one named damage; the search goes on with the next 68 INSIDE what it claimed, so that
a good frame behind (or within) a bad one is found. Runs of noise between frames are one `garbage` each; FE bytes are no noise.
"""

from enum import IntEnum

import msgspec

from gateway.protocols.stream import NOISE_KEPT_BYTES, Damage, Reason, StreamDecoder

START = 0x68
END = 0x16
PREAMBLE = b"\xfe"
WILDCARD_ADDRESS = "AAAAAAAAAAAA"
BROADCAST_ADDRESS = "999999999999"

OVERHEAD_BYTES = 12
"""Everything but DATA: two 68, six address bytes, C, L, CS and 16."""
MAX_DATA_BYTES = 255
"""L is one byte. The standard allows 200 for reading and 50 for writing; a longer frame whose sum is right is taken as it is."""
MAX_FRAME_BYTES = OVERHEAD_BYTES + MAX_DATA_BYTES

REPLY_BIT = 0x80
ABNORMAL_BIT = 0x40
MORE_BIT = 0x20
FUNCTION_BITS = 0x1F

_ADD_33 = bytes((value + 0x33) & 0xFF for value in range(256))
_SUB_33 = bytes((value - 0x33) & 0xFF for value in range(256))


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One good frame. A Struct because it is made for each answer of a busy line and costs a fifth of a dataclass."""

    address: str
    """Twelve digits in reading order, upper case (wildcards are `AA`)."""
    control: int
    data: bytes
    """DATA as the meter meant it: 33H taken off, wire order kept."""
    raw: bytes
    """The frame from 68 to 16, without its preamble."""

    @property
    def is_reply(self) -> bool:
        """D7: sent by the meter."""
        return self.control & REPLY_BIT != 0

    @property
    def is_abnormal(self) -> bool:
        """D6: a refusal; DATA is the error byte."""
        return self.control & ABNORMAL_BIT != 0

    @property
    def has_more(self) -> bool:
        """D5: follow-up frames wait to be asked for (function 12H)."""
        return self.control & MORE_BIT != 0

    @property
    def function(self) -> int:
        """D4..D0."""
        return self.control & FUNCTION_BITS


def encode(address: str, control: int, data: bytes = b"", preamble: int = 0) -> bytes:
    """Build a frame of `address` (twelve digits, `AA` for wildcard bytes) with `preamble` FE bytes before it (clause 5.3.1).

    Raises ValueError for an address that is not six bytes or DATA beyond 255 bytes: both are mistakes of the caller.
    """
    low_first = bytes.fromhex(address)[::-1]
    if len(low_first) != 6 or len(data) > MAX_DATA_BYTES:
        raise ValueError(
            f"a frame has 12 digits of address and at most 255 bytes, not {address!r} and {len(data)}"
        )
    covered = b"\x68%b\x68%c%c%b" % (low_first, control, len(data), data.translate(_ADD_33))
    frame = b"%b%c\x16" % (covered, sum(covered) & 0xFF)
    return PREAMBLE * preamble + frame if preamble else frame


def checksum(raw: bytes) -> int:
    """Return the sum a whole frame should carry, whatever it does carry (clause 5.2.6)."""
    return sum(raw[:-2]) & 0xFF


class _Run(IntEnum):
    """What the bytes since the last good frame were."""

    QUIET = 0
    NOISE = 1
    DAMAGED = 2
    """A damage has been named; the noise behind it needs no second name."""


_QUIET = _Run.QUIET
_WAKING = 4 * PREAMBLE


class Decoder(StreamDecoder):
    """Frames out of bytes: `feed(data)`, `next_event()`, and `flush()` when the line fell silent."""

    __slots__ = ("_noise", "_run")

    def __init__(self) -> None:
        super().__init__()
        self._noise = b""
        self._run = _Run.QUIET

    def next_event(self) -> Frame | Damage | None:
        """Return the next frame or damage in the order of the stream; None when nothing (more) can be decided yet."""
        if self._overrun is not None:
            return self._take_overrun()
        buffer, start = self._buffer, self._position
        if self._run is _QUIET:
            if start == len(buffer):
                return None
            if buffer[start] != START and buffer.startswith(_WAKING, start):
                start += len(_WAKING)
            if (frame := self._whole_frame(buffer, start)) is not None:
                return frame
        while True:
            start = buffer.find(START, self._position)
            if start != self._position or self._noise:
                if start > 0 and self._is_only_waking(start):
                    self._position = start
                else:
                    noise = self._pass_noise(start)
                    if noise is not None:
                        return noise
                    if start < 0:
                        return None
            if (frame := self._whole_frame(buffer, start)) is not None:
                return frame
            reason, end = self._judge(start)
            if reason is None:
                return None
            damage = self._reject(reason, start, end)
            if damage is not None:
                return damage

    def _whole_frame(self, buffer: bytes, start: int) -> Frame | None:
        """Take the good frame that stands at `start`, if one does."""
        if len(buffer) - start < OVERHEAD_BYTES or buffer[start] != START:
            return None
        end = start + OVERHEAD_BYTES + buffer[start + 9]
        raw = buffer[start:end]
        if raw[7] != START or raw[-1] != END or len(buffer) < end or sum(raw[:-2]) & 0xFF != raw[-2]:
            return None
        self._silent_until = 0
        self._run = _QUIET
        if end == len(buffer):
            self._buffer, self._position = b"", 0
        else:
            self._position = end
        return Frame(raw[6:0:-1].hex().upper(), raw[8], raw[10:-2].translate(_SUB_33), raw)

    def _is_only_waking(self, start: int) -> bool:
        """Say whether nothing but FE stands before a start mark, and nothing is owed a name."""
        between = self._buffer[self._position : start]
        return self._run is _QUIET and not self._noise and not between.lstrip(PREAMBLE)

    def _judge(self, start: int) -> tuple[Reason | None, int]:
        """Say what is wrong with the start mark at `start` and where its claim ends; no reason: bytes are still to come."""
        buffer = self._buffer
        arrived = len(buffer) - start
        if arrived >= 8 and buffer[start + 7] != START:
            return Reason.BAD_SECOND_68, start + 8
        end = start + OVERHEAD_BYTES + buffer[start + 9] if arrived >= 10 else len(buffer) + 1
        if end > len(buffer):
            return (Reason.TRUNCATED, len(buffer)) if self._ended else (None, end)
        if buffer[end - 1] == END:
            return Reason.BAD_CHECKSUM, end
        if sum(buffer[start : end - 2]) & 0xFF == buffer[end - 2]:
            return Reason.BAD_END, end
        return Reason.LENGTH_MISMATCH, end

    def _reject(self, reason: Reason, start: int, end: int) -> Damage | None:
        """Step over one start mark; name the damage unless it lies inside a named one or is but a 68 in its noise."""
        self._position = start + 1
        leads_nowhere = reason is Reason.BAD_SECOND_68 or end - start < 8
        if start < self._silent_until or (leads_nowhere and self._run is _Run.DAMAGED):
            return None
        self._silent_until = end
        self._run = _Run.DAMAGED
        return Damage(reason, self._buffer[start:end])

    def _pass_noise(self, start: int) -> Damage | None:
        """Step over the bytes before `start` (-1: over all that came). Name them when their run is over and has no name yet."""
        stop = start if start >= 0 else len(self._buffer)
        passed = self._buffer[self._position : stop]
        self._position = stop
        stream_over = start < 0 and self._ended
        if self._run is _Run.DAMAGED:
            self._run = _Run.QUIET if stream_over else _Run.DAMAGED
            return None
        if passed:
            self._run = _Run.NOISE
            self._noise = (self._noise + passed).lstrip(PREAMBLE)[:NOISE_KEPT_BYTES]
        if self._run is _Run.QUIET or (start < 0 and not stream_over):
            return None
        noise, self._noise = self._noise.rstrip(PREAMBLE), b""
        self._run = _Run.DAMAGED if noise and not stream_over else _Run.QUIET
        if noise:
            return Damage(Reason.GARBAGE, noise)
        return Damage(Reason.PREAMBLE_ONLY, PREAMBLE) if stream_over else None
