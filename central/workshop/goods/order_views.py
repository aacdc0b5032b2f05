"""Pages of goods-in as a whole, and of orders: what was ordered, what came, what is missing."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from central import clock
from central.clock import campus_day
from central.office.access import may, roles
from central.office.roles import KEEP_GOODS, SEE_GOODS
from central.workshop.claims import queries as claim_queries
from central.workshop.goods import queries
from central.workshop.goods.bench_match import unknown_of
from central.workshop.goods.forms import DeliveryForm, LineForm, OrderForm
from central.workshop.goods.models import Order
from central.workshop.goods.orders import Refused, close_order, place_order, set_line
from central.workshop.goods.words import refusal_words

NEWEST = 10


@roles(*SEE_GOODS)
@require_safe
def goods(request: HttpRequest) -> HttpResponse:
    """Show what waits: for its check, for the rest of its order, for its maker."""
    now_ms = clock.now_ms()
    context = {
        "waiting": queries.waiting(now_ms),
        "orders": queries.open_orders(),
        "unfinished": queries.deliveries().filter(finished_ms=None),
        "deliveries": queries.deliveries().exclude(finished_ms=None)[:NEWEST],
        "claims": claim_queries.rows(claim_queries.standing(), now_ms),
        "may_keep": may(request, KEEP_GOODS),
    }
    return render(request, "workshop/goods.html", context)


@roles(*KEEP_GOODS)
@require_http_methods(["GET", "HEAD", "POST"])
def new_order(request: HttpRequest) -> HttpResponse:
    """Write an order down."""
    now_ms = clock.now_ms()
    if request.method != "POST":
        return _order_form(request, OrderForm(initial={"day": campus_day(now_ms)}))
    form = OrderForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        done = place_order(
            said["number"], said["maker"], said["day"], form.lines(), actor=request.user, now_ms=now_ms
        )
        if not isinstance(done, Refused):
            messages.success(
                request, _("The order is on record. When something of it comes, begin a delivery.")
            )
            return redirect("workshop:order", done.pk)
        form.add_error(None, refusal_words(done))
    return _order_form(request, form, 400)


@roles(*SEE_GOODS)
@require_safe
def order(request: HttpRequest, number: int) -> HttpResponse:
    """Show an order: what of it came, what is missing, its deliveries."""
    return order_page(request, get_object_or_404(Order.objects.select_related("maker"), pk=number))


@roles(*KEEP_GOODS)
@require_POST
def line(request: HttpRequest, number: int) -> HttpResponse:
    """Order another model, or another number of one."""
    found = get_object_or_404(Order.objects.select_related("maker"), pk=number)
    form = LineForm(request.POST, maker=found.maker)
    if form.is_valid():
        said = form.cleaned_data
        done = set_line(found.pk, said["type"], said["quantity"], actor=request.user, now_ms=clock.now_ms())
        if not isinstance(done, Refused):
            messages.success(request, _("It is on record."))
            return redirect("workshop:order", number)
        form.add_error(None, refusal_words(done))
    return order_page(request, found, 400, line_form=form)


@roles(*KEEP_GOODS)
@require_POST
def close(request: HttpRequest, number: int) -> HttpResponse:
    """End an order."""
    found = get_object_or_404(Order.objects.select_related("maker"), pk=number)
    why = request.POST.get("why", "")
    done = close_order(found.pk, why, actor=request.user, now_ms=clock.now_ms())
    if isinstance(done, Refused):
        return order_page(request, found, 400, close_trouble=refusal_words(done), why=why[:200])
    messages.success(request, _("The order is closed."))
    return redirect("workshop:order", number)


def order_page(request: HttpRequest, found: Order, status: int = 200, **more: object) -> HttpResponse:
    """Draw an order's page; `more` are forms that were not taken."""
    is_open = found.closed_ms is None and may(request, KEEP_GOODS)
    context = {
        "row": queries.order_row(found),
        "order": found,
        "deliveries": queries.deliveries().filter(order=found),
        "unknown": unknown_of(found),
        "is_open": is_open,
        "line_form": LineForm(maker=found.maker) if is_open else None,
        "delivery_form": DeliveryForm() if is_open else None,
    }
    return render(request, "workshop/order.html", context | more, status=status)


def _order_form(request: HttpRequest, form: OrderForm, status: int = 200) -> HttpResponse:
    has_makers = form.fields["maker"].queryset.exists()
    return render(request, "workshop/order_new.html", {"form": form, "has_makers": has_makers}, status=status)
