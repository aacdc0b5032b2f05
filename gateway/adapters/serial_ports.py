"""Which serial ports this machine has, what each one is, and who holds it. Opens none of them.

A port is named by its stable path (/dev/serial/by-id) where it has one. A holder is found by its open descriptors, for a login
prompt on a console takes no lock.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from gateway.adapters.kernel_files import text_of

ROOT = Path("/")
USUAL = ("ttyUSB*", "ttyACM*", "ttyAMA*", "ttyS*", "ttySC*")
MINI_UART_DRIVERS = ("bcm2835-aux-uart", "bcm2835aux")
"""The Pi's small UART: no parity at all, so no DL/T 645 with 8E1."""
GATEWAY = "cardroom-gateway"
NO_HARDWARE = "0"
"""/sys/class/tty/ttyS*/type of a port that the kernel only has a name for."""


@dataclass(frozen=True, slots=True)
class PortHolder:
    """A process that has a port open."""

    process: int
    name: str

    @property
    def is_gateway(self) -> bool:
        """Whether it is this gateway's own daemon."""
        return self.name == f"{GATEWAY} run"


@dataclass(frozen=True, slots=True)
class SerialPort:
    """One port. `path` is what to open and to write down."""

    path: str
    device: str
    """What the path leads to: /dev/ttyUSB0."""
    holder: PortHolder | None = None
    is_console: bool = False
    """The kernel or a login prompt speaks there."""
    has_no_parity: bool = False


def serial_ports(root: Path = ROOT) -> list[SerialPort]:
    """List the ports that have hardware, each once, in the order of their paths."""
    by_device: dict[str, str] = {}
    for link in sorted((root / "dev/serial/by-id").glob("*")):
        by_device.setdefault(os.path.realpath(link), str(link))
    for pattern in USUAL:
        for device in sorted((root / "dev").glob(pattern)):
            if _has_hardware(device.name, root):
                by_device.setdefault(os.path.realpath(device), str(device))
    return sorted((look_at(path, root) for path in by_device.values()), key=lambda port: port.path)


def look_at(path: str, root: Path = ROOT) -> SerialPort:
    """Say what is known of one port; a path that leads nowhere, or to a network, has no holder and no kind."""
    path = path if path.startswith("socket:") else os.path.abspath(path)
    device = path if path.startswith("socket:") else os.path.realpath(path)
    name = os.path.basename(device)
    return SerialPort(
        path,
        device,
        None if device.startswith(("/dev/pts/", "socket:")) else holder_of(device, root),
        _is_console(name, root),
        is_mini_uart(name, root),
    )


def holder_of(device: str, root: Path = ROOT) -> PortHolder | None:
    """Find another process that has a device open; without root's rights only one's own are seen, and the lock tells the rest."""
    for folder in sorted((root / "proc").glob("[0-9]*"), key=lambda one: int(one.name)):
        if int(folder.name) == os.getpid():
            continue
        try:
            is_open = any(os.readlink(link) == device for link in (folder / "fd").iterdir())
        except OSError:
            continue
        if is_open:
            return PortHolder(int(folder.name), _program(folder))
    return None


def _program(process: Path) -> str:
    """Give the command's name; of a Python script the script's."""
    try:
        words = [
            word for word in (process / "cmdline").read_bytes().decode("utf-8", "replace").split("\0") if word
        ]
    except OSError:
        return "?"
    names = [os.path.basename(word) for word in words]
    if GATEWAY in names[:2]:
        return " ".join([GATEWAY, *words[names.index(GATEWAY) + 1 :][:1]])
    if words[1:3] == ["-m", "gateway"]:
        return " ".join([GATEWAY, *words[3:4]])
    return names[0] if names else "?"


def _has_hardware(name: str, root: Path) -> bool:
    kind = text_of(root / "sys/class/tty" / name / "type")
    return kind != NO_HARDWARE and (kind != "" or (root / "sys/class/tty" / name / "device").exists())


def _is_console(name: str, root: Path) -> bool:
    return name in text_of(root / "sys/class/tty/console/active").split()


def is_mini_uart(name: str, root: Path = ROOT) -> bool:
    """Say whether a port is the Pi's small UART, by its driver or by the device tree where the driver goes by a general name."""
    device = root / "sys/class/tty" / name / "device"
    if os.path.basename(os.path.realpath(device / "driver")) in MINI_UART_DRIVERS:
        return True
    return any(driver in text_of(device / "of_node/compatible") for driver in MINI_UART_DRIVERS)
