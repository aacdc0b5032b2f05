"""Who is told of runs: the offices that a made paper is for, and the heads of what was tried in vain."""

from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_noop as _

from central.office.notice_templates import Template, register
from central.office.notices import notify
from central.office.roles import RUN_AGAIN
from central.reports.schedule.models import MadePaper, ScheduledRun

PAPER_MADE, GIVEN_UP = "paper-made", "run-given-up"


def register_notices() -> None:
    """Add this room's templates."""
    register(
        PAPER_MADE,
        Template(
            _("Report made"),
            _("%(report_word)s of %(period)s is made"),
            (_("Look through it: it is not sealed yet. %(link)s"),),
        ),
    )
    register(
        GIVEN_UP,
        Template(
            _("Made by itself: given up"),
            _("What is made by itself did not work for three days: %(job_word)s, %(due)s"),
            (_("What came of it, and to try it again: %(link)s"),),
        ),
    )


def msgid(words: str | Promise) -> str:
    """Give words as they stand in the source: they are put into each reader's language later."""
    with translation.override("en"):
        return str(words)


def tell_of_paper(paper: MadePaper, title: str | Promise, offices: tuple[str, ...], now_ms: int) -> int:
    """Queue a notice of a paper for the offices that work with it, inside the caller's transaction."""
    params = {
        "report_word": msgid(title),
        "period": paper.period.partition(":")[2],
        "link": reverse("schedule:paper", args=[paper.pk]),
    }
    return notify(PAPER_MADE, params, to=offices, key=f"paper-made-{paper.pk}", now_ms=now_ms)


def tell_given_up(run: ScheduledRun, title: str | Promise, now_ms: int) -> int:
    """Queue a notice of a run that is given up, inside the caller's transaction."""
    params = {
        "job_word": msgid(title),
        "due": run.due,
        "link": reverse("schedule:run", args=[run.pk]),
    }
    return notify(GIVEN_UP, params, to=RUN_AGAIN, key=f"run-given-up-{run.pk}-{run.tries}", now_ms=now_ms)
