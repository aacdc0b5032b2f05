"""`make bench-wear`: bytes that reach the card for one sweep of 128 meters, beside a file that is only appended to, in one run.

    python -m tests.bench.bench_wear [--sweeps 240]

The daemon's journal takes 128 readings a sweep, settles every room each hour and packs the outbox; central acknowledges once a
minute; SQLite's checkpoints are in. The bare append writes each reading as it travels and its raw frame, synced once per sweep.
Both are measured by the kernel (`write_bytes` of this process). Three ways: a sweep in one commit; as the daemon does it on a slow
line, where a sweep of 28 s (2400 baud) follows the other and plain readings are committed when the oldest has waited the default of
`readings_commit_s`; and the same with a commit every 5 s, to show what the waiting saves.
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
from gateway.config.schema import Polling
from gateway.contract.commands import Ack, PolicyRule
from gateway.contract.facts import ReadingOutcome, ReadingRow
from gateway.domain.reading import MeterReading
from tests.application.site import START_MS, Site, room, tie
from tests.bench.figures import Figures

METERS = 128
SWEEP_MS = 60_000
GOAL = 3.0
FRAME_BYTES = 24
SLOW_SWEEP_MS = 28_000
"""128 meters at 2400 baud."""
DEFAULT_COMMIT_MS = 1000 * Polling().readings_commit_s
OFTEN_MS = 5_000
KEEP_EVERY_MS = 60_000


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
        self.waited_ms = self.since_kept_ms = 0
        self.sweep(SWEEP_MS, 0)

    def sweep(self, sweep_ms: int, commit_ms: int) -> None:
        """128 readings spread over a sweep, committed whenever one has waited so long (0: at the sweep's end)."""
        self.register_wh += 10
        for number in range(METERS):
            pause_ms = sweep_ms * (number + 1) // METERS - sweep_ms * number // METERS
            self.wait(pause_ms)
            self.waited_ms += pause_ms
            now = self.now
            raw = os.urandom(FRAME_BYTES)
            reading = MeterReading(f"m{number}", self.register_wh, raw=raw)
            self.journal.perform(lambda journal, r=reading, t=now: post_reading(journal, r, t))
            if self.journal.commit_wanted or (commit_ms and self.waited_ms >= commit_ms):
                self.commit()
        if not commit_ms:
            self.commit()
        self.since_kept_ms += sweep_ms
        if self.since_kept_ms >= KEEP_EVERY_MS:
            self.since_kept_ms -= KEEP_EVERY_MS
            self.keep()

    def commit(self) -> None:
        self.journal.commit()
        self.waited_ms = 0

    def keep(self) -> None:
        """What the health keeper and central do once a minute."""
        self.do(settle_due)
        for mark in self.ask(marks):
            last = self.ask(lambda journal, mark=mark: journal.last_seq(mark.epoch))
            self.do(acknowledge, Ack(mark.epoch, last, self.wall_ms))
        self.commit()


def journal_bytes(path: Path, sweeps: int, sweep_ms: int, commit_ms: int) -> float:
    """Bytes per sweep of the whole store: readings, settlements, outbox, acknowledgements, checkpoints."""
    building = Building(path)
    building.begin()
    before = written_bytes()
    for _ in range(sweeps):
        building.sweep(sweep_ms, commit_ms)
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
        ours = journal_bytes(folder / "one.db", options.sweeps, SWEEP_MS, 0)
        slow, often = (
            journal_bytes(folder / f"{commit_ms}.db", options.sweeps, SLOW_SWEEP_MS, commit_ms)
            for commit_ms in (DEFAULT_COMMIT_MS, OFTEN_MS)
        )
    figures.note("bare append per sweep", f"{bare / 1024:.1f} KiB", f"{payload} bytes, one fsync")
    figures.note("journal per sweep", f"{ours / 1024:.1f} KiB")
    figures.at_most("journal over bare append", ours / bare, GOAL, "x")
    seconds = DEFAULT_COMMIT_MS // 1000
    figures.at_most(f"at 2400 baud, a commit after {seconds} s (the default)", slow / bare, GOAL, "x")
    figures.note(f"at 2400 baud, a commit after {OFTEN_MS // 1000} s", f"{often / bare:.2f}x")
    return figures.close()


if __name__ == "__main__":
    sys.exit(main())
