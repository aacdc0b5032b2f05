"""The day's clock of faults (R-4.3.6): until when one is to be solved, and how far up an unsolved one has gone. Pure.

Opened by the latest hour: due on the evening of that day. Opened later: on the next day's. What is not solved then goes up to the
department's head; a day later on to logistics and the maker.
"""

from typing import Final

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
TO_HEAD, TO_LOGISTICS = 1, 2
TOP: Final = TO_LOGISTICS


def due_ms(opened_ms: int, day_began_ms: int, latest_hour: int, evening_hour: int) -> int:
    """Give the evening by which a fault is to be solved.

    `day_began_ms` is midnight before it was opened, in campus time. A fault that is opened after the evening is the next day's.
    """
    latest_ms = day_began_ms + min(latest_hour, evening_hour) * HOUR_MS
    evening_ms = day_began_ms + evening_hour * HOUR_MS
    return evening_ms if opened_ms < latest_ms else evening_ms + DAY_MS


def level_at(due: int, now_ms: int) -> int:
    """Give how far up a fault that is still unsolved belongs: 0 nowhere, then a step each evening, up to TOP."""
    return 0 if now_ms < due else min(TOP, 1 + (now_ms - due) // DAY_MS)


def is_in_time(due: int, solved_ms: int | None) -> bool:
    """Say whether it was solved by its evening."""
    return solved_ms is not None and solved_ms < due
