"""Which statements each test of central sends, noted while it runs on SQLite: PostgreSQL needs no test that sends nothing new.

A test is left out there only if all its statements were seen, each as it was sent: the same SQL, from the same line of central,
with the same refusal by the database. Whatever runs processes or threads, or asks which database it is, is never left out, nor is
a test that was not noted: a new one, one that failed, one that is still running. What is chosen follows from the run itself, so
that no list of tests can grow old.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from heapq import heapify, heappop, heappush
from pathlib import Path
from typing import Any

import pytest
from django.db import Error
from django.db.backends.utils import CursorWrapper

CENTRAL = f"{Path(__file__).parents[2] / 'central'}/"
WORDS_ONLY = {"test_setting_command.py", "test_notice_carrier.py", "test_damaged_lists.py"}
"""Modules of what a command or a file says: the same whatever the database. They are no part of PostgreSQL's run."""
OWN_PROCESSES = {"own_central", "ready", "template"}
OF_THE_DATABASE = re.compile(r"\bthreading\b|\bsubprocess\b|\bvendor\b|DATABASE_URL|\bOwnCentral\b")
"""In a module of tests: what it proves may be another thing on PostgreSQL though the statements are the same."""
OF_A_TEST = 50
"""What a test costs beside its statements, in statements."""
MANY = re.compile(r"(\(?(%s|\?|NULL|[01])\)?, )+(?=\(?(%s|\?))|\bs\d+_x\d+\b")
"""Lists differ by their length only; a savepoint's name is its thread's."""


@dataclass(frozen=True)
class Noted:
    """One test: how many statements it sent, which, and whether it must run on PostgreSQL whatever it sent."""

    name: str
    many: int
    sent: frozenset[str]
    must: bool


def name_of(item: pytest.Item) -> str:
    """Name a test: the same beside other workers and alone."""
    return f"{item.path.name}::{item.name}"


def is_for_both(item: pytest.Item) -> bool:
    """Say whether a test may run on PostgreSQL too: only then what it sends is sent there."""
    return item.path.name not in WORDS_ONLY and item.get_closest_marker("one_database") is None


def must_run(item: pytest.Item) -> bool:
    """Say whether a test is PostgreSQL's too whatever it sends."""
    return bool(OWN_PROCESSES.intersection(item.fixturenames)) or _is_of_the_database(item.path)  # type: ignore[attr-defined]


@cache
def _is_of_the_database(path: Path) -> bool:
    return OF_THE_DATABASE.search(path.read_text(encoding="utf-8")) is not None


@contextmanager
def listening() -> Iterator[Counter[str]]:
    """Give the counts that fill with what central sends until the block ends."""
    sent: Counter[str] = Counter()
    send = CursorWrapper._execute_with_wrappers

    def note(self: Any, sql: Any, params: Any, many: Any, executor: Any) -> Any:
        place = _place(sys._getframe(1))
        try:
            answer = send(self, sql, params, many, executor)
        except Error as error:
            sent[f"{place} {_plain(str(sql))} {type(error).__name__}"] += 1
            raise
        if place:
            sent[f"{place} {_plain(str(sql))}"] += 1
        return answer

    CursorWrapper._execute_with_wrappers = note
    try:
        yield sent
    finally:
        CursorWrapper._execute_with_wrappers = send


def _place(frame: Any) -> str:
    """Give the innermost line of central below; nothing if a test asked by itself."""
    while frame is not None:
        if frame.f_code.co_filename.startswith(CENTRAL):
            return f"{frame.f_code.co_filename.removeprefix(CENTRAL)}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


@cache
def _plain(sql: str) -> str:
    """Give what stands for a statement: short, and the same in every process."""
    return blake2b(MANY.sub("", sql).encode(), digest_size=8).hexdigest()


def keep(folder: Path, worker: str, noted: Noted) -> None:
    """Write down one test's row where all workers of a run write theirs."""
    folder.mkdir(exist_ok=True)
    row = [noted.name, noted.many, sorted(noted.sent), noted.must]
    with (folder / f"{worker}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def kept(folder: Path) -> list[Noted]:
    """Give every whole row of a run so far."""
    lines = [
        line
        for file in sorted(folder.glob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").split("\n")[:-1]
    ]
    return [Noted(name, many, frozenset(sent), must) for name, many, sent, must in map(json.loads, lines)]


def nothing_new(rows: list[Noted]) -> set[str]:
    """Give the names of the tests that may be left out: those without which everything is still sent, by few statements in all.

    Nothing here depends on how quick the machine is: the same code leaves out the same tests.
    """
    seen = {one for row in rows if row.must for one in row.sent}
    waiting = [(-_worth(row, seen), row.name, row) for row in rows if not row.must]
    heapify(waiting)
    left: set[str] = set()
    while waiting:
        _then, name, row = heappop(waiting)
        now = _worth(row, seen)
        if not now:
            left.add(name)
        elif waiting and -now > waiting[0][0]:
            heappush(waiting, (-now, name, row))
        else:
            seen |= row.sent
    return left


def _worth(row: Noted, seen: set[str]) -> float:
    """Kinds of statements that are new, for all that have to be sent."""
    return len(row.sent - seen) / (OF_A_TEST + row.many)
