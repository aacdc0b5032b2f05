"""Prices per class: the dated list, and a new price from an instant on. A published price is never changed (C-9)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from central import clock
from central.campus.models import CustomerClass, Price
from central.campus.operations import CampusRefusal, Refused, publish_price
from central.office.access import roles
from central.office.dangerous import dangerous
from central.office.forms import PriceForm
from central.office.roles import SET_PRICES


@roles(*SET_PRICES)
@dangerous
def prices(request: HttpRequest) -> HttpResponse:
    """Show every class with its prices; add one."""
    now_ms = clock.now_ms()
    form = PriceForm(
        request.POST if request.method == "POST" else None,
        initial={"begins": clock.local(now_ms).strftime("%Y-%m-%dT%H:%M")},
    )
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        result = publish_price(
            asked["customer_class"].code,
            asked["yuan_per_kwh"],
            asked["begins"],
            actor=request.user.get_username(),
            now_ms=now_ms,
        )
        if not isinstance(result, Refused):
            messages.success(
                request, _("The price is published. The gateways split the interval at its instant.")
            )
            return redirect("office:prices")
        form.add_error(None, _refusal_words(result))
    classes = CustomerClass.objects.select_related("tariff").prefetch_related("tariff__prices")
    context = {"form": form, "classes": [(c, _dated(c, now_ms)) for c in classes], "now_ms": now_ms}
    return render(request, "office/prices.html", context, status=400 if form.errors else 200)


def _dated(customer_class: CustomerClass, now_ms: int) -> list[tuple[Price, str]]:
    """Give a class's prices, newest first, each as coming, in force or past."""
    newest_first = sorted(customer_class.tariff.prices.all(), key=lambda price: -price.from_ms)
    in_force = next((price for price in newest_first if price.from_ms <= now_ms), None)
    return [(p, "now" if p is in_force else "coming" if p.from_ms > now_ms else "past") for p in newest_first]


def _refusal_words(refused: Refused) -> str:
    words = {
        CampusRefusal.PRICE_EXISTS: _(
            "This class has a price from this very instant. A published price is not changed: choose another."
        ),
        CampusRefusal.PRICE_TOO_OLD: _(
            "This instant is too long ago: gateways no longer keep every entry since. "
            "Choose a later one, and adjust the rest by hand."
        ),
        CampusRefusal.NOT_A_PRICE: _("A price is yuan per kWh with at most four decimals, such as 0.5583."),
        CampusRefusal.UNKNOWN_CLASS: _("This class no longer exists. Reload the page."),
    }
    return words.get(refused.why, refused.why)
