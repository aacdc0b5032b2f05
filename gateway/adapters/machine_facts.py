"""What this machine is and how it is: versions, disk, memory, USB and serial adapters, the kernel's last words. Reads only."""

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path

from gateway.adapters.kernel_files import text_of

LIBRARIES = ("cryptography", "msgspec", "structlog", "crcmod", "paho-mqtt", "pyserial-asyncio", "tinydb")
SERIAL = Path("/dev/serial")
USB = Path("/sys/bus/usb/devices")
MODEL = Path("/proc/device-tree/model")
KERNEL_LINES = 400
TIMEOUT_S = 15


def versions() -> dict[str, str]:
    """Give the software's versions; `cardroom` first."""
    found = {"cardroom": version("cardroom"), "python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    found["installed"] = str(sum(1 for _ in distributions()))
    system = platform.freedesktop_os_release() if Path("/etc/os-release").exists() else {}
    found["system"] = system.get("PRETTY_NAME", platform.system())
    found["kernel"] = f"{platform.release()} {platform.machine()}"
    found["board"] = text_of(MODEL).strip("\x00\n") or "unknown"
    return found


def machine_text(folder: Path) -> str:
    """Give what an engineer asks for first, as text; `folder` is the gateway's own."""
    return "\n".join(_machine(folder)) + "\n"


def _machine(folder: Path) -> Iterator[str]:
    for name in ("uptime", "loadavg", "meminfo"):
        yield f"== /proc/{name}"
        yield "\n".join(text_of(Path("/proc") / name).splitlines()[:6])
    yield "== disks"
    for place in dict.fromkeys((Path("/"), folder, Path("/tmp"))):  # noqa: S108  (looked at, not written)
        if place.exists():
            usage = shutil.disk_usage(place)
            yield f"{place}: {usage.total / 1e6:.0f} MB, free {usage.free / 1e6:.0f} MB, inodes free {os.statvfs(place).f_favail}"
    yield "== temperature"
    yield from (
        f"{zone.name}: {text_of(zone / 'temp')}"
        for zone in sorted(Path("/sys/class/thermal").glob("thermal_zone*"))
    )
    yield "== serial adapters"
    yield from (f"{link} -> {os.path.realpath(link)}" for link in sorted(SERIAL.glob("*/*")))
    yield "== usb"
    for device in sorted(USB.glob("*")):
        if (device / "idVendor").exists():
            words = (
                text_of(device / name)
                for name in ("idVendor", "idProduct", "manufacturer", "product", "speed")
            )
            yield f"{device.name}: {' '.join(word for word in words if word)}"


def kernel_text() -> str:
    """Give the kernel's last lines, or why there are none."""
    program = shutil.which("dmesg")
    if program is None:
        return "dmesg is not installed\n"
    try:
        told = subprocess.run(  # noqa: S603  (a fixed program)
            [program], capture_output=True, text=True, errors="replace", check=False, timeout=TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"dmesg: {error}\n"
    lines = (told.stdout or told.stderr).splitlines()
    return "\n".join(lines[-KERNEL_LINES:]) + "\n"
