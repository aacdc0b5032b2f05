"""What loss is usual in a group, learnt: a*M + b*M^2, and how far the last days stray from it (the calibrated rule).

Conductors lose by the square of the load; everything that errs in proportion (the classes of all meters, small unmetered loads) is
in `a`. Both are fitted by least squares to the intervals of quiet days. A day's stray is its loss less what the fit expects; the
days' own scatter says how much is unusual. One day, three days and a week are looked at, so that a large tap is found on its first
day and a small one within the week. A day that strays is not learnt from, and none is before a week has shown it harmless.

Floats are allowed here and nowhere else in the gateway's rules: this is statistics, it bills nothing. Energies come and go as
whole watt-hours. Knows no meter, no journal, no clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import msgspec

from gateway.contract.quantities import WH_PER_KWH

MS_PER_HOUR = 3_600_000
LEAST_DAYS = 14
"""Quiet days before the calibrated rule speaks; until then the fixed rule alone does."""
MOST_DAYS = 42
"""Days that are remembered: the season moves on."""
WINDOWS = (1, 3, 7)
RAISE_AT_Z = 3.6
"""Three looks a day: 0.17 times a year for a normal scatter; the traces' tails are heavier (`make bench-loss` counts)."""
CLEAR_AT_Z = 1.5
QUIET_AGAIN_DAYS = 3
"""An alarm ends when the last three days are usual again; what was before is forgotten then."""
SINGULAR = 1e-3
"""Below this, all intervals had about the same load, and b can't be told from a."""


class Day(msgspec.Struct, frozen=True, array_like=True):
    """The sums of one judged period's intervals, in kWh. M is the master's energy, Q is M^2 per hour, L the loss."""

    m: float = 0.0
    q: float = 0.0
    loss: float = 0.0
    mm: float = 0.0
    mq: float = 0.0
    qq: float = 0.0
    ml: float = 0.0
    ql: float = 0.0
    scatter: float = 0.0
    """The measurement's own standard uncertainty over the period, without the classes."""


class Calibration(msgspec.Struct, frozen=True, array_like=True):
    """What a group has taught so far."""

    quiet: tuple[Day, ...] = ()
    """Oldest first."""
    recent: tuple[Day, ...] = ()
    """The last days, not learnt from yet."""
    alarmed: bool = False


@dataclass(frozen=True, slots=True)
class Fit:
    """The usual loss: a*M + b*M^2/h, and the standard scatter of a day around it."""

    a: float
    b: float
    sigma_kwh: float
    days: int
    terms: int

    def expected_kwh(self, day: Day) -> float:
        """The usual loss of a day with this load."""
        return self.a * day.m + self.b * day.q


@dataclass(frozen=True, slots=True)
class Stray:
    """How far the last `days` stray from the usual loss."""

    z: float
    days: int
    stray_wh: int
    uncertainty_wh: int
    """Two standard uncertainties of the stray."""


def with_interval(day: Day, master_wh: int, loss_wh: int, duration_ms: int) -> Day:
    """Add one interval of a balance to its day."""
    m, loss = master_wh / WH_PER_KWH, loss_wh / WH_PER_KWH
    q = m * m * MS_PER_HOUR / max(1, duration_ms)
    return Day(
        m=day.m + m, q=day.q + q, loss=day.loss + loss,
        mm=day.mm + m * m, mq=day.mq + m * q, qq=day.qq + q * q, ml=day.ml + m * loss, ql=day.ql + q * loss,
    )  # fmt: skip


def fit(days: Sequence[Day]) -> Fit | None:
    """Fit the usual loss to quiet days; None while they are too few or without any load."""
    if len(days) < LEAST_DAYS:
        return None
    mm, mq, qq = (sum(getattr(day, name) for day in days) for name in ("mm", "mq", "qq"))
    ml, ql = sum(day.ml for day in days), sum(day.ql for day in days)
    if mm <= 0:
        return None
    a, b, terms = ml / mm, 0.0, 1
    determinant = mm * qq - mq * mq
    if determinant > SINGULAR * mm * qq:
        squared = (mm * ql - mq * ml) / determinant
        if squared > 0:
            a, b, terms = (qq * ml - mq * ql) / determinant, squared, 2
    strays = [day.loss - a * day.m - b * day.q for day in days]
    scatter = sqrt(sum(stray * stray for stray in strays) / (len(days) - terms))
    own = sqrt(sum(day.scatter**2 for day in days) / len(days))
    return Fit(a, b, max(scatter, own), len(days), terms)


def stray(usual: Fit, recent: Sequence[Day]) -> Stray:
    """Give the window of the last days that strays most. `recent` must not be empty.

    The scatter was learnt from few days: Student's t is turned into a normal z (Abramowitz and Stegun, 26.7.8), and the fit's own
    uncertainty grows with the window.
    """
    found = [_window(usual, recent[-days:]) for days in WINDOWS if days <= len(recent)]
    return max(found, key=lambda one: one.z)


def _window(usual: Fit, days: Sequence[Day]) -> Stray:
    n, free = len(days), usual.days - usual.terms
    off_kwh = sum(day.loss - usual.expected_kwh(day) for day in days)
    deviation_kwh = usual.sigma_kwh * sqrt(n + n * n * usual.terms / usual.days)
    t = off_kwh / deviation_kwh if deviation_kwh > 0 else 0.0
    return Stray(_normal(t, free), n, round(off_kwh * WH_PER_KWH), round(2 * deviation_kwh * WH_PER_KWH))


def _normal(t: float, free: int) -> float:
    """Student's t with `free` degrees of freedom as a normal deviate of about the same probability."""
    return t * (1 - 1 / (4 * free)) / sqrt(1 + t * t / (2 * free))


def with_day(known: Calibration, day: Day) -> tuple[Calibration, Stray | None]:
    """Take a finished day: judge it with the last ones, and learn from the day that a week has shown harmless.

    The alarm is a state: it begins above RAISE_AT_Z and ends below CLEAR_AT_Z. What a day of an alarm shows is never learnt.
    """
    usual = fit(known.quiet)
    if usual is None:
        return Calibration((*known.quiet, day)[-MOST_DAYS:]), None
    recent = (*known.recent, day)
    if known.alarmed and stray(usual, recent[-QUIET_AGAIN_DAYS:]).z <= CLEAR_AT_Z:
        recent = recent[-QUIET_AGAIN_DAYS:]
    found = stray(usual, recent)
    alarmed = found.z > (CLEAR_AT_Z if known.alarmed else RAISE_AT_Z)
    quiet = known.quiet
    if len(recent) > max(WINDOWS):
        quiet = quiet if alarmed else (*quiet, recent[0])[-MOST_DAYS:]
        recent = recent[1:]
    return Calibration(quiet, recent, alarmed), found
