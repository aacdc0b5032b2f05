"""The writer thread (C-13): what must be durable is, before its caller goes on; a slow or full disk never stalls the event loop."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.journal_store import JournalStore, SqliteJournal
from gateway.adapters.journal_store.store import READINGS_PER_COMMIT
from gateway.application.boot import boot
from gateway.application.grant import apply_grant
from gateway.application.outbox import outbox_batch
from gateway.application.ports import Journal, StoreDamaged, StoreFull
from gateway.application.post_reading import post_reading
from gateway.application.settle_due import write_health
from gateway.contract.commands import Configure, Grant
from gateway.contract.facts import CommandOutcome, Instant
from gateway.domain.reading import MeterReading
from tests.application.site import PRICE, START_MS, YUAN, room, tie

NOW = Instant("boot", 5_000, START_MS, True)


def start(journal: Journal) -> None:
    from gateway.application.configure import apply_configure

    boot(journal, "g1", NOW)
    done = apply_configure(journal, Configure(1, [room()], [tie()], [PRICE]), NOW)
    assert done.outcome is CommandOutcome.APPLIED


def credit(name: str) -> Callable[[Journal], Any]:
    return lambda journal: apply_grant(journal, Grant(name, "a1", "paid", "yuan", YUAN), NOW)


def reading(register_wh: int) -> Callable[[Journal], Any]:
    now = Instant("boot", 5_000 + register_wh * 1_000, START_MS + register_wh * 1_000, True)
    return lambda journal: post_reading(journal, MeterReading("m9", register_wh), now)


def committed(path: Path, query: str) -> Any:
    with sqlite3.connect(path) as other:
        return other.execute(query).fetchone()[0]


async def test_what_run_returned_is_committed(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    async with JournalStore(path) as store:
        await store.run(start)
        await store.run(credit("g1"))
        assert committed(path, "SELECT balance FROM bucket") == YUAN


async def test_plain_readings_wait_and_then_are_committed_without_being_asked(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    async with JournalStore(path, readings_commit_s=0.2) as store:
        await store.run(start)
        rows = committed(path, "SELECT count(*) FROM outbox")
        for register_wh in range(5):
            await store.run(reading(register_wh))
        assert committed(path, "SELECT count(*) FROM outbox") == rows
        async with asyncio.timeout(20):
            while committed(path, "SELECT count(*) FROM outbox") == rows:
                await asyncio.sleep(0.02)
        assert committed(path, "SELECT count(*) FROM outbox") == rows + 1


async def test_a_row_of_readings_that_is_full_does_not_wait(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    async with JournalStore(path, readings_commit_s=30) as store:
        await store.run(start)
        rows = committed(path, "SELECT count(*) FROM outbox")
        for register_wh in range(READINGS_PER_COMMIT - 1):
            await store.run(reading(register_wh))
        assert committed(path, "SELECT count(*) FROM outbox") == rows
        await store.run(reading(READINGS_PER_COMMIT))
        assert committed(path, "SELECT count(*) FROM outbox") == rows + 1


async def test_a_queue_that_is_never_empty_does_not_put_the_commit_off(tmp_path: Path) -> None:
    async with JournalStore(tmp_path / "journal.db", readings_commit_s=0.01) as store:
        await store.run(start)
        before = store.counters()["commits"]
        await asyncio.gather(*(store.run(reading(n)) for n in range(3_000)))
        assert store.counters()["commits"] - before >= 4


async def test_closing_commits_what_waits(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    async with JournalStore(path, readings_commit_s=30) as store:
        await store.run(start)
        rows = committed(path, "SELECT count(*) FROM outbox")
        await store.run(reading(1))
    assert committed(path, "SELECT count(*) FROM outbox") == rows + 1


class SlowCommits:
    """A disk whose every fsync takes a while, counted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, delay_s: float) -> None:
        self.commits = 0
        real = SqliteJournal.commit

        def slow(journal: SqliteJournal) -> None:
            if journal.has_changes:
                self.commits += 1
                time.sleep(delay_s)
            real(journal)

        monkeypatch.setattr(SqliteJournal, "commit", slow)


async def test_c13_a_slow_fsync_never_blocks_the_event_loop(tmp_path: Path, monkeypatch: Any) -> None:
    async with JournalStore(tmp_path / "journal.db") as store:
        await store.run(start)
        SlowCommits(monkeypatch, 0.1)
        ticks = 0
        done = asyncio.create_task(all_credits(store, "a", 5))
        while not done.done():
            await asyncio.sleep(0.001)
            ticks += 1
        assert ticks >= 50
        assert await done == [CommandOutcome.APPLIED] * 5


async def all_credits(store: JournalStore, prefix: str, count: int) -> list[CommandOutcome]:
    return [(await store.run(credit(f"{prefix}{n}"))).outcome for n in range(count)]


async def test_c13_what_arrives_during_a_commit_shares_the_next_one(tmp_path: Path, monkeypatch: Any) -> None:
    async with JournalStore(tmp_path / "journal.db") as store:
        await store.run(start)
        slow = SlowCommits(monkeypatch, 0.05)
        results = await asyncio.gather(*(store.run(credit(f"g{n}")) for n in range(40)))
        assert [done.outcome for done in results] == [CommandOutcome.APPLIED] * 40
        assert slow.commits <= 4


async def test_nothing_uncommitted_is_ever_given_to_the_uplink(tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "journal.db"
    async with JournalStore(path) as store:
        await store.run(start)
        SlowCommits(monkeypatch, 0.02)

        async def drained() -> None:
            batch = await store.run(outbox_batch)
            assert batch is not None
            assert committed(path, "SELECT max(id) FROM outbox") & ((1 << 40) - 1) >= batch.rows[-1].seq

        await asyncio.gather(
            *(coroutine for n in range(20) for coroutine in (store.run(credit(f"g{n}")), drained()))
        )


async def test_an_exception_goes_to_its_caller_alone(tmp_path: Path) -> None:
    def fails(journal: Journal) -> None:
        write_health(journal, {}, NOW)
        raise KeyError("planted")

    async with JournalStore(tmp_path / "journal.db") as store:
        await store.run(start)
        results = await asyncio.gather(
            store.run(credit("g1")), store.run(fails), store.run(credit("g2")), return_exceptions=True
        )
        assert isinstance(results[1], KeyError)
        held = await store.run(lambda journal: journal.buckets("a1"))
        assert [bucket.balance for bucket in held] == [2 * YUAN]


async def test_a_cancelled_caller_harms_nobody(tmp_path: Path, monkeypatch: Any) -> None:
    async with JournalStore(tmp_path / "journal.db") as store:
        await store.run(start)
        SlowCommits(monkeypatch, 0.05)
        gone = asyncio.create_task(store.run(credit("g1")))
        await asyncio.sleep(0)
        gone.cancel()
        assert (await store.run(credit("g2"))).outcome is CommandOutcome.APPLIED
        with pytest.raises(asyncio.CancelledError):
            await gone
        assert (await store.run(credit("g1"))).outcome is CommandOutcome.EXISTS


async def test_a_full_disk_is_told_to_the_caller_and_passes(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    async with JournalStore(path) as store:
        await store.run(start)
        limit = set_page_limit(store, None)
        pages = await store.run(lambda journal: limit(journal))
        with pytest.raises(StoreFull, match="no space left"):
            await fill(store, 20_000)
        before = await store.run(lambda journal: sum(b.balance for b in journal.buckets("a1")))
        assert await store.run(lambda journal: journal.ledger_differences()) == []
        await store.run(set_page_limit(store, pages + 10_000))
        assert (await store.run(credit("after"))).outcome is CommandOutcome.APPLIED
        after = await store.run(lambda journal: sum(b.balance for b in journal.buckets("a1")))
        assert after == before + YUAN
        assert store.counters()["store_full"] >= 1


def set_page_limit(store: JournalStore, pages: int | None) -> Callable[[Journal], int]:
    """A file that may not grow: SQLite then reports what it reports when the disk is full."""

    def limit(journal: Any) -> int:
        held: sqlite3.Connection = journal._connection
        count = int(held.execute("PRAGMA page_count").fetchone()[0])
        held.execute(f"PRAGMA max_page_count = {pages or count + 4}")
        return count

    return limit


async def fill(store: JournalStore, at_most: int) -> None:
    for n in range(at_most):
        await store.run(credit(f"fill{n}"))


async def test_a_store_that_is_damaged_while_it_runs_says_so_to_everyone(
    tmp_path: Path, monkeypatch: Any
) -> None:
    async with JournalStore(tmp_path / "journal.db") as store:
        await store.run(start)

        def torn(journal: Journal) -> None:
            error = sqlite3.DatabaseError("database disk image is malformed")
            error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT  # type: ignore[misc]
            raise error

        with pytest.raises(StoreDamaged, match="keep a copy"):
            await store.run(torn)
        with pytest.raises(StoreDamaged):
            await store.run(credit("g1"))


async def test_use_cases_run_in_the_writers_thread(tmp_path: Path) -> None:
    async with JournalStore(tmp_path / "journal.db") as store:
        assert await store.run(lambda journal: threading.current_thread().name) == "journal"
