"""A paper as a file to take away: PDF (copy n of m), XLSX or JSON. What was taken is on record in the audit chain."""

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from central import clock
from central.domain.paper import Paper, encode
from central.domain.periods import Period
from central.ledger.operations import record_audit
from central.papers.font import NoFont
from central.papers.models import SealedPaper
from central.papers.pdf import Proof, pdf
from central.papers.queries import SHOWN_OF_SEAL
from central.papers.words import sheet_words
from central.papers.xlsx import workbook

CONTENT_TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


def download(
    request: HttpRequest, paper: Paper, form: str, period: Period, sealed: SealedPaper | None
) -> HttpResponse:
    """Give the file. A PDF without a Chinese font on the server becomes a page that says what to install (503)."""
    if form not in CONTENT_TYPES:
        raise Http404
    copy = _copy(request, paper)
    try:
        body = _body(request, paper, form, copy, sealed)
    except NoFont as error:
        return no_font(request, error)
    with transaction.atomic():
        record_audit(
            actor=request.user.get_username(),
            action="take-paper",
            subject=f"{paper.code} {period.name}",
            detail=" ".join(
                part
                for part in (
                    form,
                    f"copy {copy}" if copy else "",
                    f"sealed {sealed.number}" if sealed else "",
                )
                if part
            ),
            now_ms=clock.now_ms(),
        )
    name = f"{paper.code}-{period.name.replace(':', '-')}{f'-copy{copy}' if copy else ''}"
    return file_answer(body, form, name)


def file_answer(body: bytes, form: str, name: str) -> HttpResponse:
    """Answer a file named `name.form`: a PDF to look at, others to keep; no browser keeps it by itself."""
    answer = HttpResponse(body, content_type=CONTENT_TYPES[form])
    kind = "inline" if form == "pdf" else "attachment"
    answer["Content-Disposition"] = f'{kind}; filename="{name}.{form}"'
    answer["Cache-Control"] = "no-store"
    return answer


def no_font(request: HttpRequest, error: NoFont) -> HttpResponse:
    """Say what to install, so that a PDF can be drawn (503)."""
    context = {
        "status": 503,
        "heading": _("The server has no Chinese font for printing"),
        "happened": _(
            "A PDF needs a font that can be embedded. Nothing was lost: XLSX and the page itself work."
        ),
        "onward": request.path,
        "onward_label": _("Back to the report"),
        "steps": [
            _("On the server, an administrator runs: %(command)s") % {"command": error.what_to_do},
            _("Then load this page again."),
        ],
    }
    return render(request, "office/error.html", context, status=503)


def files(paper: Paper, address: str) -> list[tuple[str, str]]:
    """Give the files that can be taken, each with its address and name: a PDF per recipient, a workbook, JSON."""
    count = len(paper.recipients)
    copies = [
        (f"{address}pdf&copy={number}", f"PDF {number}/{count} · {recipient}")
        for number, recipient in enumerate(paper.recipients, start=1)
    ]
    return [*(copies or [(f"{address}pdf", "PDF")]), (f"{address}xlsx", "XLSX"), (f"{address}json", "JSON")]


def _copy(request: HttpRequest, paper: Paper) -> int | None:
    """Give the number of the copy that is asked for; None when none is. Raises Http404 for a copy that nobody gets."""
    asked = request.GET.get("copy", "")
    if not asked:
        return None
    if not asked.isascii() or not asked.isdigit() or not 1 <= int(asked) <= len(paper.recipients):
        raise Http404
    return int(asked)


def _body(
    request: HttpRequest, paper: Paper, form: str, copy: int | None, sealed: SealedPaper | None
) -> bytes:
    if form == "json":
        return encode(paper)
    if form == "xlsx":
        return workbook(paper, sheet_fallback=paper.title, total=_("Total"))
    words = sheet_words(request.user.get_username(), clock.now_ms())
    return pdf(paper, words, copy, _proof(request, sealed) if sealed else None)


def _proof(request: HttpRequest, sealed: SealedPaper) -> Proof:
    address = reverse("papers:proof", args=[sealed.number, sealed.seal[:SHOWN_OF_SEAL]])
    return Proof(f"№ {sealed.number}", request.build_absolute_uri(address))
