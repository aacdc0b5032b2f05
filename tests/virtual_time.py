"""Event loops whose time jumps to the next timer: hours pass in a moment, in an order that never changes.

`VirtualLoop` is for what never leaves the process. `PatientLoop` is for real ptys and threads: its time passes only while nothing
comes, so that a busy machine, on which a program stands still and bytes come late, makes no meter silent.
"""

import asyncio
import selectors
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

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


HUSH_S, FIRST_STEP_S = 0.002, 0.02
"""How long nothing real must come before virtual time moves, and how far. Each further step in one silence is twice as long."""
TURN_S = 2e-5
"""What a turn of the loop takes: a port that is always ready, as one that hung up is, must not stop time."""


class PatientSelector(selectors.PollSelector):
    """Waits for what is real; while nothing comes and no thread works, it lets the loop's time pass in steps.

    By `poll`, which brings what is under way in a pty before it answers; `epoll` waits until the kernel's own thread had its turn.
    """

    passed_s = 0.0
    at_work = 0
    _step_s = FIRST_STEP_S

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0 or self.at_work:
            return super().select(timeout)
        found = super().select(min(timeout, HUSH_S))
        if found:
            self._step_s = FIRST_STEP_S
            self.passed_s += TURN_S
        else:
            self.passed_s += min(timeout, self._step_s)
            self._step_s *= 2
        return found


class PatientLoop(asyncio.SelectorEventLoop):
    """An event loop on virtual time that waits for whatever is under way outside it."""

    def __init__(self) -> None:
        self._patient = PatientSelector()
        super().__init__(self._patient)
        self._clock_resolution = RESOLUTION_S

    def time(self) -> float:
        return self._patient.passed_s

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Let no time pass while a thread works that the loop knows nothing of."""
        self._patient.at_work += 1
        try:
            yield
        finally:
            self._patient.at_work -= 1

    def run_in_executor(self, executor: Executor | None, func: Callable[..., Any], *args: Any) -> Any:
        self._patient.at_work += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._has_worked)
        return future

    def _has_worked(self, _future: object) -> None:
        self._patient.at_work -= 1
