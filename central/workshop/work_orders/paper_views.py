"""The two papers of a work order: the notice for the corridor, and the permit with its signatures; who took them is on record."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from central import clock
from central.ledger.operations import record_audit
from central.office.access import roles
from central.office.roles import SEE_WORK
from central.papers.font import NoFont
from central.papers.forms_of_paper import file_answer, no_font
from central.papers.pdf import pdf
from central.papers.words import sheet_words
from central.workshop.work_orders.models import WorkOrder
from central.workshop.work_orders.papers import corridor_notice, permit
from central.workshop.work_orders.reading import read_order
from central.workshop.work_orders.views import order_of


@roles(*SEE_WORK)
@require_safe
def notice(request: HttpRequest, number: int) -> HttpResponse:
    """Give the notice, Chinese and English on one sheet."""
    order, now_ms = order_of(request, number), clock.now_ms()
    try:
        body = corridor_notice(order, now_ms)
    except NoFont as error:
        return no_font(request, error)
    return _given(request, order, "notice", body, now_ms)


@roles(*SEE_WORK)
@require_safe
def permit_paper(request: HttpRequest, number: int) -> HttpResponse:
    """Give the permit as it stands now."""
    order, now_ms = order_of(request, number), clock.now_ms()
    try:
        words = sheet_words(request.user.get_username(), now_ms)
        body = pdf(permit(read_order(order, now_ms)), words)
    except NoFont as error:
        return no_font(request, error)
    return _given(request, order, "permit", body, now_ms)


def _given(request: HttpRequest, order: WorkOrder, kind: str, body: bytes, now_ms: int) -> HttpResponse:
    with transaction.atomic():
        record_audit(
            actor=request.user.get_username(),
            action="take-paper",
            subject=f"work-{kind} {order.number}",
            detail="pdf",
            now_ms=now_ms,
        )
    return file_answer(body, "pdf", f"{order.number}-{kind}")
