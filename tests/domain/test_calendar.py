"""Weekly windows and months in campus local time, against Python's own calendar."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract.rules import WeekWindow
from gateway.domain.calendar import (
    DAY_MS,
    MINUTE_MS,
    edges_of,
    month_of,
    month_starts_ms,
    months_begin_between,
    offset_mistake,
    place_at,
    window_mistake,
)

CHINA = 480
offsets = st.integers(-720, 840)
instants = st.integers(0, 4_000_000_000_000)
windows = st.builds(
    WeekWindow,
    st.lists(st.integers(1, 7), min_size=1, max_size=7, unique=True),
    st.integers(0, 1439),
    st.integers(1, 1440),
)


def ms(text: str) -> int:
    """An instant of China's clock."""
    return int(datetime.fromisoformat(text + "+08:00").timestamp() * 1000)


def local(at_ms: int, offset: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(timezone(timedelta(minutes=offset)))


NIGHT = WeekWindow([5, 6], 23 * 60, 6 * 60)
"""The nights that begin on Friday and Saturday."""


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ("2026-11-27T22:59:59", False),  # a Friday
        ("2026-11-27T23:00:00", True),
        ("2026-11-28T05:59:59", True),
        ("2026-11-28T06:00:00", False),
        ("2026-11-29T05:59:59", True),
        ("2026-11-29T23:00:00", False),  # a Sunday
        ("2026-11-27T05:00:00", False),  # the night from Thursday
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_it_begins_on(when: str, holds: bool) -> None:
    assert (place_at([NIGHT], ms(when), CHINA) is not None) is holds


def test_a_window_that_ends_where_it_begins_lasts_a_day() -> None:
    whole = WeekWindow([1], 8 * 60, 8 * 60)
    assert place_at([whole], ms("2026-11-24T07:59:59"), CHINA) == 0
    assert place_at([whole], ms("2026-11-24T08:00:00"), CHINA) is None
    assert edges_of([WeekWindow([1], 0, 1440)], ms("2026-11-22T12:00:00"), ms("2026-11-25T12:00:00"), CHINA) == [
        ms("2026-11-23T00:00:00"), ms("2026-11-24T00:00:00"),
    ]  # fmt: skip


def test_edges_lie_inside_a_span_and_not_at_its_ends() -> None:
    begins, ends = ms("2026-11-27T23:00:00"), ms("2026-11-28T06:00:00")
    assert edges_of([NIGHT], begins, ends, CHINA) == []
    assert edges_of([NIGHT], begins - 1, ends + 1, CHINA) == [begins, ends]
    assert months_begin_between(month_starts_ms(700, CHINA), month_starts_ms(700, CHINA) + 1, CHINA) == []


@given(windows, instants, offsets)
def test_a_window_holds_when_pythons_calendar_says_so(window: WeekWindow, at_ms: int, offset: int) -> None:
    at = local(at_ms, offset)
    minute = at.hour * 60 + at.minute
    if window.to_minute > window.from_minute:
        holds = at.isoweekday() in window.days and window.from_minute <= minute < window.to_minute
    else:
        yesterday = (at - timedelta(days=1)).isoweekday()
        holds = (at.isoweekday() in window.days and minute >= window.from_minute) or (
            yesterday in window.days and minute < window.to_minute
        )
    assert (place_at([window], at_ms, offset) is not None) is holds


@given(st.lists(windows, max_size=4), instants, st.integers(0, 9 * DAY_MS), offsets, st.integers(0, 10**9))
def test_between_two_edges_the_same_window_holds(
    listed: list[WeekWindow], from_ms: int, length: int, offset: int, pick: int
) -> None:
    edges = edges_of(listed, from_ms, from_ms + length, offset)
    assert edges == sorted(set(edges))
    bounds = [from_ms, *edges, from_ms + length]
    start_ms = bounds[pick % (len(bounds) - 1)]
    end_ms = bounds[pick % (len(bounds) - 1) + 1]
    inside_ms = start_ms + (end_ms - start_ms) * (pick % 7) // 7
    assert place_at(listed, inside_ms, offset) == place_at(listed, start_ms, offset)


@given(instants, offsets)
def test_a_month_is_pythons_month(at_ms: int, offset: int) -> None:
    at = local(at_ms, offset)
    month = month_of(at_ms, offset)
    assert month == at.year * 12 + at.month - 1
    assert month_starts_ms(month, offset) <= at_ms < month_starts_ms(month + 1, offset)
    assert local(month_starts_ms(month, offset), offset).day == 1


def test_the_beginnings_of_months_inside_a_span() -> None:
    from_ms, to_ms = ms("2026-10-01T00:00:00"), ms("2027-01-01T00:00:00")
    between = [ms("2026-11-01T00:00:00"), ms("2026-12-01T00:00:00")]
    assert months_begin_between(from_ms, to_ms, CHINA) == between
    assert months_begin_between(from_ms, to_ms + 1, CHINA) == [*between, to_ms]
    assert months_begin_between(from_ms, from_ms + MINUTE_MS, CHINA) == []


@pytest.mark.parametrize(
    ("window", "fine"),
    [
        (WeekWindow([1, 7], 0, 1440), True),
        (WeekWindow([1, 2, 3, 4, 5, 6, 7], 0, 1440), True),
        (WeekWindow([1], 60, 1), True),
        (WeekWindow([1], 1439, 1), True),
        (WeekWindow([], 0, 1440), False),
        (WeekWindow([0], 0, 1440), False),
        (WeekWindow([8], 0, 1440), False),
        (WeekWindow([1], -1, 60), False),
        (WeekWindow([1], 1440, 60), False),
        (WeekWindow([1], 60, 0), False),
        (WeekWindow([1], 60, 1441), False),
    ],
)
def test_an_impossible_window_is_named(window: WeekWindow, fine: bool) -> None:
    assert (window_mistake(window) == "") is fine


def test_an_impossible_offset_is_named() -> None:
    assert [offset_mistake(minutes) == "" for minutes in (-721, -720, 840, 841)] == [False, True, True, False]
