"""`make bench-wear`: bytes that reach the card for one sweep of 128 meters, beside a file that is only appended to, in one run.

    python -m tests.bench.bench_wear [--sweeps 240]

The daemon's journal takes 128 readings a sweep, settles every room each hour and packs the outbox; central acknowledges once a
minute; SQLite's checkpoints are in. The bare append writes each reading as it travels and its raw frame, synced once per sweep.
Both are measured by the kernel (`write_bytes` of this process). Once more with a commit every 5 s of a sweep at 2400 baud, where a
line is slow and a sweep is cut into pieces: shown without a goal, because the goal is for a sweep in one commit.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import msgspec

from gateway.application.outbox import acknowledge, marks
from gateway.application.post_reading import post_reading
from gateway.application.settle_due import settle_due
from gateway.contract.commands import Ack, PolicyRule
from gateway.contract.facts import ReadingOutcome, ReadingRow
from gateway.domain.reading import MeterReading
from tests.application.site import START_MS, Site, room, tie
from tests.bench.figures import Figures

METERS = 128
SWEEP_MS = 60_000
GOAL = 3.0
FRAME_BYTES = 24
PIECES = 6
"""28 s at one commit per 5 s."""


def written_bytes() -> int:
    """Bytes this process caused to be written to block devices so far (dirtied pages count when they are dirtied)."""
    text = Path("/proc/self/io").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("write_bytes"))


class Building(Site):
    """128 rooms on one gateway."""

    def begin(self) -> None:
        names = [f"a{n}" for n in range(METERS)]
        ties = [tie(name, f"m{name[1:]}") for name in names]
        self.configure(*map(room, names), bindings=ties, policy=PolicyRule(new_account_grace_s=0))
        for name in names:
            self.grant(f"g-{name}", 900_000_000, account=name)
        self.register_wh = 1_000_000
        self.sweep()

    def sweep(self, commits: int = 1) -> None:
        """128 readings in so many commits."""
        self.register_wh += 10
        self.wait(SWEEP_MS)
        now = self.now
        for number in range(METERS):
            raw = os.urandom(FRAME_BYTES)
            reading = MeterReading(f"m{number}", self.register_wh, raw=raw)
            self.journal.perform(lambda journal, reading=reading: post_reading(journal, reading, now))
            if (number + 1) % (METERS // commits) == 0:
                self.journal.commit()
        self.journal.commit()

    def keep(self) -> None:
        """What the health keeper and central do once a minute."""
        self.do(settle_due)
        for mark in self.ask(marks):
            last = self.ask(lambda journal, mark=mark: journal.last_seq(mark.epoch))
            self.do(acknowledge, Ack(mark.epoch, last, self.wall_ms))
        self.journal.commit()


def journal_bytes(path: Path, sweeps: int, commits: int) -> float:
    """Bytes per sweep of the whole store: readings, settlements, outbox, acknowledgements, checkpoints."""
    building = Building(path)
    building.begin()
    before = written_bytes()
    for _ in range(sweeps):
        building.sweep(commits)
        building.keep()
    building.journal.close()
    return (written_bytes() - before) / sweeps


def bare_reading(number: int) -> bytes:
    """A reading as it travels, and its raw frame."""
    row = ReadingRow(f"m{number}", START_MS, 1_000_000, None, None, None, ReadingOutcome.ADVANCED)
    return msgspec.json.encode(row) + os.urandom(FRAME_BYTES)


def append_bytes(folder: Path, sweeps: int) -> float:
    """Bytes per sweep of a file that is appended to and synced once per sweep: the limit."""
    before = written_bytes()
    with (folder / "bare").open("ab", buffering=0) as file:
        for _ in range(sweeps):
            file.write(b"".join(map(bare_reading, range(METERS))))
            os.fsync(file.fileno())
    return (written_bytes() - before) / sweeps


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--sweeps", type=int, default=240, help="four hours by default")
    options = arguments.parse_args()
    figures = Figures("bench-wear")
    with tempfile.TemporaryDirectory(dir=".") as name:
        folder = Path(name)
        payload = sum(len(bare_reading(number)) for number in range(METERS))
        bare = append_bytes(folder, options.sweeps)
        if bare == 0:
            print(
                "bench-wear: this file system does not tell what is written (a memory disk); run it on a real one"
            )
            return 2
        ours = journal_bytes(folder / "one.db", options.sweeps, commits=1)
        pieces = journal_bytes(folder / "pieces.db", options.sweeps, commits=PIECES)
    figures.note("bare append per sweep", f"{bare / 1024:.1f} KiB", f"{payload} bytes, one fsync")
    figures.note("journal per sweep", f"{ours / 1024:.1f} KiB")
    figures.at_most("journal over bare append", ours / bare, GOAL, "x")
    figures.note(
        f"the same in {PIECES} commits per sweep", f"{pieces / bare:.2f}x", "a sweep of 28 s at 2400 baud"
    )
    return figures.close()


if __name__ == "__main__":
    sys.exit(main())
