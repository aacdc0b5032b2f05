"""Pages of merchants: the list of them, one with its cards, bills and imported sales."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.campus.models import Account, MeteringPoint
from central.desk.merchants.bill_models import MonthlyBill
from central.desk.merchants.bill_queries import states_of
from central.desk.merchants.cards import CardRefusal, end_card, register_card
from central.desk.merchants.forms import CardEndForm, CardForm
from central.desk.merchants.models import CardMeterSale, PaymentCard, PaymentCardEnd
from central.desk.merchants.queries import cards_of, merchant_accounts, merchant_lines
from central.desk.merchants.words import refusal_text
from central.office.access import may, roles
from central.office.roles import KEEP_CARDS, SEE_MONEY

PER_PAGE, SALES_SHOWN, BILLS_SHOWN = 60, 20, 24


@roles(*SEE_MONEY)
@require_GET
def merchants(request: HttpRequest) -> HttpResponse:
    """List the merchants: how each pays, its cards, what it owes."""
    accounts = merchant_accounts().exclude(state=Account.State.CLOSED)
    page = Paginator(accounts, PER_PAGE).get_page(request.GET.get("page"))
    now_ms = clock.now_ms()
    context = {
        "page": page,
        "lines": merchant_lines(list(page), now_ms),
        "this_month": f"period:{clock.campus_day(now_ms):%Y-%m}",
    }
    return render(request, "desk/merchants/merchants.html", context)


@roles(*SEE_MONEY)
@require_GET
def merchant(request: HttpRequest, room_id: int) -> HttpResponse:
    """One room's cards, bills and imported sales."""
    return _page(request, _point(room_id), None)


@roles(*KEEP_CARDS)
@require_POST
def card_register(request: HttpRequest, room_id: int) -> HttpResponse:
    """Register a card for who occupies the room now."""
    point = _point(room_id)
    account = _live(point)
    form = CardForm(request.POST, cards=_choices(account))
    if not form.is_valid() or account is None:
        return _page(request, point, form)
    typed = form.cleaned_data
    made = register_card(
        typed["number"],
        account.code,
        typed["note"],
        actor=request.user,
        now_ms=clock.now_ms(),
        replaces=typed["replaces"],
    )
    if isinstance(made, CardRefusal):
        form.add_error("number", refusal_text(made))
        return _page(request, point, form)
    messages.success(request, _("Card %(number)s finds this room from now on.") % {"number": made.number})
    return redirect("desk:merchant", room_id)


@roles(*KEEP_CARDS)
@require_POST
def card_end(request: HttpRequest, card_id: int) -> HttpResponse:
    """End a card that was lost or given back."""
    card = get_object_or_404(PaymentCard.objects.select_related("account__point"), pk=card_id)
    form = CardEndForm(request.POST)
    if form.is_valid():
        why = PaymentCardEnd.Why(form.cleaned_data["why"])
        done = end_card(card.pk, why, actor=request.user, now_ms=clock.now_ms())
        if isinstance(done, CardRefusal):
            messages.error(request, refusal_text(done))
        else:
            messages.success(request, _("Card %(number)s finds nothing any more.") % {"number": card.number})
    else:
        messages.error(request, _("Say what became of the card."))
    return redirect("desk:merchant", card.account.point.room_id)


def _point(room_id: int) -> MeteringPoint:
    points = MeteringPoint.objects.select_related("room__building", "customer_class")
    return get_object_or_404(points, room=room_id)


def _live(point: MeteringPoint) -> Account | None:
    return point.accounts.exclude(state=Account.State.CLOSED).first()


def _choices(account: Account | None) -> list[tuple[int, str]]:
    cards = cards_of(account) if account else []
    return [(card.pk, card.number) for card in cards if not hasattr(card, "end")]


def _page(request: HttpRequest, point: MeteringPoint, form: CardForm | None) -> HttpResponse:
    account, now_ms = _live(point), clock.now_ms()
    bills = MonthlyBill.objects.filter(account__point=point).order_by("-number")[:BILLS_SHOWN]
    sales = CardMeterSale.objects.filter(account__point=point).order_by("-at_ms", "-pk")
    context = {
        "point": point,
        "account": account,
        "line": merchant_lines([account], now_ms)[0] if account else None,
        "cards": cards_of(account) if account else [],
        "form": form or CardForm(cards=_choices(account)),
        "end_form": CardEndForm(auto_id=False),
        "bills": states_of(bills, clock.campus_day(now_ms)),
        "sales": sales[:SALES_SHOWN],
        "may_keep": may(request, KEEP_CARDS),
    }
    return render(request, "desk/merchants/merchant.html", context, status=400 if form else 200)
