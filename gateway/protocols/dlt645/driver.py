"""One DL/T 645 meter: its questions, and the one rule that tells its answer from the rest of the line. Both editions.

A reply is ours when it carries our address, the reply bit, our function and our identifier. A meter asked by wildcard answers with
its real address or, on some makes, with the wildcard; asked by its own address it must name it.
"""

from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from gateway.protocols import scaling
from gateway.protocols.dlt645 import content, edition1997, functions, identifiers, relay
from gateway.protocols.dlt645.formats import Digits, Number, Problem
from gateway.protocols.dlt645.frame import BROADCAST_ADDRESS, Decoder, Frame
from gateway.protocols.dlt645.identifiers import Identifier
from gateway.protocols.driver import (
    Accepted,
    Answer,
    Damaged,
    Exchange,
    Foreign,
    Item,
    MeterClock,
    MeterDate,
    MeterTime,
    Refused,
    RelayAction,
    Values,
    Verdict,
    clock_of,
)
from gateway.protocols.models import CommandRelay, ModelRow
from gateway.protocols.stream import Damage

FIRST_BYTE_TIMEOUT_MS = 500
"""The meter answers 20 to 500 ms after the last byte of the command (2007, clause 5.3.2: response delay Td)."""
BYTE_GAP_TIMEOUT_MS = 500
"""A frame may pause this long between two bytes (2007, clause 5.3.2: Tb); a shorter wait would cut good frames in two."""
SILENCE_BEFORE_MS = 0
"""The standard asks for none: frames carry their own start mark."""

ADDRESS_DIGITS = 12
NOT_THERE = b"\xff"
"""All bytes of an item: the meter hasn't got it. Taken for a status word, it would prove a cut."""
STATUS_WORDS = 7
CALENDAR_BYTES = {Item.CLOCK: 7, Item.DATE: 4, Item.TIME: 3, Item.FROZEN_AT: 5}
"""0400010C is ss mm hh WW DD MM YY on the wire; 04000101 its last four bytes, 04000102 its first three; 05010001 mm hh DD MM YY."""


@dataclass(frozen=True, slots=True)
class Edition:
    """What the editions do differently, as far as a driver goes."""

    read_function: int
    refusal: Callable[[Frame], str]
    read: Callable[[str, str, int], bytes]
    find: Callable[[int], Identifier | None]


EDITIONS = {
    "dlt645-2007": Edition(functions.READ, content.refusal, functions.read, identifiers.find),
    "dlt645-1997": Edition(edition1997.READ, edition1997.refusal, edition1997.read, edition1997.find),
}


@dataclass(frozen=True, slots=True)
class _Question(Exchange):
    """An exchange that remembers what was asked; `item` is None for a relay command."""

    item: Item | None = None
    function: int = 0
    di: bytes = b""
    """Wire order."""
    known: Identifier | None = None
    """What the identifier's bytes mean."""


class Dlt645Driver:
    """One meter of one model. `address`: up to twelve digits, `AA` for bytes that may be anything."""

    def __init__(
        self,
        row: ModelRow,
        address: str,
        ct_ratio: int = 1,
        password: str | None = None,
        operator: str | None = None,
    ) -> None:
        self.address = address.upper().zfill(ADDRESS_DIGITS)
        self.items = row.items
        self.ct_ratio = ct_ratio
        self.edition = EDITIONS[row.protocol]
        self._row = row
        self._register: _Question | None = None
        """The question for the register: asked more often than all others together."""
        self._relay = row.relay if isinstance(row.relay, CommandRelay) else None
        self._speaks_to_one = "AA" not in self.address and self.address != BROADCAST_ADDRESS
        self.relay_actions = (
            frozenset(self._relay.actions)
            if self._relay and self._speaks_to_one
            else frozenset[RelayAction]()
        )
        self._password = password or (self._relay.password if self._relay else "")
        self._operator = operator or (self._relay.operator if self._relay else "")

    def read(self, item: Item) -> Exchange:
        """Ask for one item; raises KeyError when the model doesn't have it."""
        if item is Item.ENERGY and self._register is not None:
            return self._register
        di = self._row.identifiers[item]
        request = self.edition.read(self.address, di, self._row.line.preamble)
        function, wire_di = self.edition.read_function, bytes.fromhex(di)[::-1]
        question = self._question(request, item.value, item, function, wire_di)
        if item is Item.ENERGY:
            self._register = question
        return question

    def groups(self, items: Sequence[Item]) -> list[tuple[Item, ...]]:
        """Each item by itself: the standard's blocks hold one quantity's phases or tariffs (annex A), not two of our questions."""
        return [(item,) for item in items if item in self.items]

    def read_block(self, items: Sequence[Item]) -> Exchange:
        """Ask for a group of one."""
        (item,) = items
        return self.read(item)

    def switch(self, action: RelayAction, valid_until: MeterClock) -> Exchange:
        """Command the relay by 1CH; raises KeyError when the model can't, or when more than one meter could take it."""
        if self._relay is None or action not in self.relay_actions:
            raise KeyError(action)
        request = relay.switch(
            self.address,
            self._relay.actions[action],
            self._password,
            self._operator,
            valid_until,
            preamble=self._row.line.preamble,
        )
        return self._question(request, f"relay {action.value}", None, functions.RELAY, b"")

    def take_address(self) -> Exchange:
        """Give the only meter on the line this driver's address (15H); it answers from there."""
        request = functions.write_address(self.address, self._row.line.preamble)
        return self._question(request, "take address", None, functions.WRITE_ADDRESS, b"")

    def write_clock(self, part: Item, clock: MeterClock, password: str | None = None) -> Exchange:
        """Write the date (04000101, with its weekday) or the time (04000102) by 14H; KeyError when the model doesn't allow it."""
        codes = self._row.clock
        if codes is None or part not in (Item.DATE, Item.TIME) or not self._speaks_to_one:
            raise KeyError(part)
        content = functions.clock_bytes(clock)
        content = content[:3] if part is Item.TIME else bytes((_weekday(clock),)) + content[3:]
        request = functions.write(
            self.address,
            self._row.identifiers[part],
            password or codes.password,
            codes.operator,
            content,
            preamble=self._row.line.preamble,
        )
        return self._question(request, f"write {part.value}", None, functions.WRITE, b"")

    def listen(self, exchange: Exchange, baud: int) -> "ReplyListener":
        """Return a listener; DL/T 645's waits don't depend on the speed."""
        if not isinstance(exchange, _Question):
            raise TypeError("a driver listens to the exchanges it made itself")
        judge = partial(_judge, exchange, self.ct_ratio)
        return ReplyListener(self.address, self.edition, exchange.request, exchange.function, judge)

    def _question(self, request: bytes, what: str, item: Item | None, function: int, di: bytes) -> _Question:
        return _Question(
            request=request,
            expects_reply=True,
            first_byte_timeout_ms=FIRST_BYTE_TIMEOUT_MS,
            byte_gap_timeout_ms=BYTE_GAP_TIMEOUT_MS,
            silence_before_ms=SILENCE_BEFORE_MS,
            label=f"{self.address} {what}",
            preamble_bytes=self._row.line.preamble,
            item=item,
            function=function,
            di=di,
            known=self.edition.find(int.from_bytes(di, "little")) if di else None,
        )


class ReplyListener:
    """Hears one exchange with one meter and tells its reply from all else; what a good reply says is `answer`'s to judge."""

    def __init__(
        self,
        address: str,
        edition: Edition,
        request: bytes,
        function: int,
        answer: Callable[[Frame], Verdict],
    ) -> None:
        self._address = address
        self._edition = edition
        self._request = request
        self._function = function
        self._answer = answer
        self._decoder = Decoder()

    @property
    def pending_bytes(self) -> int:
        """Bytes heard and not yet decided."""
        return self._decoder.pending_bytes

    def feed(self, data: bytes) -> None:
        """Take bytes off the line."""
        self._decoder.feed(data)

    def next_verdict(self) -> Verdict | None:
        """Return the next verdict, None while more bytes are needed."""
        event = self._decoder.next_event()
        if event is None:
            return None
        return Damaged(event.reason.value, event.raw) if isinstance(event, Damage) else self._judge(event)

    def flush(self) -> Verdict | None:
        """The line fell silent: return the first verdict about what was unfinished."""
        self._decoder.flush()
        return self.next_verdict()

    def _judge(self, frame: Frame) -> Verdict:
        if not frame.is_reply:
            return Foreign("echo" if self._request.endswith(frame.raw) else "unexpected", frame.raw)
        if not address_answers(self._address, frame.address):
            return Foreign("other-meter", frame.raw)
        if frame.function != self._function:
            return Foreign("stale", frame.raw)
        return Refused(self._edition.refusal(frame), frame.raw) if frame.is_abnormal else self._answer(frame)


def _judge(question: _Question, ct_ratio: int, frame: Frame) -> Verdict:
    """Judge a good reply to a question by what was asked."""
    item, di, known = question.item, question.di, question.known
    if item is None:
        return Accepted(frame.raw)
    if not frame.data.startswith(di):
        short = len(frame.data) < len(di)
        return Damaged("wrong-length", frame.raw) if short else Foreign("stale", frame.raw)
    values = _values(item, known, frame.data[len(di) :], ct_ratio) if known else "unknown-item"
    return Damaged(values, frame.raw) if isinstance(values, str) else Answer(values, frame.raw)


def address_answers(asked: str, answered: str) -> bool:
    """Tell whether a reply's address may answer a request's: the same, or the same where the request had no wildcard byte."""
    if asked == answered:
        return True
    pairs = ((asked[at : at + 2], answered[at : at + 2]) for at in range(0, ADDRESS_DIGITS, 2))
    return all(want in ("AA", got) for want, got in pairs)


def _values(item: Item, known: Identifier, body: bytes, ratio: int) -> Values | str:
    """Read an answer's bytes; a text names what is wrong with them."""
    size = known.form.size
    if not body or len(body) % size or (len(body) != size and not known.is_block):
        return Problem.WRONG_LENGTH.value
    if item is Item.RELAY and body == NOT_THERE * len(body):
        return "not-there"
    if item is Item.RELAY:
        status = relay.read_status(int.from_bytes(body, "little"))
        return Values(
            relay_closed=status.is_closed,
            relay_commanded_closed=status.is_commanded_closed,
            status_word=status.word,
        )
    if item is Item.STATUS_WORDS:
        return _status_words(body)
    if item is Item.SETTLEMENT_DAY:
        return _settlement_day(body)
    if item in CALENDAR_BYTES:
        return _calendar(item, body)
    if isinstance(known.form, Number):
        return _numbers(item, known.form, body, ratio)
    if isinstance(known.form, Digits):
        return Values(identity=known.form.parse(body))
    text = known.form.parse(body)
    return Values(identity=text) if isinstance(text, str) and not isinstance(text, Problem) else "not-there"


def _numbers(item: Item, form: Number, body: bytes, ratio: int) -> Values | str:
    numbers, size = [], form.size
    multiplier = ratio if item in scaling.TRANSFORMED else 1
    for position in range(0, len(body), size):
        scaled = form.scaled(body[position : position + size])
        if isinstance(scaled, Problem):
            return scaled.value
        if scaled is not None:
            numbers.append(scaling.thousandths(scaled, form.decimals, multiplier))
        elif item not in scaling.PER_PHASE and not numbers:
            return "not-there"
    return scaling.numbers_to_values(item, numbers) if numbers else "not-there"


def _status_words(body: bytes) -> Values | str:
    """Seven words, low byte first (annex C); a meter that has fewer answers none of this block."""
    if len(body) != 2 * STATUS_WORDS:
        return Problem.WRONG_LENGTH.value
    words = tuple(int.from_bytes(body[at : at + 2], "little") for at in range(0, len(body), 2))
    return Values(status_words=words)


def _settlement_day(body: bytes) -> Values | str:
    """Read DDhh; 99 in both is a meter without one (annex A: a settlement day that is not used)."""
    digits = body[::-1].hex()
    if not digits.isdecimal():
        return Problem.NON_BCD.value
    day, hour = int(digits[:2]), int(digits[2:])
    return Values(settles_on=(day, hour)) if 1 <= day <= 31 and hour < 24 else "not-there"


def _calendar(item: Item, body: bytes) -> Values | str:
    """Read a clock, a date or a time; what no calendar has is `out-of-range`, so that nobody derives an expiry from it."""
    digits = body[::-1].hex()
    if len(body) != CALENDAR_BYTES[item]:
        return Problem.WRONG_LENGTH.value
    if not digits.isdecimal():
        return Problem.NON_BCD.value
    numbers = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]
    if item is Item.FROZEN_AT:
        numbers.append(0)
    date = None if item is Item.TIME else MeterDate(2000 + numbers[0], numbers[1], numbers[2])
    time = None if item is Item.DATE else MeterTime(*numbers[-3:])
    if (date and not _is_date(date)) or (time and not _is_time(time)):
        return "out-of-range"
    if date is None or time is None:
        return Values(date=date, time=time)
    shown = clock_of(date, time)
    return Values(frozen_at=shown) if item is Item.FROZEN_AT else Values(clock=shown)


def _weekday(clock: MeterClock) -> int:
    """WW of a date: 0 is Sunday."""
    return date(clock.year, clock.month, clock.day).isoweekday() % 7


def _is_date(date: MeterDate) -> bool:
    return 1 <= date.month <= 12 and 1 <= date.day <= monthrange(date.year, date.month)[1]


def _is_time(time: MeterTime) -> bool:
    return time.hour < 24 and time.minute < 60 and time.second < 60
