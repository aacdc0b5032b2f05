"""From a tool's arguments to the one device that is meant: opens the ports, searches, says what it found."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from firmware_tools.devices.search import Found, Several, Speed, Wanted, search
from firmware_tools.devices.words import nothing_found, several_answered
from firmware_tools.line.ports import PortSettings, find_ports, no_port
from firmware_tools.line.serial_line import LineGone, SerialLine, open_line
from firmware_tools.terminal.trouble import USAGE, Trouble
from gateway.words import say


@dataclass(frozen=True, slots=True)
class Open:
    """A line that is open, and what answers on it."""

    line: SerialLine
    found: Found


def add_line_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where the device is; all of it can be found without."""
    parser.add_argument("--port", help=say("serial port, such as /dev/ttyUSB0 (default: found by itself)"))
    parser.add_argument(
        "--address", help=say("Modbus unit 1 to 247, or a meter's 12 digits (default: found)")
    )
    parser.add_argument("--baud", type=int, help=say("speed of the line (default: found)"))
    parser.add_argument("--parity", choices=("N", "E", "O"), default=None, help=say("parity of the line"))


def wanted_of(options: argparse.Namespace, modules_only: bool = False, scan: bool = True) -> Wanted | Trouble:
    """Read the arguments."""
    address = options.address
    digits = address is None or (address.isascii() and address.isdecimal() and len(address) <= 12)
    if not digits or (address is not None and int(address) == 0):
        return Trouble(
            "bad-address",
            say("{address} is no address.", address=repr(address[:20])),
            next_step=say("A module has a unit from 1 to 247, a DL/T 645 meter 12 digits on its plate."),
            exit_code=USAGE,
        )
    if options.baud is not None and not 300 <= options.baud <= 460_800:
        return Trouble(
            "bad-baud",
            say("{baud} is no speed of a line.", baud=options.baud),
            next_step=say("Modules mostly speak 9600, meters 2400."),
            exit_code=USAGE,
        )
    return Wanted(address, _speed(options), modules_only, scan)


def _speed(options: argparse.Namespace) -> Speed | None:
    if options.baud is None:
        return None
    parity = options.parity or "N"
    return (options.baud, parity, 1 if parity != "N" else 2)


def port_paths(asked: str | None) -> list[str] | Trouble:
    """Give the ports to look at."""
    if asked:
        return [asked]
    return [port.path for port in find_ports()] or no_port()


def open_found(
    paths: list[str], wanted: Wanted, told: Callable[[str], None] = lambda path: None
) -> Open | Trouble:
    """Give the first port on which a device answers, open; the others are closed again."""
    first: Trouble | None = None
    for path in paths:
        told(path)
        line = open_line(PortSettings(path))
        if isinstance(line, Trouble):
            first = first or line
            continue
        found = next(iter(search(line, wanted)), None)
        if isinstance(found, Found):
            return Open(line, found)
        line.close()
        if isinstance(found, LineGone):
            first = first or found.trouble()
        elif isinstance(found, Several):
            first = first or several_answered(found)
    return first or nothing_found(paths)
