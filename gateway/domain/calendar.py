"""Weeks and months in campus local time (C-3, C-9). Knows no clock: an instant is an argument, its offset from UTC is configured.

Instants are milliseconds since 1970 in UTC. A month is a number, year times twelve plus month from zero. No zone changes its offset
here: a campus keeps one all year, and a list that must change it is a new dated version.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache

from gateway.contract.rules import WeekWindow

MINUTE_MS = 60_000
DAY_MINUTES = 1440
DAY_MS = DAY_MINUTES * MINUTE_MS
FIRST_DAY = date(1970, 1, 1)


def local_day(at_ms: int, utc_offset_minutes: int) -> int:
    """Give the local day of an instant, counted from 1970-01-01."""
    return (at_ms + utc_offset_minutes * MINUTE_MS) // DAY_MS


def day_starts_ms(day: int, utc_offset_minutes: int) -> int:
    """Give the instant of a local midnight."""
    return day * DAY_MS - utc_offset_minutes * MINUTE_MS


def month_of(at_ms: int, utc_offset_minutes: int) -> int:
    """Give the local calendar month of an instant."""
    return _month_of_day(local_day(at_ms, utc_offset_minutes))


@lru_cache(maxsize=64)
def _month_of_day(day: int) -> int:
    """Asked with every reading, and nearly always of today."""
    found = FIRST_DAY + timedelta(days=day)
    return found.year * 12 + found.month - 1


def month_starts_ms(month: int, utc_offset_minutes: int) -> int:
    """Give the instant at which a month begins."""
    day = (date(month // 12, month % 12 + 1, 1) - FIRST_DAY).days
    return day_starts_ms(day, utc_offset_minutes)


def months_begin_between(from_ms: int, to_ms: int, utc_offset_minutes: int) -> list[int]:
    """Give the beginnings of months inside a span, both its ends excluded."""
    months = range(month_of(from_ms, utc_offset_minutes) + 1, month_of(to_ms, utc_offset_minutes) + 1)
    begin_ms = (month_starts_ms(month, utc_offset_minutes) for month in months)
    return [at_ms for at_ms in begin_ms if from_ms < at_ms < to_ms]


def place_at(windows: Sequence[WeekWindow], at_ms: int, utc_offset_minutes: int) -> int | None:
    """Give the place in the list of the first window that holds at an instant, or None."""
    for place, window in enumerate(windows):
        for start_ms, end_ms in _occurrences(window, at_ms, at_ms, utc_offset_minutes):
            if start_ms <= at_ms < end_ms:
                return place
    return None


def edges_of(windows: Sequence[WeekWindow], from_ms: int, to_ms: int, utc_offset_minutes: int) -> list[int]:
    """Give the instants inside a span, both its ends excluded, at which a window begins or ends, in order."""
    edges = {
        edge_ms
        for window in windows
        for occurrence in _occurrences(window, from_ms, to_ms, utc_offset_minutes)
        for edge_ms in occurrence
        if from_ms < edge_ms < to_ms
    }
    return sorted(edges)


def _occurrences(
    window: WeekWindow, from_ms: int, to_ms: int, utc_offset_minutes: int
) -> Iterator[tuple[int, int]]:
    """Give every occurrence that may touch a span: one may have begun on the day before it."""
    lasts = (window.to_minute - window.from_minute - 1) % DAY_MINUTES + 1
    for day in range(local_day(from_ms, utc_offset_minutes) - 1, local_day(to_ms, utc_offset_minutes) + 1):
        if (day + 3) % 7 + 1 in window.days:
            start_ms = day_starts_ms(day, utc_offset_minutes) + window.from_minute * MINUTE_MS
            yield start_ms, start_ms + lasts * MINUTE_MS


def window_mistake(window: WeekWindow) -> str:
    """Say what is wrong with a window; nothing when it is possible."""
    if not window.days or not set(window.days) <= set(range(1, 8)):
        return "a window's days are 1 to 7"
    if not (0 <= window.from_minute < DAY_MINUTES and 0 < window.to_minute <= DAY_MINUTES):
        return "a window lies outside the day"
    return ""


def offset_mistake(utc_offset_minutes: int) -> str:
    """Say what is wrong with an offset from UTC; nothing when there is such a zone."""
    return "" if -12 * 60 <= utc_offset_minutes <= 14 * 60 else "no place on earth has this offset from UTC"
