"""When the meters of a line are told the time, and what each of them makes of it. Pure: no wire, no clock.

DL/T 645 on control code 08H (both editions), sent to 999999999999: no meter answers; a meter obeys only while its calendar is
within five minutes of the time it is told; not at midnight, so that what it does by itself at 0:00 is not disturbed; once a day.

    -300 s         -drift                0               +drift         +300 s
    person | worth telling |  left alone ......  left alone | worth telling | person

Nothing of ours is dated by a meter's calendar, so no price edge moves; only a relay command's expiry is read off it (C-14).
"""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from gateway.contract.facts import Instant
from gateway.contract.rules import ClockRule
from gateway.domain.calendar import DAY_MS, MINUTE_MS, local_day
from gateway.domain.instants import elapsed_ms

MOST_OFF_S = 300
"""The broadcast mends no more; beyond, a person sets the clock with the password."""
MARGIN_MS = 5 * MINUTE_MS
"""Kept from midnight, from full hours (hourly freezes and settlements) and from price edges: a clock that is set over such an
instant would pass it twice, or never."""
HOUR_MS = 60 * MINUTE_MS
FOLLOWED_S = 5
UNABLE_AFTER = 3
"""Tellings in a row that a meter did not obey: one may be a frame that was lost, or another master's of the same day."""
TRY_AGAIN_MS = 30 * 86_400_000
"""The meter behind a number may have been replaced by one that follows."""


class Need(StrEnum):
    """What a meter's calendar needs."""

    NOTHING = "nothing"
    TELLING = "telling"
    PERSON = "person"


class ClockHabit(msgspec.Struct, frozen=True, array_like=True):
    """Whether a meter was found to follow the broadcast; keyed by the meter."""

    follows: bool
    since: Instant
    failures: int = 0
    """In a row, while it is still thought able."""


def rule_of(rules: Iterable[ClockRule], at_ms: int) -> ClockRule:
    """Give the rule in force at an instant: the latest that has begun; the defaults where none is listed; off before the first."""
    listed = list(rules) or [ClockRule()]
    begun = [rule for rule in listed if rule.from_ms <= at_ms]
    return max(begun, key=lambda rule: rule.from_ms, default=ClockRule(on=False))


def need(rule: ClockRule, off_s: int) -> Need:
    """Say what a calendar that is `off_s` ahead of ours needs."""
    if abs(off_s) > MOST_OFF_S:
        return Need.PERSON
    return Need.TELLING if abs(off_s) >= rule.drift_s else Need.NOTHING


def may_tell(
    rule: ClockRule, now: Instant, told_day: int | None, edges_ms: Iterable[int], utc_offset_minutes: int
) -> bool:
    """Say whether a line may be told the time now: its hour, a clock that is trusted (C-14), not yet today, no edge near."""
    if not (rule.on and now.trusted) or told_day == local_day(now.wall_ms, utc_offset_minutes):
        return False
    local_ms = now.wall_ms + utc_offset_minutes * MINUTE_MS
    in_hour_ms = local_ms % HOUR_MS
    return (
        local_ms // HOUR_MS % 24 == rule.hour
        and MARGIN_MS <= in_hour_ms <= HOUR_MS - MARGIN_MS
        and all(abs(edge_ms - now.wall_ms) >= MARGIN_MS for edge_ms in edges_ms)
    )


def is_near_midnight(now: Instant, utc_offset_minutes: int) -> bool:
    """Say whether a date and a time that are written one after the other might be of two days."""
    in_day_ms = (now.wall_ms + utc_offset_minutes * MINUTE_MS + MARGIN_MS) % DAY_MS
    return in_day_ms < 2 * MARGIN_MS


def is_hopeful(habit: ClockHabit | None, now: Instant) -> bool:
    """Say whether a meter makes telling worthwhile: it was never found unable, or that is long ago."""
    if habit is None or habit.follows:
        return True
    passed_ms = elapsed_ms(habit.since, now)
    return passed_ms is not None and passed_ms >= TRY_AGAIN_MS


def followed(before_s: int, after_s: int) -> bool:
    """Say whether a meter obeyed: its calendar is right, or much nearer, as far as the line's delays let it be seen."""
    return abs(after_s) <= max(FOLLOWED_S, abs(before_s) // 2)


def learn(habit: ClockHabit | None, before_s: int, after_s: int, now: Instant) -> ClockHabit:
    """Learn from one telling whose outcome was read back."""
    if followed(before_s, after_s):
        return ClockHabit(True, habit.since if habit and habit.follows else now)
    failures = (habit.failures if habit and habit.follows else 0) + 1
    return ClockHabit(failures < UNABLE_AFTER, now, failures)
