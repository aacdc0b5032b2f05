"""Rows of accounts in memory while changes are added to them, and the statements that read and write them.

By hand, not by models: it is what a fold does for every row. Newest rows are kept for the next changes of the same accounts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter

from django.db import connection

from central.domain.book_rows import OPEN_END, Change, Row, add_change
from central.reports.books.gathering import Key
from central.reports.books.models import BookRow, BookSheet

Name = tuple[str, str, str]
"""Kind of period, account, unit."""
AT_ONCE = 5_000
"""Accounts asked for in one statement."""
TABLE = BookRow._meta.db_table
SUMS = (
    "opening",
    "takings",
    "subsidies",
    "refunds",
    "consumption",
    "other",
    "closing",
    "energy_wh",
    "outside",
)
KEY = ("account", "unit", "kind", "ordinal")
_READ = f"SELECT kind, account, unit, ordinal, until, {', '.join(SUMS)} FROM {TABLE}"  # noqa: S608  the model's names
_INSERT = (
    f"INSERT INTO {TABLE} ({', '.join((*KEY, 'building', 'until', *SUMS))}) "  # noqa: S608
    f"VALUES ({', '.join(['%s'] * (len(KEY) + 2 + len(SUMS)))})"
)
_OF_KEY = f"WHERE {' AND '.join(f'{name} = %s' for name in KEY)}"
_UPDATE = f"UPDATE {TABLE} SET {', '.join(f'{name} = %s' for name in SUMS)} {_OF_KEY}"  # noqa: S608
_TYPES = (*["bigint[]"] * len(SUMS), "text[]", "text[]", "text[]", "integer[]")
_UPDATE_ALL = (
    f"UPDATE {TABLE} AS kept SET {', '.join(f'{name} = v.{name}' for name in SUMS)} "  # noqa: S608
    f"FROM unnest({', '.join(f'%s::{one}' for one in _TYPES)}) AS v({', '.join((*SUMS, *KEY))}) "
    f"WHERE {' AND '.join(f'kept.{name} = v.{name}' for name in KEY)}"
)
"""All rows in one statement, for a server that takes its time with each."""
_FOLLOWED = f"UPDATE {TABLE} SET until = %s {_OF_KEY}"  # noqa: S608
_DROP = f"DELETE FROM {BookSheet._meta.db_table} WHERE kind = %s AND building = %s AND ordinal >= %s"  # noqa: S608
_SUMS = attrgetter(*SUMS)


@dataclass(slots=True)
class Held:
    """The rows at hand: of each account that was asked for the newest ones, and more where changes come late."""

    rows: dict[Name, list[Row]] = field(default_factory=dict)
    accounts: set[str] = field(default_factory=set)

    def add(self, changes: Mapping[Key, Change]) -> None:
        """Add changes, reading the rows that they touch."""
        self._read_for(changes)
        for (kind, account, unit, ordinal), change in sorted(changes.items(), key=lambda one: one[0][3]):
            add_change(self.rows.setdefault((kind, account, unit), []), ordinal, change)

    def write(self, buildings: Mapping[str, str]) -> None:
        """Write what has changed, inside the caller's transaction; sheets that are no longer true are dropped."""
        new, changed, followed = [], [], []
        first: dict[tuple[str, str], int] = {}
        for (kind, account, unit), rows in self.rows.items():
            building = buildings.get(account, "")
            touched = [row.ordinal for row in rows if row.is_new or row.is_changed]
            if touched:
                first[kind, building] = min(touched[0], first.get((kind, building), touched[0]))
            for row in rows:
                if row.is_new:
                    key = (account, unit, kind, row.ordinal)
                    new.append((*key, building, row.until, *_SUMS(row)))
                elif row.is_changed:
                    changed.append((*_SUMS(row), account, unit, kind, row.ordinal))
                if row.is_followed and not row.is_new:
                    followed.append((row.until, account, unit, kind, row.ordinal))
        with connection.cursor() as cursor:
            for sql, values in ((_UPDATE, changed), (_FOLLOWED, followed), (_INSERT, new)):
                if values and sql is _UPDATE and connection.vendor == "postgresql":
                    cursor.execute(_UPDATE_ALL, [list(column) for column in zip(*values, strict=True)])
                elif values:
                    cursor.executemany(sql, values)
            cursor.executemany(_DROP, [(*name, ordinal) for name, ordinal in sorted(first.items())])

    def keep_newest(self) -> None:
        """Go on with what is written now; older rows are read again when they are needed."""
        for rows in self.rows.values():
            del rows[:-1]
            rows[0].is_new = rows[0].is_changed = rows[0].is_followed = False

    def _read_for(self, changes: Mapping[Key, Change]) -> None:
        unknown = {key[1] for key in changes} - self.accounts
        self._read(unknown, f"until = {OPEN_END}")
        self.accounts |= unknown
        late: dict[str, int] = {}
        for kind, account, unit, ordinal in changes:
            newest = self.rows.get((kind, account, unit))
            if newest and ordinal < newest[0].ordinal:
                late[account] = min(ordinal, late.get(account, ordinal))
        if late:
            self._read(late, f"until > {min(late.values())}")

    def _read(self, accounts: Iterable[str], condition: str) -> None:
        """Read the rows of accounts that a condition chooses, in place of those at hand."""
        wanted = sorted(accounts)
        found: dict[Name, list[Row]] = {}
        with connection.cursor() as cursor:
            for start in range(0, len(wanted), AT_ONCE):
                some = wanted[start : start + AT_ONCE]
                places = ", ".join(["%s"] * len(some))
                cursor.execute(f"{_READ} WHERE account IN ({places}) AND {condition} ORDER BY ordinal", some)
                for kind, account, unit, *rest in cursor.fetchall():
                    found.setdefault((kind, account, unit), []).append(Row(*rest))
        self.rows |= found
