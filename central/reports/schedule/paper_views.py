"""Pages of the papers that were made by themselves: a list, and each as it was made, to look at and to take away."""

import msgspec
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from central.clock import minute_text
from central.domain.paper import Paper, encode
from central.domain.periods import Period, read_period
from central.office.access import roles
from central.office.page_table import page_tables
from central.office.roles import SEE_RUNS
from central.papers import catalogue, forms_of_paper
from central.papers.accounting import first_days
from central.papers.catalogue import Report
from central.papers.models import SealedPaper
from central.papers.operations import content_in
from central.papers.paper_charts import drawn_for_page
from central.papers.views import may_open
from central.papers.words import period_words
from central.reports.schedule.models import MadePaper

PAPERS_PER_PAGE = 50


@roles(*SEE_RUNS)
@require_GET
def papers(request: HttpRequest) -> HttpResponse:
    """List the made papers of the reader's reports, the newest first."""
    titles = {one.code: one.title for one in catalogue.all_reports() if may_open(request, one)}
    found = MadePaper.objects.filter(code__in=titles).defer("contents")
    page = Paginator(found, PAPERS_PER_PAGE).get_page(request.GET.get("page"))
    sealed = {
        (one.code, one.period): one.number
        for one in SealedPaper.objects.filter(period__in={paper.period for paper in page}).defer("contents")
    }
    rows = [
        (
            paper,
            titles[paper.code],
            period_words(read_period(paper.period, first_days)),
            sealed.get((paper.code, paper.period)),
        )
        for paper in page
    ]
    return render(request, "schedule/papers.html", {"page": page, "rows": rows})


@roles(*SEE_RUNS)
@require_GET
def paper(request: HttpRequest, number: int) -> HttpResponse:
    """Show a paper as it was made, or give it as a file; say whether it would be another one now."""
    made = get_object_or_404(MadePaper, pk=number)
    report = catalogue.report_of(made.code)
    if report is None or not may_open(request, report):
        raise PermissionDenied
    period = read_period(made.period, first_days)
    content = content_in(made.contents, get_language() or settings.LANGUAGE_CODE)
    if form := request.GET.get("form"):
        return forms_of_paper.download(request, _with_note(content, made, form), form, period, None)
    sealed = SealedPaper.objects.filter(code=made.code, period=made.period).first()
    context = {
        "made": made,
        "paper": content,
        "report": report,
        "tables": page_tables(content.tables),
        "charts": drawn_for_page(content),
        "files": forms_of_paper.files(content, f"{request.path}?form="),
        "sealed": sealed,
        "has_changed": sealed.seal != made.digest if sealed else _has_changed(made, report, period),
        "newer": MadePaper.objects.filter(code=made.code, period=made.period, pk__gt=made.pk).first(),
    }
    return render(request, "schedule/paper.html", context)


def _has_changed(made: MadePaper, report: Report, period: Period) -> bool:
    """Say whether the paper would be another one now; it is made in one language only, the reader's."""
    language = get_language() or settings.LANGUAGE_CODE
    if language not in made.contents:
        language = next(iter(made.contents))
    with translation.override(language):
        return encode(catalogue.make_apart(report, period).value).decode() != made.contents[language]


def _with_note(content: Paper, made: MadePaper, form: str) -> Paper:
    """Say at a file's foot that this is a made paper; JSON stays what the digest stands for."""
    if form == "json":
        return content
    note = _("Made by itself at %(at)s, not sealed.") % {"at": minute_text(made.made_ms)}
    return msgspec.structs.replace(content, notes=[*content.notes, note])
