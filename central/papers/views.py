"""The reports' pages: choose one and a period, look at it, take it as PDF, XLSX or JSON, seal it, prove a sheet."""

from datetime import date
from urllib.parse import urlencode

import msgspec
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.domain import periods
from central.domain.paper import Paper
from central.domain.periods import NotAPeriod, Period, PeriodKind, read_period
from central.office.access import may, roles
from central.office.approval_views import refusal_words
from central.office.approvals import ApprovalRefusal
from central.office.dangerous import dangerous
from central.office.page_table import page_tables, places_of, rows_of_page
from central.office.roles import OF_BUILDINGS, OPEN_REPORTS, SEAL_REPORTS, SIGN_FOR_REPORTS
from central.papers import catalogue, forms_of_paper, queries
from central.papers.accounting import first_days, period_of
from central.papers.catalogue import Report, page_of
from central.papers.models import SealedPaper
from central.papers.operations import SealRefusal, content_of, seal_paper
from central.papers.paper_charts import drawn_for_page
from central.papers.signing import ask_for_signatures, in_language, request_of, signature_notes
from central.papers.words import KIND_WORDS, is_of_setting

SEALED_PER_PAGE = 50
ROWS_PER_PAGE = 400
"""Of all tables of a report together: one of 20,000 rooms is turned page by page; its files are whole."""


@roles(*OPEN_REPORTS)
@require_GET
def reports(request: HttpRequest) -> HttpResponse:
    """List the reports of the reader's role, and what was sealed."""
    mine = [report for report in catalogue.all_reports() if may_open(request, report)]
    sealed = Paginator(SealedPaper.objects.filter(code__in=[r.code for r in mine]), SEALED_PER_PAGE)
    page = sealed.get_page(request.GET.get("page"))
    titles = {report.code: report.title for report in mine}
    context = {"reports": mine, "page": page, "sealed": [(paper, titles[paper.code]) for paper in page]}
    return render(request, "papers/reports.html", context)


@roles(*OPEN_REPORTS)
@require_GET
def report(request: HttpRequest, code: str) -> HttpResponse:
    """Show a report for a period, or give it in the form that is asked for."""
    chosen, period = _chosen(request, code)
    sealed = SealedPaper.objects.filter(code=code, period=period.name).first()
    if sealed is not None:
        return _sealed_answer(request, sealed, chosen, period)
    made = catalogue.make_apart(chosen, period)
    return _answer(request, made.value, chosen, period, None, made.as_of_ms)


@roles(*SEAL_REPORTS)
@require_POST
@dangerous
def seal(request: HttpRequest, code: str) -> HttpResponse:
    """Seal a report for a period that is over."""
    chosen, period = _chosen(request, code)
    result = seal_paper(chosen, period, actor=request.user.get_username(), now_ms=clock.now_ms())
    if result is SealRefusal.NOT_OVER:
        messages.error(
            request, _("This period is not over: it can be sealed from %(day)s on.") % {"day": period.after}
        )
        return redirect(page_of(chosen.code, period.name))
    if result is SealRefusal.NOT_SETTLED:
        messages.error(
            request,
            _(
                "A day of this period is not closed, and what comes until then belongs here: close it, then seal."
            ),
        )
        return redirect(page_of(chosen.code, period.name))
    number = result.paper.number
    if result.is_new:
        messages.success(
            request, _("Sealed as number %(number)d. It stays as it is now.") % {"number": number}
        )
    else:
        messages.info(request, _("This period was sealed before, as number %(number)d.") % {"number": number})
    return redirect("papers:sealed", number)


@roles(*OPEN_REPORTS)
@require_GET
def sealed(request: HttpRequest, number: int) -> HttpResponse:
    """Show a sealed paper as it was."""
    paper = get_object_or_404(SealedPaper, pk=number)
    chosen = catalogue.report_of(paper.code)
    if chosen is None or not may_open(request, chosen):
        raise PermissionDenied
    return _sealed_answer(request, paper, chosen, read_period(paper.period, first_days))


@roles(*SIGN_FOR_REPORTS)
@require_POST
def sealed_sign(request: HttpRequest, number: int) -> HttpResponse:
    """Send a sealed report up the chain of R-4.2.1."""
    paper = get_object_or_404(SealedPaper, pk=number)
    chosen = catalogue.report_of(paper.code)
    if chosen is None or not may_open(request, chosen):
        raise Http404
    why = _("Report for the month's chain: checked and found right")
    result = ask_for_signatures(paper, why=why, actor=request.user, now_ms=clock.now_ms())
    if isinstance(result, ApprovalRefusal):
        messages.error(request, refusal_words(result))
        return redirect("papers:sealed", number)
    return redirect("office:approval", result.number)


@require_GET
def proof(request: HttpRequest, number: int, digits: str) -> HttpResponse:
    """Say to whoever holds a sheet whether it is ours and unchanged; shows its title and totals, no rows."""
    found = queries.prove(number, digits)
    if found is None or not found.digits_agree:
        return render(request, "papers/proof.html", {"number": number}, status=404)
    paper = content_of(found.paper, get_language() or settings.LANGUAGE_CODE)
    context = {
        "number": number,
        "found": found,
        "paper": paper,
        "tables": page_tables(paper.tables, rows=False),
    }
    return render(request, "papers/proof.html", context)


def may_open(request: HttpRequest, report: Report) -> bool:
    """Say whether the reader may open a report. It tells of every building: who serves some of them has their pages."""
    is_of_all = request.user.served is None
    return may(request, [one for one in report.roles if is_of_all or one not in OF_BUILDINGS])


def _chosen(request: HttpRequest, code: str) -> tuple[Report, Period]:
    chosen = catalogue.report_of(code)
    if chosen is None:
        raise Http404
    if not may_open(request, chosen):
        raise PermissionDenied
    asked = request.POST if request.method == "POST" else request.GET
    try:
        if "period" in asked:
            period = read_period(asked["period"], first_days)
        else:
            period = _containing(asked.get("kind", chosen.periods[0]), asked.get("day", ""))
            if chosen.opens_over and not asked.get("day") and "kind" not in asked:
                period = _containing(period.kind, str(periods.day_before(period)))
    except NotAPeriod:
        messages.error(request, _("That is no period. Choose one and a day in it."))
        period = _containing(chosen.periods[0], "")
    return chosen, period if period.kind in chosen.periods else _containing(chosen.periods[0], "")


def _containing(kind: str, day_text: str) -> Period:
    """Give the period of a kind that contains a day, today when none is given. Raises NotAPeriod."""
    try:
        day = date.fromisoformat(day_text) if day_text else clock.campus_day(clock.now_ms())
        wanted = PeriodKind(kind)
    except ValueError as error:
        raise NotAPeriod(str(error)) from error
    if not periods.EARLIEST <= day <= periods.LATEST:
        raise NotAPeriod(day_text)
    return read_period(period_of(wanted, day).name, first_days)


def _sealed_answer(request: HttpRequest, sealed: SealedPaper, chosen: Report, period: Period) -> HttpResponse:
    paper = in_language(sealed)
    if request.GET.get("form") != "json":
        paper = msgspec.structs.replace(paper, notes=[*paper.notes, *signature_notes(sealed)])
    return _answer(request, paper, chosen, period, sealed)


def _answer(
    request: HttpRequest,
    paper: Paper,
    chosen: Report,
    period: Period,
    sealed: SealedPaper | None,
    as_of_ms: int | None = None,
) -> HttpResponse:
    if form := request.GET.get("form"):
        return forms_of_paper.download(request, paper, form, period, sealed)
    here = reverse("papers:sealed", args=[sealed.number]) if sealed else page_of(chosen.code, period.name)
    join = "?" if sealed else "&"
    page = Paginator(range(sum(map(places_of, paper.tables))), ROWS_PER_PAGE).get_page(
        request.GET.get("page")
    )
    last = page.start_index() - 1 + ROWS_PER_PAGE
    context = {
        "paper": paper,
        "as_of_ms": as_of_ms,
        "notes": [note for note in paper.notes if not is_of_setting(note)],
        "basis": [note for note in paper.notes if is_of_setting(note)],
        "report": chosen,
        "period": period,
        "kinds": [(kind, KIND_WORDS[kind]) for kind in chosen.periods],
        "page": page,
        "query": "" if sealed else urlencode({"period": period.name}),
        "tables": rows_of_page(paper.tables, page.start_index() - 1, last),
        "charts": drawn_for_page(paper) if page.number == 1 else [],
        "sealed": sealed,
        "signing": request_of(sealed) if sealed else None,
        "can_send": may(request, SIGN_FOR_REPORTS),
        "can_seal": sealed is None
        and may(request, SEAL_REPORTS)
        and catalogue.is_over(period, clock.campus_day(clock.now_ms())),
        "before": _beside(chosen, period.kind, periods.day_before(period)),
        "after": _beside(chosen, period.kind, period.after),
        "files": forms_of_paper.files(paper, f"{here}{join}form="),
    }
    return render(request, "papers/report.html", context)


def _beside(chosen: Report, kind: PeriodKind, day: date) -> str:
    """Give the address of the period before or after; "" where no period lies there any more."""
    try:
        return page_of(chosen.code, _containing(kind, str(day)).name)
    except NotAPeriod:
        return ""
