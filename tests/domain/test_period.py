"""Closing instants of accounting periods: one a month, wherever the year turns (R-4.1.9)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract.rules import PolicyRule
from gateway.domain.period import (
    closings_between,
    most_moved_wh,
    next_closing_ms,
    period_mistake,
    settles_then,
)

DEFAULT = PolicyRule()
DAY_MS = 86_400_000


def ms(text: str) -> int:
    """An instant of campus time, UTC+8."""
    return int(datetime.fromisoformat(f"{text}+08:00").timestamp() * 1000)


@pytest.mark.parametrize(
    ("begin", "end", "found"),
    [
        ("2026-11-25 23:59:59", "2026-11-26 00:00:00", ["2026-11-26 00:00:00"]),
        ("2026-11-26 00:00:00", "2026-11-26 00:00:01", []),
        ("2026-11-01 00:00:00", "2026-11-25 23:59:59", []),
        ("2025-12-26 00:00:01", "2026-02-26 00:00:00", ["2026-01-26 00:00:00", "2026-02-26 00:00:00"]),
        ("2024-02-26 00:00:00", "2024-03-26 00:00:00", ["2024-03-26 00:00:00"]),
        ("2026-11-27 00:00:00", "2026-11-26 00:00:00", []),
    ],
)
def test_closings_lie_after_the_one_end_and_up_to_the_other(begin: str, end: str, found: list[str]) -> None:
    assert closings_between(ms(begin), ms(end), DEFAULT) == [ms(text) for text in found]


def test_day_minute_and_zone_are_the_settings() -> None:
    rule = PolicyRule(period_day=1, period_minute=8 * 60, period_utc_offset_minutes=0)
    assert next_closing_ms(ms("2026-11-24 00:00:00"), rule) == ms("2026-12-01 16:00:00")
    assert datetime.fromtimestamp(ms("2026-12-01 16:00:00") / 1000, UTC).hour == 8


rules = st.builds(
    PolicyRule,
    period_day=st.integers(1, 28),
    period_minute=st.integers(0, 1439),
    period_utc_offset_minutes=st.integers(-720, 840),
)
instants = st.integers(0, 4_102_444_800_000)


@given(rule=rules, at_ms=instants)
def test_the_next_closing_is_the_first_after_an_instant_and_within_a_month(
    rule: PolicyRule, at_ms: int
) -> None:
    following = next_closing_ms(at_ms, rule)
    assert 0 < following - at_ms <= 31 * DAY_MS
    assert closings_between(at_ms, following, rule) == [following]
    assert closings_between(at_ms, following - 1, rule) == []


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        (DEFAULT, ""),
        (PolicyRule(period_day=28, period_minute=1439), ""),
        (PolicyRule(period_day=29), "day 29"),
        (PolicyRule(period_day=0), "day 0"),
        (PolicyRule(period_minute=1440), "minute 1440"),
        (PolicyRule(period_minute=-1), "minute -1"),
        (PolicyRule(period_utc_offset_minutes=900), "no place on earth"),
    ],
)
def test_what_no_month_has_is_a_mistake(rule: PolicyRule, wrong: str) -> None:
    assert wrong in period_mistake(rule)
    assert bool(period_mistake(rule)) is bool(wrong)


@pytest.mark.parametrize(
    ("day", "hour", "period", "same"),
    [
        (26, 0, "2026-11-26 00:00:00", True),
        (1, 0, "2026-11-26 00:00:00", False),
        (26, 1, "2026-11-26 00:00:00", False),
        (26, 0, "2026-11-25 00:00:00", False),
    ],
)
def test_a_meters_own_settlement_is_compared_only_where_it_is_of_that_instant(
    day: int, hour: int, period: str, same: bool
) -> None:
    assert settles_then(day, hour, ms(period), DEFAULT) is same


@pytest.mark.parametrize(
    ("power_w", "off_s", "wh"), [(1000, 3600, 1000), (1000, -36, 10), (1, 1, 1), (0, 60, 0)]
)
def test_a_clock_that_is_off_explains_so_much(power_w: int, off_s: int, wh: int) -> None:
    assert most_moved_wh(power_w, off_s) == wh
