"""`move-to`: copy a central that outgrew SQLite to PostgreSQL, whole; the files stay beside, renamed."""

import sqlite3
import sys
from argparse import Namespace
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connections
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as noop

from central import clock
from central.config import data_folder
from central.config.backup.putting_back import living_in
from central.config.backup.words import alive_text
from central.config.commands.running import is_ready
from central.config.databases import database_settings
from central.config.moving import MoveFailed, MoveRefusal, move
from central.link.telemetry.apps import TELEMETRY

_REFUSED = {
    MoveRefusal.NOT_SQLITE: noop("This central doesn't lie in SQLite files: DATABASE_URL is set already."),
    MoveRefusal.NOT_POSTGRESQL: noop(
        "The address isn't PostgreSQL's: postgresql://name:password@host/database"
    ),
    MoveRefusal.NOT_EMPTY: noop(
        "The database holds tables already; make an empty one (createdb) and name that."
    ),
}


def move_to(options: Namespace) -> int:
    """Copy, compare, prove, and rename the files; exit code 2 when it is refused, 1 when it failed: nothing was changed then."""
    if not is_ready():
        return 2
    if alive := living_in(data_folder.folder()):
        print(f"cardroom-central: {alive_text(alive)}", file=sys.stderr)
        return 2
    url = sys.stdin.readline().strip() if options.url == "-" else options.url
    try:
        moved = move(database_settings(url, options.telemetry_url), now_ms=clock.now_ms())
    except ValueError:
        moved = MoveRefusal.NOT_POSTGRESQL
    except (MoveFailed, sqlite3.Error, psycopg.Error) as error:
        said = _("{error}. Nothing was changed: call the developer.")
        print(f"cardroom-central: {said.format(error=error)}", file=sys.stderr)
        return 1
    if isinstance(moved, MoveRefusal):
        print(f"cardroom-central: {_('Nothing was changed.')} {_(_REFUSED[moved])}", file=sys.stderr)
        return 2
    names = [_put_aside(alias) for alias in ("default", TELEMETRY)]
    said = _("{tables} tables, {rows} rows copied and compared; the chain, the sums and the triggers hold.")
    print(said.format(tables=moved.tables, rows=moved.rows))
    print(
        _("The SQLite files are now {files}: keep them until you trust the new database.").format(
            files=", ".join(names)
        )
    )
    print(
        _(
            "Set the same address as {variables} in /etc/cardroom/central.env, and start the services again."
        ).format(
            variables="DATABASE_URL, TELEMETRY_DATABASE_URL" if options.telemetry_url else "DATABASE_URL"
        )
    )
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
