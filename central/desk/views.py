"""The desk: find a room, see it, read the payment back, take the cash, hand out the receipt, watch the supply return.

Every step is a plain page with its own address; htmx only spares the reload. The payment's id is made with the room's page and
travels through the read-back to the payment, so that a double click, a reload or a killed server pays once.
"""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget

from central import clock
from central.campus.models import MeteringPoint
from central.campus.queries import price_at
from central.desk import operations, queries
from central.desk.book_words import PAGE_REFUSALS
from central.desk.capital_numerals import in_capitals
from central.desk.corrections.receipt_links import correction_context
from central.desk.forms import PaymentForm, new_payment_id, refusal_words
from central.desk.limits import Limits, limits_at
from central.desk.models import Payment, Receipt
from central.desk.operations import DeskRefusal
from central.desk.page_offer import offer_for
from central.desk.print_views import printing_context
from central.desk.progress import progress_of, sentence_of
from central.desk.receipt_proof import void_of
from central.desk.receipts import question_before, receipts_of_cashier, receipts_of_point
from central.desk.room_lines import RoomLine, room_lines
from central.desk.search import HITS_AT_MOST, find_points, is_only_hit, point_of_room
from central.desk.shifts import open_shift_of
from central.domain.receipt_book import PageFault, PageRefusal
from central.office.access import may, roles
from central.office.live import live_part
from central.office.roles import SEE_MONEY, SELL
from gateway.contract.quantities import MicroYuanPerKwh, energy_for, micro_yuan_from_fen

USUAL_AMOUNTS_YUAN = (20, 30, 50, 100, 200)
WAITING_AT_MOST, WAITING_FEW, LAST_RECEIPTS, ROOM_RECEIPTS = 200, 4, 8, 10


@roles(*SEE_MONEY)
def find(request: HttpRequest) -> HttpResponse:
    """Find a room; Enter on the only hit opens it."""
    now_ms, query = clock.now_ms(), request.GET.get("q", "")
    points = find_points(query, now_ms)
    if points and not request.htmx and is_only_hit(query, points[0].room, len(points)):
        return redirect("desk:room", points[0].room_id)
    context = {"query": query, "hits": room_lines(points, now_ms), "hits_at_most": HITS_AT_MOST}
    if request.htmx:
        return render(request, "desk/hits.html", context)
    receipts = receipts_of_cashier(request.user.pk, LAST_RECEIPTS)
    context |= {**_waiting(WAITING_FEW), "receipts": receipts, "can_sell": may(request, SELL)}
    return render(request, "desk/find.html", {**context, "shift": open_shift_of(request.user)})


@roles(*SEE_MONEY)
def room(request: HttpRequest, room_id: int) -> HttpResponse:
    """A room's card, and the form that begins a payment."""
    point, line = _room(room_id)
    price = price_at(point.customer_class.tariff_id, clock.now_ms())
    if request.htmx:
        return live_part(request, "desk/room_now.html", {"line": line, "price": price})
    return _room_page(request, point, line, None)


def _room_page(
    request: HttpRequest, point: MeteringPoint, line: RoomLine, form: PaymentForm | None
) -> HttpResponse:
    selling = _paid_for(point, line)
    customer_class = selling.customer_class
    limits = limits_at(customer_class, clock.now_ms())
    typed = form["amount"].value() if form else request.GET.get("amount", "")
    context = {
        "line": line,
        "price": price_at(point.customer_class.tariff_id, clock.now_ms()),
        "customer_class": customer_class,
        "form": form,
        "typed": typed or "",
        "payment_id": new_payment_id(),
        "limits": limits,
        "usual_amounts": [yuan for yuan in USUAL_AMOUNTS_YUAN if limits.broken_by(yuan * 100) is None],
        "receipts": receipts_of_point(selling.pk, ROOM_RECEIPTS),
        "can_sell": may(request, SELL),
        "has_shift": open_shift_of(request.user) is not None,
    }
    return render(request, "desk/room.html", context, status=400 if form else 200)


def _limits(point: MeteringPoint, line: RoomLine) -> Limits:
    return limits_at(_paid_for(point, line).customer_class, clock.now_ms())


def _room(room_id: int) -> tuple[MeteringPoint, RoomLine]:
    point = point_of_room(room_id)
    if point is None:
        raise Http404
    return point, room_lines([point], clock.now_ms())[0]


def _paid_for(point: MeteringPoint, line: RoomLine) -> MeteringPoint:
    """Give the point that a payment for this room goes to: of several on one balance, the one that pays for all (C-4)."""
    payer = point_of_room(line.shares_with[0].room_id) if line.pays_from else None
    return payer or point


@roles(*SELL)
def read_back(request: HttpRequest, room_id: int) -> HttpResponse:
    """Show room, item, price and date once more before anything is booked (R-4.1.4)."""
    point, line = _room(room_id)
    typed = {
        "amount": request.GET.get("usual") or request.GET.get("amount"),
        "payment": request.GET.get("payment"),
    }
    form = PaymentForm(typed, limits=_limits(point, line))
    if not form.is_valid():
        return _room_page(request, point, line, form)
    return _read_back_page(request, point, line, form)


def _read_back_page(
    request: HttpRequest,
    point: MeteringPoint,
    line: RoomLine,
    form: PaymentForm,
    status: int = 200,
    page_fault: PageFault | None = None,
) -> HttpResponse:
    now_ms, amount_fen = clock.now_ms(), form.cleaned_data["amount"]
    price = price_at(_paid_for(point, line).customer_class.tariff_id, now_ms)
    if price is None:
        return render(
            request,
            "desk/refused.html",
            _refused(line, refusal_words(DeskRefusal.NO_PRICE, None)),
            status=409,
        )
    context = {
        "line": line,
        "price": price,
        "price_changed": form.cleaned_data["price"] not in (None, price.micro_yuan_per_kwh),
        "energy_wh": energy_for(micro_yuan_from_fen(amount_fen), MicroYuanPerKwh(price.micro_yuan_per_kwh)),
        "amount_fen": amount_fen,
        "payment_id": form.cleaned_data["payment"],
        "same_sum": question_before(str(form.cleaned_data["payment"]), line.paid_account, amount_fen, now_ms),
        "now_ms": now_ms,
        "book_page": offer_for(request.user, now_ms, form.cleaned_data["page"], page_fault),
    }
    return render(request, "desk/read_back.html", context, status=status)


@roles(*SELL)
@require_POST
def pay(request: HttpRequest, room_id: int) -> HttpResponse:
    """Take the cash once per payment id, and go to the receipt; a refusal is said in words, and nothing was taken."""
    point, line = _room(room_id)
    form = PaymentForm(request.POST, limits=_limits(point, line))
    if not form.is_valid():
        return _go(
            request,
            render(
                request, "desk/refused.html", _refused(line, next(iter(form.errors.values()))[0]), status=400
            ),
        )
    payment_id, amount_fen = str(form.cleaned_data["payment"]), form.cleaned_data["amount"]
    now_ms = clock.now_ms()
    if _price_changed(point, line, form, now_ms):
        return _go(request, _read_back_page(request, point, line, form, status=409))
    if not form.cleaned_data["again"] and question_before(payment_id, line.paid_account, amount_fen, now_ms):
        return _go(request, _read_back_page(request, point, line, form, status=409))
    result = operations.pay(
        payment_id,
        line.account,
        amount_fen,
        request.user,
        now_ms=now_ms,
        page=form.cleaned_data["page"].strip(),
    )
    if isinstance(result, operations.Refused) and result.why.value in PAGE_REFUSALS:
        fault = PageFault(PageRefusal(result.why.value), result.page)
        return _go(request, _read_back_page(request, point, line, form, status=409, page_fault=fault))
    if isinstance(result, operations.Refused):
        refused = _refused(line, refusal_words(result.why, result.limit_fen))
        refused["no_shift"] = result.why == DeskRefusal.NO_SHIFT
        return _go(request, render(request, "desk/refused.html", refused, status=409))
    if result.existed:
        messages.info(
            request, _("This payment was already taken: this is its receipt. Nothing was taken twice.")
        )
    onward = reverse("desk:receipt", args=[result.receipt.number])
    return HttpResponseClientRedirect(onward) if request.htmx else redirect(onward)


def _price_changed(point: MeteringPoint, line: RoomLine, form: PaymentForm, now_ms: int) -> bool:
    """Say whether another price holds now than the one that was read back; a payment that was taken keeps its own (R-4.1.4)."""
    read_back = form.cleaned_data["price"]
    if read_back is None or Payment.objects.filter(pk=str(form.cleaned_data["payment"])).exists():
        return False
    price = price_at(_paid_for(point, line).customer_class.tariff_id, now_ms)
    return price is not None and price.micro_yuan_per_kwh != read_back


def _refused(line: RoomLine, reason: str) -> dict[str, object]:
    return {"line": line, "reason": reason}


def _go(request: HttpRequest, page: HttpResponse) -> HttpResponse:
    """Let a whole page take the place of the one whose form was sent; htmx shows answers of 4xx only when told so."""
    if request.htmx:
        page.status_code = 200
        return retarget(reswap(page, "outerHTML"), "body")
    return page


@roles(*SEE_MONEY)
def receipt(request: HttpRequest, number: int) -> HttpResponse:
    """A receipt as it was issued, and how far its credit has come."""
    issued = _receipt(number)
    context = {
        "receipt": issued,
        "progress": progress_of(issued.at_ms, queries.delivery_state(issued.payment)),
        "room_id": issued.payment.account.point.room_id,
        "energy_wh": energy_for(
            micro_yuan_from_fen(issued.amount_fen), MicroYuanPerKwh(issued.micro_yuan_per_kwh)
        ),
        "amount_in_words": in_capitals(issued.amount_fen),
        "void": void_of(issued),
        **printing_context(request, issued),
        **correction_context(request, issued),
    }
    return render(request, "desk/receipt.html", context)


@roles(*SEE_MONEY)
def delivery(request: HttpRequest, number: int) -> HttpResponse:
    """The part of the receipt's page that changes."""
    issued = _receipt(number)
    context = {
        "receipt": issued,
        "progress": progress_of(issued.at_ms, queries.delivery_state(issued.payment)),
    }
    return live_part(request, "desk/delivery.html", context)


def _receipt(number: int) -> Receipt:
    return get_object_or_404(Receipt.objects.select_related("payment__account__point"), pk=number)


@roles(*SEE_MONEY)
def waiting(request: HttpRequest) -> HttpResponse:
    """Credited, not yet supplied: each payment with the reason (R-4.1.3)."""
    if request.htmx and request.GET.get("few"):
        return live_part(request, "desk/waiting_few.html", _waiting(WAITING_FEW))
    context = _waiting(WAITING_AT_MOST) | {"carry_to": queries.buildings_to_carry_to()}
    if request.htmx:
        return live_part(request, "desk/waiting_rows.html", context)
    return render(request, "desk/waiting.html", context)


def _waiting(at_most: int) -> dict[str, object]:
    rows = [(row, sentence_of(row.state)) for row in queries.not_yet_supplied(at_most)]
    return {"waiting": rows, "waiting_count": queries.count_not_yet_supplied()}
