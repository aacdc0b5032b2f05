"""An upgrade from what each release wrote: nothing that was there is lost or changed, everything still proves, and is guarded.

The kept databases are text (`tests/upgrade/keep_release.py`). The newest one is upgraded in every run, on SQLite and PostgreSQL;
the older ones take a minute each, migration by migration: `make upgrade`.
"""

import json
import os
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime

import psycopg
import pytest

from tests.central.own_central import OwnCentral
from tests.central.test_fresh_tables import shape_of
from tests.upgrade.keep_release import KEPT, releases

CHANGED_BY_UPGRADES = {
    *("django_migrations", "django_content_type", "auth_permission", "sqlite_sequence"),
    *("books_foldstate", "books_bookrow", "books_energyposition"),
}
"""Django's own lists, and the books by period, which `init` adds up."""
GUARDED = """
import json
from central.ledger.immutability import missing_triggers
from central.link.telemetry.partitions import table_states
print(json.dumps([missing_triggers(), sum(state.rest_rows for state in table_states())]))
"""


def kept_for(release):
    on_every_run = release == releases()[-1] or os.environ.get("UPGRADE") == "all"
    reason = "make upgrade runs it: every migration since then, a minute"
    return pytest.param(release, marks=() if on_every_run else pytest.mark.skip(reason=reason))


def plain(cell):
    """Give a cell as both kinds of database would have it."""
    if isinstance(cell, bool | memoryview):
        return int(cell) if isinstance(cell, bool) else bytes(cell)
    if isinstance(cell, datetime):
        return f"{cell.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, str) and cell[:1] in ("[", "{"):
        cell = json.loads(cell)
    return json.dumps(cell, sort_keys=True) if isinstance(cell, dict | list) else cell


class Databases:
    """The two databases of a central, beside its own code."""

    def __init__(self, central):
        self.central, self.is_postgresql = central, bool(central.suffix)

    def connect(self, name):
        if self.is_postgresql:
            variable = {"central": "DATABASE_URL", "telemetry": "TELEMETRY_DATABASE_URL"}[name]
            return psycopg.connect(self.central.environment[variable], autocommit=True)
        return closing(sqlite3.connect(self.central.folder / f"{name}.db"))

    def load(self, release):
        """Make both as a release left them; False where it isn't kept for this kind of database."""
        ending = ".pg.sql" if self.is_postgresql else ".sql"
        files = {name: KEPT / release / f"{name}{ending}" for name in ("central", "telemetry")}
        if not all(file.exists() for file in files.values()):
            return False
        self.central.folder.mkdir()
        for name, file in files.items():
            with self.connect(name) as connection:
                text = file.read_text(encoding="utf-8")
                connection.execute(text) if self.is_postgresql else connection.executescript(text)
        return True

    def rows(self, columns=None):
        """Give every table's rows, of the columns that are named or of all; rows in no order."""
        found = {}
        for name in ("central", "telemetry"):
            with self.connect(name) as connection:
                for table, there in self._columns(connection).items():
                    wanted = there if columns is None else columns.get((name, table), there)
                    some = connection.execute(f"SELECT {', '.join(wanted)} FROM {table}").fetchall()
                    found[name, table] = wanted, sorted(repr([plain(cell) for cell in row]) for row in some)
        return found

    def _columns(self, connection):
        sql = (
            "SELECT c.table_name, c.column_name FROM information_schema.columns c WHERE c.table_schema = 'public' "
            "AND NOT EXISTS (SELECT FROM pg_class WHERE relname = c.table_name AND relispartition) ORDER BY 1, 2"
            if self.is_postgresql
            else "SELECT m.name, i.name FROM sqlite_master m, pragma_table_info(m.name) i WHERE m.type = 'table' ORDER BY 1, 2"
        )
        found = {}
        for table, column in connection.execute(sql).fetchall():
            found.setdefault(table, []).append(f'"{column}"')
        return found


@pytest.mark.timeout(900)
@pytest.mark.parametrize("release", [kept_for(release) for release in releases()])
def test_what_a_release_wrote_is_whole_after_the_upgrade(own_central, release, tmp_path):
    databases = Databases(own_central)
    if not databases.load(release):
        pytest.skip(f"{release} isn't kept for PostgreSQL")
    before = databases.rows()
    assert len(before["central", "ledger_transfer"][1]) == 33
    assert len(before["telemetry", "telemetry_reading"][1]) == 30
    done = own_central.run("init", "--password-stdin", stdin="a-good-long-password\n", most_s=800)
    assert done.returncode == 0, done.stderr
    after = databases.rows({key: columns for key, (columns, _rows) in before.items()})
    changed = {key[1] for key, (_columns, rows) in before.items() if after.get(key, (None, None))[1] != rows}
    assert changed - CHANGED_BY_UPGRADES == set()
    proved = own_central.run("verify")
    assert proved.returncode == 0, proved.stdout
    said, error = own_central.script(GUARDED).communicate(timeout=200)
    assert json.loads(said or error) == [[], 0]
    if databases.is_postgresql:
        assert shape_of(own_central) == shape_of_a_new_one(tmp_path / "new")


def shape_of_a_new_one(folder):
    """Give the tables of a central that begins today: migration by migration from nothing is for `make test-postgresql`."""
    central = OwnCentral(folder)
    central.create_databases()
    try:
        assert central.run("init", "--password-stdin", stdin="a-good-long-password\n").returncode == 0
        return shape_of(central)
    finally:
        central.drop_databases()
