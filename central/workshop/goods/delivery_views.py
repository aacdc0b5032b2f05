"""Pages of deliveries: begun for an order or a claim, entered device by device by typing, reader or camera, finished."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from central import clock
from central.office.access import may, roles
from central.office.bar_code_field import codes_of
from central.office.roles import KEEP_GOODS, SEE_GOODS
from central.workshop.claims.models import Claim
from central.workshop.files import paper_file
from central.workshop.goods import queries
from central.workshop.goods.deliveries import Entry, GoodsRefusal, Refused, begin_delivery, enter, finish
from central.workshop.goods.forms import CodeForm, DeliveryForm, EntryForm
from central.workshop.goods.models import Delivery, Order
from central.workshop.goods.order_views import order_page
from central.workshop.goods.paper import delivery_paper
from central.workshop.goods.words import refusal_words

NEEDS_REMARK = (GoodsRefusal.NOT_ORDERED, GoodsRefusal.MORE_THAN_ORDERED)
MOST = 200


@roles(*SEE_GOODS)
@require_safe
def all_deliveries(request: HttpRequest) -> HttpResponse:
    """List the deliveries, the newest first."""
    return render(request, "workshop/deliveries.html", {"deliveries": queries.deliveries()[:MOST]})


@roles(*KEEP_GOODS)
@require_POST
def begin_for_order(request: HttpRequest, number: int) -> HttpResponse:
    """Begin to enter what came for an order."""
    order = get_object_or_404(Order.objects.select_related("maker"), pk=number)
    form = DeliveryForm(request.POST)
    begun = _begun(request, form, order)
    return begun or order_page(request, order, 400, delivery_form=form)


@roles(*KEEP_GOODS)
@require_http_methods(["GET", "HEAD", "POST"])
def begin_for_claim(request: HttpRequest, number: int) -> HttpResponse:
    """Begin to enter what a maker sent in place of claimed devices."""
    claim = get_object_or_404(Claim.objects.select_related("maker"), pk=number)
    form = DeliveryForm(request.POST) if request.method == "POST" else DeliveryForm()
    begun = _begun(request, form, claim) if form.is_bound else None
    context = {"claim": claim, "form": form}
    status = 400 if form.is_bound else 200
    return begun or render(request, "workshop/claim_delivery.html", context, status=status)


@roles(*SEE_GOODS)
@require_safe
def delivery(request: HttpRequest, number: int) -> HttpResponse:
    """Show a delivery; while it isn't finished, with the form of its next device."""
    found = _found(number)
    form = EntryForm(initial={"type": request.GET.get("type", "") or _likely_type(found)})
    return _page(request, found, form)


@roles(*KEEP_GOODS)
@require_POST
def enter_device(request: HttpRequest, number: int) -> HttpResponse:
    """Take one device in; the next one is likely of the same model."""
    found = _found(number)
    form = EntryForm(request.POST)
    more: dict[str, object] = {}
    if form.is_valid():
        said = form.cleaned_data
        entry = Entry(str(said["step"]), said["type"], said["serial"], said["remark"])
        done = enter(number, entry, actor=request.user, now_ms=clock.now_ms())
        if not isinstance(done, Refused):
            told = _("%(number)s: serial number %(serial)s is taken in.")
            messages.success(request, told % {"number": done.number, "serial": done.serial})
            return redirect(
                f"{reverse('workshop:delivery', args=[number])}?{urlencode({'type': said['type'].code})}"
            )
        form.add_error(None, refusal_words(done))
        more = {"needs_remark": done.why in NEEDS_REMARK}
    return _page(request, found, form, 400, **more)


@roles(*KEEP_GOODS)
@require_POST
def read_plate(request: HttpRequest, number: int) -> HttpResponse:
    """Read the codes of a photograph, and offer them; nothing is entered before one is chosen."""
    found = _found(number)
    form = CodeForm(request.POST, request.FILES)
    entry = EntryForm(initial={"type": request.POST.get("type", "")[:40]})
    if not form.is_valid():
        return _page(request, found, entry, 400, code_form=form)
    codes = codes_of(form.cleaned_data["code"])
    if isinstance(codes, tuple):
        entry.fields["serial"].widget.attrs.pop(
            "autofocus"
        )  # a phone would hide the codes behind its keyboard
        return _page(request, found, entry, codes=codes)
    form.add_error("code", codes)
    return _page(request, found, entry, 400, code_form=form)


@roles(*KEEP_GOODS)
@require_POST
def finish_delivery(request: HttpRequest, number: int) -> HttpResponse:
    """Say that everything is entered."""
    done = finish(_found(number).pk, actor=request.user, now_ms=clock.now_ms())
    if isinstance(done, Refused):
        messages.error(request, refusal_words(done))
        return redirect("workshop:delivery", number)
    lacks = queries.order_row(done.order).missing if done.order else 0
    if lacks:
        messages.warning(
            request,
            _("The delivery is finished; of its order %(n)s devices are missing: it stays open.")
            % {"n": lacks},
        )
    else:
        messages.success(request, _("The delivery is finished. Its devices wait for their check."))
    return redirect("workshop:delivery", number)


@roles(*SEE_GOODS)
@require_safe
def delivery_file(request: HttpRequest, number: int, form: str) -> HttpResponse:
    """Give a delivery as XLSX or PDF."""
    found = _found(number)
    return paper_file(request, delivery_paper(found), form, f"delivery-{found.pk}")


def _begun(request: HttpRequest, form: DeliveryForm, of: Order | Claim) -> HttpResponse | None:
    if not form.is_valid():
        return None
    said = form.cleaned_data
    done = begin_delivery(
        of, said["note"], said["place"], str(said["step"]), actor=request.user, now_ms=clock.now_ms()
    )
    if isinstance(done, Refused):
        form.add_error(None, refusal_words(done))
        return None
    return redirect("workshop:delivery", done.pk)


def _likely_type(found: Delivery) -> str:
    """Give the code of the model that was entered last, or of the only one that was ordered."""
    if (last := queries.arrivals_of(found).last()) is not None:
        return last.device.type.code
    ordered = list(queries.ordered_of(found.order)) if found.order else []
    return ordered[0] if len(ordered) == 1 else ""


def _found(number: int) -> Delivery:
    return get_object_or_404(queries.deliveries(), pk=number)


def _page(
    request: HttpRequest, found: Delivery, form: EntryForm, status: int = 200, **more: object
) -> HttpResponse:
    may_enter = may(request, KEEP_GOODS) and found.finished_ms is None
    context = {
        "delivery": found,
        "row": queries.order_row(found.order) if found.order else None,
        "arrivals": queries.arrivals_of(found).order_by("-pk"),
        "form": form if may_enter else None,
        "refused": form if form.is_bound else None,
        "code_form": CodeForm(initial={"type": form["type"].value() or ""}),
        "offer_form": EntryForm(auto_id=False),
        "type_code": form["type"].value() or "",
        "may_keep": may(request, KEEP_GOODS),
    }
    return render(request, "workshop/delivery.html", context | more, status=status)
