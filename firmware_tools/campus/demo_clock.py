"""The campus's own time: it may run faster than the world's, and it stands still while the campus is stopped.

All processes read one file with `demo_epoch_ms`, `real_epoch_ms` and `rate`: demo time = demo_epoch + (real - real_epoch) x rate.
Where time stands is kept beside it, a little ahead, so that it never goes back: not even after the supervisor was killed.
"""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

NOTE_AHEAD_S = 3
"""The kept position is this much further on than now; `keep` must be called more often than that."""
NANO_PER_MILLI = 1_000_000


@dataclass(slots=True)
class DemoClock:
    """One run of the campus's time."""

    file: Path
    position_file: Path
    demo_epoch_ms: int
    real_epoch_ms: int
    rate: int

    @classmethod
    def resume(cls, folder: Path, rate: int, first_ms: int) -> "DemoClock":
        """Go on where time stopped, or begin at `first_ms`; writes the file that all processes read."""
        position_file = folder / "clock-position.json"
        try:
            at_ms = int(json.loads(position_file.read_text())["at_ms"])
        except FileNotFoundError:
            at_ms = first_ms
        clock = cls(folder / "clock.json", position_file, at_ms, real_now_ms(), rate)
        epochs = {"demo_epoch_ms": at_ms, "real_epoch_ms": clock.real_epoch_ms, "rate": rate}
        _replace(clock.file, json.dumps(epochs))
        clock.keep()
        return clock

    def now_ms(self) -> int:
        """The campus's instant, milliseconds since 1970 UTC."""
        return self.demo_epoch_ms + (real_now_ms() - self.real_epoch_ms) * self.rate

    def keep(self) -> None:
        """Note a position that demo time hasn't reached yet."""
        self._note(self.now_ms() + NOTE_AHEAD_S * 1000 * self.rate)

    def stop(self) -> None:
        """Note exactly where time stands; call when no process runs any more."""
        self._note(self.now_ms())

    def _note(self, at_ms: int) -> None:
        _replace(self.position_file, json.dumps({"at_ms": at_ms}))


def real_now_ms() -> int:
    """The world's time: the campus needs it once per run, to tie its own to."""
    return time.clock_gettime_ns(time.CLOCK_REALTIME) // NANO_PER_MILLI


def _replace(path: Path, text: str) -> None:
    """Write a small file whole or not at all."""
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    os.replace(new, path)
