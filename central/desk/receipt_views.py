"""A receipt's page after the sale: the credit on its way, the change to give back, what is printed, each receipt as issued."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from central import clock
from central.desk import queries
from central.desk.capital_numerals import in_capitals
from central.desk.corrections.receipt_links import correction_context
from central.desk.models import Payment, Receipt
from central.desk.print_models import ReceiptVoid
from central.desk.print_views import printing_context
from central.desk.progress import Progress, progress_of
from central.desk.receipt_content import Content, content_of, energy_of
from central.desk.receipt_proof import void_of
from central.desk.receipts import receipts_of_sale
from central.desk.supply_notes import supply_notes
from central.office.access import roles
from central.office.list_words import UNIT_WORDS
from central.office.live import live_part
from central.office.roles import SEE_MONEY
from central.office.words import Words
from gateway.contract.quantities import WattHours


@dataclass(frozen=True, slots=True)
class Issued:
    """A receipt with all that its paper shows."""

    receipt: Receipt
    content: Content
    energy_wh: WattHours | None
    in_words: str
    method: Words
    void: ReceiptVoid | None


@roles(*SEE_MONEY)
def receipt(request: HttpRequest, number: int) -> HttpResponse:
    """A receipt as it was issued, beside it the others of its sale, and how far the credit has come."""
    asked = _receipt(number)
    sold = receipts_of_sale(asked)
    issued = [_issued(one) for one in sorted(sold, key=lambda one: one.pk != asked.pk)]
    credited = next((one for one in sold if one.payment.grant), None)
    context = {
        "receipt": asked,
        "credited": credited,
        "progress": _progress(credited) if credited else None,
        "notes": supply_notes(asked.payment.account.point.room_id, clock.now_ms()) if credited else [],
        "issued": issued,
        "content": issued[0].content,
        "units": UNIT_WORDS,
        "room_id": asked.payment.account.point.room_id,
        **printing_context(request, asked),
        **correction_context(request, asked),
    }
    return render(request, "desk/receipt.html", context)


def _issued(one: Receipt) -> Issued:
    content = content_of(one)
    method = Payment.Method(content.method).label
    return Issued(one, content, energy_of(one), in_capitals(one.amount_fen), method, void_of(one))


def _progress(credited: Receipt) -> Progress:
    state = queries.delivery_state(credited.payment)
    if state is None:
        raise Http404
    return progress_of(credited.at_ms, state)


@roles(*SEE_MONEY)
def delivery(request: HttpRequest, number: int) -> HttpResponse:
    """The part of the receipt's page that changes."""
    issued = _receipt(number)
    notes = supply_notes(issued.payment.account.point.room_id, clock.now_ms())
    context = {"receipt": issued, "progress": _progress(issued), "notes": notes}
    return live_part(request, "desk/delivery.html", context)


def _receipt(number: int) -> Receipt:
    return get_object_or_404(Receipt.objects.select_related("payment__account__point"), pk=number)
