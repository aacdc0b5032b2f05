"""The limit of a payment: its very writes without anything around them, in a bare transaction on a database of the same make.

The statements that change rows are taken down while a real payment is made, and sent again by a bare driver into the same tables in
an empty copy, with new keys. No reads, no rules, no Python objects: what is left is what the database itself takes.
"""

import re
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.db import connection

INSERT = re.compile(r'INSERT INTO "(\w+)" \(([^)]*)\)')
COUNTED = frozenset({"number", "position", "serial"})
"""Columns that count up by one with each payment."""


@dataclass
class Writes:
    """Takes down what changes rows; used as Django's `execute_wrapper`."""

    statements: list[tuple[str, list[object], bool]] = field(default_factory=list)

    def __call__(self, execute: Callable, sql: str, params: object, many: bool, context: object) -> object:
        if sql.startswith(("INSERT", "UPDATE")):
            rows = list(params) if many else [params]
            self.statements += [(sql, list(row), many) for row in rows]
        return execute(sql, params, many, context)

    def again(self, turn: int, tag: str) -> list[tuple[str, list[object]]]:
        """Give the statements of the `turn`th payment after it: other keys, counters that go on."""
        return [(sql, self._moved(sql, params, turn, tag)) for sql, params, _many in self.statements]

    def _moved(self, sql: str, params: list[object], turn: int, tag: str) -> list[object]:
        found = INSERT.match(sql)
        names = [name.strip().strip('"') for name in found[2].split(",")] if found else []
        width = len(names) or len(params)
        return [
            _fresh(value, names[place % width] if names else "", place // width, turn, tag)
            for place, value in enumerate(params)
        ]


def _fresh(value: object, name: str, row: int, turn: int, tag: str) -> object:
    if name in COUNTED and isinstance(value, int):
        return value + turn * 4 + row
    if name == "command_id" and isinstance(value, str):
        return f"{value}-{turn}"
    return value.replace(tag, f"{tag}{turn}-") if isinstance(value, str) else value


def bare_per_second(writes: Writes, tag: str, seconds: float) -> float:
    """Give how many such transactions a bare driver commits in a second, one after the other."""
    run = _on_sqlite if connection.vendor == "sqlite" else _on_postgresql
    return run(writes, tag, seconds)


def _on_sqlite(writes: Writes, tag: str, seconds: float) -> float:
    name = str(connection.settings_dict["NAME"])
    database = sqlite3.connect(name, isolation_level=None, timeout=20)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    try:
        return _repeat(
            lambda turn: _sqlite_turn(database, writes.again(turn, tag)),
            seconds,
        )
    finally:
        database.close()


def _sqlite_turn(database: sqlite3.Connection, statements: Sequence[tuple[str, list[object]]]) -> None:
    database.execute("BEGIN IMMEDIATE")
    for sql, params in statements:
        database.execute(sql.replace("%s", "?"), params)
    database.execute("COMMIT")


def _on_postgresql(writes: Writes, tag: str, seconds: float) -> float:
    import psycopg

    settings = connection.get_connection_params()
    kept = {key: settings[key] for key in ("dbname", "user", "host", "port") if key in settings}
    with psycopg.connect(**kept) as database:
        return _repeat(lambda turn: _postgresql_turn(database, writes.again(turn, tag)), seconds)


def _postgresql_turn(database: object, statements: Sequence[tuple[str, list[object]]]) -> None:
    with database.transaction(), database.cursor() as cursor:
        for sql, params in statements:
            cursor.execute(sql, params)


def _repeat(one: Callable[[int], None], seconds: float) -> float:
    turn, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        turn += 1
        one(turn)
    return turn / (time.perf_counter() - began)
