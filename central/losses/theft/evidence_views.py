"""The evidence of a theft to take away: one PDF with the photographs, or the same as JSON; who took it is on record."""

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from central import clock
from central.domain.paper import encode
from central.ledger.operations import record_audit
from central.losses.theft.evidence import evidence_paper
from central.losses.theft.evidence_pictures import pictures_of
from central.losses.theft.reading import read_theft
from central.losses.theft.views import theft_of
from central.office.access import roles
from central.office.roles import SEE_PENALTIES
from central.papers.font import NoFont
from central.papers.forms_of_paper import file_answer, no_font
from central.papers.pdf import pdf
from central.papers.words import sheet_words


@roles(*SEE_PENALTIES)
@require_safe
def evidence(request: HttpRequest, number: int, form: str) -> HttpResponse:
    """Give the chain of evidence, as it stands now."""
    case, now_ms = theft_of(request, number), clock.now_ms()
    if form not in ("pdf", "json"):
        raise Http404
    theft = read_theft(case, now_ms)
    paper = evidence_paper(theft, now_ms)
    try:
        words = sheet_words(request.user.get_username(), now_ms)
        body = encode(paper) if form == "json" else pdf(paper, words, pictures=pictures_of(theft))
    except NoFont as error:
        return no_font(request, error)
    with transaction.atomic():
        record_audit(
            actor=request.user.get_username(),
            action="take-evidence",
            subject=str(number),
            detail=form,
            now_ms=now_ms,
        )
    return file_answer(body, form, f"theft-{number}")
