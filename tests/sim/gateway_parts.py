"""Parts of a simulated gateway's life: its clocks, its store, and what its receiver hears. See `gateway_site`."""

import sqlite3
from collections import Counter, deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.adapters.journal_store import SqliteJournal
from gateway.application.outbox import Position
from gateway.application.ports import Journal, StoreFull
from tests.sim.timeline import START_MS, Timeline

if TYPE_CHECKING:
    from tests.sim.gateway_site import GatewaySite


REFUSED = "writes that a full disk refused"


class PowerCut(BaseException):
    """The gateway is dead from here on: nothing catches it but the one who turns the power on again."""


class NothingLeft(Exception):
    """The receiver has taken all that arrived."""


def run_now(task: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that never has to wait."""
    try:
        task.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("something waited that should not have")


@dataclass
class GatewayTime:
    """The Pi's two clocks (a `RealTime`): monotonic since power-on, and a wall clock that troubles turn."""

    timeline: Timeline
    on_since_ms: int = START_MS
    wrong_by_ms: int = 0

    def wall_ms(self) -> int:
        return self.timeline.now_ms + self.wrong_by_ms

    def monotonic_ms(self) -> int:
        return self.timeline.now_ms - self.on_since_ms + 1


class SimStore:
    """The port's `Store`, committing at once by the writer's rule; power fails at the n-th commit, before or after it."""

    def __init__(self, path: Path, on_commit: Callable[[], None], counts: Counter[str]) -> None:
        self.journal = SqliteJournal(path)
        self.journal._connection.execute("PRAGMA synchronous = OFF")  # no disk fails here: `make crash`
        self.trouble: StoreFull | None = None
        self._on_commit, self._counts = on_commit, counts
        self.dies_in: int | None = None
        self.dies_committed = False
        self.kept_last = False
        """The power failed just behind a commit: what was under way is done, though nobody was told."""

    async def run(self, use_case: Callable[[Journal], Any]) -> Any:
        return self.do(use_case)

    def do(self, use_case: Callable[[Journal], Any]) -> Any:
        try:
            result = self.journal.perform(use_case)
        except StoreFull:
            self._counts[REFUSED] += 1
            raise
        if self.journal.commit_wanted or not self.journal.has_changes:
            self.commit()
        return result

    def commit(self) -> None:
        """Commit, unless the power fails just before; it may fail just behind."""
        writes = self.journal.has_changes
        if writes and self.dies_in is not None:
            self.dies_in -= 1
            if self.dies_in <= 0:
                if self.dies_committed:
                    self.journal.commit()
                    self.kept_last = True
                    self._on_commit()
                raise PowerCut
        try:
            self.journal.commit()
            self.trouble = None
        except StoreFull as error:
            self.trouble = error
            self._counts[REFUSED] += 1
            raise
        if writes:
            self._on_commit()

    def fill_disk(self, full: bool) -> None:
        """Let SQLite find no page more, or as many as it likes."""
        pages = self.journal._connection.execute("PRAGMA page_count").fetchone()[0] if full else 1 << 30
        self.journal._connection.execute(f"PRAGMA max_page_count = {pages}")

    def close(self) -> None:
        """Let go of the file as a dead process does: what was not committed is gone."""
        with suppress(sqlite3.Error):
            self.journal.roll_back()
            self.journal.close()


@dataclass(frozen=True, slots=True)
class Arrived:
    leaf: str
    payload: bytes


class SimLink:
    """What the receiver hears, and where it says something."""

    def __init__(self, site: "GatewaySite") -> None:
        self._site = site
        self.arrivals: deque[Arrived] = deque()

    async def receive(self) -> Arrived:
        if not self.arrivals:
            raise NothingLeft
        return self.arrivals.popleft()

    async def publish(self, leaf: str, payload: bytes, *, retain: bool = False) -> bool:
        return self._site.publish(leaf, payload, retain=retain)


class Drain:
    """What the receiver tells the drain; the site drains by itself."""

    def __init__(self) -> None:
        self.wanted = False
        self.sent: set[str] = set()

    def is_under_way(self, name: str) -> bool:
        """Say whether a batch of this name was sent in this life: an acknowledgement of another one is an old copy."""
        return name in self.sent

    def acknowledged(self, position: Position, again: bool) -> None:
        self.wanted = self.wanted or again

    def begin_anew(self) -> None:
        self.wanted = True
