"""The week of a pack: its instants, the week before, its meeting, and whether that is the first of a month."""

from dataclasses import dataclass
from datetime import date

from central.clock import start_of_day_ms
from central.domain.meeting_days import is_first_of_month, meeting_day, month_before, week_before
from central.domain.periods import Period
from central.office.dated_settings import number_at, value_at
from central.papers.accounting import instants_of

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Week:
    """A week with the meeting that speaks of it."""

    period: Period
    before: Period
    meets_on: date
    meets_ms: int
    """The instant at which its pack is made."""
    month: Period | None
    """Of the first meeting of a month: the month before."""

    @property
    def span(self) -> tuple[int, int]:
        """Its first instant, and the one at which it is over."""
        return instants_of(self.period)

    @property
    def span_before(self) -> tuple[int, int]:
        """Those of the week before."""
        return instants_of(self.before)


def week_with_meeting(week: Period) -> Week:
    """Give a week with its meeting, by the settings as they are when the week is over."""
    over_ms = start_of_day_ms(week.after)
    day = meeting_day(week, str(value_at("meeting.weekday", over_ms)))
    meets_ms = start_of_day_ms(day) + number_at("meeting.hour", over_ms) * HOUR_MS
    month = month_before(day) if is_first_of_month(day) else None
    return Week(week, week_before(week), day, meets_ms, month)
