"""What the machine says of its own clock: the kernel's NTP state and the clock with a battery. Reads only; sets nothing."""

import ctypes
from pathlib import Path

import msgspec

from gateway.adapters.kernel_files import text_of

RTC_FOLDER = Path("/sys/class/rtc")
_UNSYNCHRONISED = 0x0040
"""STA_UNSYNC of adjtimex(2)."""
_NANOSECONDS = 0x2000
"""STA_NANO: the offset is in nanoseconds."""
_PPB_PER_KERNEL_UNIT = 1000 / 65_536
"""The kernel counts frequency in parts in a million, shifted by 16 bits."""


class KernelClock(msgspec.Struct, frozen=True):
    """The kernel's view. `drift_ppb`: what it corrects, in parts in a billion; `offset_us` what it has yet to make good."""

    is_synchronised: bool
    offset_us: int
    drift_ppb: int
    max_error_us: int


class RealTimeClock(msgspec.Struct, frozen=True):
    """A clock with a battery. `time_ms` None: it can't be read; `sets_system`: the kernel set its clock by it at the start."""

    name: str
    time_ms: int | None
    sets_system: bool


class _Timex(ctypes.Structure):
    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 512),
    )


def kernel_clock() -> KernelClock | None:
    """Ask the kernel, changing nothing; None where it doesn't say (a container, another system)."""
    told = _Timex()
    try:
        if ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(told)) < 0:
            return None
    except (OSError, AttributeError):
        return None
    offset_us = told.offset // 1000 if told.status & _NANOSECONDS else told.offset
    return KernelClock(
        is_synchronised=not told.status & _UNSYNCHRONISED,
        offset_us=offset_us,
        drift_ppb=round(told.freq * _PPB_PER_KERNEL_UNIT),
        max_error_us=told.maxerror,
    )


def real_time_clock(folder: Path = RTC_FOLDER) -> RealTimeClock | None:
    """Look for the first clock with a battery; None where there is none."""
    for device in sorted(folder.glob("rtc*")):
        name = text_of(device / "name") or device.name
        seconds = text_of(device / "since_epoch")
        return RealTimeClock(
            name,
            int(seconds) * 1000 if seconds.isdigit() else None,
            text_of(device / "hctosys") == "1",
        )
    return None
