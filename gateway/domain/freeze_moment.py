"""Whether a frozen register is that of our broadcast, by the moment the meter keeps beside it (DL/T 645-2007, DI 05010001). Pure.

The moment is the meter's own calendar, to the minute, which begins with it. So it is our broadcast's if our time of it, plus what
the calendar was seen to be ahead, lies in that minute. A meter that did not hear the broadcast shows the freeze of an hour ago.
"""

from enum import StrEnum

MINUTE_S = 60
SLACK_S = 15
"""A calendar is known to a second or two, and may drift, or be read late on a slow line."""


class Took(StrEnum):
    """What a moment says."""

    THIS = "this"
    OTHER = "other"
    """Another freeze: the meter did not take ours."""
    UNKNOWN = "unknown"
    """No moment, or a calendar that nobody has seen: the registers alone say whether it fits."""


def took(shown_less_told_s: float, off_s: int | None) -> Took:
    """Judge a moment that is `shown_less_told_s` after our time of the broadcast, by a calendar known to be `off_s` ahead."""
    expected_s = 0 if off_s is None else off_s
    if shown_less_told_s - SLACK_S <= expected_s <= shown_less_told_s + MINUTE_S + SLACK_S:
        return Took.THIS
    return Took.UNKNOWN if off_s is None else Took.OTHER
