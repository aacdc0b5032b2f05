"""Named times of the week with dated exceptions, and when the lights are out by them (R-B1, C-14). Knows no relay and no credit."""

from collections.abc import Sequence

import msgspec

from gateway.contract.commands import Configure
from gateway.contract.facts import Instant
from gateway.contract.rules import DESK_CLOSED, CalendarRule, WeekWindow
from gateway.domain.calendar import DAY_MS, edges_of, offset_mistake, place_at, window_mistake
from gateway.domain.instants import passed_at_least_ms

LIGHTS_OUT = "lights-out"
LOOK_AHEAD_MS = 8 * DAY_MS
"""Each window comes within a week."""
DAILY = [1, 2, 3, 4, 5, 6, 7]
USUAL_DESK_CLOSED = CalendarRule(
    DESK_CLOSED, [WeekWindow(DAILY, 13 * 60 + 30, 17 * 60), WeekWindow(DAILY, 22 * 60, 11 * 60 + 30)]
)
"""The desk is open 11:30 to 13:30 and 17:00 to 22:00 in term (R-4.1.1a)."""


class Dark(msgspec.Struct, frozen=True, array_like=True):
    """Lights-out that stands: since when, and until when it was meant to last."""

    since: Instant
    until_ms: int


def calendar_named(calendars: Sequence[CalendarRule], name: str) -> CalendarRule | None:
    """Give a calendar by its name; None when nobody named one, or there is none of that name."""
    listed = {calendar.calendar: calendar for calendar in calendars}
    usual = USUAL_DESK_CLOSED if name == DESK_CLOSED else None
    return listed.get(name, usual)


def windows_at(rule: CalendarRule, at_ms: int) -> list[WeekWindow]:
    """Give the windows of the week of an instant: the usual ones, or those of the exception that holds."""
    windows = rule.windows
    for exception in rule.exceptions:
        if exception.from_ms <= at_ms < exception.to_ms:
            windows = exception.windows
    return windows


def holds(rule: CalendarRule, at_ms: int) -> bool:
    """Say whether an instant lies in the calendar."""
    return place_at(windows_at(rule, at_ms), at_ms, rule.utc_offset_minutes) is not None


def until_ms(rule: CalendarRule, at_ms: int) -> int | None:
    """Give the first instant after `at_ms` at which the calendar begins or ends to hold; None when it doesn't within eight days."""
    end_ms = at_ms + LOOK_AHEAD_MS
    edges = {
        edge_ms
        for windows in [rule.windows, *(exception.windows for exception in rule.exceptions)]
        for edge_ms in edges_of(windows, at_ms, end_ms, rule.utc_offset_minutes)
    }
    edges.update(edge for exception in rule.exceptions for edge in (exception.from_ms, exception.to_ms))
    now_holds = holds(rule, at_ms)
    later = (edge for edge in sorted(edges) if at_ms < edge < end_ms)
    return next((edge for edge in later if holds(rule, edge) is not now_holds), None)


def lights(rule: CalendarRule | None, dark: Dark | None, now: Instant) -> Dark | None:
    """Give the lights-out that should stand now.

    On an untrusted clock none begins, and one that stands lasts no longer than it was meant to, by the clock that only counts.
    """
    if rule is None:
        return None
    if not now.trusted:
        meant_ms = dark.until_ms - dark.since.wall_ms if dark else 0
        return dark if dark and passed_at_least_ms(dark.since, now) < meant_ms else None
    if not holds(rule, now.wall_ms):
        return None
    return dark or Dark(now, until_ms(rule, now.wall_ms) or now.wall_ms + LOOK_AHEAD_MS)


def calendar_mistakes(configure: Configure) -> list[str]:
    """List what is wrong with a configuration's calendars and with the names by which accounts call them."""
    calendars = configure.policy.calendars
    found = []
    for rule in calendars:
        listed = [*rule.windows, *(w for exception in rule.exceptions for w in exception.windows)]
        wrong = {window_mistake(window) for window in listed} | {offset_mistake(rule.utc_offset_minutes)}
        found += [f"calendar {rule.calendar}: {mistake}" for mistake in sorted(wrong) if mistake]
    for account in configure.accounts:
        night = account.power_cap.night if account.power_cap else ""
        found += [
            f"account {account.account}: there is no calendar {name}"
            for name in (account.no_cut, account.lights_out, night)
            if name and calendar_named(calendars, name) is None
        ]
    return found
