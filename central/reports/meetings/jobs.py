"""The weekly pack makes itself on the morning of its meeting (R-4.2.6); days that are not closed are named in it."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from central.clock import campus_day
from central.domain.meeting_days import week_before, week_spoken_of
from central.domain.periods import Period, read_period, week_of
from central.office.roles import SEE_MONEY
from central.papers.operations import contents_of
from central.reports.meetings.week import week_with_meeting
from central.reports.meetings.weekly_pack import CODE, WEEKLY_PACK
from central.reports.schedule.jobs import Done, Due, Job
from central.reports.schedule.making import keep
from central.reports.schedule.models import ScheduledRun


def dues(after_ms: int, until_ms: int) -> Iterator[Due]:
    """Give the meetings' mornings in (after, until], by the settings in force when each week was over."""
    week = week_before(week_spoken_of(campus_day(after_ms)))
    while week.first <= campus_day(until_ms):
        at_ms = week_with_meeting(week).meets_ms
        if after_ms < at_ms <= until_ms:
            yield Due(week.name, at_ms, week.name)
        week = week_of(week.after)


def make(due: Due, now_ms: int) -> Done:
    """Make the pack of a week and tell those who take it to the meeting; the same content again is not kept twice."""
    week: Period = read_period(due.period)
    run = ScheduledRun.objects.get(job=CODE, due=due.name)
    paper, is_new = keep(WEEKLY_PACK, run, contents_of(WEEKLY_PACK, week), now_ms)
    params = {"report_word": "Weekly pack", "period": week.name.partition(":")[2]}
    words = "paper-made" if is_new else "paper-as-before"
    return Done(words, params, link=reverse("schedule:paper", args=[paper.pk]))


WEEKLY_PACK_JOB = Job(
    code=CODE,
    title=_("Weekly pack"),
    about=_("On the morning of each weekly meeting, for the week before it."),
    roles=SEE_MONEY,
    dues=dues,
    run=make,
)
