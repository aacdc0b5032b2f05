"""Instants as a person on site reads them: local time, always with its offset from UTC; and read back from what he types."""

import re
from datetime import datetime, timedelta, timezone

from gateway.words import mark, say

UNKNOWN = mark("unknown")
BEYOND_ANY_DATE_MS = 250_000_000_000_000
"""The year 9892: a number beyond is no instant of ours."""
SPANS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class NotATime(ValueError):
    """What was typed is no instant."""


def clock_text(at_ms: int | None, utc_offset_minutes: int) -> str:
    """Give `2026-11-30 18:12:05 +08:00`; a word where the instant isn't known."""
    if at_ms is None or not 0 <= at_ms < BEYOND_ANY_DATE_MS:
        return say(UNKNOWN)
    return f"{local(at_ms, utc_offset_minutes):%Y-%m-%d %H:%M:%S} {offset_text(utc_offset_minutes)}"


def local(at_ms: int, utc_offset_minutes: int) -> datetime:
    """Give a moment in local time, with its offset."""
    return datetime.fromtimestamp(at_ms / 1000, timezone(timedelta(minutes=utc_offset_minutes)))


def iso_of(at_ms: int, utc_offset_minutes: int) -> str:
    """Give `2026-11-23T12:05:00+08:00`."""
    return local(at_ms, utc_offset_minutes).isoformat(timespec="seconds")


def minute_of(at_ms: int, utc_offset_minutes: int) -> str:
    """Give `2026-11-23 12:05`."""
    return f"{local(at_ms, utc_offset_minutes):%Y-%m-%d %H:%M}"


def offset_text(utc_offset_minutes: int) -> str:
    """Give an offset as `+08:00`."""
    sign, minutes = "-" if utc_offset_minutes < 0 else "+", abs(utc_offset_minutes)
    return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"


def read_instant(text: str, utc_offset_minutes: int) -> int:
    """Read a local date, a date with a time, or ISO with its own offset; give UTC milliseconds. Raises NotATime."""
    try:
        found = datetime.fromisoformat(text.strip())
        if found.tzinfo is None:
            found = found.replace(tzinfo=timezone(timedelta(minutes=utc_offset_minutes)))
        at_ms = int(found.timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise NotATime(text) from error
    if at_ms < 0:
        raise NotATime(text)
    return at_ms


def read_span_s(text: str) -> int:
    """Read `90`, `90s`, `15m`, `2h` or `3d` as seconds. Raises NotATime."""
    found = re.fullmatch(r"(\d{1,9})([smhd]?)", text.strip())
    if found is None:
        raise NotATime(text)
    return int(found[1]) * SPANS_S[found[2] or "s"]
