"""One open line: send a request, hear until an answer, silence, or the end of the port. Blocking: a bench has one line at a time.

It knows no protocol: a `Hearer` tells what an answer is. Own echo and other meters' frames are the hearer's to leave out.
"""

import termios
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import serial

from firmware_tools.line.ports import PortSettings, open_blocking, parity_for
from firmware_tools.terminal.trouble import Trouble
from gateway.words import say

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

ADAPTER_MS = 40
"""What a USB adapter keeps bytes back for (FTDI: 16 ms each way), on top of the protocol's own waits."""
LONGEST_ANSWER_MS = 5_000
"""256 bytes at 600 baud; a line that babbles on is not listened to any longer."""
PORT_ERRORS = (OSError, serial.SerialException, termios.error, TypeError)
"""pyserial raises TypeError when its descriptor was closed under it."""


class Hearer(Protocol[T_co]):
    """Tells the answer from everything else on the line."""

    def feed(self, data: bytes) -> None: ...

    def answer(self) -> T_co | None:
        """The answer, None while it has not come."""

    def end(self) -> T_co | None:
        """The line fell silent: an answer after all, or None."""

    @property
    def damage(self) -> str:
        """What was heard instead of an answer: a stable word, empty for nothing."""


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer came. `heard` bytes came that were none; `damage` names the last of them."""

    heard: int = 0
    damage: str = ""


@dataclass(frozen=True, slots=True)
class LineGone:
    """The port went away under the tool."""

    path: str
    why: str

    def trouble(self) -> Trouble:
        """Say so."""
        return Trouble(
            "port-lost",
            say("The port {path} went away.", path=self.path),
            self.why,
            say("Check the adapter's plug and cable, then start again; nothing is lost."),
        )


class SerialLine:
    """An open port. Use `open_line`."""

    def __init__(self, port: Any, settings: PortSettings) -> None:
        self._port = port
        self.settings = settings

    def exchange(
        self, request: bytes, hearer: Hearer[T], first_byte_ms: int, gap_ms: int
    ) -> T | Silence | LineGone:
        """Send and hear: `first_byte_ms` from the request's last byte to the answer's first, `gap_ms` inside the answer."""
        try:
            return self._exchange(request, hearer, first_byte_ms, gap_ms)
        except PORT_ERRORS as error:
            return LineGone(self.settings.path, getattr(error, "strerror", None) or str(error))

    def _exchange(self, request: bytes, hearer: Hearer[T], first_byte_ms: int, gap_ms: int) -> T | Silence:
        port, heard = self._port, 0
        port.reset_input_buffer()
        if request:
            port.write(request)
        sent_s = time.monotonic() + len(request) * self.settings.seconds_per_byte
        until_s = sent_s + (first_byte_ms + ADAPTER_MS) / 1000
        end_s = until_s + LONGEST_ANSWER_MS / 1000
        while (left_s := min(until_s, end_s) - time.monotonic()) > 0:
            port.timeout = left_s
            data = port.read(1)
            if not data:
                break
            data += port.read(port.in_waiting)
            heard += len(data)
            hearer.feed(data)
            answer = hearer.answer()
            if answer is not None:
                return answer
            until_s = max(until_s, time.monotonic() + (gap_ms + ADAPTER_MS) / 1000)
        answer = hearer.end()
        return Silence(heard, hearer.damage) if answer is None else answer

    def use(self, baud: int, parity: str, stop_bits: int = 1) -> LineGone | None:
        """Go on at another speed."""
        self.settings = self.settings.at(baud, parity, stop_bits)
        try:
            self._port.baudrate = baud
            self._port.parity = parity_for(self.settings)
            self._port.stopbits = stop_bits
        except (*PORT_ERRORS, ValueError) as error:
            return LineGone(self.settings.path, str(error))
        return None

    def close(self) -> None:
        """Give the port back."""
        try:
            self._port.close()
        except PORT_ERRORS:
            pass  # it is gone already


def open_line(settings: PortSettings) -> SerialLine | Trouble:
    """Open a port."""
    port = open_blocking(settings)
    return port if isinstance(port, Trouble) else SerialLine(port, settings)


def until_said(tries: int, ask: Callable[[], T | Silence]) -> T | Silence:
    """Ask until something is said, at most `tries` times. What was heard in any of them stands in the Silence."""
    heard = Silence()
    for _ in range(tries):
        reply = ask()
        if not isinstance(reply, Silence):
            return reply
        heard = reply if reply.heard else heard
    return heard
