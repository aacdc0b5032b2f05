"""What a group's days and periods say: within the usual, beyond the fixed ratio, beyond what was learnt, or not to be judged. Pure.

Two rules stand beside each other (R-4.2.3). The fixed one: more is missing than the group's dated ratio and its tolerance, and more
than the measurement's uncertainty. The calibrated one: more than was usual over the last quiet days, by the gateway's own rule
(`gateway.domain.loss_calibration`), followed here over the days that central keeps. A period of a month is judged without the
tolerance: its uncertainty is small enough. Before both comes commissioning: a master below its subs says nothing of loss.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from central.domain.instant_balance import HOUR_MS, Figures
from gateway.contract.rules import GroupRule
from gateway.domain.loss import Balance, exceeds_fixed_rule, is_master_below_subs
from gateway.domain.loss_calibration import Calibration, Fit, fit, stray, with_day

LEAST_DAY_MS = 18 * HOUR_MS
"""A day of which less was measured is neither judged nor learnt from."""
LEAST_SHARE = (1, 2)
"""Of a period must be measured before it is judged."""
PPM = 1_000_000


class LossVerdict(StrEnum):
    """What can be said."""

    BALANCED = "balanced"
    BEYOND_FIXED = "beyond-fixed"
    UNUSUAL = "unusual"
    """Within the fixed ratio, but more than on quiet days."""
    BEYOND_BOTH = "beyond-both"
    MASTER_BELOW_SUBS = "master-below-subs"
    TOO_FEW_HOURS = "too-few-hours"
    NOTHING = "nothing"
    """Nothing was measured."""


LOSSES = frozenset({LossVerdict.BEYOND_FIXED, LossVerdict.UNUSUAL, LossVerdict.BEYOND_BOTH})
"""These open a case."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What the calibrated rule says of one day."""

    expected_wh: int
    """The usual loss of a day with this load."""
    band_wh: int
    """Two standard uncertainties of it."""
    z_milli: int
    """How far the last days stray, in thousandths of a standard deviation."""
    alarmed: bool


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a group's days have taught."""

    days: tuple[Usual | None, ...]
    """One for each day that was given; None: not judged by this rule."""
    fit: Fit | None
    quiet_days: int
    share_ppm: int | None
    """The loss of the quiet days as a share of the master's energy: what a fixed ratio would be."""


def learn(days: Sequence[Figures], wires: Sequence[object] = ()) -> Learnt:
    """Follow the calibrated rule over days, oldest first. Where a day's `wires` differ from the day's before, it begins anew."""
    known, found = Calibration(), list[Usual | None]()
    for place, one in enumerate(days):
        if wires and place and wires[place] != wires[place - 1]:
            known = Calibration()
        usual, made = fit(known.quiet), one.balance
        if made is None or one.known_ms < LEAST_DAY_MS or is_master_below_subs(made):
            found.append(None)
            continue
        day = msgspec.structs.replace(one.day, scatter=made.scatter_wh / 2000)
        known, strayed = with_day(known, day)
        if usual is None or strayed is None:
            found.append(None)
            continue
        today = stray(usual, [day])
        found.append(
            Usual(made.loss_wh - today.stray_wh, today.uncertainty_wh, round(strayed.z * 1000), known.alarmed)
        )
    master = sum(day.m for day in known.quiet)
    share = round(PPM * sum(day.loss for day in known.quiet) / master) if master > 0 else None
    return Learnt(tuple(found), fit(known.quiet), len(known.quiet), share)


def judge_day(figures: Figures, rule: GroupRule, usual: Usual | None) -> LossVerdict:
    """Judge one day by both rules."""
    made = figures.balance
    if made is None:
        return LossVerdict.NOTHING
    if is_master_below_subs(made):
        return LossVerdict.MASTER_BELOW_SUBS
    if figures.known_ms < LEAST_DAY_MS:
        return LossVerdict.TOO_FEW_HOURS
    is_beyond = exceeds_fixed_rule(made, rule.tolerance_ppm)
    is_unusual = usual is not None and usual.alarmed
    return _VERDICTS[is_beyond, is_unusual]


def judge_period(figures: Figures) -> LossVerdict:
    """Judge a month or an accounting period: beyond the fixed ratio by more than the uncertainty (R-4.2.3)."""
    made = figures.balance
    if made is None:
        return LossVerdict.NOTHING
    if is_master_below_subs(made):
        return LossVerdict.MASTER_BELOW_SUBS
    if figures.known_ms * LEAST_SHARE[1] < (figures.until_ms - figures.from_ms) * LEAST_SHARE[0]:
        return LossVerdict.TOO_FEW_HOURS
    return _VERDICTS[exceeds_fixed_rule(made, 0), False]


def ratio_ppm(made: Balance) -> int | None:
    """Give the whole loss as a share of the master's energy; None without any."""
    return (made.loss_wh * PPM + made.master_wh // 2) // made.master_wh if made.master_wh > 0 else None


_VERDICTS = {
    (False, False): LossVerdict.BALANCED,
    (True, False): LossVerdict.BEYOND_FIXED,
    (False, True): LossVerdict.UNUSUAL,
    (True, True): LossVerdict.BEYOND_BOTH,
}


def worst(verdicts: Iterable[str]) -> str:
    """Give the verdict that wants a person most."""
    return max(verdicts, key=lambda one: _ORDER.index(LossVerdict(one)))


_ORDER = (
    LossVerdict.NOTHING,
    LossVerdict.BALANCED,
    LossVerdict.TOO_FEW_HOURS,
    LossVerdict.MASTER_BELOW_SUBS,
    LossVerdict.UNUSUAL,
    LossVerdict.BEYOND_FIXED,
    LossVerdict.BEYOND_BOTH,
)
