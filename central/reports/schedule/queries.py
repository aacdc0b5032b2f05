"""What the pages of runs ask: each job's last run and next due, what is late, and whether anybody looks at all."""

from collections.abc import Iterable
from dataclasses import dataclass

from central.domain.periods import NotAPeriod, read_period
from central.domain.scheduled_runs import DAY_MS, MINUTE_MS, Due, RunState, in_span
from central.office.words import Badge
from central.papers.accounting import first_days
from central.papers.words import period_words
from central.reports.schedule.jobs import Job
from central.reports.schedule.models import JobWatch, ScheduledRun
from central.reports.schedule.words import BADGES, run_words

LATE_MS = 30 * MINUTE_MS
"""A run that is not done so long after its due is late; a due that nobody has looked at for so long, too."""
SPANS_DAYS = (2, 40, 400)
"""So far is looked for the next due, the shorter spans first."""


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job as the list shows it."""

    job: Job
    last: ScheduledRun | None
    said: str
    badge: Badge | None
    next_due: Due | None
    is_late: bool


def job_lines(jobs: Iterable[Job], now_ms: int) -> list[JobLine]:
    """Give each job with its last run and what is next."""
    watches = {watch.job: watch for watch in JobWatch.objects.all()}
    return [_line(job, watches.get(job.code), now_ms) for job in jobs]


def _line(job: Job, watch: JobWatch | None, now_ms: int) -> JobLine:
    runs = ScheduledRun.objects.filter(job=job.code)
    last = runs.exclude(state=RunState.SKIPPED).first()
    return JobLine(
        job,
        last,
        said_of(last) if last else "",
        BADGES[last.state] if last else None,
        next_due(job, now_ms),
        (watch is not None and has_missed(job, watch.seen_until_ms, now_ms - LATE_MS))
        or any(is_late(run, now_ms) for run in runs.filter(state__in=(RunState.WAITING, RunState.RUNNING)))
        or (last is not None and is_late(last, now_ms)),
    )


def has_missed(job: Job, seen_until_ms: int, until_ms: int) -> bool:
    """Say whether something was due since the last look; that nobody looks is said once, above the jobs."""
    return seen_until_ms < until_ms and bool(
        in_span(job.dues(seen_until_ms, until_ms), seen_until_ms, until_ms)
    )


def next_due(job: Job, now_ms: int) -> Due | None:
    """Give the next due of a job; None when none comes within a year."""
    after_ms = now_ms
    for days in SPANS_DAYS:
        until_ms = now_ms + days * DAY_MS
        found = min(job.dues(after_ms, until_ms), key=lambda due: due.at_ms, default=None)
        if found is not None:
            return found
        after_ms = until_ms
    return None


def is_late(run: ScheduledRun, now_ms: int) -> bool:
    """Say whether a run should have been done."""
    if run.state in (RunState.FAILED, RunState.GIVEN_UP):
        return True
    return run.state in (RunState.WAITING, RunState.RUNNING) and now_ms - run.due_ms > LATE_MS


def said_of(run: ScheduledRun) -> str:
    """Say what came of a run; nothing while it has not been tried."""
    return run_words(run.code, run.params) if run.code else ""


def silent_since_ms(now_ms: int) -> int | None:
    """Say since when nobody looks whether something is due; None while somebody does, or there is nothing to look at yet."""
    seen = JobWatch.objects.order_by("-seen_until_ms").values_list("seen_until_ms", flat=True).first()
    return seen if seen is not None and now_ms - seen > LATE_MS else None


def about_words(run: ScheduledRun) -> str:
    """Name what a run is about: its period in words, else its due's own name."""
    if not run.period:
        return run.due
    try:
        return period_words(read_period(run.period, first_days))
    except NotAPeriod:
        return run.due
