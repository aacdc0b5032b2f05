"""Sets the machine's wall clock by central's word. Reading it is system_clock's, what the kernel says of it kernel_clock's."""

import time


def set_wall_clock(wall_ms: int) -> None:
    """Set the clock (UTC). Raises OSError: it takes root."""
    time.clock_settime(time.CLOCK_REALTIME, wall_ms / 1000)
