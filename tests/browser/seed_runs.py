"""What is made by itself, as days of work leave it: a paper made, a run that waits for its day's close, one that was given up."""

from django.db import transaction

from central import clock
from central.domain.periods import day_before, day_period
from central.domain.scheduled_runs import DAY_MS, RunState
from central.papers.catalogue import report_of
from central.papers.operations import contents_of
from central.reports.schedule.making import keep
from central.reports.schedule.models import RunTry, ScheduledRun
from central.reports.schedule.running import run_due_jobs

JOB = "report-takings-day"


@transaction.atomic
def runs() -> None:
    """Begin to watch; keep the paper of the day before yesterday (1), fail for yesterday (2), give an older one up (3)."""
    now_ms, report = clock.now_ms(), report_of("takings")
    run_due_jobs(now_ms)
    yesterday = day_before(day_period(clock.campus_day(now_ms)))
    before = day_before(day_period(yesterday))
    made = _run(f"day:{before}", now_ms - DAY_MS, RunState.DONE, "paper-made")
    keep(report, made, contents_of(report, day_period(before)), now_ms - DAY_MS)
    made.link = "/runs/papers/1/"
    made.save()
    failed = _run(f"day:{yesterday}", now_ms - 3_600_000, RunState.FAILED, "period-goes-on")
    RunTry.objects.create(
        run=failed,
        number=1,
        started_ms=now_ms - 3_600_000,
        ended_ms=now_ms - 3_599_000,
        failed=True,
        code=failed.code,
        params=failed.params,
    )
    given_up = _run("day:2026-01-05", now_ms - 9 * DAY_MS, RunState.GIVEN_UP, "broke")
    ScheduledRun.objects.filter(pk=given_up.pk).update(params={"error": "OSError"})


def _run(period: str, due_ms: int, state: RunState, code: str) -> ScheduledRun:
    return ScheduledRun.objects.create(
        job=JOB,
        due=period,
        period=period,
        due_ms=due_ms,
        state=state,
        next_ms=due_ms + DAY_MS,
        tries=1,
        failures=int(state != RunState.DONE),
        first_ms=due_ms,
        started_ms=due_ms,
        ended_ms=due_ms,
        code=code,
        params={"report_word": "Takings of the card room", "period": period.partition(":")[2]},
    )
