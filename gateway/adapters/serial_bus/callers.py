"""Who waits for the line: a queue by rank, first come first served within one.

Knows nothing of ports or time. A caller that went away leaves its job in the queue with a finished reply; the owner skips it.
"""

import asyncio
import heapq
import itertools
from dataclasses import dataclass, field

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
    failed: list[FailedTry] = field(default_factory=list)

    def __lt__(self, other: "Job") -> bool:
        return (self.rank, self.order) < (other.rank, other.order)

    def answer(self, reply: LineReply | Sent) -> None:
        """Answer a caller that is still there."""
        if not self.reply.done():
            self.reply.set_result(reply)

    def fail(self, error: Exception) -> None:
        """Pass a programming error on to a caller that is still there."""
        if not self.reply.done():
            self.reply.set_exception(error)


class RankedCallers:
    """All jobs of one line that are not being served."""

    def __init__(self) -> None:
        self._jobs: list[Job] = []
        self._order = itertools.count()
        self._woken = asyncio.Event()

    def ask(
        self, driver: Driver, exchange: Exchange, rank: Rank, tries: int
    ) -> "asyncio.Future[LineReply | Sent]":
        """Queue a question; its reply is to be awaited."""
        reply: asyncio.Future[LineReply | Sent] = asyncio.get_running_loop().create_future()
        self.put_back(Job(driver, exchange, rank, next(self._order), tries, reply))
        return reply

    def put_back(self, job: Job) -> None:
        """Queue a job at its place: a job that failed a try keeps the place it had."""
        heapq.heappush(self._jobs, job)
        self.wake()

    def take(self) -> Job | None:
        """The next job, or None."""
        return heapq.heappop(self._jobs) if self._jobs else None

    def wake(self) -> None:
        """End `wait`: a job came, or the owner has another reason to look up."""
        self._woken.set()

    async def wait(self, at_most_s: float | None = None) -> None:
        """Wait until woken, or for so long."""
        self._woken.clear()
        try:
            async with asyncio.timeout(
                at_most_s
            ):  # wait_for may swallow the cancellation that ends the owner
                await self._woken.wait()
        except TimeoutError:
            pass

    def answer_all(self, reply: LineReply | Sent) -> None:
        """Give all waiting callers the same reply."""
        while (job := self.take()) is not None:
            job.answer(reply)

    def fail_all(self, error: Exception) -> None:
        """Let all waiting callers know that the owner stopped on a programming error."""
        while (job := self.take()) is not None:
            job.fail(RuntimeError(f"the line's owner stopped on a programming error: {error!r}"))
