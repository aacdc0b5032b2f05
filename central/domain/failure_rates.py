"""How often a model fails, and how many spares the next months need. Pure. Counts and days; the results are statistics, no money.

MTBF: device-days in use / failures. Its 95 % interval is the exact one of a Poisson count (Garwood 1936). The forecast does not
take the rate as known: with Jeffreys' prior the failures to come are negative binomial, wider the fewer were seen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, fsum, lgamma, log, log1p, sqrt
from typing import Final

FEWEST: Final = 3
"""Fewer failures than this give no MTBF that could be compared."""
TAIL: Final = 0.025
CERTAIN_PERCENT: Final = 95
DAYS_AHEAD: Final = 90
PRIOR: Final = 0.5
LEAST_DEVICE_DAYS: Final = 365
"""Of less nothing is forecast: one device for a year is the least that says anything about its model."""
STEPS: Final = 60


@dataclass(frozen=True, slots=True)
class Mtbf:
    """Mean days between failures, and between which it lies with 95 % certainty; `most_days` None: no end."""

    days: int | None
    """None: no failure was seen."""
    least_days: int
    most_days: int | None
    is_too_few: bool


def mtbf(failures: int, device_days: int) -> Mtbf | None:
    """Give a model's MTBF; None while nothing was in use."""
    if device_days <= 0:
        return None
    low, high = poisson_interval(failures)
    return Mtbf(
        days=round(device_days / failures) if failures else None,
        least_days=int(device_days / high),
        most_days=int(device_days / low) if low > 0 else None,
        is_too_few=failures < FEWEST,
    )


def poisson_interval(count: int) -> tuple[float, float]:
    """Give the exact 95 % interval of the mean of a Poisson count that came out so."""
    low = 0.0 if count == 0 else _root(lambda mean: 1 - poisson_at_most(count - 1, mean) - TAIL, count)
    high = _root(lambda mean: TAIL - poisson_at_most(count, mean), count)
    return low, high


def poisson_at_most(count: int, mean: float) -> float:
    """Give the chance that a Poisson count of this mean is at most so many."""
    if mean <= 0:
        return 1.0
    terms = [exp(n * log(mean) - mean - lgamma(n + 1)) for n in range(count + 1)]
    return min(1.0, fsum(terms))


def _root(rising: Callable[[float], float], count: int) -> float:
    """Find where a function that rises with the mean passes zero."""
    low, high = 0.0, count + 10 * sqrt(count + 4)
    for _step in range(STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) > 0 else (middle, high)
    return (low + high) / 2


def spares_needed(failures: int, device_days: int, in_use: int, days_ahead: int = DAYS_AHEAD) -> int | None:
    """Give the smallest stock that is enough with 95 % certainty; None where too little was seen to say anything.

    P(X <= n) >= 95 %, X negative binomial: F + 1/2 failures in T device-days, looked ahead over in_use * days_ahead of them.
    """
    if device_days < LEAST_DEVICE_DAYS:
        return None
    ahead = in_use * days_ahead
    if ahead <= 0:
        return 0
    shape, share = failures + PRIOR, ahead / (device_days + ahead)
    chance, spares = 0.0, -1
    begin = shape * log1p(-share)
    while chance < CERTAIN_PERCENT / 100:
        spares += 1
        chance += exp(
            begin + lgamma(shape + spares) - lgamma(shape) - lgamma(spares + 1) + spares * log(share)
        )
    return spares


def expected_failures(failures: int, device_days: int, in_use: int, days_ahead: int = DAYS_AHEAD) -> int:
    """Give how many failures the seen rate makes likely, in hundredths."""
    return round(100 * failures * in_use * days_ahead / device_days) if device_days > 0 else 0


def median(values: list[int]) -> int | None:
    """Give the middle value, the lower one of two; None of none."""
    return sorted(values)[(len(values) - 1) // 2] if values else None
