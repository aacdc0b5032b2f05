"""When what is made by itself is due, what becomes of it when it was missed, and when a failed one is tried again. Pure.

A job names its due instants. Each due is one run, on record from the look that finds it on; downtime only makes it late. A failed
run is tried again after growing pauses, and given up when it has failed for three days: then people are told.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
FIRST_PAUSES_MS: Final = (5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS)
PAUSE_MS: Final = 6 * HOUR_MS
"""Between all later tries."""
TRIED_FOR_MS: Final = 3 * DAY_MS
"""From the first try on; what fails after that is given up."""


class Late(StrEnum):
    """What is done about several dues that were missed."""

    CATCH_UP = "catch-up"
    """Each is run, the oldest first."""
    NEWEST_ONLY = "newest-only"
    """Of each lane only the newest is run: an old list of low balances helps nobody."""


class RunState(StrEnum):
    """How far a run is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    """It is tried again."""
    GIVEN_UP = "given-up"
    SKIPPED = "skipped"
    """A newer one of its lane was due as well."""


OPEN: Final = (RunState.WAITING, RunState.RUNNING, RunState.FAILED)
ENDED: Final = (RunState.DONE, RunState.GIVEN_UP, RunState.SKIPPED)


@dataclass(frozen=True, slots=True)
class Due:
    """One instant at which a job is to run. `name` is unique within its job: `day:2026-11-30 1`."""

    name: str
    at_ms: int
    period: str = ""
    """The name of the period that it is about: `month:2026-11`."""
    lane: str = ""
    """Dues that replace each other when they were missed (`Late.NEWEST_ONLY`), such as those of one building."""


def next_try_ms(failures: int, first_ms: int, failed_ms: int) -> int | None:
    """Say when a run that has failed so many times (1 or more), tried first at `first_ms`, is tried again; None: it is given up."""
    pause_ms = FIRST_PAUSES_MS[failures - 1] if failures <= len(FIRST_PAUSES_MS) else PAUSE_MS
    again_ms = failed_ms + pause_ms
    return again_ms if again_ms <= first_ms + TRIED_FOR_MS else None


def skipped(waiting: Sequence[Due], late: Late) -> list[Due]:
    """Give those of the waiting dues that are not run because a newer one of their lane waits as well."""
    if late is Late.CATCH_UP:
        return []
    newest: dict[str, Due] = {}
    for due in waiting:
        newest[due.lane] = max(newest.get(due.lane, due), due, key=lambda one: (one.at_ms, one.name))
    return [due for due in waiting if newest[due.lane] != due]


def in_span(dues: Iterable[Due], after_ms: int, until_ms: int) -> list[Due]:
    """Give the dues in (after, until], the oldest first."""
    return sorted(
        (due for due in dues if after_ms < due.at_ms <= until_ms), key=lambda due: (due.at_ms, due.name)
    )
