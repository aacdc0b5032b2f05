"""A file system that is really full (a small tmpfs; needs root)."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.adapters.journal_store import JournalStore
from gateway.application.ports import StoreFull
from gateway.contract.facts import CommandOutcome
from tests.journal.test_writer_thread import credit, start


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"no mounting here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def fill_up(store: JournalStore, taken: list[int]) -> None:
    for n in range(2_000):
        await store.run(credit(f"g{n}"))
        taken.append(n)


async def test_a_really_full_disk_loses_nothing_and_recovers_by_itself(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    async with JournalStore(small_disk / "journal.db") as store:
        await store.run(start)
        taken: list[int] = []
        room_left = os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize
        ballast.write_bytes(b"\0" * max(0, room_left - 60_000))
        with pytest.raises(StoreFull, match="free some"):
            await fill_up(store, taken)
        refused = len(taken)
        for _ in range(3):
            with pytest.raises(StoreFull):
                await store.run(credit(f"g{refused}"))
        ballast.unlink()
        assert (await store.run(credit(f"g{refused}"))).outcome is CommandOutcome.APPLIED
        for n in taken:
            assert (await store.run(credit(f"g{n}"))).outcome is CommandOutcome.EXISTS
        assert await store.run(lambda journal: journal.ledger_differences()) == []
