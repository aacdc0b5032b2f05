"""A sale read back and paid. By keyboard it is the amount, Enter, Enter.

Every step is a plain page with its own address; htmx only spares the reload. The payment's id is made with the room's page and
travels through the read-back to the payment, so that a double click, a reload or a killed server pays once.
"""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget

from central import clock
from central.campus.models import MeteringPoint
from central.desk.bills import Bill, bill_for, repeats
from central.desk.forms import refusal_words
from central.desk.models import Payment
from central.desk.money_in import HowPaid
from central.desk.page_offer import fault_in, offer_for
from central.desk.refusals import DeskRefusal, Refused
from central.desk.room_lines import RoomLine
from central.desk.room_views import class_of_sale, room_of, room_page, wish_of
from central.desk.sale_forms import PayForm, change_of, typed_again
from central.desk.sales import sell
from central.desk.supply_notes import supply_notes
from central.domain.receipt_book import PageFault
from central.office.access import roles
from central.office.list_words import UNIT_WORDS
from central.office.roles import SELL


@roles(*SELL)
def read_back(request: HttpRequest, room_id: int) -> HttpResponse:
    """Show room, items, prices, sum and date once more before anything is booked (R-4.1.4)."""
    point, line = room_of(room_id)
    form = wish_of(request, point, line)
    if not form.is_valid():
        return room_page(request, point, line, form)
    said = form.cleaned_data
    return _read_back_page(request, line, str(said["payment"]), said["bill"], said["how"])


def _read_back_page(
    request: HttpRequest,
    line: RoomLine,
    payment_id: str,
    bill: Bill,
    how: HowPaid,
    *,
    status: int = 200,
    price_changed: bool = False,
    page_fault: PageFault | None = None,
) -> HttpResponse:
    now_ms, typed = clock.now_ms(), typed_again(request.POST if request.method == "POST" else request.GET)
    if request.GET.get("usual"):
        typed["amount"] = request.GET["usual"]
    pages = request.POST.getlist("page") or [""]
    change_fen = change_of(how, bill)
    too_little = change_fen is not None and change_fen < 0
    context = {
        "line": line,
        "notes": supply_notes(line.room_id, now_ms),
        "too_little": refusal_words(DeskRefusal.TENDERED_TOO_LITTLE, bill.sum_fen) if too_little else "",
        "bill": bill,
        "units": UNIT_WORDS,
        "how": how,
        "method": Payment.Method(how.method).label,
        "change_fen": change_fen,
        "price_changed": price_changed,
        "payment_id": payment_id,
        "repeats": repeats(payment_id, line, bill, now_ms),
        "now_ms": now_ms,
        "typed": typed,
        "back": _back(line, typed),
        "book_page": offer_for(request.user, now_ms, pages[0], page_fault, pages[1:], bill.receipts),
    }
    return render(request, "desk/read_back.html", context, status=status)


def _back(line: RoomLine, typed: dict[str, str]) -> str:
    """Give the address of the room's page, filled with what was typed."""
    query = urlencode({name: text for name, text in typed.items() if text})
    return f"{reverse('desk:room', args=[line.room_id])}?{query}"


@roles(*SELL)
@require_POST
def pay(request: HttpRequest, room_id: int) -> HttpResponse:
    """Take the money once per payment id, and go to the receipt; a refusal is said in words, and nothing was taken."""
    point, line = room_of(room_id)
    form = PayForm(request.POST)
    if not form.is_valid():
        return _refused(request, line, str(next(iter(form.errors.values()))[0]), status=400)
    question = _question(request, point, line, form)
    if question is not None:
        return question
    result = sell(
        str(form.cleaned_data["payment"]),
        line.account,
        form.basket,
        request.user,
        now_ms=clock.now_ms(),
        pages=[page.strip()[:20] for page in request.POST.getlist("page")],
        how=form.how,
    )
    if isinstance(result, Refused):
        return _why_not(request, point, line, form, result)
    if result.existed:
        messages.info(
            request, _("This payment was already taken: this is its receipt. Nothing was taken twice.")
        )
    onward = reverse("desk:receipt", args=[result.receipts[0].number])
    return HttpResponseClientRedirect(onward) if request.htmx else redirect(onward)


def _question(
    request: HttpRequest, point: MeteringPoint, line: RoomLine, form: PayForm
) -> HttpResponse | None:
    """Read back once more what has another price by now, or repeats a payment. Of what was taken nothing is asked (R-4.1.4)."""
    payment_id, now_ms = str(form.cleaned_data["payment"]), clock.now_ms()
    if Payment.objects.filter(pk=payment_id).exists():
        return None
    bill = bill_for(class_of_sale(point, line), form.basket, now_ms)
    if isinstance(bill, Refused):
        return _why_not(request, point, line, form, bill)
    if form.differs_from(bill):
        anew = bill_for(class_of_sale(point, line), form.asked_anew(bill.micro_yuan_per_kwh), now_ms)
        if isinstance(anew, Bill):
            page = _read_back_page(request, line, payment_id, anew, form.how, status=409, price_changed=True)
            return _go(request, page)
    if not form.cleaned_data["again"] and repeats(payment_id, line, bill, now_ms):
        return _go(request, _read_back_page(request, line, payment_id, bill, form.how, status=409))
    return None


def _why_not(
    request: HttpRequest, point: MeteringPoint, line: RoomLine, form: PayForm, refused: Refused
) -> HttpResponse:
    """Say why nothing was taken; a page of the book that can't go out is asked for once more."""
    bill = bill_for(class_of_sale(point, line), form.basket, clock.now_ms())
    fault = fault_in(refused)
    if fault is not None and isinstance(bill, Bill):
        payment_id = str(form.cleaned_data["payment"])
        page = _read_back_page(request, line, payment_id, bill, form.how, status=409, page_fault=fault)
        return _go(request, page)
    return _refused(request, line, refusal_words(refused.why.value, refused.limit_fen), refused.why)


def _refused(
    request: HttpRequest, line: RoomLine, reason: str, why: DeskRefusal | None = None, status: int = 409
) -> HttpResponse:
    context = {"line": line, "reason": reason, "back": _back(line, typed_again(request.POST))}
    context["no_shift"] = why == DeskRefusal.NO_SHIFT
    return _go(request, render(request, "desk/refused.html", context, status=status))


def _go(request: HttpRequest, page: HttpResponse) -> HttpResponse:
    """Let a whole page take the place of the one whose form was sent; htmx shows answers of 4xx only when told so."""
    if request.htmx:
        page.status_code = 200
        return retarget(reswap(page, "outerHTML"), "body")
    return page
