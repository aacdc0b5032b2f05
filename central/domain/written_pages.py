"""Pages that were written by hand while no system was there: the time on a page, in the order of the pages. Pure.

Pages go out in order, so their times don't go back. One exception: after an evening page (18:00 or later) a time before 06:00 is
after midnight, and belongs to the next day. Which day the first page bears is said; the others follow from it.
"""

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

MINUTES_A_DAY: Final = 1_440
EVENING_FROM: Final = 18 * 60
MORNING_UNTIL: Final = 6 * 60
_TIME: Final = re.compile(r"(\d{1,2})[:.时点]?(\d{2})分?")


class TimeFault(StrEnum):
    """What is wrong with a page's time."""

    EMPTY = "time-empty"
    NOT_A_TIME = "time-bad"
    GOES_BACK = "time-back"
    """Before the page that went out before it."""


def minute_of(text: str) -> int | TimeFault:
    """Read a time as it is typed: `1930`, `19:30`, `930`, full-width too. Give the minute of its day."""
    typed = unicodedata.normalize("NFKC", text).strip()
    if not typed:
        return TimeFault.EMPTY
    match = _TIME.fullmatch(typed)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        return TimeFault.NOT_A_TIME
    return int(match[1]) * 60 + int(match[2])


def written_minutes(times: Iterable[str]) -> list[int | TimeFault]:
    """Give for each page the minutes since the first page's day began, in the order of the pages, or what is wrong with it.

    A page whose time is wrong says nothing about the ones after it.
    """
    found: list[int | TimeFault] = []
    before: int | None = None
    for text in times:
        minute = minute_of(text)
        if isinstance(minute, TimeFault):
            found.append(minute)
            continue
        at = _after(minute, before)
        found.append(at)
        if not isinstance(at, TimeFault):
            before = at
    return found


def _after(minute: int, before: int | None) -> int | TimeFault:
    if before is None:
        return minute
    day, of_day = divmod(before, MINUTES_A_DAY)
    if minute >= of_day:
        return day * MINUTES_A_DAY + minute
    if of_day >= EVENING_FROM and minute < MORNING_UNTIL:
        return (day + 1) * MINUTES_A_DAY + minute
    return TimeFault.GOES_BACK
