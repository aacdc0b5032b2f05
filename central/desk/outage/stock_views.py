"""Pages of the stock of sealed vouchers: ordered, printed, counted, destroyed; each voucher with what became of it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.desk.forms import names_in, new_key
from central.desk.outage.acts import DESTROY, MAKE
from central.desk.outage.forms import CountForm, DestroyForm, StockForm
from central.desk.outage.models import VoucherStock
from central.desk.outage.stock import (
    Refused,
    StockRefusal,
    count_stock,
    lines_of,
    note_print,
    plan_stock,
    sums_of,
)
from central.desk.outage.voucher_sheets import vouchers_pdf
from central.desk.outage.words import stock_words
from central.desk.print_views import no_font
from central.office.access import may, roles
from central.office.approval_views import refusal_words
from central.office.approvals import ask as ask_for
from central.office.dangerous import dangerous
from central.office.models import Approval
from central.office.roles import KEEP_VOUCHERS, PRINT_VOUCHERS, SEE_MONEY, SELL
from central.papers.font import NoFont


@roles(*SEE_MONEY)
@require_GET
def stock_list(request: HttpRequest) -> HttpResponse:
    """Show every stock, and to those who may the form that asks for one."""
    return _front(request, StockForm(initial={"key": new_key(), "per_room": 1}))


def _front(request: HttpRequest, form: StockForm) -> HttpResponse:
    stocks = VoucherStock.objects.select_related("building").order_by("-number")
    context = {
        "form": form if may(request, KEEP_VOUCHERS) else None,
        "stocks": [(one, sums_of(lines_of(one))) for one in stocks],
    }
    return render(request, "desk/stocks.html", context, status=400 if form.errors else 200)


@roles(*KEEP_VOUCHERS)
@require_POST
@dangerous
def make(request: HttpRequest) -> HttpResponse:
    """Ask for a stock; nothing is signed before the last signature."""
    form, now_ms = StockForm(request.POST), clock.now_ms()
    if not form.is_valid():
        return _front(request, form)
    said = form.cleaned_data
    accounts = plan_stock(said["building"], said["value"], said["per_room"], now_ms)
    if isinstance(accounts, Refused):
        form.add_error(None, stock_words(accounts))
        return _front(request, form)
    content = {
        "building": said["building"],
        "value_fen": said["value"],
        "per_room": said["per_room"],
        "accounts": [account.code for account in accounts],
    }
    asked = ask_for(
        MAKE,
        content,
        subject=said["building"],
        why=said["why"],
        actor=request.user,
        now_ms=now_ms,
        key=said["key"],
    )
    if isinstance(asked, Approval):
        messages.success(request, _("Asked for. No voucher is made before the last signature."))
        return redirect("office:approval", asked.number)
    form.add_error(None, refusal_words(asked))
    return _front(request, form)


@roles(*SEE_MONEY)
@require_GET
def stock(request: HttpRequest, number: int) -> HttpResponse:
    """Show a stock: made, in the safe, sold, credited, destroyed; its counts; each voucher."""
    return _stock_page(request, _stock(number))


@roles(*KEEP_VOUCHERS)
@require_POST
def count(request: HttpRequest, number: int) -> HttpResponse:
    """Keep a count of the envelopes; what differs wants a reason."""
    found, form = _stock(number), CountForm(request.POST, prefix="count")
    if form.is_valid():
        said = form.cleaned_data
        row = count_stock(found, said["counted"], said["reason"], actor=request.user, now_ms=clock.now_ms())
        if not isinstance(row, Refused):
            messages.success(request, _("The count is on record."))
            return redirect("desk:stock", number)
        form.add_error("reason", stock_words(row))
    return _stock_page(request, found, count_form=form)


@roles(*KEEP_VOUCHERS)
@require_POST
@dangerous
def destroy(request: HttpRequest, number: int) -> HttpResponse:
    """Ask that unsold vouchers are destroyed: a second person signs for it."""
    found, form = _stock(number), DestroyForm(request.POST, prefix="destroy")
    if form.is_valid():
        asked = _ask_destroy(request, found, form)
        if isinstance(asked, Approval):
            messages.success(request, _("Asked for. A second person signs when the envelopes are destroyed."))
            return redirect("office:approval", asked.number)
        form.add_error(None, asked)
    return _stock_page(request, found, destroy_form=form)


def _ask_destroy(request: HttpRequest, found: VoucherStock, form: DestroyForm) -> Approval | str:
    said, lines = form.cleaned_data, lines_of(found)
    free = [line.voucher.pk for line in lines if line.in_safe and not line.redeemed]
    wanted = free if said["everything"] else list(dict.fromkeys(names_in(said["vouchers"])))
    if not wanted:
        return stock_words(Refused(StockRefusal.NOTHING_CHOSEN))
    known = {line.voucher.pk for line in lines}
    bad = next((one for one in wanted if one not in free), None)
    if bad is not None:
        why = StockRefusal.NOT_IN_SAFE if bad in known else StockRefusal.UNKNOWN_VOUCHER
        return stock_words(Refused(why, bad))
    asked = ask_for(
        DESTROY,
        {"stock": found.pk, "vouchers": wanted},
        subject=_("stock %(number)s") % {"number": found.pk},
        why=said["why"],
        actor=request.user,
        now_ms=clock.now_ms(),
        key=str(UUID(said["key"])),
    )
    return asked if isinstance(asked, Approval) else refusal_words(asked)


@roles(*PRINT_VOUCHERS)
@require_POST
@dangerous
def print_stock(request: HttpRequest, number: int) -> HttpResponse:
    """Print the vouchers that are in the safe, with their codes; who saw them is on record."""
    if may(request, SELL):
        messages.error(
            request,
            _("Who sells now, in another's place too, never sees the codes: somebody else prints them."),
        )
        return redirect("desk:stock", number)
    found, lines = _stock(number), lines_of(_stock(number))
    vouchers = [line.voucher for line in lines if line.in_safe and line.fits]
    if not vouchers:
        messages.error(
            request,
            _("No voucher of this stock can be printed: none is in the safe, or the keys were replaced."),
        )
        return redirect("desk:stock", number)
    try:
        body = vouchers_pdf(found, vouchers)
    except NoFont as error:
        return no_font(request, error, reverse("desk:stock", args=[number]))
    row = note_print(found, request.POST.get("reason", "")[:120], actor=request.user, now_ms=clock.now_ms())
    if isinstance(row, Refused):
        messages.error(request, _("These vouchers were printed before. Say why they are printed again."))
        return redirect("desk:stock", number)
    answer = HttpResponse(body, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="vouchers-{number}.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer


def _stock(number: int) -> VoucherStock:
    return get_object_or_404(VoucherStock.objects.select_related("building", "asked_by"), pk=number)


def _stock_page(
    request: HttpRequest,
    found: VoucherStock,
    count_form: CountForm | None = None,
    destroy_form: DestroyForm | None = None,
) -> HttpResponse:
    lines = lines_of(found)
    context = {
        "stock": found,
        "sums": sums_of(lines),
        "lines": lines,
        "counts": found.counts.select_related("by").order_by("-pk")[:10],
        "prints": found.prints.select_related("by").order_by("copy"),
        "count_form": count_form or CountForm(prefix="count"),
        "destroy_form": destroy_form or DestroyForm(prefix="destroy", initial={"key": new_key()}),
        "may_keep": may(request, KEEP_VOUCHERS),
        "may_print": may(request, PRINT_VOUCHERS) and not may(request, SELL),
    }
    return render(request, "desk/stock.html", context, status=400 if count_form or destroy_form else 200)
