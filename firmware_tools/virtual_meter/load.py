"""What a room uses: power as a step function of virtual time.

Every load is piecewise constant and a pure function of the instant (and of its seed), so energy can be integrated exactly and a
restarted process finds the same consumption again. It knows nothing of meters, relays or wires.
"""

import csv
import random
import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Protocol

DAY_MS = 86_400_000
SLOT_MS = 300_000
SLOTS_PER_DAY = DAY_MS // SLOT_MS
QUARTER_HOUR_MS = 900_000

ZERO_DAY_SHARE = 0.2
"""Dormitory rooms stand empty on 13-40 % of days; a room draws its own share around this."""

HOURLY_SHAPE = (2, 1.5, 1, 1, 1, 1, 2, 3, 3, 2, 2, 3, 5, 4, 3, 3, 3, 4, 6, 8, 9, 9, 8, 4)
"""Relative use per hour of the local day: a small noon rise, the peak between 18:00 and 23:00."""


class Load(Protocol):
    """Power drawn while the contact is closed."""

    def power_mw(self, at_ms: int) -> int:
        """Return the power at the instant, in milliwatts."""
        ...

    def next_change_ms(self, at_ms: int) -> int | None:
        """Return the first instant after `at_ms` at which the power may change, or None for never."""
        ...


@dataclass(frozen=True, slots=True)
class ConstantLoad:
    """The same power for ever."""

    constant_mw: int

    def power_mw(self, at_ms: int) -> int:
        return self.constant_mw

    def next_change_ms(self, at_ms: int) -> int | None:
        return None


class StepLoad:
    """Steps at offsets from an origin; the last holds for ever, or all repeat after `period_ms`."""

    def __init__(self, steps: list[tuple[int, int]], origin_ms: int, period_ms: int | None = None) -> None:
        """Take (offset in ms, power in mW) pairs with rising offsets, the first at 0."""
        if not steps or steps[0][0] != 0 or any(a[0] >= b[0] for a, b in pairwise(steps)):
            raise ValueError("steps need rising times that start at 0")
        self._offsets = [offset for offset, _ in steps]
        self._powers_mw = [power for _, power in steps]
        self._origin_ms = origin_ms
        self._period_ms = period_ms

    def power_mw(self, at_ms: int) -> int:
        return self._powers_mw[bisect_right(self._offsets, self._offset(at_ms)) - 1]

    def next_change_ms(self, at_ms: int) -> int | None:
        if at_ms < self._origin_ms:
            return self._origin_ms
        offset = self._offset(at_ms)
        index = bisect_right(self._offsets, offset)
        if index < len(self._offsets):
            return at_ms + self._offsets[index] - offset
        return None if self._period_ms is None else at_ms + self._period_ms - offset

    def _offset(self, at_ms: int) -> int:
        since = max(0, at_ms - self._origin_ms)
        return since if self._period_ms is None else since % self._period_ms


class DormitoryLoad:
    """A generated room: 5-minute slots, an evening peak, kettles, days away. The same seed gives the same room."""

    def __init__(self, daily_wh: int, seed: str, utc_offset_ms: int) -> None:
        """Generate days whose mean over all days is about `daily_wh`."""
        room = random.Random(f"room:{seed}")  # noqa: S311 - a simulation wants a repeatable sequence
        self._seed = seed
        self._utc_offset_ms = utc_offset_ms
        self._zero_share = min(0.4, max(0.13, room.gauss(ZERO_DAY_SHARE, 0.06)))
        self._used_day_wh = daily_wh / (1 - self._zero_share)
        self._standby_mw = room.randrange(2_000, 12_000)
        self._slots_of_day = lru_cache(maxsize=3)(self._generate_day)

    def power_mw(self, at_ms: int) -> int:
        day, within_ms = divmod(at_ms + self._utc_offset_ms, DAY_MS)
        return self._slots_of_day(day)[within_ms // SLOT_MS]

    def next_change_ms(self, at_ms: int) -> int | None:
        return at_ms + SLOT_MS - (at_ms + self._utc_offset_ms) % SLOT_MS

    def _generate_day(self, day: int) -> tuple[int, ...]:
        dice = random.Random(f"{self._seed}:{day}")  # noqa: S311 - a simulation wants a repeatable sequence
        if dice.random() < self._zero_share:
            return (0,) * SLOTS_PER_DAY
        weights = [
            HOURLY_SHAPE[slot * 24 // SLOTS_PER_DAY] * dice.gammavariate(2, 0.5)
            for slot in range(SLOTS_PER_DAY)
        ]
        for _ in range(dice.randrange(1, 4)):
            weights[dice.randrange(84, SLOTS_PER_DAY)] += 60
        day_mws = self._used_day_wh * dice.lognormvariate(-0.06, 0.35) * 3_600_000
        scale = day_mws / (sum(weights) * SLOT_MS / 1000)
        return tuple(self._standby_mw + round(weight * scale) for weight in weights)


def read_trace(path: Path, origin_ms: int) -> StepLoad:
    """Read a CSV trace: `seconds,watts` rows, or one column of Wh per quarter hour. It repeats at its end."""
    with path.open(newline="") as file:
        rows = [row for row in csv.reader(file) if row and not row[0].lstrip().startswith("#")]
    if rows and not re.fullmatch(r"\s*-?[\d.]+\s*", rows[0][0]):
        rows = rows[1:]
    if not rows:
        raise ValueError(f"{path} holds no rows: write seconds,watts or one Wh value per quarter hour")
    if len(rows[0]) == 1:
        powers_mw = [round(float(row[0]) * 4000) for row in rows]
        offsets = accumulate([QUARTER_HOUR_MS] * (len(rows) - 1), initial=0)
        return StepLoad(list(zip(offsets, powers_mw, strict=True)), origin_ms, len(rows) * QUARTER_HOUR_MS)
    steps = [(round(float(row[0]) * 1000), round(float(row[1]) * 1000)) for row in rows]
    first_ms, last_ms = steps[0][0], steps[-1][0]
    last_step_ms = last_ms - steps[-2][0] if len(steps) > 1 else 1000
    return StepLoad(
        [(offset - first_ms, mw) for offset, mw in steps], origin_ms, last_ms - first_ms + last_step_ms
    )


def parse_load(text: str, seed: str, origin_ms: int, utc_offset_ms: int, base: Path) -> Load:
    """Build a load from its one-line form; raise ValueError with the accepted forms.

    `500W`, `1.2kW`, `script` (0 W until told over the control channel), `dormitory:4.5` (mean kWh per day),
    `steps:0=500,3600=1500` (seconds=watts, from the start), `trace:FILE.csv` (path relative to `base`).
    """
    kind, _, rest = text.strip().partition(":")
    try:
        if kind == "script":
            return ConstantLoad(0)
        if kind == "dormitory":
            return DormitoryLoad(round(float(rest or "4.5") * 1000), seed, utc_offset_ms)
        if kind == "steps":
            pairs = (pair.split("=") for pair in rest.split(","))
            return StepLoad([(round(float(s) * 1000), round(float(w) * 1000)) for s, w in pairs], origin_ms)
        if kind == "trace":
            return read_trace(base / rest, origin_ms)
        return ConstantLoad(_parse_power_mw(text))
    except OSError as error:
        raise ValueError(f"load {text!r}: cannot read the trace ({error.strerror})") from error
    except ValueError as error:
        forms = "500W, 1.2kW, script, dormitory:4.5, steps:0=500,3600=1500 or trace:FILE.csv"
        raise ValueError(f"load {text!r} is not understood ({error}): write {forms}") from error


def _parse_power_mw(text: str) -> int:
    match = re.fullmatch(r"\s*([\d.]+)\s*(k?)W\s*", text, re.IGNORECASE)
    if match is None:
        raise ValueError("no such kind of load")
    return round(float(match[1]) * (1_000_000 if match[2] else 1000))
