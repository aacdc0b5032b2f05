"""A room's page at the desk: its card, what it has left and for how long, its last payments, and the form that begins a sale."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from central import clock
from central.campus.models import CustomerClass, MeteringPoint
from central.campus.queries import price_at
from central.desk.charges import offered_at
from central.desk.forms import new_payment_id
from central.desk.lasting import days_left_of
from central.desk.limits import limits_at
from central.desk.models import Payment
from central.desk.receipts import receipts_of_points
from central.desk.room_lines import RoomLine, room_lines
from central.desk.sale_forms import TYPED, WishForm, change_of, typed_again
from central.desk.search import point_of_room
from central.desk.shifts import open_shift_of
from central.desk.supply_notes import supply_notes
from central.office.access import may, roles
from central.office.list_words import UNIT_WORDS
from central.office.live import live_part
from central.office.roles import SEE_MONEY, SELL
from gateway.contract.rules import Billing

USUAL_AMOUNTS_YUAN = (20, 30, 50, 100, 200)
ROOM_RECEIPTS = 10


@roles(*SEE_MONEY)
def room(request: HttpRequest, room_id: int) -> HttpResponse:
    """A room's card, and the form that begins a sale."""
    point, line = room_of(room_id)
    if request.htmx:
        now_ms = clock.now_ms()
        price = price_at(point.customer_class.tariff_id, now_ms)
        context = {
            "line": line,
            "price": price,
            "days_left": days_left_of(line, price, now_ms),
            "notes": supply_notes(room_id, now_ms),
        }
        return live_part(request, "desk/room_now.html", context)
    return room_page(request, point, line, None)


def room_page(
    request: HttpRequest, point: MeteringPoint, line: RoomLine, form: WishForm | None
) -> HttpResponse:
    """Show a room; with a form that could not be read, what was typed and what is wrong with it."""
    selling, now_ms = _paid_for(point, line), clock.now_ms()
    limits, sells_energy = limits_at(selling.customer_class, now_ms), _sells_energy(selling)
    price = price_at(point.customer_class.tariff_id, now_ms)
    context = {
        "line": line,
        "price": price,
        "days_left": days_left_of(line, price, now_ms),
        "notes": supply_notes(line.room_id, now_ms),
        "form": form,
        "typed": typed_again(request.GET),
        "focus": next((name for name in TYPED if form and name in form.errors), "amount"),
        "payment_id": new_payment_id(),
        "limits": limits,
        "methods": Payment.Method.choices,
        "offered": [(item, UNIT_WORDS[item.unit]) for item in offered_at(now_ms)],
        "usual_amounts": [yuan for yuan in USUAL_AMOUNTS_YUAN if limits.broken_by(yuan * 100) is None],
        "sells_energy": sells_energy,
        "is_merchant": point.customer_class.group != CustomerClass.Group.DORMITORY,
        "receipts": receipts_of_points([selling.pk, point.pk], ROOM_RECEIPTS),
        "can_sell": may(request, SELL),
        "has_shift": open_shift_of(request.user) is not None,
    }
    return render(request, "desk/room.html", context, status=400 if form else 200)


def room_of(room_id: int) -> tuple[MeteringPoint, RoomLine]:
    """Give a room's metering point and its line; 404 for one that there isn't."""
    point = point_of_room(room_id)
    if point is None:
        raise Http404
    return point, room_lines([point], clock.now_ms())[0]


def _paid_for(point: MeteringPoint, line: RoomLine) -> MeteringPoint:
    """Give the point that a payment for this room goes to: of several on one balance, the one that pays for all (C-4)."""
    payer = point_of_room(line.shares_with[0].room_id) if line.pays_from else None
    return payer or point


def _sells_energy(selling: MeteringPoint) -> bool:
    """Say whether electricity is sold here; a monthly account pays its bills, a card meter's credit lies on its card (R-4.2.1)."""
    return selling.billing == Billing.PREPAID


def class_of_sale(point: MeteringPoint, line: RoomLine) -> CustomerClass:
    """Give the class whose price and limits a sale has."""
    return _paid_for(point, line).customer_class


def wish_of(request: HttpRequest, point: MeteringPoint, line: RoomLine) -> WishForm:
    """Read what was typed on the room's page; a usual amount takes the place of a typed one."""
    sent = request.GET.copy()
    if sent.get("usual"):
        sent["amount"] = sent["usual"]
    selling = _paid_for(point, line)
    return WishForm(sent, selling.customer_class, clock.now_ms(), sells_energy=_sells_energy(selling))


@roles(*SELL)
@require_GET
def sum_so_far(request: HttpRequest, room_id: int) -> HttpResponse:
    """What the sale that is being typed comes to, or which items are meant; a part of the room's page."""
    point, line = room_of(room_id)
    form = wish_of(request, point, line)
    form.is_valid()
    how = form.cleaned_data.get("how")
    bill = form.cleaned_data.get("bill")
    context = {
        "bill": bill,
        "change_fen": change_of(how, bill) if how and bill else None,
        "units": UNIT_WORDS,
        "doubts": form.errors.get("items", []),
    }
    return render(request, "desk/sum_so_far.html", context)
