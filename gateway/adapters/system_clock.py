"""The one place in the gateway that reads a clock (C-14). It knows time, not what time is used for.

`boot` is the kernel's boot id and monotonic time counts from the kernel's boot, sleep included: two instants of one boot can be
subtracted even if the daemon was killed and started between them. That is what lets a bill made at the lowest price be trued up
after a crash. Where the kernel has no boot id, each start of the daemon counts as a boot: less is comparable, nothing is wrong.

On a bench, time can run faster: a file names a demo instant, the real instant it stands for, and a rate. Wall and monotonic time
are scaled alike, and the boot id carries the file's mark, so that instants of two benches never compare. The birth message says so.
"""

import hashlib
import time
import uuid
from dataclasses import replace
from pathlib import Path

import msgspec
import structlog

from gateway.contract.facts import Instant
from gateway.contract.identifiers import BootId
from gateway.domain.clock_trust import ClockDoubt, ClockMemory, hear_central, look

KERNEL_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
FASTEST_RATE = 100_000

log = structlog.get_logger("clock")


class BenchTime(msgspec.Struct, frozen=True):
    """The bench clock's file: at `real_epoch_ms` in the world it was `demo_epoch_ms` here; time runs `rate` times as fast."""

    demo_epoch_ms: int
    real_epoch_ms: int
    rate: float


class NotABenchFile(Exception):
    """The bench clock's file can't be used; the message says why and what it should hold."""


class RealTime:
    """The machine's two clocks, in milliseconds."""

    def wall_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


class SystemClock:
    """Gives instants and says whether they may be believed. One per daemon, used from the event loop's thread."""

    def __init__(
        self,
        *,
        last_stored_wall_ms: int | None = None,
        bench: BenchTime | None = None,
        source: RealTime | None = None,
    ) -> None:
        self._source = source or RealTime()
        self._bench = bench
        self._memory = ClockMemory(latest_wall_ms=last_stored_wall_ms)
        kernel = _kernel_boot_id()
        self.boot: BootId = _boot_id(kernel, bench)
        self._line_boot = _boot_id(kernel, None)

    @property
    def is_bench(self) -> bool:
        """Whether time runs at a bench's rate: to be said in the birth message and in `status`."""
        return self._bench is not None

    @property
    def rate(self) -> float:
        """How many milliseconds pass here while one passes in the world."""
        return self._bench.rate if self._bench else 1.0

    @property
    def doubt(self) -> ClockDoubt | None:
        """Why the wall clock was not believed at the last look; None when it was."""
        return self._memory.doubt

    @property
    def central_ahead_ms(self) -> int | None:
        """How far central's clock was ahead of ours when it was last heard; None: not in this boot, or no look was taken."""
        memory = self._memory
        if memory.central_offset_ms is None or memory.last_offset_ms is None:
            return None
        return memory.central_offset_ms - memory.last_offset_ms

    @property
    def latest_ms(self) -> int | None:
        """The newest wall time that was stored or believed."""
        return self._memory.latest_wall_ms

    @property
    def steady_in_ms(self) -> int:
        """How long the clock must still run evenly after a step; 0 when no step is held against it."""
        return max(0, self._memory.unsteady_until_ms - self.monotonic_ms())

    def monotonic_ms(self) -> int:
        """Time that never steps; comparable within one `boot`."""
        return int(self._source.monotonic_ms() * self.rate)

    def now(self) -> Instant:
        """Look at both clocks and judge the wall clock."""
        wall_ms, monotonic_ms = self._wall_ms(), self.monotonic_ms()
        before = self._memory.doubt
        self._memory = look(self._memory, wall_ms, monotonic_ms)
        if self._memory.doubt is not before:
            log.warning("clock-trust-changed", doubt=self._memory.doubt, was=before, wall_ms=wall_ms)
        return Instant(self.boot, monotonic_ms, wall_ms, self._memory.doubt is None)

    def line_now(self) -> Instant:
        """The instant for waits on wires and relays: its monotonic time is the world's, even on a bench.

        Its boot id differs from a bench's, so that it never compares with a scaled instant.
        """
        now = self.now()
        return Instant(self._line_boot, self._source.monotonic_ms(), now.wall_ms, now.trusted)

    def heard_central(self, central_ms: int) -> None:
        """Note central's time from a signed acknowledgement that acknowledged something new (a replayed one tells an old time)."""
        self._memory = hear_central(self._memory, central_ms, self.monotonic_ms())

    def know_stored(self, wall_ms: int) -> None:
        """Note the newest wall time found in the store: the clock can't be earlier than what was already written."""
        latest = max(wall_ms, self._memory.latest_wall_ms or 0)
        self._memory = replace(self._memory, latest_wall_ms=latest)

    def real_ms(self, demo_ms: float) -> float:
        """How long to wait in the world for this long here: give it to asyncio.sleep (in seconds) for scaled waits."""
        return demo_ms / self.rate

    def _wall_ms(self) -> int:
        real_ms = self._source.wall_ms()
        if self._bench is None:
            return real_ms
        return self._bench.demo_epoch_ms + int((real_ms - self._bench.real_epoch_ms) * self._bench.rate)


def read_bench_file(path: Path) -> BenchTime:
    """Read the bench clock's file. Raises NotABenchFile with what is wrong."""
    expected = 'It should hold {"demo_epoch_ms": ..., "real_epoch_ms": ..., "rate": ...}.'
    try:
        bench = msgspec.json.decode(path.read_bytes(), type=BenchTime)
    except OSError as error:
        raise NotABenchFile(
            f"The bench clock's file {path} can't be read: {error.strerror}. {expected}"
        ) from error
    except msgspec.DecodeError as error:
        raise NotABenchFile(f"{path} is no bench clock: {error}. {expected}") from error
    if not 0 < bench.rate <= FASTEST_RATE:
        raise NotABenchFile(f"{path}: rate is {bench.rate}; it must be above 0 and at most {FASTEST_RATE}.")
    return bench


def _kernel_boot_id() -> str:
    try:
        return KERNEL_BOOT_ID.read_text(encoding="ascii").strip().replace("-", "")
    except OSError:
        return uuid.uuid4().hex


def _boot_id(kernel: str, bench: BenchTime | None) -> BootId:
    if bench is None:
        return BootId(kernel[:16])
    mark = hashlib.sha256(msgspec.json.encode(bench)).hexdigest()[:8]
    return BootId(f"{kernel[:16]}-bench-{mark}")
