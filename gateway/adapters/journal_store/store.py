"""The writer thread: use cases in the order they came, one commit for all that wait for one (C-13).

A use case that wrote an entry, a decision or an answer gets its result after the commit; while the disk is busy, what arrives
meanwhile joins the next commit. A use case that only took a reading gets its result at once, and the readings are committed
together within `readings_commit_s`, or when so many wait that one more would make the commit no cheaper.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from gateway.adapters.journal_store.journal import SqliteJournal
from gateway.adapters.journal_store.opening import Connect, connect, lock_file
from gateway.application.ports import Journal, StoreDamaged, StoreFull

T = TypeVar("T")

LONGEST_READINGS_WAIT_S = 30.0
"""C-13: the rest within 30 s."""
JOBS_PER_COMMIT = 64
READINGS_PER_COMMIT = 500
"""A row's worth: what a commit costs by itself is spread over enough, and memory stays bounded on many fast lines."""


class _Job:
    """A use case and the loop that waits for it."""

    def __init__(self, use_case: Callable[[Journal], Any]) -> None:
        self.use_case = use_case
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self.result: Any = None
        self.error: BaseException | None = None

    def settle(self) -> None:
        """Hand over, in the loop's thread; a caller that was cancelled is gone, what it wrote stands."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class JournalStore:
    """The port's `Store`. Open it once per daemon; a second process on the same file is refused."""

    def __init__(
        self,
        path: Path,
        *,
        readings_commit_s: float = 5.0,
        on_commit: Callable[[], None] | None = None,
        connect: Connect = connect,
    ) -> None:
        """`on_commit` is called in the event loop's thread after each commit: new rows may be in the outbox."""
        self._path = path
        self._connect = connect
        self._on_commit = on_commit
        self._opened_in: asyncio.AbstractEventLoop | None = None
        self._readings_commit_s = min(readings_commit_s, LONGEST_READINGS_WAIT_S)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._damage: StoreDamaged | None = None
        self._trouble: StoreFull | None = None
        self._commit_at_s: float | None = None
        self._counters = {"commits": 0, "use_cases": 0, "store_full": 0, "readings_dropped": 0}

    async def open(self) -> None:
        """Open the file and start the writer. Raises StoreInUse, StoreDamaged or StoreFull, each with what to do."""
        self._opened_in = asyncio.get_running_loop()
        lock = await asyncio.to_thread(lock_file, self._path)
        try:
            journal = await asyncio.to_thread(SqliteJournal, self._path, self._connect)
        except BaseException:
            lock.close()
            raise
        self._thread = threading.Thread(
            target=self._work, args=(journal, lock.close), name="journal", daemon=True
        )
        self._thread.start()

    async def close(self) -> None:
        """Finish what is queued, commit, and close the file."""
        if self._thread is not None:
            self._jobs.put(None)
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    async def __aenter__(self) -> "JournalStore":
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def run(self, use_case: Callable[[Journal], T]) -> T:
        """Run a use case in the writer's thread (see the port). Raises what it raises, StoreFull or StoreDamaged."""
        if self._thread is None:
            raise RuntimeError("the store is not open")
        if self._damage is not None:
            raise self._damage
        job = _Job(use_case)
        self._jobs.put(job)
        result: T = await job.future
        return result

    @property
    def trouble(self) -> StoreFull | None:
        """Why the last commit failed (no space, held by another program); None again once one succeeded."""
        return self._trouble

    def counters(self) -> dict[str, int]:
        """Commits, use cases, refusals for want of space, readings dropped by one: since start."""
        return dict(self._counters)

    # --- the writer's thread ----------------------------------------------------------------------------------------------

    def _work(self, journal: SqliteJournal, unlock: Callable[[], None]) -> None:
        try:
            ended = False
            while not ended:
                ended = self._turn(journal)
            self._commit(journal, [])
        finally:
            try:
                journal.close()
            except StoreDamaged:
                pass  # every caller was told
            unlock()

    def _turn(self, journal: SqliteJournal) -> bool:
        """Take the next job and those that can share its commit; say whether it was the last one."""
        held: list[_Job] = []
        try:
            job = self._jobs.get(timeout=self._patience_s())
        except queue.Empty:
            self._commit(journal, held)
            return False
        while job is not None:
            self._perform(journal, job, held)
            if not journal.commit_wanted or len(held) >= JOBS_PER_COMMIT:
                break
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
        self._end_turn(journal, held)
        return job is None

    def _end_turn(self, journal: SqliteJournal, held: list[_Job]) -> None:
        """Commit now for those who wait for it; a transaction that changed nothing is ended, one of readings goes on."""
        is_full = journal.readings_waiting >= READINGS_PER_COMMIT
        if journal.commit_wanted or is_full or not journal.has_changes or self._patience_s() == 0:
            self._commit(journal, held)
            return
        _hand_over(held)
        if self._commit_at_s is None:
            self._commit_at_s = time.monotonic() + self._readings_commit_s

    def _patience_s(self) -> float | None:
        """How long the next job may be awaited; None while no reading waits for a commit."""
        return None if self._commit_at_s is None else max(0.0, self._commit_at_s - time.monotonic())

    def _perform(self, journal: SqliteJournal, job: _Job, held: list[_Job]) -> None:
        self._counters["use_cases"] += 1
        held.append(job)
        try:
            if self._damage is not None:
                raise self._damage
            job.result = journal.perform(job.use_case)
        except (StoreFull, StoreDamaged) as error:
            self._fail(journal, error, held)
        except Exception as error:  # the caller's own fault, handed back to it
            job.error = error

    def _commit(self, journal: SqliteJournal, held: list[_Job]) -> None:
        self._commit_at_s = None
        writes = journal.has_changes
        try:
            journal.commit()
            if writes:
                self._counters["commits"] += 1
                self._trouble = None
                self._ring()
        except (StoreFull, StoreDamaged) as error:
            self._fail(journal, error, held)
        _hand_over(held)

    def _ring(self) -> None:
        if self._on_commit is None or self._opened_in is None:
            return
        try:
            self._opened_in.call_soon_threadsafe(self._on_commit)
        except RuntimeError:
            pass  # the loop is closed: nobody waits any more

    def _fail(self, journal: SqliteJournal, error: StoreFull | StoreDamaged, held: list[_Job]) -> None:
        """The whole transaction is gone: everyone who waits for it is told the same."""
        for job in held:
            job.error = job.error or error
        self._counters["readings_dropped"] = journal.dropped_readings
        if isinstance(error, StoreFull):
            self._counters["store_full"] += 1
            self._trouble = error
        else:
            self._damage = error


def _hand_over(held: list[_Job]) -> None:
    """Wake each loop once."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
    for job in held:
        by_loop.setdefault(job.loop, []).append(job)
    for loop, jobs in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle_all, jobs)
        except RuntimeError:
            pass  # the loop is closed: nobody waits any more


def _settle_all(jobs: list[_Job]) -> None:
    for job in jobs:
        job.settle()
