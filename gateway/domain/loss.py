"""Where the energy of a group of meters went: master against subs over one interval (R-B2, R-4.2.3). Integers only.

    master = subs + own use + technical loss + unexplained loss        holds exactly, in watt-hours

Every figure has its uncertainty, from three causes: the registers show whole steps, each meter errs within its class, and not all
meters were read at the same instant (power x skew). They are independent, so that their squares are added; a bound b that may lie
anywhere counts b^2/3, the difference of two registers that show whole steps counts step^2/6. What is told is the expanded
uncertainty: twice the standard one, about 95 %. Knows meters and time, no journal and no money.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isqrt

from gateway.contract.rules import GroupRule

PPM = 1_000_000
MS_PER_HOUR = 3_600_000
BELOW_SUBS_SURE = 2
"""So many expanded uncertainties must a master lie below its subs."""
COVERAGE = 2
"""Standard uncertainties that are told: k of the Guide to the expression of uncertainty in measurement."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A meter's running total as one reading brought it. `at_ms` counts in any clock that all of one balance share."""

    at_ms: int
    total_wh: int
    power_w: int = 0
    """When it was asked lately; it widens the error of an interpolation."""


@dataclass(frozen=True, slots=True)
class TotalAt:
    """A meter's running total at the balance's instant; `skew_wh` bounds what the instant makes uncertain."""

    total_wh: int
    skew_wh: int = 0


@dataclass(frozen=True, slots=True)
class Use:
    """What one meter counted between two instants."""

    energy_wh: int
    step_wh: int
    skews_wh: tuple[int, int] = (0, 0)
    """At the beginning and at the end."""


@dataclass(frozen=True, slots=True)
class Balance:
    """One group over one interval. `uncertainty_wh` is of the loss as a whole, `scatter_wh` of it without the meters' classes:
    what differs from day to day, where a calibration has taken the constant errors away."""

    master_wh: int
    subs_wh: int
    own_use_wh: int
    technical_wh: int
    uncertainty_wh: int
    scatter_wh: int

    @property
    def loss_wh(self) -> int:
        """What the master counted and neither a sub nor the own use explains."""
        return self.master_wh - self.subs_wh - self.own_use_wh

    @property
    def unexplained_wh(self) -> int:
        """The loss beyond the technical one; below zero when more was expected."""
        return self.loss_wh - self.technical_wh


def interpolate(before: Seen, after: Seen, at_ms: int) -> TotalAt:
    """Give a meter's total at an instant between two readings. Raises ValueError for an instant outside them.

    A register never falls, so the true total lies between the two: that bounds the error. So does the power that flowed at most,
    times the distance to the nearer reading; the smaller bound is told.
    """
    if not before.at_ms <= at_ms <= after.at_ms:
        raise ValueError(f"{at_ms} does not lie between the readings at {before.at_ms} and {after.at_ms}")
    grown_wh, span_ms = after.total_wh - before.total_wh, after.at_ms - before.at_ms
    if span_ms == 0 or grown_wh == 0:
        return TotalAt(before.total_wh)
    total_wh = before.total_wh + grown_wh * (at_ms - before.at_ms) // span_ms
    power_w = max(grown_wh * MS_PER_HOUR // span_ms + 1, before.power_w, after.power_w)
    nearest_ms = min(at_ms - before.at_ms, after.at_ms - at_ms)
    bracket_wh = max(total_wh - before.total_wh, after.total_wh - total_wh)
    return TotalAt(total_wh, min(bracket_wh, _skew_wh(power_w, nearest_ms)))


def frozen_total(
    before: Seen, after: Seen, frozen_wh: int, register_wh: int, span_wh: int | None
) -> int | None:
    """Give the total that a frozen register means; None when it can't be of this freeze: it lies outside the readings around it.

    `register_wh` is the register behind `after`, `span_wh` where it wraps. A meter that missed the broadcast answers with an older
    freeze, one without freezes with anything: neither lies between its neighbours, unless nothing was used meanwhile.
    """
    difference_wh = frozen_wh - register_wh
    if span_wh is not None and difference_wh > span_wh // 2:
        difference_wh -= span_wh
    total_wh = after.total_wh + difference_wh
    return total_wh if before.total_wh <= total_wh <= after.total_wh else None


def frozen_at(before: Seen, after: Seen, total_wh: int, skew_ms: int) -> TotalAt:
    """Give a frozen total at the balance's instant, `skew_ms` from its own: the lines were told one after the other."""
    span_ms = max(1, after.at_ms - before.at_ms)
    power_w = max((after.total_wh - before.total_wh) * MS_PER_HOUR // span_ms, before.power_w, after.power_w)
    return TotalAt(total_wh, _skew_wh(power_w, abs(skew_ms)))


def unproved(frozen: TotalAt, by_hand: TotalAt) -> TotalAt:
    """Give a frozen total that no moment proves to be this freeze's: what parts it from interpolation is uncertain, too."""
    return TotalAt(frozen.total_wh, max(frozen.skew_wh, abs(frozen.total_wh - by_hand.total_wh)))


def _skew_wh(power_w: int, skew_ms: int) -> int:
    """Power x skew, rounded up."""
    return -(-power_w * skew_ms // MS_PER_HOUR)


def use_between(began: TotalAt, ended: TotalAt, step_wh: int) -> Use:
    """Give what a meter counted between two balances' instants."""
    return Use(ended.total_wh - began.total_wh, step_wh, (began.skew_wh, ended.skew_wh))


def balance(rule: GroupRule, master: Use, subs: Sequence[Use], duration_ms: int) -> Balance:
    """Balance one group over an interval by its fixed loss ratio."""
    return Balance(
        master_wh=master.energy_wh,
        subs_wh=sum(sub.energy_wh for sub in subs),
        own_use_wh=(rule.own_use_w * duration_ms + MS_PER_HOUR // 2) // MS_PER_HOUR,
        technical_wh=_share(master.energy_wh, rule.fixed_loss_ppm),
        uncertainty_wh=_expanded(_sixths([master, *subs]) + _class_sixths(rule, master, subs)),
        scatter_wh=_expanded(_sixths([master, *subs])),
    )


def _share(energy_wh: int, ppm: int) -> int:
    return (energy_wh * ppm + PPM // 2) // PPM


def _sixths(uses: Iterable[Use]) -> int:
    """Six times the variance that steps and skews bring: step^2/6 for the difference, b^2/3 for each bound."""
    return sum(use.step_wh**2 + 2 * (use.skews_wh[0] ** 2 + use.skews_wh[1] ** 2) for use in uses)


def _class_sixths(rule: GroupRule, master: Use, subs: Iterable[Use]) -> int:
    """Six times the variance of meters that err anywhere within their class."""
    errors_wh = [_share(sub.energy_wh, rule.sub_class_ppm) for sub in subs]
    return 2 * sum(error**2 for error in [*errors_wh, _share(master.energy_wh, rule.master_class_ppm)])


def _expanded(sixths: int) -> int:
    """COVERAGE standard uncertainties, rounded up."""
    squared = -(-(COVERAGE**2) * sixths // 6)
    root = isqrt(squared)
    return root + (root * root < squared)


def is_master_below_subs(found: Balance) -> bool:
    """A master that counts less than its subs by more than all errors together: wrong meter, phase or transformer ratio.

    Asked every hour, so that what one hour in forty brings by chance would be an alarm every other day: four standard
    uncertainties.
    """
    return found.subs_wh - found.master_wh > BELOW_SUBS_SURE * found.uncertainty_wh


def exceeds_fixed_rule(found: Balance, tolerance_ppm: int) -> bool:
    """The fixed rule: more is unexplained than the tolerated share of the master, and more than the uncertainty."""
    allowed_wh = _share(found.master_wh, tolerance_ppm)
    return found.unexplained_wh > max(allowed_wh, found.uncertainty_wh)


def rule_in_force(rules: Iterable[GroupRule], at_ms: int) -> GroupRule | None:
    """Give a group's rule at an instant: the latest that has begun; None before the first."""
    begun = [rule for rule in rules if rule.from_ms <= at_ms]
    return max(begun, key=lambda rule: rule.from_ms, default=None)


def meters_of(rule: GroupRule, others: dict[str, GroupRule]) -> tuple[str, ...]:
    """List what is summed against the master: the subs, and the masters of the sub groups that are in force."""
    return (*rule.subs, *(others[name].master for name in rule.sub_groups if name in others))
