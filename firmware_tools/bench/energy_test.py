"""Does it count right? The register's steps against a known load, from edge to edge, with what can't be known said beside it.

A register moves in steps (10 Wh on DL/T 645), so a reading in between is wrong by up to a whole step. From one step to another it
is exact, and only the two instants are uncertain, each by half of the time between two readings. So the uncertainty is
(half + half) / duration: at 0.2 s between readings 1 % takes 20 s, and at least one step of the register. All numbers are integers.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from firmware_tools.bench.model_rows import resolution_wh
from firmware_tools.bench.station import No, Station
from gateway.contract.bench_record import BenchTest, Verdict
from gateway.protocols.driver import Item
from gateway.protocols.models import ModelRow

NAME = "energy"
MS_PER_HOUR = 3_600_000
MILLI_PERCENT = 100_000
ROLLOVER_WH = 1_000_000_000
MOST_LOST = 5
"""So many readings in a row without an answer, each tried again, and the meter is taken for gone."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is known of the load: its power, or a meter that measures it, or nothing but what the meter itself says."""

    watts: int | None = None
    reference: Station | None = None
    uncertainty_milli_percent: int = 0

    @property
    def name(self) -> str:
        """Name the reference."""
        if self.watts is not None:
            return "load"
        return "meter" if self.reference is not None else "own-power"


@dataclass(frozen=True, slots=True)
class Limits:
    """When the test ends and what passes."""

    error_milli_percent: int = 2_000
    goal_milli_percent: int = 1_000
    """The uncertainty at which it may end."""
    longest_ms: int = 900_000


@dataclass(slots=True)
class _Run:
    """What was seen: the instants of the steps, and the reference's energy along the way."""

    steps: list[tuple[int, int, int]] = field(default_factory=list)
    """(instant ms, half width ms, register Wh)."""
    milli_watt_ms: int = 0
    at_step: list[int] = field(default_factory=list)
    """The reference's energy at each step, mW x ms."""
    last_power_mw: int | None = None


def measure(station: Station, load: Load, limits: Limits, told: Callable[[int, int], None]) -> BenchTest:
    """Run until the uncertainty is small enough or the time is over; `told(uncertainty milli-percent, elapsed ms)` as it goes."""
    power_mw = _power_mw(station, load)
    if isinstance(power_mw, No):
        return BenchTest(NAME, Verdict.FAILED, power_mw.reason)
    if power_mw <= 0:
        return BenchTest(NAME, Verdict.SKIPPED, "no-load")
    run, begun_ms = _Run(), station.now_ms()
    before = station.read(Item.ENERGY)
    if isinstance(before, No) or before.energy_wh is None:
        return BenchTest(NAME, Verdict.FAILED, before.reason if isinstance(before, No) else "not-there")
    register, read_ms, lost = before.energy_wh, station.now_ms(), 0
    while station.now_ms() - begun_ms < limits.longest_ms:
        power_mw = _power_mw(station, load)
        reply = station.read(Item.ENERGY)
        now_ms = station.now_ms()
        if isinstance(reply, No) or reply.energy_wh is None or isinstance(power_mw, No):
            lost += 1  # one lost answer widens the next edge, no more
            if lost >= MOST_LOST:
                return BenchTest(NAME, Verdict.FAILED, "silent", {"steps": len(run.steps)})
            continue
        lost = 0
        _flow(run, power_mw, now_ms - read_ms)
        if reply.energy_wh != register:
            run.steps.append(((now_ms + read_ms) // 2, (now_ms - read_ms + 1) // 2, reply.energy_wh))
            run.at_step.append(run.milli_watt_ms - power_mw * ((now_ms - read_ms) // 2))
            if (spread := _spread(run)) is not None:
                told(spread, now_ms - begun_ms)
                if spread <= limits.goal_milli_percent:
                    break
        register, read_ms = reply.energy_wh, now_ms
    return _judged(run, station, load, limits)


def needed_ms(row: ModelRow, power_w: int, reading_ms: int, goal_milli_percent: int = 1_000) -> int:
    """Say how long it must run for an uncertainty: from the first step on, in whole steps of the register."""
    if power_w <= 0:
        return 0
    step_ms = resolution_wh(row) * MS_PER_HOUR // power_w
    wanted_ms = reading_ms * MILLI_PERCENT // goal_milli_percent
    return step_ms + max(step_ms, -(-wanted_ms // max(1, step_ms)) * step_ms)


def _power_mw(station: Station, load: Load) -> int | No:
    if load.watts is not None:
        return load.watts * 1000
    reply = (load.reference or station).read(Item.POWER)
    if isinstance(reply, No):
        return reply
    return No("not-there") if reply.power_w is None else reply.power_w * 1000


def _flow(run: _Run, power_mw: int, duration_ms: int) -> None:
    """Add what flowed since the reading before: the mean of both powers."""
    mean_mw = power_mw if run.last_power_mw is None else (power_mw + run.last_power_mw) // 2
    run.milli_watt_ms += mean_mw * duration_ms
    run.last_power_mw = power_mw


def _spread(run: _Run) -> int | None:
    """The uncertainty of the time between the first step and the last, in thousandths of a percent."""
    if len(run.steps) < 2:
        return None
    (first_ms, first_half, _), (last_ms, last_half, _) = run.steps[0], run.steps[-1]
    return (first_half + last_half) * MILLI_PERCENT // max(1, last_ms - first_ms)


def _judged(run: _Run, station: Station, load: Load, limits: Limits) -> BenchTest:
    spread = _spread(run)
    if spread is None:
        reason = "no-step" if not run.steps else "one-step"
        return BenchTest(NAME, Verdict.UNDECIDED, reason, {"steps": len(run.steps), "reference": load.name})
    counted_wh = (run.steps[-1][2] - run.steps[0][2]) % ROLLOVER_WH
    flowed = run.at_step[-1] - run.at_step[0]
    if flowed <= 0:
        return BenchTest(NAME, Verdict.FAILED, "counts-without-load", {"counted_wh": counted_wh})
    error = round((counted_wh * 1000 * MS_PER_HOUR - flowed) * MILLI_PERCENT / flowed)
    uncertainty = spread + load.uncertainty_milli_percent
    verdict, reason = _verdict(error, uncertainty, limits, load)
    measured: dict[str, int | str] = {
        "reference": load.name,
        "counted_wh": counted_wh,
        "flowed_mwh": flowed // MS_PER_HOUR,
        "duration_ms": run.steps[-1][0] - run.steps[0][0],
        "steps": len(run.steps),
        "error_milli_percent": error,
        "uncertainty_milli_percent": uncertainty,
        "limit_milli_percent": limits.error_milli_percent,
        "resolution_wh": resolution_wh(station.row),
    }
    return BenchTest(NAME, verdict, reason, measured)


def _verdict(error: int, uncertainty: int, limits: Limits, load: Load) -> tuple[Verdict, str]:
    if abs(error) - uncertainty > limits.error_milli_percent:
        return Verdict.FAILED, "counts-wrong"
    if abs(error) > limits.error_milli_percent or uncertainty > limits.error_milli_percent:
        return Verdict.UNDECIDED, "too-coarse"
    if load.name == "own-power":
        return Verdict.SKIPPED, "only-own-power"  # it agrees with itself; a wrong transformer would, too
    return Verdict.PASSED, ""
