"""The seeded campus, kept between tests: it is seeded once in a while, and its rows are written back where they were.

To seed takes a tenth of a second, to write what came of it a hundredth; nearly every test of the pages begins with it.
"""

import time
from collections.abc import Callable

from django.db import connections

Rows = dict[tuple[str, str], list[tuple[object, ...]]]
"""By database and table."""
FRESH_S = 20
"""For so long what was seeded "a second ago" still is: nothing on a page is told in less than minutes."""


class KeptCampus:
    """Seeds by a function, or writes what it made not long ago."""

    def __init__(self, seed: Callable[[], None]) -> None:
        self._seed = seed
        self._made: Rows = {}
        self._made_s = -float(FRESH_S)

    def put(self) -> None:
        """Fill the databases, which hold nothing yet but what the migrations made."""
        if any(one.vendor != "sqlite" for one in connections.all()):
            self._seed()  # a sequence of PostgreSQL goes on where a test left it
        elif time.monotonic() - self._made_s < FRESH_S:
            _write(self._made)
        else:
            before, self._made_s = _rows(), time.monotonic()
            self._seed()
            self._made = {
                key: [row for row in rows if row not in before[key]] for key, rows in _rows().items()
            }


def _rows() -> Rows:
    found: Rows = {}
    for alias in connections:
        with connections[alias].cursor() as cursor:
            for table in [*connections[alias].introspection.table_names(cursor), "sqlite_sequence"]:
                cursor.execute(f'SELECT * FROM "{table}"')
                found[alias, table] = cursor.fetchall()
    return found


def _write(made: Rows) -> None:
    for (alias, table), rows in made.items():
        if rows:
            places = ", ".join(["%s"] * len(rows[0]))
            with connections[alias].cursor() as cursor:
                if table == "sqlite_sequence":  # it has no key to replace by
                    cursor.executemany(
                        "DELETE FROM sqlite_sequence WHERE name = %s", [row[:1] for row in rows]
                    )
                cursor.executemany(f'INSERT OR REPLACE INTO "{table}" VALUES ({places})', rows)
