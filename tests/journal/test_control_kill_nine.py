"""kill -9 of a process that puts a room under software control and ends it: each is whole or not there, none is billed between."""

import asyncio
import os
import random
from pathlib import Path

from gateway.adapters.journal_store import JournalStore, SqliteJournal
from gateway.application.control_state import control_of
from gateway.application.outbox import marks
from gateway.application.post_reading import post_reading
from gateway.application.records import RoomControl
from gateway.application.sealed_register import Sealed
from gateway.application.settle_due import settle_due
from gateway.application.software_control import (
    BeginOrder,
    Begun,
    Ended,
    begin,
    end_good_again,
    site_control_id,
)
from gateway.contract.facts import Entry, Instant, decode_fact
from gateway.contract.meter_facts import SoftwareControlBegun, SoftwareControlEnded
from gateway.domain.ledger import AccountState
from gateway.domain.reading import MeterReading, MeterState
from tests.application.site import START_MS
from tests.journal.test_journal_kill_nine import live
from tests.journal.test_writer_thread import start

LIVES = 20
FIRST_WH, STEP_WH = 1_000, 10


async def control_for_ever(path: Path, life: int, told: int) -> None:
    """Use a step, begin, use a step that nobody pays, end, from where the last life stopped. Each is told once it is done."""
    async with JournalStore(path) as store:
        if life == 0:
            await store.run(start)
            born = Instant("boot0", 1, START_MS, True)
            await store.run(lambda journal: post_reading(journal, MeterReading("m1", FIRST_WH), born))
        n = 0
        while True:
            n += 1
            now = Instant(f"boot{life}", n * 60_000, START_MS + (life * 1_000 + n) * 60_000, True)
            done = await store.run(lambda journal, t=now: one_step(journal, t))
            assert isinstance(done, Begun | Ended), done
            await store.run(lambda journal, t=now: settle_due(journal, t))
            os.write(told, f"{type(done).__name__} {done.fact.control}\n".encode())


def one_step(journal: SqliteJournal, now: Instant) -> object:
    meter = journal.record(MeterState, "m1")
    assert meter is not None
    shown = Sealed((meter.register_wh or 0) + STEP_WH, now, b"x")
    if control_of(journal, "a1") is None:
        return begin(journal, BeginOrder(site_control_id(journal), "a1", "li", "test", last=shown), now)
    return end_good_again(journal, "a1", shown, "li", "test", now)


def test_kill_nine_leaves_whole_controls_and_bills_no_step_between(tmp_path: Path) -> None:
    path, moments, told = tmp_path / "journal.db", random.Random(9), []
    for life in range(LIVES):
        told += live(
            lambda end, life=life: asyncio.run(control_for_ever(path, life, end)), moments.uniform(0, 0.05)
        )
    assert len(told) >= LIVES
    journal = SqliteJournal(path)
    try:
        journal.perform(lambda opened: audit(opened, told))
    finally:
        journal.close()


def audit(journal: SqliteJournal, told: list[str]) -> None:
    assert journal.ledger_differences() == []
    rows = [
        decode_fact(bytes(row.fact))
        for mark in marks(journal)
        for row in journal.outbox(mark.epoch, 0, 10**9)
    ]
    begun = [row.control for row in rows if isinstance(row, SoftwareControlBegun)]
    ended = [row.control for row in rows if isinstance(row, SoftwareControlEnded)]
    assert len(set(begun)) == len(begun)
    assert begun[: len(ended)] == ended, "one ended that had not begun, or twice"
    assert {name for line in told for kind, name in [line.split()] if kind == "Begun"} <= set(begun)
    assert {name for line in told for kind, name in [line.split()] if kind == "Ended"} <= set(ended)
    assert sum(row.energy_wh for row in rows if isinstance(row, Entry)) == STEP_WH * len(begun)
    assert set(journal.records(RoomControl)) == set(begun)
    state = journal.record(AccountState, "a1")
    assert state is not None
    assert state.control == (begun[-1] if len(begun) > len(ended) else "")
