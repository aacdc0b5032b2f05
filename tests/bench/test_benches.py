"""The benches run and print what they should; how fast this machine is, no test says."""

import ast
import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench import responder
from tests.bench.figures import Figures
from tests.bench.meters_process import MetersProcess, exchanges, share_of_wire
from tests.bench.responder import LineSpec, Meter, MeterSpec

ROOT = Path(__file__).resolve().parents[2]
GIVEN_REPLY = "68 03 20 12 22 20 65 68 91 08 33 33 34 33 33 33 33 33"
"""A reply of meter 652022122003 to a read of 00010000, register zero, up to its sum."""


def lines_of(*words: str) -> list[str]:
    """Run a bench in a process of its own; its exit code says whether goals were met, which is none of a test's business."""
    done = subprocess.run(
        [sys.executable, "-m", *words, "--short"], cwd=ROOT, capture_output=True, text=True, timeout=240
    )
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("words", "name", "goals"),
    [
        (("tests.bench.bench_codec",), "bench-codec", 12),
        (("tests.bench.bench_poll", "fast"), "bench-poll", 5),
        (("tests.bench.bench_poll", "paced"), "bench-poll", 2),
        (("tests.bench.bench_poll", "dead"), "bench-poll", 0),
        (("tests.bench.bench_poll", "memory"), "bench-poll", 3),
        (("tests.bench.bench_cutoff",), "bench-cutoff", 5),
        (("tests.bench.bench_desk",), "bench-desk", 5),
        (("tests.bench.bench_agreement",), "bench-agreement", 3),
        (("tests.bench.bench_find",), "BENCH-FIND", 5),
    ],
    ids=[
        "codec",
        "poll-fast",
        "poll-paced",
        "poll-dead",
        "poll-memory",
        "cutoff",
        "desk",
        "agreement",
        "find",
    ],
)
def test_a_bench_runs_and_counts_its_goals(words: tuple[str, ...], name: str, goals: int) -> None:
    lines = lines_of(*words)
    assert lines[-1].startswith(f"{name}: ")
    assert lines[-1].endswith(f"/{goals} goals met"), lines
    assert sum(" goal " in line for line in lines) == goals
    assert not [line for line in lines if "nan" in line]


def test_goals_missed_are_counted_and_told_by_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    figures = Figures("bench-x")
    figures.at_most("a", 2, 1)
    figures.at_least("b", 2, 1)
    figures.note("c", "3")
    assert figures.close() == 1
    out = capsys.readouterr().out.splitlines()
    assert "MISS" in out[0]
    assert out[-1] == "bench-x: 1/2 goals met"


SYNCED = """
import os, sqlite3, sys
from tests.bench import slow_disk
slow_disk.SYNC_S = 0.0
slow = slow_disk.slow_down()
said = []
def count():
    said.append(slow_disk.syncs)
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA journal_mode = WAL")
database.execute("PRAGMA synchronous = FULL")
database.execute("CREATE TABLE row (number INTEGER)")
count()
for number in range(5):
    database.execute("BEGIN")
    database.executemany("INSERT INTO row VALUES (?)", [(number,)] * 3)
    database.execute("COMMIT")
count()
database.execute("PRAGMA wal_checkpoint")
count()
with open(sys.argv[1], "rb") as file:
    os.fsync(file.fileno())
count()
print(*said)
"""


def test_the_slow_disk_holds_up_every_sync(tmp_path: Path) -> None:
    """Five commits, a checkpoint (log and database), a file of Python's own: one wait for each sync, and no other."""
    words = [sys.executable, "-c", SYNCED, str(tmp_path / "x.db")]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    begun, committed, checkpointed, flushed = map(int, done.stdout.split())
    assert begun > 0
    assert (committed - begun, checkpointed - committed, flushed - checkpointed) == (5, 2, 1)


def test_the_meters_of_the_benches_share_no_code_with_what_they_measure() -> None:
    imported = set()
    for node in ast.walk(ast.parse(Path(responder.__file__).read_text())):
        if isinstance(node, ast.Import):
            imported |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported.add(node.module.partition(".")[0])
    assert imported <= sys.stdlib_module_names


def test_a_meter_answers_as_the_standard_draws_it() -> None:
    meter = Meter(MeterSpec("652022122003", 0), lambda: 0.0)
    reply = responder.answer_645(meter, 0x11, bytes.fromhex("00000100"))
    start = bytes.fromhex(GIVEN_REPLY)
    assert reply == start + bytes((sum(start) % 256, 0x16))


def test_a_meters_energy_is_what_its_loads_used_while_the_contact_was_closed() -> None:
    now = [0.0]
    meter = Meter(MeterSpec("1", 1_000, [(0, 3600.0), (10, 7200.0)]), lambda: now[0])
    now[0] = 15.0
    assert meter.energy_mwh == pytest.approx(1_000 + 10_000 + 10_000)
    meter.switch(closed=False)
    now[0] = 30.0
    assert (meter.energy_mwh, meter.watts) == (pytest.approx(21_000), 0.0)
    meter.switch(closed=True)
    now[0] = 31.0
    assert meter.energy_mwh == pytest.approx(23_000)


async def test_the_wire_is_filled_by_bytes_and_turn_round_and_by_nothing_else() -> None:
    spec = LineSpec([MeterSpec("1")], baud=9600, turn_round_ms=20.0)
    with MetersProcess([spec]) as meters:
        descriptor = os.open(meters.ports[0], os.O_RDWR | os.O_NOCTTY)
        before = meters.count()
        os.write(descriptor, bytes.fromhex("68 01 00 00 00 00 00 68 11 04 33 33 34 33") + bytes((0xB3, 0x16)))
        reply = b""
        while len(reply) < 20:
            reply += await asyncio.to_thread(os.read, descriptor, 64)
        after = meters.count()
        os.close(descriptor)
    assert exchanges(before, after) == 1
    assert after["lines"][0]["wire_s"] == pytest.approx((16 + 20) * 11 / 9600 + 0.02)
    assert 0 < share_of_wire(before, after) <= 1
    assert json.dumps(after)
