"""Which serial ports the machine has: adapters by their lasting names, and the Pi's mini-UART, which has no parity."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.adapters.registry_store import LineRow
from gateway.adapters.serial_ports import serial_ports
from gateway.technician.findings import Finding, Level
from gateway.words import say

CHECK = "ports"
BY_ID = "/dev/serial/by-id/"
ADAPTERS = ("/dev/ttyUSB", "/dev/ttyACM")
UARTS = "/dev/ttyAMA"


@dataclass(frozen=True, slots=True)
class Ports:
    """What was found, as paths on the running system."""

    by_id: tuple[str, ...]
    """Names that stay when another adapter is plugged in."""
    nameless: tuple[str, ...]
    """Adapters without one."""
    uarts: tuple[str, ...]
    """The Pi's own with parity (PL011)."""
    mini_uarts: tuple[str, ...]


def read_ports(system: Path = Path("/")) -> Ports:
    """Look at /dev and /sys below a root."""
    ports = serial_ports(system)
    usable = [_below(system, port.path) for port in ports if not port.has_no_parity]
    return Ports(
        by_id=tuple(path for path in usable if path.startswith(BY_ID)),
        nameless=tuple(path for path in usable if path.startswith(ADAPTERS)),
        uarts=tuple(path for path in usable if path.startswith(UARTS)),
        mini_uarts=tuple(_below(system, port.path) for port in ports if port.has_no_parity),
    )


def _below(system: Path, path: str) -> str:
    return f"/{Path(path).relative_to(system)}"


def judge_ports(ports: Ports, lines: Sequence[LineRow], is_there: Iterable[str]) -> list[Finding]:
    """Judge the ports, and those of the registry's lines; `is_there`: which of the latter's ports exist."""
    found = [*_present(ports), *_mini(ports, {line.port for line in lines})]
    return [*found, *_missing(ports, lines, set(is_there))]


def _present(ports: Ports) -> Iterable[Finding]:
    usable = [*ports.by_id, *ports.nameless, *ports.uarts]
    facts: dict[str, str | int] = {"ports": " ".join(usable), "count": len(usable)}
    if not usable:
        yield Finding(
            CHECK, Level.ASK, "no-port", say("No serial port was found."),
            say("Meters are reached by an RS-485 adapter in a USB socket."),
            say("Plug the adapter in, then look again: cardroom-gateway setup --check"),
        )  # fmt: skip
        return
    yield Finding(
        CHECK, Level.GOOD, "ports-found", say("Serial ports: {ports}", ports=", ".join(usable)), facts=facts
    )
    for port in ports.nameless:
        yield Finding(
            CHECK, Level.ASK, "port-nameless", say("{port} has no lasting name.", port=port),
            say("After a restart another adapter may be {port}, and the lines are swapped.", port=port),
            say("Use an adapter with a serial number (FTDI), or give it a name by a udev rule for its socket."),
            {"port": port},
        )  # fmt: skip


def _mini(ports: Ports, used: set[str]) -> Iterable[Finding]:
    for port in ports.mini_uarts:
        is_used = bool({port, "/dev/serial0"} & used)
        yield Finding(
            CHECK, Level.BAD if is_used else Level.ASK, "mini-uart",
            say("{port} is the Pi's mini-UART: it has no parity.", port=port),
            say("DL/T 645 meters speak with even parity and never answer it."),
            say("Use a USB adapter, or free the PL011: dtoverlay=disable-bt in /boot/firmware/config.txt, then restart."),
            {"port": port},
        )  # fmt: skip


def _missing(ports: Ports, lines: Sequence[LineRow], is_there: set[str]) -> Iterable[Finding]:
    for line in lines:
        if line.port in is_there or not line.port.startswith("/"):
            continue
        spare = [port for port in ports.by_id if port not in {other.port for other in lines}]
        other = say("An adapter that no line uses is here: {spare}.", spare=", ".join(spare)) if spare else ""
        yield Finding(
            CHECK, Level.BAD, "port-missing",
            say("The port of line {line} is not there: {port}", line=line.name, port=line.port),
            other or say("The adapter is unplugged, broken, or was replaced by another one."),
            say("Plug it in. For another adapter: cardroom-gateway lines move {line} --port PORT", line=line.name),
            {"line": line.name, "port": line.port},
        )  # fmt: skip
