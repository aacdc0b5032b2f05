"""The weekly pack makes itself on the morning of its meeting (R-4.2.6); days that are not closed are named in it."""

from collections.abc import Iterator
from functools import partial

from django.utils.translation import gettext_lazy as _

from central.clock import campus_day
from central.domain.meeting_days import week_before, week_spoken_of
from central.domain.periods import week_of
from central.office.roles import SEE_MONEY
from central.reports.meetings.week import week_with_meeting
from central.reports.meetings.weekly_pack import CODE, WEEKLY_PACK
from central.reports.schedule.jobs import Due, Job
from central.reports.schedule.making import make_paper


def dues(after_ms: int, until_ms: int) -> Iterator[Due]:
    """Give the meetings' mornings in (after, until], by the settings in force when each week was over."""
    week = week_before(week_spoken_of(campus_day(after_ms)))
    while week.first <= campus_day(until_ms):
        at_ms = week_with_meeting(week).meets_ms
        if after_ms < at_ms <= until_ms:
            yield Due(week.name, at_ms, week.name)
        week = week_of(week.after)


make = partial(make_paper, WEEKLY_PACK, CODE)
"""Also of a week with days that are not closed: the meeting is held all the same."""
WEEKLY_PACK_JOB = Job(
    code=CODE,
    title=_("Weekly pack"),
    about=_("On the morning of each weekly meeting, for the week before it."),
    roles=SEE_MONEY,
    dues=dues,
    run=make,
)
