"""An event loop whose time jumps to the next timer: hours pass in a moment, in an order that never changes."""

import asyncio
import selectors

RESOLUTION_S = 1e-6
"""Far above the rounding of a float after years: a timer that is due by rounding must not be waited for for ever."""


class JumpingSelector(selectors.SelectSelector):
    """Never waits: the wait is added to the loop's time instead."""

    skipped_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.skipped_s += timeout or 0.0
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on virtual time."""

    def __init__(self) -> None:
        self._jumping = JumpingSelector()
        super().__init__(self._jumping)
        self._clock_resolution = RESOLUTION_S

    def time(self) -> float:
        return self._jumping.skipped_s
