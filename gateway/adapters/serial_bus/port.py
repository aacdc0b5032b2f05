"""Open one serial port for asyncio, and name why it can't be opened.

It must never know a protocol, a meter or a queue. `prompt_port` is the only file that knows pyserial-asyncio.

What pyserial does that a polling loop can't bear, and what is done about it here:
* opening blocks (a TCP port up to 5 s, a USB port as long as its driver likes): it is done in a thread;
* a Linux pty takes parity E once and answers EINVAL from then on: a pty has no parity, so it is opened with N.
"""

import asyncio
import errno
import os
import termios
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

import serial

from gateway.adapters.serial_bus.prompt_port import (
    PORT_ERRORS,
    PromptPort,
    PromptTransport,
    discard_and_close,
)
from gateway.words import mark, plain, say

SOCKET_SCHEME = "socket://"
OPEN_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True)
class PortSettings:
    """`path` is a device (`/dev/ttyUSB0`) or a serial server (`socket://host:port`, which keeps its own speed and parity)."""

    path: str
    baud: int
    parity: str
    """`N`, `E` or `O`; DL/T 645 wants E (clause 5.1)."""
    stop_bits: int = 1

    @property
    def is_socket(self) -> bool:
        return self.path.startswith(SOCKET_SCHEME)

    @property
    def seconds_per_byte(self) -> float:
        """Start bit, 8 data bits, parity bit if any, stop bits."""
        return (1 + 8 + (self.parity != "N") + self.stop_bits) / self.baud


class PortFault(StrEnum):
    """Why a port is not open."""

    MISSING = "missing"
    BUSY = "busy"
    FORBIDDEN = "forbidden"
    NOT_SERIAL = "not-serial"
    UNREACHABLE = "unreachable"
    BAD_SETTINGS = "bad-settings"
    LOST = "lost"


FAULTS = {
    PortFault.MISSING: mark("port {path} is missing: {detail}"),
    PortFault.BUSY: mark("port {path} is busy: {detail}"),
    PortFault.FORBIDDEN: mark("port {path} is forbidden: {detail}"),
    PortFault.NOT_SERIAL: mark("port {path} is not-serial: {detail}"),
    PortFault.UNREACHABLE: mark("port {path} is unreachable: {detail}"),
    PortFault.BAD_SETTINGS: mark("port {path} is bad-settings: {detail}"),
    PortFault.LOST: mark("port {path} is lost: {detail}"),
}
REMEDIES = {
    PortFault.MISSING: mark(
        "Check that the adapter is plugged in (`ls -l /dev/serial/by-id/`) and the path in the registry."
    ),
    PortFault.BUSY: mark(
        "Another program holds the port: stop it (`fuser -v {path}` names it). If it is this gateway's own daemon, "
        "ask the daemon instead, or stop it first: systemctl stop cardroom-gateway."
    ),
    PortFault.FORBIDDEN: mark(
        "Add this user to the group that owns the port: sudo usermod -aG dialout USER, then log in again."
    ),
    PortFault.NOT_SERIAL: mark(
        "Give the path of a serial port (`ls -l /dev/serial/by-id/`) or socket://HOST:PORT."
    ),
    PortFault.UNREACHABLE: mark(
        "Check that the serial server is powered and reachable (`ping`), and its address and TCP port."
    ),
    PortFault.BAD_SETTINGS: mark(
        "Use a speed and parity this adapter has (DL/T 645: 2400 E; the Pi's mini-UART has no parity)."
    ),
    PortFault.LOST: mark("Check the adapter's plug and cable; the port is opened again by itself."),
}


@dataclass(frozen=True, slots=True)
class PortTrouble:
    """A port that is not open: what happened, and what to do about it."""

    fault: PortFault
    path: str
    detail: str

    @property
    def why(self) -> str:
        """What happened, in the language spoken now."""
        return say(FAULTS[self.fault], path=self.path, detail=self.detail)

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return say(REMEDIES[self.fault], path=self.path)

    @property
    def on_record(self) -> str:
        """Both in the code's own language, for what is stored and sent: its readers speak another one than the daemon."""
        happened = plain(FAULTS[self.fault], {"path": self.path, "detail": self.detail})
        return f"{happened}. {plain(REMEDIES[self.fault], {'path': self.path})}"

    def __str__(self) -> str:
        return say("{why}. {remedy}", why=self.why, remedy=self.remedy)


class Transport(Protocol):
    """What the bus needs of an open port; asyncio's transports are such, and so is a simulated line."""

    def write(self, data: bytes) -> None: ...

    def get_write_buffer_size(self) -> int: ...

    def is_closing(self) -> bool: ...

    def abort(self) -> None: ...

    async def wait_closed(self, limit_s: float) -> None: ...


Opener = Callable[[PortSettings, asyncio.Protocol], Awaitable[Transport | PortTrouble]]
"""Open the port and call the protocol's `connection_made`, later its `connection_lost`. Never raises for a port's sake."""


def _open_blocking(settings: PortSettings) -> Any:
    parity = "N" if os.path.realpath(settings.path).startswith("/dev/pts/") else settings.parity
    options: dict[str, Any] = {} if settings.is_socket else {"exclusive": True}
    port = serial.serial_for_url(
        settings.path,
        baudrate=settings.baud,
        parity=parity,
        stopbits=settings.stop_bits,
        timeout=0,
        write_timeout=0,
        **options,
    )
    if not settings.is_socket:
        _ask_for_low_latency(port)
    return port


def _ask_for_low_latency(port: Any) -> None:
    """An FTDI adapter keeps bytes back for 16 ms unless told otherwise. Adapters without the setting stay as they are."""
    try:
        port.set_low_latency_mode(True)
    except (ValueError, NotImplementedError):
        pass


async def open_port(settings: PortSettings, protocol: asyncio.Protocol) -> Transport | PortTrouble:
    """Open a real port (an `Opener`). Exclusive among programs that ask, so that two masters don't share a line."""
    loop = asyncio.get_running_loop()
    opening = loop.run_in_executor(None, _open_blocking, settings)
    try:
        async with asyncio.timeout(OPEN_LIMIT_S):
            port = await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_close_unwanted)
        raise
    except TimeoutError:
        opening.add_done_callback(_close_unwanted)
        return PortTrouble(
            PortFault.UNREACHABLE, settings.path, f"no sign of opening after {OPEN_LIMIT_S:.0f} s"
        )
    except (*PORT_ERRORS, ValueError) as error:
        return name_trouble(settings, error)
    opened: Transport = PromptTransport(loop, protocol, PromptPort(port, loop))
    return opened


def _close_unwanted(opening: asyncio.Future[Any]) -> None:
    """The caller gave up while the thread was still opening: don't leave the port locked."""
    if not opening.cancelled() and opening.exception() is None:
        discard_and_close(opening.result())


_FAULT_BY_ERRNO = {
    errno.ENOENT: PortFault.MISSING,
    errno.ENODEV: PortFault.MISSING,
    errno.ENXIO: PortFault.MISSING,
    errno.EIO: PortFault.MISSING,
    errno.EAGAIN: PortFault.BUSY,
    errno.EBUSY: PortFault.BUSY,
    errno.EACCES: PortFault.FORBIDDEN,
    errno.EPERM: PortFault.FORBIDDEN,
    errno.ENOTTY: PortFault.NOT_SERIAL,
    errno.EISDIR: PortFault.NOT_SERIAL,
    errno.EINVAL: PortFault.BAD_SETTINGS,
}


def name_trouble(settings: PortSettings, error: BaseException) -> PortTrouble:
    """Name an opening error by its errno, which pyserial keeps in one of three places."""
    number = _errno_of(error)
    detail = os.strerror(number) if number else str(error)
    if settings.is_socket:
        return PortTrouble(PortFault.UNREACHABLE, settings.path, detail)
    if number is None and isinstance(error, ValueError):
        return PortTrouble(PortFault.BAD_SETTINGS, settings.path, detail)
    return PortTrouble(_FAULT_BY_ERRNO.get(number or 0, PortFault.NOT_SERIAL), settings.path, detail)


def _errno_of(error: BaseException | None) -> int | None:
    """The errno of the error or of what caused it; termios.error carries it as its first argument."""
    while error is not None:
        number = getattr(error, "errno", None)
        if number is None and isinstance(error, termios.error) and error.args:
            number = error.args[0]
        if isinstance(number, int):
            return number
        error = error.__cause__ or error.__context__
    return None
