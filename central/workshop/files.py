"""A paper of the workshop as a file to take away: PDF, with its photographs behind it, or XLSX. Who took it is on record."""

from collections.abc import Iterable

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from central import clock
from central.domain.paper import Paper
from central.ledger.operations import record_audit
from central.office.photo_models import Photo
from central.papers.font import NoFont
from central.papers.forms_of_paper import file_answer, no_font
from central.papers.pdf import pdf
from central.papers.photo_pictures import picture_of
from central.papers.pictures import Picture
from central.papers.words import sheet_words
from central.papers.xlsx import workbook


def paper_file(
    request: HttpRequest, paper: Paper, form: str, name: str, pictures: Iterable[Picture] = ()
) -> HttpResponse:
    """Give a paper as `pdf` or `xlsx`, named `name.form`; there is no other form."""
    if form not in ("pdf", "xlsx"):
        raise Http404
    now_ms = clock.now_ms()
    try:
        if form == "xlsx":
            body = workbook(paper, sheet_fallback=paper.title, total=_("Total"))
        else:
            body = pdf(paper, sheet_words(request.user.get_username(), now_ms), pictures=list(pictures))
    except NoFont as error:
        return no_font(request, error)
    with transaction.atomic():
        record_audit(
            actor=request.user.get_username(),
            action="take-goods-paper",
            subject=name,
            detail=form,
            now_ms=now_ms,
        )
    return file_answer(body, form, name)


def printed(digests: Iterable[str]) -> list[Picture]:
    """Give photographs for a paper, in order."""
    wanted = list(dict.fromkeys(digests))
    kept = {one.digest: one for one in Photo.objects.filter(digest__in=wanted).select_related("by")}
    return [picture_of(kept[digest]) for digest in wanted if digest in kept]
