"""Moments for people: local time with its offset, from ms UTC. Pure; whoever asks brings the moment."""

from datetime import UTC, datetime, timedelta, timezone


def local(at_ms: int, utc_offset_minutes: int) -> datetime:
    """Give a moment in local time, with its offset."""
    zone = timezone(timedelta(minutes=utc_offset_minutes))
    return datetime.fromtimestamp(at_ms / 1000, tz=UTC).astimezone(zone)


def iso_of(at_ms: int, utc_offset_minutes: int) -> str:
    """Show `2026-11-23T12:05:00+08:00`."""
    return local(at_ms, utc_offset_minutes).isoformat(timespec="seconds")


def minute_of(at_ms: int, utc_offset_minutes: int) -> str:
    """Show `2026-11-23 12:05`."""
    return f"{local(at_ms, utc_offset_minutes):%Y-%m-%d %H:%M}"
