"""The only place of the tools at a bench that reads the wall clock."""

import time


def utc_ms() -> int:
    """Give the machine's own time, milliseconds since 1970 UTC."""
    return time.clock_gettime_ns(time.CLOCK_REALTIME) // 1_000_000
