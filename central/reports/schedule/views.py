"""Pages of what is made by itself: the jobs, the runs of one, one run with its tries."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.office.access import may, roles
from central.office.roles import RUN_AGAIN, SEE_RUNS
from central.reports.schedule.every_job import every_job, job_of
from central.reports.schedule.jobs import Job
from central.reports.schedule.models import ScheduledRun
from central.reports.schedule.operations import AgainRefusal, run_again
from central.reports.schedule.queries import (
    about_words,
    is_late,
    job_lines,
    next_due,
    said_of,
    silent_since_ms,
)
from central.reports.schedule.report_jobs import not_understood
from central.reports.schedule.words import BADGES, run_words

RUNS_PER_PAGE = 50


@roles(*SEE_RUNS)
@require_GET
def jobs(request: HttpRequest) -> HttpResponse:
    """List the jobs of the reader's offices: last run, next due, what is late."""
    now_ms = clock.now_ms()
    mine = [job for job in every_job(now_ms) if may(request, job.roles)]
    lines = job_lines(mine, now_ms)
    context = {
        "lines": sorted(lines, key=lambda line: not line.is_late),
        "silent_since_ms": silent_since_ms(now_ms),
        "unread": not_understood(now_ms) if may(request, RUN_AGAIN) else [],
    }
    return render(request, "schedule/jobs.html", context)


@roles(*SEE_RUNS)
@require_GET
def job_runs(request: HttpRequest, job: str) -> HttpResponse:
    """Show the runs of a job, the newest first."""
    now_ms = clock.now_ms()
    chosen = job_of(job, now_ms)
    if chosen is None:
        raise Http404
    _admit(request, chosen)
    runs = ScheduledRun.objects.filter(job=job)
    page = Paginator(runs, RUNS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "job": chosen,
        "page": page,
        "runs": [
            (run, about_words(run), BADGES[run.state], said_of(run), is_late(run, now_ms)) for run in page
        ],
        "next_due": next_due(chosen, now_ms),
    }
    return render(request, "schedule/job.html", context)


@roles(*SEE_RUNS)
@require_GET
def run(request: HttpRequest, number: int) -> HttpResponse:
    """Show one run with what came of each try."""
    now_ms = clock.now_ms()
    found = get_object_or_404(ScheduledRun, pk=number)
    job = job_of(found.job, now_ms)
    _admit(request, job)
    tries = [(one, run_words(one.code, one.params)) for one in found.attempts.all()]
    context = {
        "run": found,
        "job": job,
        "about": about_words(found),
        "badge": BADGES[found.state],
        "said": said_of(found),
        "late": is_late(found, now_ms),
        "tries": tries,
        "may_again": may(request, RUN_AGAIN),
    }
    return render(request, "schedule/run.html", context)


@roles(*RUN_AGAIN)
@require_POST
def again(request: HttpRequest, number: int) -> HttpResponse:
    """Have a run tried again."""
    found = get_object_or_404(ScheduledRun, pk=number)
    _admit(request, job_of(found.job, clock.now_ms()))
    refusal = run_again(number, actor=request.user.get_username(), now_ms=clock.now_ms())
    if refusal is AgainRefusal.RUNS:
        messages.info(request, _("It is running now: load this page again in a moment."))
    elif refusal is AgainRefusal.WAITS:
        messages.info(request, _("It is going to be run in the next minute anyway."))
    else:
        messages.success(request, _("It is tried again in the next minute."))
    return redirect("schedule:run", number)


def _admit(request: HttpRequest, job: Job | None) -> None:
    """Let in who sees a job's runs; those of a job that is gone are seen by who has them tried again."""
    if not may(request, job.roles if job else RUN_AGAIN):
        raise PermissionDenied
