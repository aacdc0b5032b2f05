"""Sets the machine's wall clock by central's word, asks the kernel whether a time service keeps it. Reading is system_clock's."""

import ctypes
import time

TIMEX_BYTES = 256
"""struct timex is 208 bytes on 64-bit Linux; all zeros ask and change nothing (adjtimex(2))."""
TIME_ERROR = 5


def set_wall_clock(wall_ms: int) -> None:
    """Set the clock (UTC). Raises OSError: it takes root."""
    time.clock_settime(time.CLOCK_REALTIME, wall_ms / 1000)


def kernel_keeps_time() -> bool:
    """Say whether the kernel's clock is synchronised, by whatever service."""
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    except (OSError, AttributeError):
        return False
    return bool(0 <= state < TIME_ERROR)
