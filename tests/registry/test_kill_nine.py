"""kill -9 while the registry is being written, sixty times: the file is always whole, and never older than what was confirmed."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.adapters.registry_store import LineRow, RegistryStore

KILLS = 60

WRITER = """
import sys
from pathlib import Path
from gateway.adapters.model_files import read_models
from gateway.adapters.registry_store import MeterRow, RegistryStore

store = RegistryStore(Path(sys.argv[1]), read_models())
number = int(sys.argv[2])
while True:
    number += 1
    assert store.add_meter(MeterRow(str(number), "north", str(number), "generic-dlt645-2007", location="x" * (number % 97))) is None
    print(number, flush=True)
"""


@pytest.mark.timeout(300)
def test_sixty_kills_leave_a_whole_file_with_every_confirmed_row(tmp_path: Path) -> None:
    store = RegistryStore(tmp_path, {})
    store.add_line(LineRow("north", "/dev/ttyUSB0"))
    chance = random.Random(645)
    confirmed = 0
    for _ in range(KILLS):
        confirmed = max(confirmed, run_and_kill(tmp_path, len(store.meters()), chance.uniform(0.0, 0.03)))
        numbers = sorted(int(row.meter_number) for row in store.meters())
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) >= confirmed
    assert confirmed > KILLS


def run_and_kill(folder: Path, written: int, after_s: float) -> int:
    """Start a writer, wait for its first confirmed row, kill it a little later; return the last row it confirmed."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(written)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        last = int(writer.stdout.readline())
        try:
            writer.wait(after_s)
        except subprocess.TimeoutExpired:
            writer.send_signal(signal.SIGKILL)
        rest = [line for line in writer.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    return int(rest[-1]) if rest else last
