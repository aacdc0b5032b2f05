"""Joins an answer that came in several frames: B1, then 92 or B2 asked for one by one (DL/T 645-2007, clause 7.2).

Each part repeats the identifier; the parts after the first carry their number SEQ behind the data. The sum of all is bounded, and
what doesn't fit is refused by name, never guessed.
"""

from enum import StrEnum

from gateway.protocols.dlt645 import functions
from gateway.protocols.dlt645.frame import Frame

MAX_PARTS = 256
"""The first frame and SEQ 1 to 255."""

_DI_BYTES = 4


class Joined(StrEnum):
    """What became of one part."""

    WHOLE = "whole"
    MORE = "more"
    """Ask for `next_sequence`."""
    REPEATED = "repeated"
    """The part we have already; ask for `next_sequence` again."""
    OUT_OF_SEQUENCE = "out-of-sequence"
    OTHER_METER = "other-meter"
    OTHER_ITEM = "other-item"
    REFUSED = "refused"
    TOO_SHORT = "too-short"


class FollowUp:
    """Collects one divided answer of one meter: `add()` each frame, read `data` when it says WHOLE."""

    def __init__(self, address: str, di: str) -> None:
        self.address = address
        self.di = di
        self.next_sequence = 0
        """SEQ of the part awaited; 0 is the first frame, which carries none."""
        self._parts = bytearray()

    @property
    def data(self) -> bytes:
        """The item's bytes so far, without identifier and SEQ."""
        return bytes(self._parts)

    def request(self, preamble: int = 0) -> bytes:
        """Return the frame that asks for the next part."""
        if self.next_sequence == 0:
            return functions.read(self.address, self.di, preamble)
        return functions.read_follow_up(self.address, self.di, self.next_sequence, preamble)

    def add(self, frame: Frame) -> Joined:
        """Take one reply. Only WHOLE and MORE have used it."""
        refusal = self._refusal(frame)
        if refusal is not None:
            return refusal
        body = frame.data[_DI_BYTES:]
        if self.next_sequence:
            body, sequence = body[:-1], body[-1]
            if sequence != self.next_sequence:
                return Joined.REPEATED if sequence == self.next_sequence - 1 else Joined.OUT_OF_SEQUENCE
        if frame.has_more and self.next_sequence == MAX_PARTS - 1:
            return Joined.OUT_OF_SEQUENCE
        self._parts += body
        if not frame.has_more:
            return Joined.WHOLE
        self.next_sequence += 1
        return Joined.MORE

    def _refusal(self, frame: Frame) -> Joined | None:
        if frame.address != self.address:
            return Joined.OTHER_METER
        if frame.is_abnormal:
            return Joined.REFUSED
        function = functions.READ_FOLLOW_UP if self.next_sequence else functions.READ
        if not frame.is_reply or frame.function != function:
            return Joined.REPEATED if frame.function == functions.READ else Joined.OTHER_ITEM
        if len(frame.data) < _DI_BYTES + (1 if self.next_sequence else 0):
            return Joined.TOO_SHORT
        return None if frame.data[3::-1].hex().upper() == self.di.upper() else Joined.OTHER_ITEM
