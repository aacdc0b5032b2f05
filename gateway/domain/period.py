"""The accounting period's closing instants: one a month, on a day and minute of campus local time (R-4.1.9). Knows no clock."""

from gateway.contract.rules import PolicyRule
from gateway.domain.calendar import DAY_MINUTES, DAY_MS, MINUTE_MS, month_of, month_starts_ms, offset_mistake

LAST_DAY = 28
"""Every month has one: a later day would be skipped in February."""


def closing_of(month: int, rule: PolicyRule) -> int:
    """Give the closing instant in a month, a number as in `calendar`."""
    start_ms = month_starts_ms(month, rule.period_utc_offset_minutes)
    return start_ms + (rule.period_day - 1) * DAY_MS + rule.period_minute * MINUTE_MS


def closings_between(from_ms: int, to_ms: int, rule: PolicyRule) -> list[int]:
    """Give the closing instants after `from_ms` up to `to_ms`, in order."""
    offset = rule.period_utc_offset_minutes
    months = range(month_of(from_ms, offset), month_of(to_ms, offset) + 1)
    return [at_ms for month in months if from_ms < (at_ms := closing_of(month, rule)) <= to_ms]


def next_closing_ms(at_ms: int, rule: PolicyRule) -> int:
    """Give the first closing instant after an instant."""
    month = month_of(at_ms, rule.period_utc_offset_minutes)
    return next(ms for ms in (closing_of(month, rule), closing_of(month + 1, rule)) if ms > at_ms)


def settles_then(day: int, hour: int, period_ms: int, rule: PolicyRule) -> bool:
    """Say whether a meter whose settlement day is so ends its month at a closing instant."""
    return closing_of(month_of(period_ms, rule.period_utc_offset_minutes), rule) == period_ms and (
        day,
        hour * 60,
    ) == (rule.period_day, rule.period_minute)


def period_mistake(rule: PolicyRule) -> str:
    """Say what is wrong with a policy's period, or nothing."""
    if not 1 <= rule.period_day <= LAST_DAY:
        return f"the period ends on day {rule.period_day}, which not every month has"
    if not 0 <= rule.period_minute < DAY_MINUTES:
        return f"the period ends in minute {rule.period_minute}, which no day has"
    return offset_mistake(rule.period_utc_offset_minutes) or ""


def most_moved_wh(power_w: int, for_s: int) -> int:
    """Give what a clock that is so wrong can have moved a register by, rounded up."""
    return -(-power_w * abs(for_s) // 3_600)
