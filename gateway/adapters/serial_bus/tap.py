"""What goes over a line, for whoever listens: what was sent, what came, what became of each try, in order, with the loop's time.

Off unless somebody listens: the wire asks one empty list for each piece of bytes. A tap is a ring: a slow listener loses the
oldest, is told how many, and never holds the line up.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

RING_NOTES = 2000
"""A line at 9600 baud says so much in half a minute."""


class Kind(StrEnum):
    """What is noted."""

    OUT = "out"
    """We begin to send these bytes."""
    IN = "in"
    """These bytes have come; the last one just now."""
    END = "end"
    """A try is over; `outcome` says how."""


@dataclass(frozen=True, slots=True)
class Note:
    """One thing on the wire. `at_s` is the event loop's time."""

    at_s: float
    kind: Kind
    data: bytes = b""
    address: str = ""
    """Whom a try asked."""
    outcome: str = ""
    """`answer`, `refused`, `sent`, `silent`, `damaged` or `gone`."""


class Tap:
    """One listener's ring."""

    def __init__(self, *, is_amid: bool = False, room: int = RING_NOTES) -> None:
        """`is_amid`: a try is under way, whose beginning nobody heard: its rest is not heard either."""
        self._is_amid = is_amid
        self._ring: deque[Note] = deque(maxlen=room)
        self._lost = 0

    def note(self, note: Note) -> None:
        """Keep it; the oldest goes where there is no room."""
        if self._is_amid:
            self._is_amid = note.kind is not Kind.END
            return
        self._lost += len(self._ring) == self._ring.maxlen
        self._ring.append(note)

    def take(self) -> tuple[list[Note], int]:
        """Give what was noted since the last time, and how many notes were lost meanwhile."""
        notes, lost = list(self._ring), self._lost
        self._ring.clear()
        self._lost = 0
        return notes, lost


def tell(taps: Iterable[Tap], note: Note) -> None:
    """Let all listeners know."""
    for tap in taps:
        tap.note(note)
