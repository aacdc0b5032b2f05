"""Serial ports: which there are, and why one can't be opened."""

import errno
import os
import termios
from dataclasses import dataclass, replace
from typing import Any

import serial
from serial.tools import list_ports

from firmware_tools.terminal.trouble import FAILED, USAGE, Trouble
from gateway.words import mark, say

SOCKET_SCHEME = "socket://"
SOLDERED = ("ttyAMA", "ttySC", "ttymxc")
"""Ports of the board itself that may carry an RS-485 hat; plain ttyS ports mostly lead nowhere."""


@dataclass(frozen=True, slots=True)
class PortSettings:
    """`path` is a device or a serial server (`socket://host:port`, which keeps its own speed)."""

    path: str
    baud: int = 9600
    parity: str = "N"
    stop_bits: int = 1

    @property
    def seconds_per_byte(self) -> float:
        """Start bit, 8 data bits, parity bit if any, stop bits."""
        return (1 + 8 + (self.parity != "N") + self.stop_bits) / self.baud

    def at(self, baud: int, parity: str, stop_bits: int = 1) -> "PortSettings":
        """The same port at another speed."""
        return replace(self, baud=baud, parity=parity, stop_bits=stop_bits)

    def __str__(self) -> str:
        return f"{self.baud} 8{self.parity}{self.stop_bits}"


@dataclass(frozen=True, slots=True)
class FoundPort:
    """A port that a line may hang on."""

    path: str
    adapter: str
    """What it calls itself, such as `FT232R USB UART`; may be empty."""


def find_ports() -> list[FoundPort]:
    """Give the ports of USB adapters first, then those of the board."""
    found = sorted(list_ports.comports(), key=lambda port: str(port.device))
    usb = [port for port in found if port.vid is not None]
    soldered = [port for port in found if port.vid is None and str(port.name).startswith(SOLDERED)]
    return [FoundPort(port.device, port.product or port.description or "") for port in [*usb, *soldered]]


def no_port() -> Trouble:
    """Say that there is no port at all."""
    return Trouble(
        "no-port",
        say("No RS-485 adapter was found."),
        say("There is no USB serial port on this machine (and no RS-485 hat)."),
        say("Plug the adapter in, look at `ls -l /dev/serial/by-id/`, or name it with --port."),
    )


def open_blocking(settings: PortSettings) -> Any | Trouble:
    """Open a port for one program only. A Linux pty has no parity and is opened with N."""
    try:
        return serial.serial_for_url(
            settings.path,
            baudrate=settings.baud,
            parity=parity_for(settings),
            stopbits=settings.stop_bits,
            timeout=0,
            write_timeout=5,
            **({} if settings.path.startswith(SOCKET_SCHEME) else {"exclusive": True}),
        )
    except (OSError, ValueError, termios.error) as error:
        return opening_trouble(settings, error)


def parity_for(settings: PortSettings) -> str:
    """Give the parity that this kind of port can be told."""
    return "N" if os.path.realpath(settings.path).startswith("/dev/pts/") else settings.parity


_WORDS = {
    "missing": mark("Check that the adapter is plugged in: ls -l /dev/serial/by-id/"),
    "busy": mark(
        "Another program holds it: fuser -v {path} names it. Is it the gateway? systemctl stop cardroom-gateway"
    ),
    "forbidden": mark("Join the group that owns it: sudo usermod -aG dialout $USER, then log in again."),
    "not-serial": mark("Name a serial port (ls -l /dev/serial/by-id/) or socket://HOST:PORT."),
    "unreachable": mark("Check that the serial server has power, its address and its TCP port."),
    "bad-settings": mark("Use a speed and parity that this adapter has, such as 9600 N."),
}
_BY_ERRNO = {
    **dict.fromkeys((errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EIO), "missing"),
    **dict.fromkeys((errno.EAGAIN, errno.EBUSY), "busy"),
    **dict.fromkeys((errno.EACCES, errno.EPERM), "forbidden"),
    **dict.fromkeys((errno.ENOTTY, errno.EISDIR), "not-serial"),
    errno.EINVAL: "bad-settings",
}


def opening_trouble(settings: PortSettings, error: BaseException) -> Trouble:
    """Name an opening error by its errno, which pyserial keeps in one of several places."""
    number = _errno_of(error)
    if settings.path.startswith(SOCKET_SCHEME):
        fault = "unreachable"
    elif number is None and isinstance(error, ValueError):
        fault = "bad-settings"
    else:
        fault = _BY_ERRNO.get(number or 0, "not-serial")
    why = os.strerror(number) if number else str(error)
    return Trouble(
        f"port-{fault}",
        say("Port {path} can't be opened.", path=settings.path),
        why,
        say(_WORDS[fault], path=settings.path),
        USAGE if fault in ("not-serial", "bad-settings") else FAILED,
    )


def _errno_of(error: BaseException | None) -> int | None:
    while error is not None:
        number = getattr(error, "errno", None)
        if number is None and isinstance(error, termios.error) and error.args:
            number = error.args[0]
        if isinstance(number, int):
            return number
        error = error.__cause__ or error.__context__
    return None
