"""Who waits for the line: a queue by rank, first come first served within one.

Knows nothing of ports or time. A caller that went away leaves its job in the queue with a finished reply; the line skips it.
"""

import asyncio
import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass

from gateway.adapters.serial_bus.diagnosis import FailedTry
from gateway.application.ports import LineReply, Rank, Sent
from gateway.protocols.driver import Driver, Exchange


@dataclass(slots=True, eq=False)
class Job:
    """One caller's question, through all its tries."""

    driver: Driver
    exchange: Exchange
    rank: Rank
    order: int
    tries: int
    reply: asyncio.Future[LineReply | Sent]
    failed: tuple[FailedTry, ...] = ()

    def answer(self, reply: LineReply | Sent) -> None:
        """Answer a caller that is still there."""
        if not self.reply.done():
            self.reply.set_result(reply)

    def fail(self, error: Exception) -> None:
        """Pass a programming error on to a caller that is still there."""
        if not self.reply.done():
            self.reply.set_exception(error)


class RankedCallers:
    """All jobs of one line that are not being served. `on_job` is called after each new one."""

    def __init__(self, on_job: Callable[[], None]) -> None:
        self._on_job = on_job
        self._loop: asyncio.AbstractEventLoop | None = None
        """The line's; to ask Python for it costs a system call each time."""
        self._jobs: list[tuple[Rank, int, Job]] = []
        self._order = itertools.count()

    def ask(
        self, driver: Driver, exchange: Exchange, rank: Rank, tries: int
    ) -> "asyncio.Future[LineReply | Sent]":
        """Queue a question; its reply is to be awaited. On an idle line the question leaves before this returns."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        reply: asyncio.Future[LineReply | Sent] = self._loop.create_future()
        self.put_back(Job(driver, exchange, rank, next(self._order), tries, reply))
        self._on_job()
        return reply

    def put_back(self, job: Job) -> None:
        """Queue a job at its place: a job that failed a try keeps the place it had."""
        heapq.heappush(self._jobs, (job.rank, job.order, job))

    def take(self) -> Job | None:
        """The next job, or None."""
        return heapq.heappop(self._jobs)[2] if self._jobs else None

    def answer_all(self, reply: LineReply | Sent) -> None:
        """Give all waiting callers the same reply."""
        while (job := self.take()) is not None:
            job.answer(reply)

    def fail_all(self, error: Exception) -> None:
        """Let all waiting callers know that the owner stopped on a programming error."""
        while (job := self.take()) is not None:
            job.fail(RuntimeError(f"the line's owner stopped on a programming error: {error!r}"))
