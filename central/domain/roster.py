"""Who is on duty which day, and whether the desk is open at a minute: two things (R-4.1.1a). Pure.

A rotation lets crews take turns over a span of days; the newest one that covers a day holds. A change by hand beats it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class DutyKind(StrEnum):
    """What kind of span a rotation is for."""

    TERM = "term"
    BREAK = "break"
    """Winter and summer break: who stayed stands in."""
    ENROLMENT = "enrolment"
    """New students arrive: twelve hours a day."""


@dataclass(frozen=True, slots=True)
class Rotation:
    """Crews of people (by id) that take turns of `turn_days` from the first day to the last one, both included."""

    kind: DutyKind
    first: date
    last: date
    crews: tuple[tuple[int, ...], ...]
    turn_days: int = 1

    def crew_on(self, day: date) -> tuple[int, ...]:
        """Give the crew whose turn a day is; the day lies within the span."""
        turn = (day - self.first).days // self.turn_days
        return self.crews[turn % len(self.crews)]


@dataclass(frozen=True, slots=True)
class Change:
    """A day changed by hand, and why."""

    day: date
    people: tuple[int, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Duty:
    """Who is on duty on a day; `kind` None: no rotation covers it. `reason` says why it was changed by hand."""

    day: date
    kind: DutyKind | None
    people: tuple[int, ...]
    reason: str = ""


def duty_on(day: date, rotations: Sequence[Rotation], changes: Sequence[Change]) -> Duty:
    """Give a day's duty. Both lists are in the order they were made: what was made last holds."""
    rotation = next((one for one in reversed(rotations) if one.first <= day <= one.last), None)
    change = next((one for one in reversed(changes) if one.day == day), None)
    kind = rotation.kind if rotation else None
    if change is not None:
        return Duty(day, kind, change.people, change.reason)
    return Duty(day, kind, rotation.crew_on(day) if rotation else ())


def is_open(hours: Sequence[Sequence[str]], minute_of_day: int) -> bool:
    """Say whether a minute (0 to 1439) lies within desk hours such as [["11:30", "13:30"]]; the last minute is excluded."""
    return any(_minutes(begins) <= minute_of_day < _minutes(ends) for begins, ends in hours)


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
