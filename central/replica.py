"""What only reads may read on a replica: reports, in one snapshot that holds all that was committed when they were asked for.

`read_apart` is the one way there. It asks the primary how far its log goes, waits for a moment until the replica has got as far,
and reads there; nobody sees books older than what he has just done himself. Whatever is in the way (no server, too far behind, a
query that recovery cancelled, a report that locks or writes), the same is made once more on the primary, and counted.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connections, transaction

from central import clock

CAUGHT_UP_WITHIN_S = 1.0
"""So long a report waits for the replica; one that lags more is passed over."""
PUSHED_AFTER_S = 0.1
LOOK_EACH_S = 0.01
LEFT_ALONE_S = 30.0
"""A replica that could not be reached isn't asked again for so long: each try may cost the time-out of a connection."""

log = logging.getLogger(__name__)
T = TypeVar("T")


class Hindrance(StrEnum):
    """Why something was read on the primary."""

    AWAY = "away"
    BEHIND = "behind"
    NO_REPLICA = "no-replica"
    """The server takes writes itself: it was promoted, or it is the primary."""
    OTHER_BOOKS = "other-books"
    """It is the replica of another server."""
    CANCELLED = "cancelled"
    """It failed half-way: recovery needed what it read, or the server went away."""
    WRITES = "writes"
    """It locks or writes, and that is the primary's alone."""


READ = "read"
"""Counted beside the hindrances: what was read on the replica."""


class WritesWhileReading(RuntimeError):
    """Something that was to read only has asked for the database to write to."""


class _Hindered(Exception):
    def __init__(self, why: Hindrance) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True)
class Made(Generic[T]):
    """What was made, and as of when where it was read on the replica; None: on the primary."""

    value: T
    as_of_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a replica stands now: what is in the way, bytes of log that it lacks, the age of its last commit where it lacks any."""

    name: str
    hindrance: Hindrance | None
    behind_bytes: int | None = None
    behind_ms: int | None = None


_Before = Callable[[], object] | None
_reading: ContextVar[tuple[_Before] | None] = ContextVar("reading on the replica", default=None)
"""Inside `read_apart`: what was done on the primary before."""
_counts: Counter[str] = Counter()
_counting = threading.Lock()
_left_alone_until: dict[str, float] = {}


def primaries() -> list[str]:
    """Give the databases that are written to, by alias."""
    return [alias for alias in connections if alias not in settings.REPLICAS.values()]


def alias_to_read(primary: str) -> str:
    """Give the database to read from now: the replica's inside `read_apart`, where there is one."""
    return settings.REPLICAS.get(primary, primary) if is_reading() else primary


def alias_to_write(primary: str) -> str:
    """Give the database to write to. Raises WritesWhileReading inside `read_apart`, which then begins again on the primary."""
    if is_reading():
        raise WritesWhileReading(primary)
    return primary


def is_reading() -> bool:
    """Say whether only the replica is read now: what would be kept for the next reader isn't."""
    return _reading.get() is not None


def is_done_before(step: Callable[[], object]) -> bool:
    """Say whether only the replica is read now, and this step was done before. Raises WritesWhileReading where it was not."""
    reading = _reading.get()
    if reading is not None and reading[0] is not step:
        raise WritesWhileReading(f"{step.__name__} is not done before")
    return reading is not None


def read_apart(make: Callable[[], T], before: _Before = None) -> Made[T]:
    """Make something that only reads, on the replica where there is one and it is good; it may be begun twice.

    `before` writes on the primary what `make` will want to read. Inside a transaction all stays on the primary: what the
    transaction has written is nowhere else yet.
    """
    if not settings.REPLICAS or any(connections[alias].in_atomic_block for alias in settings.REPLICAS):
        return Made(make())
    try:
        if before is not None:
            before()
        as_of_ms = _wait_for_all()
        with _snapshots(before):
            made = Made(make(), as_of_ms)
    except _Hindered as hindered:
        why = hindered.why
    except WritesWhileReading:
        why = Hindrance.WRITES
    except DatabaseError as error:
        log.warning("read on the primary, since the replica failed: %s", str(error).strip())
        why = Hindrance.CANCELLED
    else:
        _count(READ)
        return made
    _count(why.value)
    return Made(make())


def taken_counts() -> Counter[str]:
    """Give what was counted since the last time, by `READ` and the hindrances."""
    global _counts
    with _counting:
        taken, _counts = _counts, Counter()
    return taken


def put_back(counts: Counter[str]) -> None:
    """Count again what could not be written."""
    with _counting:
        _counts.update(counts)


def _count(what: str) -> None:
    with _counting:
        _counts[what] += 1


def look() -> list[Standing]:
    """Look at every replica now."""
    return [_look_at(primary, replica) for primary, replica in settings.REPLICAS.items()]


def _look_at(primary: str, replica: str) -> Standing:
    try:
        reached = _Reached(primary, replica)
        behind_bytes, behind_ms = reached.behind()
    except _Hindered as hindered:
        return Standing(replica, hindered.why)
    return Standing(replica, None, behind_bytes, behind_ms)


def _wait_for_all() -> int:
    """Wait until every replica has all that is committed now; give the instant. Raises _Hindered."""
    as_of_ms, begun_s = clock.now_ms(), clock.monotonic_s()
    reached = [_Reached(primary, replica) for primary, replica in settings.REPLICAS.items()]
    for one in reached:
        is_pushed = False
        while not one.has_all():
            waited_s = clock.monotonic_s() - begun_s
            if waited_s > CAUGHT_UP_WITHIN_S:
                raise _Hindered(Hindrance.BEHIND)
            if waited_s > PUSHED_AFTER_S and not is_pushed:
                one.push()
                is_pushed = True
            time.sleep(LOOK_EACH_S)
    return as_of_ms


@contextmanager
def _snapshots(before: _Before) -> Iterator[None]:
    """Read on every replica in one snapshot each, and nowhere else."""
    with ExitStack() as stack:
        for replica in settings.REPLICAS.values():
            stack.enter_context(transaction.atomic(using=replica))
            with connections[replica].cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        token = _reading.set((before,))
        try:
            yield
        finally:
            _reading.reset(token)


class _Reached:
    """A replica that answers and follows our primary, and how far the primary's log went when it was asked. Raises _Hindered."""

    def __init__(self, primary: str, replica: str) -> None:
        self._primary, self._replica = primary, replica
        if clock.monotonic_s() < _left_alone_until.get(replica, 0.0):
            raise _Hindered(Hindrance.AWAY)
        ours, self._log_until = _row(
            primary, "SELECT system_identifier, pg_current_wal_flush_lsn()::text FROM pg_control_system()"
        )
        theirs, follows = self._ask("SELECT system_identifier, pg_is_in_recovery() FROM pg_control_system()")
        if theirs != ours:
            raise _Hindered(Hindrance.OTHER_BOOKS)
        if not follows:
            raise _Hindered(Hindrance.NO_REPLICA)

    def has_all(self) -> bool:
        """Say whether it has all that the primary had committed then."""
        return bool(self._ask("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", self._log_until)[0])

    def push(self) -> None:
        """Have the primary finish the page of its log that it is at: what goes over its end may lie there without any commit."""
        with transaction.atomic(using=self._primary):
            _row(self._primary, "SELECT set_config('synchronous_commit', 'local', true)")
            _row(self._primary, "SELECT pg_logical_emit_message(true, 'cardroom', '')")

    def behind(self) -> tuple[int, int]:
        """Give the bytes of log that it lacks, and how old its last commit is where it lacks any, else 0."""
        lacks, age_ms = self._ask(
            "SELECT greatest(pg_wal_lsn_diff(%s::pg_lsn, pg_last_wal_replay_lsn()), 0)::bigint,"
            " (extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000)::bigint",
            self._log_until,
        )
        return lacks, max(age_ms or 0, 0) if lacks else 0

    def _ask(self, sql: str, *params: object) -> tuple:
        try:
            return _row(self._replica, sql, *params)
        except DatabaseError as error:
            log.warning("the replica can't be used: %s", str(error).strip())
            connections[self._replica].close()
            _left_alone_until[self._replica] = clock.monotonic_s() + LEFT_ALONE_S
            raise _Hindered(Hindrance.AWAY) from error


def _row(alias: str, sql: str, *params: object) -> tuple:
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()
