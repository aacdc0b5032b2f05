"""Modbus questions of a tool: one request to one unit, tried again on silence. A simulated port needs no wire."""

import time
from dataclasses import dataclass
from typing import Protocol

from firmware_tools.line.serial_line import LineGone, SerialLine, Silence, until_said
from gateway.protocols.modbus import frame as modbus
from gateway.protocols.stream import Damage

FIRST_BYTE_MS = 500
"""The Wiren Board manner's patience; a bootloader that erases gets its own."""
GAP_MS = 50
TRIES = 3


@dataclass(frozen=True, slots=True)
class Refused:
    """The unit refused: a Modbus exception code."""

    code: int


@dataclass(frozen=True, slots=True)
class Said:
    """The unit answered: what stands between function and CRC."""

    body: bytes


Reply = Said | Refused | Silence | LineGone


class ModbusPort(Protocol):
    """A line as a transfer needs it. The clock is the line's own, so that a simulated one may run ahead."""

    def ask(self, unit: int, function: int, body: bytes, timeout_ms: int = FIRST_BYTE_MS) -> Reply:
        """Ask once."""

    def pause_ms(self, duration_ms: int) -> None: ...

    def now_ms(self) -> int: ...

    def use(self, baud: int, parity: str, stop_bits: int) -> LineGone | None: ...

    @property
    def speed(self) -> tuple[int, str, int]:
        """Baud, parity, stop bits of now."""


class SerialModbusPort:
    """The real one."""

    def __init__(self, line: SerialLine) -> None:
        self._line = line

    def ask(self, unit: int, function: int, body: bytes, timeout_ms: int = FIRST_BYTE_MS) -> Reply:
        """Ask once."""
        request = modbus.encode(unit, function, body)
        return self._line.exchange(request, FrameHearer(unit, function, request), timeout_ms, GAP_MS)

    def pause_ms(self, duration_ms: int) -> None:
        """Wait."""
        time.sleep(duration_ms / 1000)

    def now_ms(self) -> int:
        """A clock that never steps back."""
        return time.monotonic_ns() // 1_000_000

    def use(self, baud: int, parity: str, stop_bits: int) -> LineGone | None:
        """Go on at another speed."""
        return self._line.use(baud, parity, stop_bits)

    @property
    def speed(self) -> tuple[int, str, int]:
        """Baud, parity, stop bits of now."""
        settings = self._line.settings
        return settings.baud, settings.parity, settings.stop_bits


class FrameHearer:
    """Hears the reply of one unit to one function."""

    def __init__(self, unit: int, function: int, request: bytes) -> None:
        self._unit = unit
        self._function = function
        self._decoder = modbus.Decoder(modbus.Role.RESPONSE, echo=request)
        self.damage = ""

    def feed(self, data: bytes) -> None:
        """Take bytes."""
        self._decoder.feed(data)

    def answer(self) -> Said | Refused | None:
        """Give the reply once it is whole."""
        while (event := self._decoder.next_event()) is not None:
            if isinstance(event, Damage):
                self.damage = event.reason.value
            elif event.role is modbus.Role.REQUEST:
                continue  # our own echo
            elif event.address != self._unit or event.function & ~modbus.EXCEPTION_BIT != self._function:
                self.damage = "other-meter"
            else:
                return Refused(event.body[0]) if event.is_exception else Said(event.body)
        return None

    def end(self) -> Said | Refused | None:
        """The line fell silent."""
        self._decoder.flush()
        return self.answer()


def ask_again(
    port: ModbusPort,
    unit: int,
    function: int,
    body: bytes,
    tries: int = TRIES,
    timeout_ms: int = FIRST_BYTE_MS,
) -> Reply:
    """Ask until something is said, at most `tries` times. What was heard in any of them stands in the Silence."""
    return until_said(tries, lambda: port.ask(unit, function, body, timeout_ms))


def read_registers(
    port: ModbusPort,
    unit: int,
    register: int,
    count: int,
    tries: int = TRIES,
    timeout_ms: int = FIRST_BYTE_MS,
) -> bytes | Refused | Silence | LineGone:
    """Read holding registers; give their bytes."""
    body = register.to_bytes(2, "big") + count.to_bytes(2, "big")
    reply = ask_again(port, unit, modbus.READ_HOLDING_REGISTERS, body, tries, timeout_ms)
    if not isinstance(reply, Said):
        return reply
    return reply.body[1:] if len(reply.body) == 1 + 2 * count else Silence(len(reply.body), "wrong-length")
