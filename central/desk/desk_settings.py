"""What the office has decided about the desk's day: dated settings, read at the instant they are needed for."""

from central.clock import local
from central.domain.known_settings import on_days
from central.office.dated_settings import list_at, number_at


def hours_at(at_ms: int) -> list[list[str]]:
    """Give the desk's hours of a day, such as [["11:30", "13:30"], ["17:00", "22:00"]]; at enrolment they are others (R-4.1.1a)."""
    is_enrolment = on_days(list_at("desk.enrolment-days", at_ms), local(at_ms).strftime("%m-%d"))
    spans = list_at("desk.enrolment-hours" if is_enrolment else "desk.hours", at_ms)
    return [[str(end) for end in span] for span in spans if isinstance(span, list)]


def drawers_at(at_ms: int) -> list[str]:
    """Name the drawers that a shift may be opened at."""
    return [str(name) for name in list_at("desk.drawers", at_ms)]


def meal_fen_at(at_ms: int) -> int:
    """Give what a duty meal costs."""
    return number_at("desk.duty-meal", at_ms)


def difference_limit_fen_at(at_ms: int) -> int:
    """Give the largest cash difference that is booked without an approval."""
    return number_at("desk.cash-difference", at_ms)
