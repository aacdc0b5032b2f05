"""What is said to all DL/T 645 meters of a line at once: to freeze (2007, clause 7.6), and the time (08H); no meter answers.

It looks like a driver, so that the line's owner needs no second way to send; it can't be asked anything. Nothing here is a question
to one meter.
"""

from collections.abc import Sequence

from gateway.protocols.dlt645 import functions
from gateway.protocols.dlt645.driver import BYTE_GAP_TIMEOUT_MS, FIRST_BYTE_TIMEOUT_MS, SILENCE_BEFORE_MS
from gateway.protocols.dlt645.frame import BROADCAST_ADDRESS
from gateway.protocols.driver import Exchange, Item, MeterClock, RelayAction, Verdict

AT_ONCE = "99999999"
"""MMDDhhmm of the freeze command: each month, day, hour and minute, which is now (clause 7.6)."""
PREAMBLE = 4
"""FE bytes that the standard recommends before a frame (clause 5.3.1): among all meters of a line, some need them."""


class Dlt645Broadcast:
    """All meters of a line."""

    address = BROADCAST_ADDRESS
    items: frozenset[Item] = frozenset()
    relay_actions: frozenset[RelayAction] = frozenset()

    def freeze_now(self) -> Exchange:
        """Have every meter keep its registers of this moment; each is read later, as its last instant freeze.

        The line is held as long as an answer to anybody else could take (Td), for a meter that wrongly answers, and to let the
        meters write what they froze.
        """
        return _said(functions.freeze(self.address, AT_ONCE, PREAMBLE), "all meters freeze")

    def set_time(self, clock: MeterClock) -> Exchange:
        """Tell every meter the time, once: those obey that are within five minutes of it, and were not told that day (08H).

        The frame is the same in both editions: the 1997 one has this control code, address and length, too.
        """
        return _said(functions.broadcast_time(clock, PREAMBLE), f"all meters told {clock}")

    def read(self, item: Item) -> Exchange:
        """Raise KeyError: nobody answers a broadcast."""
        raise KeyError(item)

    def groups(self, items: Sequence[Item]) -> list[tuple[Item, ...]]:
        """Return none: nobody answers a broadcast."""
        return []

    def read_block(self, items: Sequence[Item]) -> Exchange:
        """Raise KeyError: nobody answers a broadcast."""
        raise KeyError(items)

    def switch(self, action: RelayAction, valid_until: MeterClock) -> Exchange:
        """Raise KeyError: relays are told one by one."""
        raise KeyError(action)

    def write_clock(self, part: Item, clock: MeterClock, password: str | None = None) -> Exchange:
        """Raise KeyError: with a password, one meter is told; all of them by `set_time`."""
        raise KeyError(part)

    def listen(self, exchange: Exchange, baud: int) -> "Deaf":
        """Return a listener that hears nothing."""
        return Deaf()


def _said(request: bytes, label: str) -> Exchange:
    return Exchange(
        request=request,
        expects_reply=False,
        first_byte_timeout_ms=FIRST_BYTE_TIMEOUT_MS,
        byte_gap_timeout_ms=BYTE_GAP_TIMEOUT_MS,
        silence_before_ms=SILENCE_BEFORE_MS,
        label=label,
    )


class Deaf:
    """Takes bytes and makes nothing of them: a reply to a broadcast proves nothing."""

    def feed(self, data: bytes) -> None:
        """Drop them."""

    def next_verdict(self) -> Verdict | None:
        """Return None."""
        return None

    def flush(self) -> Verdict | None:
        """Return None."""
        return None
