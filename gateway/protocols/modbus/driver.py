"""One Modbus RTU meter: its registers as questions, its relay as one register. Nothing else is ever written.

Modbus answers carry no register number: a reply is ours when address, function and byte count are. A late answer of the same length
can't be told apart, so the line's owner must let a silent meter's time run out before it asks again.
"""

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.protocols import scaling
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
    merged,
)
from gateway.protocols.modbus import frame as modbus
from gateway.protocols.modbus.content import EXCEPTIONS, float32
from gateway.protocols.models import ModelRow, Register, RegisterRelay
from gateway.protocols.stream import Damage

FIRST_BYTE_TIMEOUT_MS = 1000
"""The specification gives no number but the example of one second at 9600 baud (Modbus over serial line V1.02, clause 2.4.1)."""
BYTE_GAP_TIMEOUT_MS = 50
"""A frame has no pause above 1.5 characters (clause 2.5.1.1); a USB adapter hands bytes over in portions, so wait for those."""
BITS_PER_CHARACTER = 11
SILENT_HALF_CHARACTERS = 7
"""Frames are told apart by 3.5 characters of silence (clause 2.5.1.1)."""
SHORTEST_SILENCE_MS = 2
"""Above 19200 baud the silence is a fixed 1.75 ms (clause 2.5.1.1)."""

MOST_BETWEEN = 11
"""Registers between two items worth reading along: 22 bytes are what a request, a reply's frame and the silences cost."""
LONGEST_BLOCK = 40
"""Registers in one block: meters of this class take fewer than the specification's 125."""

HIGHEST_ADDRESS = 247
LARGEST_NUMBER = 10**12
"""No sub-meter shows a million megawatt-hours (or a gigawatt, ...): beyond, the bytes are no measurement."""


def silence_ms(baud: int) -> int:
    """Return 3.5 characters at this speed in whole milliseconds, rounded up; never below the fixed 1.75 ms."""
    if baud > 19_200:
        return SHORTEST_SILENCE_MS
    return max(
        SHORTEST_SILENCE_MS, math.ceil(SILENT_HALF_CHARACTERS * BITS_PER_CHARACTER * 1000 / (2 * baud))
    )


@dataclass(frozen=True, slots=True)
class _Question(Exchange):
    """An exchange that remembers what was asked; `item` is None for a relay command."""

    function: int = 0
    item: Item | None = None
    block: tuple[Item, ...] = ()
    """Several items behind one request; `item` is the first of them."""


class ModbusDriver:
    """One meter of one model at address 1 to 247."""

    def __init__(self, row: ModelRow, address: str, ct_ratio: int = 1, baud: int | None = None) -> None:
        self.address = address
        self.unit = int(address)
        self.items = row.items
        self.ct_ratio = ct_ratio
        self.registers = row.registers
        self._address = row.address
        self._silence_ms = silence_ms(baud or row.line.baud)
        self._relay = row.relay if isinstance(row.relay, RegisterRelay) else None
        self.relay_actions = frozenset(self._relay.actions) if self._relay else frozenset()

    def read(self, item: Item) -> Exchange:
        """Ask for one item; raises KeyError when the model doesn't have it."""
        register = self.registers[item]
        request = modbus.read_registers(self.unit, register.function, register.address, register.registers)
        return self._question(request, item.value, register.function, item)

    def groups(self, items: Sequence[Item]) -> list[tuple[Item, ...]]:
        """Group items whose registers lie so near to each other that reading what lies between costs less than asking again."""
        found: list[list[Item]] = []
        for item in sorted(set(items) & self.items, key=lambda item: self.registers[item].address):
            if found and self._joins(found[-1], item):
                found[-1].append(item)
            else:
                found.append([item])
        return [tuple(group) for group in found]

    def _joins(self, group: Sequence[Item], item: Item) -> bool:
        first, last, register = self.registers[group[0]], self.registers[group[-1]], self.registers[item]
        between = register.address - last.address - last.registers
        length = register.address + register.registers - first.address
        return (
            register.function == first.function and 0 <= between <= MOST_BETWEEN and length <= LONGEST_BLOCK
        )

    def read_block(self, items: Sequence[Item]) -> Exchange:
        """Ask for a group of neighbours in one request."""
        first, last = self.registers[items[0]], self.registers[items[-1]]
        count = last.address + last.registers - first.address
        request = modbus.read_registers(self.unit, first.function, first.address, count)
        what = "+".join(item.value for item in items)
        return replace(self._question(request, what, first.function, items[0]), block=tuple(items))

    def switch(self, action: RelayAction, valid_until: MeterClock) -> Exchange:
        """Write the relay's register (10H); these meters know no expiry. Raises KeyError when the model can't."""
        if self._relay is None:
            raise KeyError(action)
        value = self._relay.actions[action].to_bytes(2, "big")
        request = modbus.write_registers(self.unit, self._relay.address, value)
        return self._question(request, f"relay {action.value}", modbus.WRITE_REGISTERS, None)

    def give_address(self, unit: int) -> Exchange | None:
        """Write another unit number into the meter's register (10H), answered from this one; None where the row has none."""
        register = self._address
        if register is None:
            return None
        value = struct.pack(">f", unit) if register.kind == "float32" else unit.to_bytes(2, "big")
        request = modbus.write_registers(self.unit, register.address, value)
        return self._question(request, f"address {unit}", modbus.WRITE_REGISTERS, None)

    def closed_by(self, value: int) -> bool | None:
        """Read the relay register: True closed, False open, None for a value the model doesn't have."""
        if self._relay is None:
            return None
        actions = {code: action for action, code in self._relay.actions.items()}
        action = actions.get(value)
        return None if action is None else action is not RelayAction.OPEN

    def write_clock(self, part: Item, clock: MeterClock, password: str | None = None) -> Exchange:
        """Raise KeyError: these meters have no calendar."""
        raise KeyError(part)

    def listen(self, exchange: Exchange, baud: int) -> "ModbusListener":
        """Return a listener for one of this driver's own exchanges."""
        if not isinstance(exchange, _Question):
            raise TypeError("a driver listens to the exchanges it made itself")
        return ModbusListener(self, exchange)

    def _question(self, request: bytes, what: str, function: int, item: Item | None) -> _Question:
        return _Question(
            request=request,
            expects_reply=True,
            first_byte_timeout_ms=FIRST_BYTE_TIMEOUT_MS,
            byte_gap_timeout_ms=BYTE_GAP_TIMEOUT_MS,
            silence_before_ms=self._silence_ms,
            label=f"{self.address} {what}",
            function=function,
            item=item,
        )


class ModbusListener:
    """Hears one exchange with one meter."""

    def __init__(self, driver: ModbusDriver, question: _Question) -> None:
        self._driver = driver
        self._question = question
        self._decoder = modbus.Decoder(modbus.Role.RESPONSE, echo=question.request)

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

    def _judge(self, frame: modbus.Frame) -> Verdict:
        if frame.role is modbus.Role.REQUEST:
            return Foreign("echo", frame.raw)
        if frame.address != self._driver.unit:
            return Foreign("other-meter", frame.raw)
        if frame.function & ~modbus.EXCEPTION_BIT != self._question.function:
            return Foreign("stale", frame.raw)
        if frame.is_exception:
            return Refused(EXCEPTIONS.get(frame.body[0], f"exception-{frame.body[0]}"), frame.raw)
        if self._question.item is None:
            written = self._question.request[2:6]
            return Accepted(frame.raw) if frame.body == written else Foreign("stale", frame.raw)
        return self._answer(self._question.block or (self._question.item,), frame)

    def _answer(self, items: tuple[Item, ...], frame: modbus.Frame) -> Verdict:
        data = frame.body[1:]
        if len(data) != 2 * int.from_bytes(self._question.request[4:6], "big"):
            return Foreign("stale", frame.raw)
        start = self._driver.registers[items[0]].address
        found = []
        for item in items:
            register = self._driver.registers[item]
            at = 2 * (register.address - start)
            values = self._values(item, register, data[at : at + 2 * register.registers])
            if isinstance(values, str):
                return Damaged(values, frame.raw)
            found.append(values)
        return Answer(found[0] if len(found) == 1 else merged(*found), frame.raw)

    def _values(self, item: Item, register: Register, data: bytes) -> Values | str:
        return (
            self._relay(data) if item is Item.RELAY else _numbers(item, register, data, self._driver.ct_ratio)
        )

    def _relay(self, data: bytes) -> Values | str:
        word = int.from_bytes(data, "big")
        closed = self._driver.closed_by(word)
        return "out-of-range" if closed is None else Values(relay_closed=closed, status_word=word)


def _numbers(item: Item, register: Register, data: bytes, ratio: int) -> Values | str:
    """Read an item's numbers; a text names what is wrong with them."""
    size = len(data) // register.count
    multiplier = ratio if item in scaling.TRANSFORMED else 1
    numbers = []
    for position in range(0, len(data), size):
        number = _thousandths(register, data[position : position + size], multiplier)
        if number is None:
            return "not-a-number"
        if abs(number) > LARGEST_NUMBER * multiplier:
            return "out-of-range"
        numbers.append(number)
    return scaling.numbers_to_values(item, numbers)


def _thousandths(register: Register, data: bytes, ratio: int) -> int | None:
    """Return one value in thousandths, halves rounded to even. A float32 times ratio and 1000 is exact in a double, so that the
    one division leaves a half a half."""
    if register.kind == "float32":
        value = float32(data)
        return None if value is None else round(value * ratio * 1000 / 10**register.decimals)
    (raw,) = struct.unpack({"uint32": ">I", "uint16": ">H", "int16": ">h"}[register.kind], data)
    return scaling.thousandths(raw, register.decimals, ratio)
