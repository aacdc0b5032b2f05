"""The only clock of the virtual meter: virtual wall time, which may run faster than the real one.

`virtual = demo_epoch + (real - real_epoch) * rate`, from a small JSON file that every process of a demo shares. Serial pacing never
asks this clock; it counts real monotonic time.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec


class Clock(Protocol):
    """Where a virtual meter's instants come from."""

    rate: float

    def now_ms(self) -> int:
        """Return the virtual instant, milliseconds since 1970 UTC."""
        ...


class ClockFile(msgspec.Struct, forbid_unknown_fields=True):
    """The content of a clock file."""

    demo_epoch_ms: int
    real_epoch_ms: int
    rate: float = 1.0


class WallClock:
    """Real or scaled wall time; never steps back within a process."""

    def __init__(self, epochs: ClockFile | None = None) -> None:
        self._epochs = epochs or ClockFile(0, 0, 1.0)
        self.rate = self._epochs.rate
        self._latest_ms = 0

    @classmethod
    def from_file(cls, path: Path) -> "WallClock":
        """Read a clock file; raise ValueError saying what is wrong with it."""
        try:
            epochs = msgspec.json.decode(path.read_bytes(), type=ClockFile)
        except OSError as error:
            raise ValueError(f"clock file {path}: {error.strerror}") from error
        except msgspec.DecodeError as error:
            raise ValueError(
                f'clock file {path}: {error}; write {{"demo_epoch_ms": 0, "real_epoch_ms": 0, "rate": 1}}'
            ) from error
        if epochs.rate <= 0:
            raise ValueError(f"clock file {path}: rate must be above 0")
        return cls(epochs)

    def now_ms(self) -> int:
        real_ms = time.clock_gettime_ns(time.CLOCK_REALTIME) / 1_000_000
        virtual_ms = int(self._epochs.demo_epoch_ms + (real_ms - self._epochs.real_epoch_ms) * self.rate)
        self._latest_ms = max(self._latest_ms, virtual_ms)
        return self._latest_ms


@dataclass
class ManualClock:
    """A clock that stands still until a test moves it."""

    at_ms: int = 1_764_000_000_000
    rate: float = 1.0

    def now_ms(self) -> int:
        return self.at_ms
