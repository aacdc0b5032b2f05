"""Make a report's paper by itself, keep it as it was, and tell the offices that work with it. A made paper is not sealed."""

from django.db import transaction
from django.urls import reverse

from central.domain.periods import Period, read_period
from central.ledger.one_writer import lock_head
from central.ledger.operations import record_audit
from central.papers.accounting import first_days
from central.papers.catalogue import Report
from central.papers.operations import contents_of, seal_of
from central.reports.schedule.jobs import Done, Due
from central.reports.schedule.models import MadePaper, ScheduledRun
from central.reports.schedule.told import msgid, tell_of_paper

SCHEDULE = "schedule"
"""The actor in the audit chain."""


def make_due_paper(report: Report, job: str, due: Due, now_ms: int) -> Done:
    """Make the paper of a due's period; where something still goes on it is put off."""
    period = read_period(due.period, first_days)
    if not report.is_settled(period):
        return Done("period-goes-on", _params(report, period), failed=True)
    return make_paper(report, job, due, now_ms)


def make_paper(report: Report, job: str, due: Due, now_ms: int) -> Done:
    """Make the paper of a due's period as it is now. The same content again is not kept twice."""
    period = read_period(due.period, first_days)
    run = ScheduledRun.objects.get(job=job, due=due.name)
    paper, is_new = keep(report, run, contents_of(report, period), now_ms)
    words = "paper-made" if is_new else "paper-as-before"
    return Done(words, _params(report, period), link=reverse("schedule:paper", args=[paper.pk]))


def _params(report: Report, period: Period) -> dict[str, str | int]:
    return {"report_word": msgid(report.title), "period": period.name.partition(":")[2]}


@transaction.atomic
def keep(report: Report, run: ScheduledRun, contents: dict[str, str], now_ms: int) -> tuple[MadePaper, bool]:
    """Keep a made paper and tell of it; one with this content is given as it is. What was made is in the audit chain."""
    lock_head()
    digest = seal_of(contents)
    before = MadePaper.objects.filter(code=report.code, period=run.period, digest=digest).first()
    if before is not None:
        return before, False
    paper = MadePaper.objects.create(
        run=run,
        code=report.code,
        period=run.period,
        contents=contents,
        digest=digest,
        made_ms=now_ms,
    )
    record_audit(actor=SCHEDULE, action="make-paper", subject=subject_of(paper), detail=digest, now_ms=now_ms)
    offices = tuple(office for office in report.told if office in report.roles)
    tell_of_paper(paper, report.title, offices, now_ms)
    report.alert(read_period(run.period, first_days), now_ms)
    return paper, True


def subject_of(paper: MadePaper) -> str:
    """Give what the audit chain calls a made paper."""
    return f"{paper.code} {paper.period}"
