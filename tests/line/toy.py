"""A protocol of one line of text, so that the bus is tested for what it does and not for what a codec does.

Request `?<address>/<item>\n`, answer `!<address>/<item>/<value>\n`, refusal `!<address>/<item>/no\n`. Anything else that ends with
a newline is damage. Waits are a tenth of the real ones.
"""

from gateway.protocols.driver import (
    Accepted,
    Answer,
    Damaged,
    Exchange,
    Foreign,
    Item,
    MeterClock,
    Refused,
    RelayAction,
    Values,
    Verdict,
)

FIRST_BYTE_MS = 60
GAP_MS = 40
NOON = MeterClock(2026, 11, 23, 12, 0, 0)


class ToyDriver:
    """A meter that understands the toy protocol."""

    items = frozenset({Item.ENERGY, Item.RELAY})
    relay_actions = frozenset(RelayAction)

    def __init__(self, address: str) -> None:
        self.address = address

    def read(self, item: Item) -> Exchange:
        if item not in self.items:
            raise KeyError(item)
        return self._exchange(item.value)

    def switch(self, action: RelayAction, valid_until: MeterClock) -> Exchange:
        return self._exchange(action.value)

    def _exchange(self, word: str) -> Exchange:
        return Exchange(
            f"?{self.address}/{word}\n".encode(), True, FIRST_BYTE_MS, GAP_MS, 0, f"{self.address} {word}"
        )

    def listen(self, exchange: Exchange, baud: int) -> "ToyListener":
        return ToyListener(exchange.request)


class ToyListener:
    """Whole lines to verdicts."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._buffer = b""

    def feed(self, data: bytes) -> None:
        self._buffer = (self._buffer + data)[-256:]

    def next_verdict(self) -> Verdict | None:
        line, newline, rest = self._buffer.partition(b"\n")
        if not newline:
            return None
        self._buffer = rest
        return self._judge(line + newline)

    def flush(self) -> Verdict | None:
        left, self._buffer = self._buffer, b""
        return Damaged("truncated", left) if left else None

    def _judge(self, line: bytes) -> Verdict:
        if line == self._request:
            return Foreign("echo", line)
        parts = line[1:-1].split(b"/")
        if line[:1] != b"!" or len(parts) != 3:
            return Damaged("bad-checksum", line)
        address, item, value = parts
        if address != self._request[1:].split(b"/")[0]:
            return Foreign("other-meter", line)
        if item != self._request[1:-1].split(b"/")[1]:
            return Foreign("stale", line)
        if value == b"no":
            return Refused("password", line)
        return Answer(Values(energy_wh=int(value)), line) if value.isdigit() else Accepted(line)


class BrokenDriver(ToyDriver):
    """A driver with a bug in its listener."""

    def listen(self, exchange: Exchange, baud: int) -> "ToyListener":
        return BrokenListener(exchange.request)


class BrokenListener(ToyListener):
    """Raises, which the protocol's contract forbids."""

    def feed(self, data: bytes) -> None:
        raise ZeroDivisionError("a bug in a listener")
