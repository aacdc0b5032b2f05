"""`move-to`: copy a central that outgrew SQLite to PostgreSQL, whole; the files stay beside, renamed."""

import sys
from argparse import Namespace
from pathlib import Path

from django.conf import settings
from django.db import connections

from central import clock
from central.config.commands.running import is_ready
from central.config.moving import MoveFailed, MoveRefusal, move
from central.config.settings import database_settings
from central.link.telemetry.apps import TELEMETRY

_REFUSED = {
    MoveRefusal.NOT_SQLITE: "this central doesn't lie in SQLite files (DATABASE_URL is set already)",
    MoveRefusal.NOT_POSTGRESQL: "the address isn't PostgreSQL's: postgresql://name:password@host/database",
    MoveRefusal.NOT_EMPTY: "the database holds tables already; make an empty one (createdb) and name that",
}


def move_to(options: Namespace) -> int:
    """Copy, compare, prove, and rename the files; exit code 2 when it is refused, 1 when it failed: nothing was changed then."""
    if not is_ready():
        return 2
    url = sys.stdin.readline().strip() if options.url == "-" else options.url
    try:
        target = database_settings(url, options.telemetry_url)
    except ValueError as error:
        print(f"cardroom-central: the address can't be read: {error}. Nothing was changed.", file=sys.stderr)
        return 2
    try:
        moved = move(target, now_ms=clock.now_ms())
    except MoveFailed as error:
        print(f"cardroom-central: {error}. Nothing was changed; call the developer", file=sys.stderr)
        return 1
    if isinstance(moved, MoveRefusal):
        print(f"cardroom-central: {_REFUSED[moved]}. Nothing was changed.", file=sys.stderr)
        return 2
    names = [_put_aside(alias) for alias in ("default", TELEMETRY)]
    print(
        f"{moved.tables} tables, {moved.rows} rows copied and compared; the chain, the sums and the triggers hold"
    )
    print(f"the SQLite files are {' and '.join(names)}: keep them until you trust the new database")
    print("now set DATABASE_URL" + (" and TELEMETRY_DATABASE_URL" if options.telemetry_url else ""), end=" ")
    print("in /etc/cardroom/central.env to the same address, and start the services again")
    return 0


def _put_aside(alias: str) -> str:
    """Rename a SQLite file, its log written into it before: who starts on the old setting finds nothing to sell from."""
    with connections[alias].cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path = Path(str(settings.DATABASES[alias]["NAME"]))
    connections[alias].close()
    aside = path.with_name(f"{path.name}.moved")
    path.rename(aside)
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    return str(aside)
