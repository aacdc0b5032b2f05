"""kill -9 of a process that runs use cases in a loop: what `run` returned is there, and the books add up, 40 times on one file."""

import asyncio
import os
import random
import select
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from gateway.adapters.journal_store import JournalStore, SqliteJournal
from gateway.application.records import KnownGrant
from gateway.contract.commands import Grant
from gateway.contract.facts import CommandOutcome, Instant
from gateway.domain.reading import MeterReading
from tests.application.site import START_MS, YUAN
from tests.journal.test_writer_thread import start

KILLS = 40


async def work(path: Path, life: int, told: int) -> None:
    """Grant and read for ever; tell each grant only after `run` returned it."""
    from gateway.application.grant import apply_grant
    from gateway.application.post_reading import post_reading

    async with JournalStore(path) as store:
        if life == 0:
            await store.run(start)
        n = 0
        while True:
            n += 1
            name = f"g{life}-{n}"
            at = life * 10_000_000 + n * 1_000
            now = Instant(f"boot{life}", at, START_MS + at, True)
            reading = MeterReading("m1", life * 1_000 + n)
            await store.run(lambda journal, r=reading, t=now: post_reading(journal, r, t))
            grant = Grant(name, "a1", "paid", "yuan", YUAN)
            done = await store.run(lambda journal, g=grant, t=now: apply_grant(journal, g, t))
            assert done.outcome is CommandOutcome.APPLIED
            os.write(told, name.encode() + b"\n")


def live(work: Callable[[int], None], live_s: float) -> list[str]:
    """Run work in a process of its own, kill -9 it, give what it had told."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        try:
            work(write_end)
        finally:
            os._exit(1)
    os.close(write_end)
    told = b""
    if select.select([read_end], [], [], 30)[0]:
        told += os.read(read_end, 65_536)
    time.sleep(live_s)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "the loop ended by itself"
    while chunk := os.read(read_end, 65_536):
        told += chunk
    os.close(read_end)
    return told.decode().split("\n")[:-1]


def test_kill_nine_leaves_what_was_returned_and_books_that_add_up(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    moments = random.Random(4)
    told: list[str] = []
    for life in range(KILLS):
        told += live(lambda end, life=life: asyncio.run(work(path, life, end)), moments.uniform(0, 0.04))
    assert len(told) >= KILLS
    journal = SqliteJournal(path)
    try:
        journal.perform(lambda opened: _audit(opened, told))
    finally:
        journal.close()
    _audit_rows(path)


def _audit(journal: SqliteJournal, told: list[str]) -> None:
    assert [name for name in told if journal.record(KnownGrant, name) is None] == []
    assert journal.ledger_differences() == []


def _audit_rows(path: Path) -> None:
    """With plain SQL: balances, and sequences without gap or double."""
    with sqlite3.connect(path) as rows:
        grants, granted = rows.execute(
            "SELECT count(*), sum(amount) FROM posting JOIN ledger ON number = entry WHERE kind = 'grant'"
        ).fetchone()
        assert granted == grants * YUAN
        assert rows.execute("SELECT count(*) FROM known_grant").fetchone()[0] == grants
        seqs = [key & ((1 << 40) - 1) for (key,) in rows.execute("SELECT id FROM outbox ORDER BY id")]
        assert seqs == list(range(1, len(seqs) + 1))
        numbers = [number for (number,) in rows.execute("SELECT number FROM ledger ORDER BY number")]
        assert numbers == list(range(1, len(numbers) + 1))
        assert rows.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
