"""Puts an unpacked backup in the place of a data folder: what is there is kept aside; the databases come last.

Until then nothing that is there is touched. PostgreSQL's tables are kept aside as a schema of the same database.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from central.config.backup.becoming import NotBecome
from central.config.backup.databases import (
    FILE_NAMES,
    KEPT_SCHEMA,
    POSTGRESQL,
    PUBLIC,
    CopyFailed,
    Database,
    databases,
    put_dump_back,
)
from central.config.backup.medium import make_durable
from central.config.backup.unpacking import dump_of

PREFIX = ".restoring-"
KEPT = ".before-restore-"
PROCESSES = Path("/proc")
_COUNT = "SELECT count(*) FROM pg_namespace WHERE nspname = '{name}'"


def living_in(folder: Path) -> list[str]:
    """Name the processes that have files of a folder open: its pages, its link, its notices. This one is not meant."""
    inside, found = f"{folder.resolve()}/", []
    for process in PROCESSES.glob("[0-9]*"):
        if process.name != str(os.getpid()) and any(name.startswith(inside) for name in _open_files(process)):
            found.append(_command_of(process))
    return sorted(set(found))


def _open_files(process: Path) -> Iterator[str]:
    try:
        for descriptor in (process / "fd").iterdir():
            try:
                yield os.readlink(descriptor)
            except OSError:
                continue
    except OSError:
        return


def _command_of(process: Path) -> str:
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return process.name
    said = " ".join(word.decode("utf-8", "replace") for word in words[:6] if word)
    return f"{process.name} {said}".strip()[:120]


def held_databases() -> list[str]:
    """Name the PostgreSQL databases that somebody else is connected to."""
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND backend_type = 'client backend'"  # the server's own sweepers hold nothing up
    )
    return [
        str(one.settings["NAME"]) for one in databases() if one.engine == POSTGRESQL and one.asked(others)
    ]


def has_tables(database: Database) -> bool:
    """Say whether a PostgreSQL database holds anything of ours."""
    tables = f"SELECT count(*) FROM pg_tables WHERE schemaname = '{database.schema}'"  # noqa: S608  (our own setting's)
    return database.path is None and bool(database.asked(tables))


def fill_databases(staged: Path, stamp: str) -> None:
    """Put the dumps back; former tables stay in schemas `before_restore_…`. Raises NotBecome, with them back in place."""
    done: list[Database] = []
    try:
        for database in (one for one in databases() if one.path is None):
            _put_aside(database, stamp)
            done.append(database)
            if dump_of(staged, database.alias).exists():
                put_dump_back(dump_of(staged, database.alias), database)
    except CopyFailed as error:
        empty_databases(done, stamp)
        raise NotBecome(str(error)) from error


def _aside(database: Database, stamp: str) -> str:
    return f"{KEPT_SCHEMA}{stamp}_{database.schema}"


def _put_aside(database: Database, stamp: str) -> None:
    """A dump makes its schema by itself, but for the server's own, `public`."""
    if database.asked(_COUNT.format(name=database.schema)):
        database.asked(f'ALTER SCHEMA "{database.schema}" RENAME TO "{_aside(database, stamp)}"')
    if database.schema == PUBLIC:
        database.asked("CREATE SCHEMA public")


def empty_databases(done: list[Database], stamp: str) -> None:
    """Give databases back the tables that were put aside."""
    for database in done:
        database.asked(f'DROP SCHEMA IF EXISTS "{database.schema}" CASCADE')
        if database.asked(_COUNT.format(name=_aside(database, stamp))):
            database.asked(f'ALTER SCHEMA "{_aside(database, stamp)}" RENAME TO "{database.schema}"')


def exchange(staged: Path, data: Path, stamp: str) -> Path | None:
    """Move what is there aside and what was unpacked into its place; give where the former lies, None when nothing was there.

    The databases come last: a data folder with a database is whole. Raises OSError.
    """
    former = [path for path in data.iterdir() if not path.name.startswith(".")]
    kept = data / f"{KEPT}{stamp}" if former else None
    if kept is not None:
        kept.mkdir(mode=0o700)
        for path in sorted(former, key=_is_database, reverse=True):
            path.rename(kept / path.name)
        make_durable(kept)
    _own_all(staged, data)
    for path in sorted(staged.iterdir(), key=_is_database):
        path.rename(data / path.name)
    make_durable(data)
    return kept


def _is_database(path: Path) -> bool:
    return path.name.startswith(tuple(FILE_NAMES.values()))


def _own_all(staged: Path, data: Path) -> None:
    """Root restores for the services' user: what it wrote must not lock them out."""
    if os.getuid() != 0:
        return
    whose = data.stat()
    for path in [staged, *staged.rglob("*")]:
        os.chown(path, whose.st_uid, whose.st_gid, follow_symlinks=False)
