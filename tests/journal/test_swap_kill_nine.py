"""kill -9 of a process that swaps a room's meter to and fro: each swap is whole or not there, and no energy is lost or doubled."""

import asyncio
import os
import random
from pathlib import Path

from gateway.adapters.journal_store import JournalStore, SqliteJournal
from gateway.adapters.model_files import read_models
from gateway.adapters.registry_store import LineRow, MeterRow, RegistryStore
from gateway.application.outbox import marks
from gateway.application.plan_swap import SwapOrder
from gateway.application.post_reading import post_reading
from gateway.application.records import MeterPlace, Swap, Tie
from gateway.application.sealed_register import Sealed
from gateway.application.site_swaps import note_registered, unregistered
from gateway.application.swap_meter import swap_meter
from gateway.contract.facts import Entry, Instant, decode_fact
from gateway.contract.meter_facts import MeterSwapped
from gateway.domain.ledger import AccountState
from gateway.domain.reading import MeterReading
from tests.application.site import START_MS
from tests.journal.test_journal_kill_nine import live
from tests.journal.test_writer_thread import start

LIVES = 25
MODEL = "generic-dlt645-2007"
PLACES = {"m1": MeterPlace("a", "1", MODEL), "m2": MeterPlace("a", "2", MODEL)}
STEP_WH = 10
FIRST_WH = 1_000


async def swap_for_ever(path: Path, life: int, told: int) -> None:
    """Swap m1 for m2 and back; each meter has counted one step at each swap. The registry follows, as the daemon lets it."""
    registry = RegistryStore(path.parent, read_models())
    async with JournalStore(path) as store:
        if life == 0:
            await store.run(start)
            born = Instant("boot0", 1, START_MS, True)
            await store.run(lambda journal: post_reading(journal, MeterReading("m1", FIRST_WH), born))
        for swap in await store.run(unregistered):
            follow(registry, swap)
            await store.run(lambda journal, key=swap.fact.swap: note_registered(journal, key))
        n = 0
        while True:
            n += 1
            now = Instant(f"boot{life}", n * 60_000, START_MS + (life * 1_000 + n) * 60_000, True)
            done = await store.run(lambda journal, t=now: swap_once(journal, t))
            assert isinstance(done, Swap), done
            os.write(told, done.fact.swap.encode() + b"\n")
            follow(registry, done)
            await store.run(lambda journal, key=done.fact.swap: note_registered(journal, key))


def swap_once(journal: SqliteJournal, now: Instant) -> object:
    old, new = ("m1", "m2") if journal.record(Tie, "m1") else ("m2", "m1")
    registers = {fact.new_meter: fact.first_wh for fact in facts_of(journal)}
    last = Sealed(registers.get(old, FIRST_WH) + STEP_WH, now, b"l")
    gone = [fact.last_wh for fact in facts_of(journal) if fact.old_meter == new]
    first = Sealed(gone[-1] if gone else 0, now, b"f")
    return swap_meter(journal, SwapOrder(old, new, last, first, PLACES[new], "li", "test", PLACES[old]), now)


def facts_of(journal: SqliteJournal) -> list[MeterSwapped]:
    found = sorted(journal.records(Swap).values(), key=lambda swap: swap.fact.from_ms)
    return [swap.fact for swap in found]


def follow(registry: RegistryStore, swap: Swap) -> None:
    place = swap.place
    row = MeterRow(swap.fact.new_meter, place.line, place.address, place.model)
    assert registry.replace_meter(swap.fact.old_meter, row) is None


def test_kill_nine_leaves_whole_swaps_and_a_registry_that_follows(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    registry = RegistryStore(tmp_path, read_models())
    assert registry.add_line(LineRow("a", "/dev/null")) is None
    assert registry.add_meter(MeterRow("m1", "a", "1", MODEL)) is None
    moments, told = random.Random(8), []
    for life in range(LIVES):
        told += live(
            lambda end, life=life: asyncio.run(swap_for_ever(path, life, end)), moments.uniform(0, 0.05)
        )
    assert len(told) >= LIVES
    journal = SqliteJournal(path)
    try:
        journal.perform(lambda opened: audit(opened, told, registry))
    finally:
        journal.close()


def audit(journal: SqliteJournal, told: list[str], registry: RegistryStore) -> None:
    assert journal.ledger_differences() == []
    swaps = facts_of(journal)
    assert set(told) <= {fact.swap for fact in swaps}
    rows = [
        decode_fact(bytes(row.fact))
        for mark in marks(journal)
        for row in journal.outbox(mark.epoch, 0, 10**9)
    ]
    assert [fact for fact in rows if isinstance(fact, MeterSwapped)] == swaps
    billed = sum(row.energy_wh for row in rows if isinstance(row, Entry))
    assert billed == STEP_WH * len(swaps)
    state = journal.record(AccountState, "a1")
    assert state is not None
    assert (state.meter, state.binding, state.settled_register_wh) == (
        swaps[-1].new_meter, swaps[-1].binding, swaps[-1].first_wh,
    )  # fmt: skip
    assert [meter for meter in ("m1", "m2") if journal.record(Tie, meter)] == [state.meter]
    for swap in unregistered(journal):
        follow(registry, swap)
    assert [row.meter_number for row in registry.meters()] == [state.meter]
