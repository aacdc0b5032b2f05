"""From bytes with instants to frames with timing: who spoke, after what pause, what it says, what is damaged. Pure.

    out |-- request --|            in |-- answer --|      out |-- request --|
                      |<turn-round>|               |<- gap ->|

Within a question's time all that comes is read at its end; what comes unasked is read when the line has been quiet for a moment.
Passwords never leave this room.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.adapters.control_protocol import TraceNote
from gateway.protocols.dlt645 import frame as dlt645
from gateway.protocols.dlt645.secrets import is_secret, masked_damage_hex, masked_hex
from gateway.protocols.modbus import frame as modbus
from gateway.protocols.stream import Damage, Reason
from gateway.technician.decode import Event, Named, events_of, fields_of

QUIET_US = 40_000
"""A pause that ends what came unasked: an adapter's 16 ms and a busy machine lie below it."""
UNFINISHED = frozenset({Reason.TRUNCATED, Reason.PREAMBLE_ONLY, Reason.GARBAGE})
"""What a frame's beginning is taken for when nothing follows."""
HIDDEN_FIELDS = ("P", "C")
MASK = "*"
WAKE = 0xFE


@dataclass(frozen=True, slots=True)
class Traced:
    """One thing to show. Microseconds by one clock; None: does not apply."""

    line: str
    at_us: int
    way: str
    """`ask`, `answer`, `echo`, `other-meter`, `other-master`, `unasked`, `damage`, `cut-off` or `no-answer`."""
    raw: str = ""
    """Hex, passwords masked."""
    gap_us: int | None = None
    """Since the last byte before it."""
    turn_round_us: int | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    address: str = ""
    """Whom the question was for."""


@dataclass(slots=True)
class Pieces:
    """What has come and was not read yet, with the instant at which each piece was complete."""

    data: bytes = b""
    ends: list[tuple[int, int]] = field(default_factory=list)
    """How many bytes there were after each piece, and when."""

    def add(self, data: bytes, at_us: int) -> None:
        """Take one piece."""
        self.data += data
        self.ends.append((len(self.data), at_us))

    def began_us(self, place: int, byte_us: float) -> int:
        """Say when the byte at a place began, as far as its piece tells."""
        for end, at_us in self.ends:
            if place < end:
                return round(at_us - (end - place) * byte_us)
        return self.ends[-1][1]


class LineTrace:
    """One line's frames. Feed it notes in order; ask `flush` when nothing came for a while."""

    def __init__(self, line: str, seconds_per_byte: float, protocol: Named = Named.AUTO) -> None:
        self._line = line
        self._byte_us = seconds_per_byte * 1e6
        self._protocol = protocol
        self._pieces = Pieces()
        self._asked: bytes | None = None
        self._address = ""
        self._is_secret = False
        self._sent_us = 0
        self._last_us: int | None = None
        """When the wire's last byte ended."""

    def feed(self, note: TraceNote) -> Iterator[Traced]:
        """Give what a note completes."""
        data = bytes.fromhex(note.data)
        if note.kind == "in":
            yield from self.quiet(note.at_us - round(len(data) * self._byte_us))
            self._pieces.add(data, note.at_us)
            return
        yield from self.flush()
        if note.kind == "out":
            yield from self._ask(data, note.at_us)
        else:
            yield from self._end(note)

    def quiet(self, now_us: int) -> Iterator[Traced]:
        """Give what came unasked, if the line has been quiet since."""
        ends = self._pieces.ends
        if self._asked is None and ends and now_us - ends[-1][1] > QUIET_US:
            yield from self.flush()

    def flush(self) -> Iterator[Traced]:
        """Give all that has come."""
        pieces, self._pieces = self._pieces, Pieces()
        if not pieces.data:
            return
        chosen, events = events_of(pieces.data, self._protocol)
        place = 0
        for event in events:
            found = pieces.data.find(event.raw, place)
            start = place if found < 0 else found
            place = start + len(event.raw)
            yield self._heard(event, chosen, pieces, start, place)

    def end(self) -> Iterator[Traced]:
        """Give what has come when the listening ends: a beginning at its end is no damage, for nobody heard how it goes on."""
        rest = list(self.flush())
        if rest and rest[-1].way == "damage" and rest[-1].fields["reason"] in UNFINISHED:
            rest[-1] = replace(rest[-1], way="cut-off")
        yield from rest

    def _ask(self, data: bytes, at_us: int) -> Iterator[Traced]:
        chosen, events = events_of(data, self._protocol)
        gap_us = None if self._last_us is None else max(0, at_us - self._last_us)
        self._asked = data.lstrip(dlt645.PREAMBLE)
        self._sent_us = self._last_us = at_us + round(len(data) * self._byte_us)
        for event in events:
            self._is_secret = isinstance(event, dlt645.Frame) and is_secret(event)
            self._address = "" if isinstance(event, Damage) else str(event.address)
            yield Traced(self._line, at_us, "ask", raw_of(event), gap_us, None, self._fields(event, chosen))

    def _end(self, note: TraceNote) -> Iterator[Traced]:
        if note.outcome in ("silent", "gone"):
            waited_us = max(0, note.at_us - self._sent_us)
            fields = {"outcome": note.outcome, "waited_ms": round(waited_us / 1000)}
            yield Traced(self._line, note.at_us, "no-answer", "", None, None, fields, note.address)
        self._asked = None

    def _heard(self, event: Event, chosen: Named, pieces: Pieces, start: int, end: int) -> Traced:
        woken = start
        while woken and pieces.data[woken - 1] == WAKE:
            woken -= 1
        at_us = pieces.began_us(woken, self._byte_us)
        gap_us = None if self._last_us is None else max(0, at_us - self._last_us)
        self._last_us = max(
            self._last_us or 0, pieces.began_us(end - 1, self._byte_us) + round(self._byte_us)
        )
        way = self._way(event)
        turn_us = max(0, at_us - self._sent_us) if way == "answer" else None
        hidden = self._asked is not None and self._is_secret
        return Traced(
            self._line, at_us, way, raw_of(event, hidden=hidden), gap_us, turn_us, self._fields(event, chosen)
        )

    def _way(self, event: Event) -> str:
        if isinstance(event, Damage):
            return "damage"
        if self._asked is None:
            return "unasked"
        if event.raw == self._asked:
            return "echo"
        if not _is_reply(event):
            return "other-master"
        is_asked = names_many(self._address) or str(event.address) == self._address
        return "answer" if is_asked else "other-meter"

    def _fields(self, event: Event, chosen: Named) -> dict[str, Any]:
        """Leave out what repeats the bytes, and hide what is hidden in them."""
        fields = fields_of(event, self._protocol, chosen)
        fields.pop("event", None)
        if not isinstance(event, modbus.Frame):
            for name in ("raw", "data_hex"):
                fields.pop(name, None)
        if isinstance(event, dlt645.Frame) and is_secret(event) and isinstance(fields.get("value"), dict):
            told = fields["value"]
            fields["value"] = {
                name: MASK * len(text) if name in HIDDEN_FIELDS else text for name, text in told.items()
            }
        return fields


def _is_reply(event: dlt645.Frame | modbus.Frame) -> bool:
    return event.role is modbus.Role.RESPONSE if isinstance(event, modbus.Frame) else event.is_reply


def names_many(address: str) -> bool:
    """Say whether an address speaks to more than one meter, or none was asked."""
    return not address or "AA" in address or address == dlt645.BROADCAST_ADDRESS


def raw_of(event: Event, *, hidden: bool = False) -> str:
    """Give an event's bytes in hex without what nobody may read; `hidden`: damage behind a question that carried a password."""
    if isinstance(event, dlt645.Frame):
        return masked_hex(event)
    return masked_damage_hex(event.raw, all_hidden=hidden) if isinstance(event, Damage) else event.raw.hex()
