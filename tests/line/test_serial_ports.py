"""Which ports there are, what they are and who holds them: read from a system made of files."""

import os
from pathlib import Path

from gateway.adapters.serial_ports import PortHolder, holder_of, serial_ports
from gateway.technician.find.ports import why_not


def tty(root: Path, name: str, driver: str, kind: str | None = None) -> Path:
    device = root / "dev" / name
    device.parent.mkdir(parents=True, exist_ok=True)
    device.touch()
    there = root / "sys/class/tty" / name
    (there / "device").mkdir(parents=True)
    (root / "drivers" / driver).mkdir(parents=True, exist_ok=True)
    (there / "device/driver").symlink_to(root / "drivers" / driver)
    if kind is not None:
        (there / "type").write_text(kind)
    return device


def process(root: Path, number: int, command: tuple[str, ...], device: Path) -> None:
    folder = root / "proc" / str(number)
    (folder / "fd").mkdir(parents=True)
    (folder / "fd/3").symlink_to(device)
    (folder / "cmdline").write_bytes("\0".join((*command, "")).encode())


def test_ports_are_told_by_their_hardware_and_their_holders(tmp_path: Path) -> None:
    usb = tty(tmp_path, "ttyUSB0", "ftdi_sio")
    polled = tty(tmp_path, "ttyUSB1", "ch341-uart")
    small = tty(tmp_path, "ttyS0", "bcm2835-aux-uart", "4")
    tty(tmp_path, "ttyS3", "serial8250", "0")
    console = tty(tmp_path, "ttyAMA0", "uart-pl011")
    by_id = tmp_path / "dev/serial/by-id"
    by_id.mkdir(parents=True)
    (by_id / "usb-FTDI_A").symlink_to(usb)
    (tmp_path / "sys/class/tty/console").mkdir()
    (tmp_path / "sys/class/tty/console/active").write_text("tty1 ttyAMA0\n")
    process(tmp_path, 4711, ("/opt/cardroom/bin/python", "/usr/bin/cardroom-gateway", "run"), polled)
    process(tmp_path, 99, ("/sbin/agetty", "115200"), usb)
    process(tmp_path, os.getpid(), ("python",), small)
    ports = {port.path: port for port in serial_ports(tmp_path)}
    assert list(ports) == sorted(str(path) for path in (by_id / "usb-FTDI_A", polled, small, console))
    told = {path: why_not(port, named=False) for path, port in ports.items()}
    codes = {Path(path).name: trouble and trouble.code for path, trouble in told.items()}
    assert codes == {
        "usb-FTDI_A": "held",
        "ttyUSB1": "held-by-gateway",
        "ttyS0": "mini-uart",
        "ttyAMA0": "console",
    }
    assert why_not(ports[str(console)], named=True) is None
    assert holder_of(str(usb), tmp_path) == PortHolder(99, "agetty")


def test_a_machine_without_ports_has_none(tmp_path: Path) -> None:
    assert serial_ports(tmp_path) == []
