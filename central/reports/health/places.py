"""How large the databases are and how full the disks: the only part of this room that looks at files.

Growth is the difference of samples of at least a day; before that nobody knows.
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from django.conf import settings
from django.db import connections

from central import clock
from central.domain.health_facts import Store
from central.replica import primaries

DAY_MS = 86_400_000
DATA = "data"
WAITS_S = 5
"""So long no replica that is there takes for its word."""
SIZE_KEPT_S = 60.0
"""PostgreSQL looks at each of a thousand files to say how large a database is: not for every scrape."""
Samples = Mapping[str, Sequence[tuple[int, int]]]


def databases(samples: Samples) -> tuple[Store, ...]:
    """Give each database with its size and growth; how much more goes in is known where it is a file of ours."""
    return tuple(
        Store(alias, used, _free_for(alias), grows_a_day(samples.get(f"database:{alias}", ())))
        for alias, used in database_sizes().items()
    )


def database_sizes() -> dict[str, int]:
    """Give each database's bytes on disk, by alias."""
    return {alias: _size(alias) for alias in primaries()}


def waiting_commits() -> int:
    """Count commits that wait for a replica which isn't there, as `synchronous_standby_names` asks for; by reading alone."""
    return max(_waiting(alias) for alias in primaries())


def _waiting(alias: str) -> int:
    connection = connections[alias]
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'SyncRep' "
            "AND state_change < clock_timestamp() - make_interval(secs => %s)",
            [WAITS_S],
        )
        return int(cursor.fetchone()[0])


def disks() -> tuple[Store, ...]:
    """Give the disk of the data folder, and those of database files that lie elsewhere."""
    folders = {DATA: Path(settings.SIGNING_KEY_FILE).parent}
    folders |= {alias: path.parent for alias in primaries() if (path := _file(alias)) is not None}
    found: dict[int, Store] = {}
    for name, folder in folders.items():
        try:
            device, usage = os.stat(folder).st_dev, shutil.disk_usage(folder)
        except OSError:
            continue
        found.setdefault(device, Store(name, usage.used, usage.free, None, usage.total))
    return tuple(found.values())


def is_on_books_disk(path: Path) -> bool:
    """Say whether a file's folder is on the data folder's disk; False where it can't be seen, as when a stick is in the safe."""
    try:
        return os.stat(path.parent).st_dev == os.stat(Path(settings.SIGNING_KEY_FILE).parent).st_dev
    except OSError:
        return False


def grows_a_day(samples: Sequence[tuple[int, int]]) -> int | None:
    """Give by how much something grew a day, between its first and its last sample."""
    if not samples or samples[-1][0] - samples[0][0] < DAY_MS:
        return None
    (begun_ms, first), (ended_ms, last) = samples[0], samples[-1]
    return (last - first) * DAY_MS // (ended_ms - begun_ms)


def _file(alias: str) -> Path | None:
    """Give a database's file; None where it is a server's, or in memory."""
    here = settings.DATABASES[alias]
    name = str(here["NAME"])
    is_file = (
        here["ENGINE"].endswith("sqlite3") and name and ":memory:" not in name and "mode=memory" not in name
    )
    return Path(name) if is_file else None


_sizes: dict[str, tuple[float, int]] = {}


def _size(alias: str) -> int:
    connection = connections[alias]
    if connection.vendor == "postgresql":
        asked_s, size = _sizes.get(alias, (-SIZE_KEPT_S, 0))
        if clock.monotonic_s() - asked_s >= SIZE_KEPT_S:
            size = _size_of_server(alias)
            _sizes[alias] = clock.monotonic_s(), size
        return size
    with connection.cursor() as cursor:
        cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        return int(cursor.fetchone()[0])


def _size_of_server(alias: str) -> int:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def _free_for(alias: str) -> int | None:
    path = _file(alias)
    try:
        return shutil.disk_usage(path.parent).free if path else None
    except OSError:
        return None
