"""Reports that are made by themselves when their period is over: which ones, when, and as what job.

Which report is made for which kind of period is a dated setting, read as it was at the period's end. A day's report is made in the
next morning; longer periods wait some days, so that what arrives late is in them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.utils.text import format_lazy

from central.clock import campus_day, start_of_day_ms
from central.domain.periods import Period, PeriodKind
from central.domain.scheduled_runs import DAY_MS, HOUR_MS
from central.office.dated_settings import list_at, number_at
from central.papers.accounting import instants_of, period_before, period_of
from central.papers.catalogue import Report, report_of
from central.papers.words import KIND_WORDS
from central.reports.schedule.jobs import Due, Job
from central.reports.schedule.making import make_due_paper
from central.reports.schedule.models import JobWatch

SCHEDULED, HOUR, AFTER_DAYS = "report.scheduled-codes", "report.made-hour", "report.made-after-days"
PREFIX = "report-"
MOST_DAYS_AFTER = 28
"""The largest value of the setting."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A line of the setting: a report for a kind of period."""

    report: str
    kind: str

    @property
    def job(self) -> str:
        """The code of its job."""
        return f"{PREFIX}{self.report}-{self.kind}"


def scheduled_at(at_ms: int) -> list[Pair]:
    """Give the lines of the setting in force, as they are written: some may name no report."""
    lines = (" ".join(str(line).split()).rpartition(" ") for line in list_at(SCHEDULED, at_ms))
    return list(dict.fromkeys(Pair(report, kind) for report, _space, kind in lines))


def not_understood(at_ms: int) -> list[str]:
    """Give the lines of the setting that name no report of the catalogue, or one that isn't made for such periods."""
    return [f"{pair.report} {pair.kind}".strip() for pair in scheduled_at(at_ms) if _read(pair) is None]


def scheduled_report_jobs(now_ms: int) -> list[Job]:
    """Give a job for each report that is made by itself now, and for those that were before: what was due then is still made."""
    now = [pair for pair in scheduled_at(now_ms) if _read(pair) is not None]
    before = set(JobWatch.objects.filter(job__startswith=PREFIX).values_list("job", flat=True))
    before -= {pair.job for pair in now}
    split = (code.removeprefix(PREFIX).rpartition("-") for code in sorted(before))
    former = [Pair(report, kind) for report, _dash, kind in split]
    return [report_job(*found) for pair in (*now, *former) if (found := _read(pair)) is not None]


def report_job(report: Report, kind: PeriodKind) -> Job:
    """Give the job that makes a report for each period of a kind when it is over."""
    pair = Pair(report.code, str(kind))
    return Job(
        code=pair.job,
        title=format_lazy("{}: {}", report.title, KIND_WORDS[kind]),
        about=report.about,
        roles=report.roles,
        dues=partial(report_dues, pair, kind),
        run=partial(make_due_paper, report, pair.job),
    )


def report_dues(pair: Pair, kind: PeriodKind, after_ms: int, until_ms: int) -> Iterator[Due]:
    """Give when a report's papers are to be made in (after, until]: of the periods for which the setting names it at their end."""
    for period in _periods_ended(kind, after_ms, until_ms):
        at_ms = made_at_ms(period)
        if after_ms < at_ms <= until_ms and pair in scheduled_at(instants_of(period)[1]):
            yield Due(period.name, at_ms, period.name)


def made_at_ms(period: Period) -> int:
    """Say when a period's papers are made, by the settings in force at its end."""
    over_ms = instants_of(period)[1]
    days = 0 if period.kind is PeriodKind.DAY else number_at(AFTER_DAYS, over_ms)
    morning_ms = start_of_day_ms(period.after + timedelta(days=days)) + number_at(HOUR, over_ms) * HOUR_MS
    return max(over_ms, morning_ms)


def _periods_ended(kind: PeriodKind, after_ms: int, until_ms: int) -> list[Period]:
    """Give the periods that may be due in (after, until], the oldest first."""
    wait_days = 1 if kind is PeriodKind.DAY else MOST_DAYS_AFTER + 1
    first, day = campus_day(after_ms - wait_days * DAY_MS), campus_day(until_ms)
    periods = []
    while day >= first:
        period = period_before(period_of(kind, day))
        periods.append(period)
        day = period.first
    return periods[::-1]


def _read(pair: Pair) -> tuple[Report, PeriodKind] | None:
    report = report_of(pair.report)
    if report is None or pair.kind not in list(PeriodKind) or PeriodKind(pair.kind) not in report.periods:
        return None
    return report, PeriodKind(pair.kind)
