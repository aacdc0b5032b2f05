"""Run what is due: dues are put on record, a run is claimed, carried out, and what came of it is kept.

A run is claimed by one statement that changes it only if nobody else has: two processes never take the same one. A claim ends by
itself after a while, so that a process that was killed in the middle leaves nothing undone; jobs are idempotent for each due.
"""

import logging
from collections.abc import Mapping

from django.db import transaction
from django.db.models import F
from django.utils.functional import Promise

from central import clock
from central.domain.scheduled_runs import DAY_MS, OPEN, Due, Late, RunState, in_span, next_try_ms, skipped
from central.ledger.one_writer import lock_head
from central.ledger.operations import record_audit
from central.reports.schedule.every_job import every_job
from central.reports.schedule.jobs import Done, Job
from central.reports.schedule.making import SCHEDULE
from central.reports.schedule.models import JobWatch, RunTry, ScheduledRun
from central.reports.schedule.told import tell_given_up

CLAIM_MS = 30 * 60_000
SEEN_EACH_MS = 5 * 60_000
"""How far the dues are known is written so often while none comes."""
AHEAD_MS = 3_600_000
"""A clock that is set right by less than this is waited for."""
MOST_CUT_SHORT = 5
"""Tries after which a run that was cut short again, and that for days, is given up: it may be what brings the process down."""
LOOK_S = 20.0
"""After so long a look ends: the rest is run at the next one, and other looks have their turn."""

log = logging.getLogger(__name__)


def run_due_jobs(now_ms: int) -> int:
    """Put new dues on record and run what may be taken, the oldest first; give how many were run."""
    jobs = {job.code: job for job in every_job(now_ms)}
    for job in jobs.values():
        try:
            note_dues(job, now_ms)
        except Exception:
            log.exception("the dues of %s can't be told; the other jobs go on", job.code)
    ran, begun_s = 0, clock.monotonic_s()
    while clock.monotonic_s() - begun_s < LOOK_S and (run := claim_next(now_ms)) is not None:
        carry_out(jobs.get(run.job), run, now_ms)
        ran += 1
    return ran


def note_dues(job: Job, now_ms: int) -> int:
    """Put the dues since the last look on record; give their number. The first look of a job only begins to watch."""
    watch, is_new = JobWatch.objects.get_or_create(
        job=job.code, defaults={"begun_ms": now_ms, "seen_until_ms": now_ms}
    )
    if watch.seen_until_ms - now_ms > AHEAD_MS:
        _begin_again_from(job, now_ms)
    if is_new or watch.seen_until_ms >= now_ms:
        return 0
    dues = in_span(job.dues(watch.seen_until_ms, now_ms), watch.seen_until_ms, now_ms)
    if not dues and now_ms - watch.seen_until_ms < SEEN_EACH_MS:
        return 0
    with transaction.atomic():
        mine = JobWatch.objects.filter(pk=watch.pk, seen_until_ms=watch.seen_until_ms)
        if not mine.update(seen_until_ms=now_ms):
            return 0
        ScheduledRun.objects.bulk_create([_new_run(job, due) for due in dues], ignore_conflicts=True)
        if dues and job.late is Late.NEWEST_ONLY:
            _skip_older(job, now_ms)
    return len(dues)


@transaction.atomic
def _begin_again_from(job: Job, now_ms: int) -> None:
    """The clock was ahead and has been mended: what was noted of that future is due when it comes, and not for years settled."""
    runs = ScheduledRun.objects.filter(job=job.code)
    ahead = runs.filter(due_ms__gt=now_ms).exclude(state=RunState.RUNNING)
    ahead.update(state=RunState.WAITING, next_ms=F("due_ms"), failures=0, first_ms=None)
    put_off = runs.filter(due_ms__lte=now_ms, state__in=OPEN, next_ms__gt=now_ms + DAY_MS)
    put_off.update(next_ms=now_ms, first_ms=None)
    JobWatch.objects.filter(job=job.code).update(seen_until_ms=now_ms)


def _new_run(job: Job, due: Due) -> ScheduledRun:
    return ScheduledRun(
        job=job.code,
        due=due.name,
        due_ms=due.at_ms,
        period=due.period,
        lane=due.lane,
        next_ms=due.at_ms,
    )


def _skip_older(job: Job, now_ms: int) -> None:
    due = ScheduledRun.objects.filter(job=job.code, due_ms__lte=now_ms)
    waiting = due.filter(state__in=(RunState.WAITING, RunState.FAILED))
    names = [due.name for due in skipped([due_of(run) for run in waiting], job.late)]
    waiting.filter(due__in=names).update(state=RunState.SKIPPED, code="newer-due", params={}, ended_ms=now_ms)


def due_of(run: ScheduledRun) -> Due:
    """Give the due that a run is on record for."""
    return Due(run.due, run.due_ms, run.period, run.lane)


@transaction.atomic
def claim_next(now_ms: int) -> ScheduledRun | None:
    """Take the oldest run that may be taken; None when there is none, or another process was faster. One cut short is noted."""
    found = ScheduledRun.objects.filter(state__in=OPEN, next_ms__lte=now_ms).order_by("due_ms", "pk").first()
    if found is None:
        return None
    if _is_hopeless(found, now_ms):
        keep_outcome(found, Done("cut-short", failed=True), found.job, now_ms)
        return claim_next(now_ms)
    mine = ScheduledRun.objects.filter(
        pk=found.pk, state=found.state, tries=found.tries, next_ms=found.next_ms
    )
    claimed = mine.update(
        state=RunState.RUNNING,
        tries=F("tries") + 1,
        first_ms=found.first_ms or now_ms,
        started_ms=now_ms,
        ended_ms=None,
        next_ms=now_ms + clock.on_bench_ms(CLAIM_MS),
    )
    if not claimed:
        return None
    if found.state == RunState.RUNNING:
        RunTry.objects.create(
            run=found, number=found.tries, started_ms=found.started_ms, failed=True, code="cut-short"
        )
    found.refresh_from_db()
    return found


def _is_hopeless(run: ScheduledRun, now_ms: int) -> bool:
    """Say whether a run has been cut short so often and so long that it is given up."""
    was_cut = run.state == RunState.RUNNING and run.tries >= MOST_CUT_SHORT
    return was_cut and next_try_ms(run.failures + 1, run.first_ms or now_ms, now_ms) is None


def carry_out(job: Job | None, run: ScheduledRun, now_ms: int) -> None:
    """Run a claimed run and keep what came of it. Whatever a job raises is its failure, on record and in the log."""
    begun_s = clock.monotonic_s()
    try:
        done = job.run(due_of(run), now_ms) if job else Done("no-such-job", failed=True)
    except Exception as error:
        log.exception("job %s, due %s failed", run.job, run.due)
        done = Done("broke", {"error": type(error).__name__}, failed=True)
    took_ms = clock.on_bench_ms(round((clock.monotonic_s() - begun_s) * 1000))
    keep_outcome(run, done, job.title if job else run.job, now_ms + took_ms)


@transaction.atomic
def keep_outcome(run: ScheduledRun, done: Done, title: str | Promise, now_ms: int) -> bool:
    """Keep what came of a claimed run, unless its claim has ended and another process has it now; say whether it was kept."""
    lock_head()
    failures = run.failures + 1 if done.failed else 0
    again_ms = next_try_ms(failures, run.first_ms or now_ms, now_ms) if done.failed else None
    state = RunState.DONE if not done.failed else RunState.FAILED if again_ms else RunState.GIVEN_UP
    mine = ScheduledRun.objects.filter(pk=run.pk, state=RunState.RUNNING, tries=run.tries)
    kept: Mapping[str, object] = {"code": done.code, "params": dict(done.params)}
    if not mine.update(
        state=state,
        failures=failures,
        ended_ms=now_ms,
        next_ms=again_ms or run.due_ms,
        link=done.link,
        **kept,
    ):
        return False
    RunTry.objects.create(
        run=run, number=run.tries, started_ms=run.started_ms, ended_ms=now_ms, failed=done.failed, **kept
    )
    if state == RunState.GIVEN_UP:
        record_audit(
            actor=SCHEDULE, action="run-given-up", subject=f"run {run.pk}", detail=done.code, now_ms=now_ms
        )
        tell_given_up(run, title, now_ms)
    return True
