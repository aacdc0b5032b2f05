"""How much an account used in each calendar month: what stepped prices count by (C-9). Knows no price."""

from collections.abc import Iterable, Sequence

import msgspec

from gateway.domain.calendar import month_of, months_begin_between

MONTHS_KEPT = 3
"""A true-up comes within days. What is trued up later than this counts from zero: the lowest step, in the customer's favour."""


class MonthUse(msgspec.Struct, frozen=True, array_like=True):
    """Metered energy of one calendar month that was settled at a known time."""

    month: int
    used_wh: int


def used_in(uses: Iterable[MonthUse], month: int) -> int:
    """Give what was used in a month so far, in Wh."""
    return sum(use.used_wh for use in uses if use.month == month)


def with_use(
    uses: Sequence[MonthUse], energy_wh: int, from_ms: int, to_ms: int, utc_offset_minutes: int
) -> tuple[MonthUse, ...]:
    """Count energy of a span into its months, in proportion to time. The sum of what is counted is `energy_wh`."""
    month = month_of(from_ms, utc_offset_minutes)
    if uses and uses[-1].month == month == month_of(max(from_ms, to_ms - 1), utc_offset_minutes):
        return (*uses[:-1], MonthUse(month, uses[-1].used_wh + energy_wh))
    counted = {use.month: use.used_wh for use in uses}
    done_wh = 0
    for end_ms in [*months_begin_between(from_ms, to_ms, utc_offset_minutes), to_ms]:
        until_wh = energy_wh if end_ms == to_ms else energy_wh * (end_ms - from_ms) // (to_ms - from_ms)
        month = month_of(max(from_ms, end_ms - 1), utc_offset_minutes)
        counted[month] = counted.get(month, 0) + until_wh - done_wh
        done_wh = until_wh
    latest = sorted(counted)[-MONTHS_KEPT:]
    return tuple(MonthUse(month, counted[month]) for month in latest)
