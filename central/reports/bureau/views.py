"""Pages of the power bureau's bills: the list, entering one, correcting one."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.desk.forms import new_key
from central.office.access import may, roles
from central.office.roles import ENTER_BUREAU_BILLS, SEE_BUREAU_BILLS
from central.papers.accounting import last_over
from central.reports.bureau.forms import BillForm
from central.reports.bureau.models import BureauBill
from central.reports.bureau.operations import BillRefusal, correct_bill, enter_bill
from central.reports.bureau.queries import all_bills
from central.reports.bureau.words import REFUSALS

BILLS_PER_PAGE = 50


@roles(*SEE_BUREAU_BILLS)
@require_GET
def bills(request: HttpRequest) -> HttpResponse:
    """List the bills, the newest first; who enters them does it here."""
    return _page(request, _new_form())


@roles(*ENTER_BUREAU_BILLS)
@require_POST
def enter(request: HttpRequest) -> HttpResponse:
    """Enter a bill."""
    form = BillForm(request.POST)
    if form.is_valid():
        key = form.cleaned_data["key"]
        made = enter_bill(form.entry, key, actor=request.user, now_ms=clock.now_ms())
        if isinstance(made, BureauBill):
            messages.success(request, _("Entered. The statement of the period shows it beside our figures."))
            return redirect("bureau:bills")
        form.add_error(None, str(REFUSALS[made]))
    return _page(request, form)


@roles(*ENTER_BUREAU_BILLS)
@require_GET
def bill(request: HttpRequest, number: int) -> HttpResponse:
    """Show one bill in the form that corrects it."""
    found = get_object_or_404(all_bills(), pk=number)
    return _correction(request, found, BillForm.of(found, new_key()))


@roles(*ENTER_BUREAU_BILLS)
@require_POST
def correct(request: HttpRequest, number: int) -> HttpResponse:
    """Put a new row in a bill's place."""
    found = get_object_or_404(all_bills(), pk=number)
    form = BillForm(request.POST)
    if form.is_valid():
        key = form.cleaned_data["key"]
        made = correct_bill(found, form.entry, key, actor=request.user, now_ms=clock.now_ms())
        if not isinstance(made, BillRefusal):
            messages.success(request, _("Corrected. The former figures stay in the list."))
            return redirect("bureau:bills")
        form.add_error("note" if made is BillRefusal.NO_REASON else None, str(REFUSALS[made]))
    return _correction(request, found, form)


def _new_form() -> BillForm:
    """Begin with the newest accounting period that is over."""
    last = last_over(clock.now_ms())
    return BillForm(initial={"key": new_key(), "month": last.name.partition(":")[2]})


def _page(request: HttpRequest, form: BillForm) -> HttpResponse:
    page = Paginator(all_bills(), BILLS_PER_PAGE).get_page(request.GET.get("page"))
    report = reverse("papers:report", args=["bureau-statement"])
    context = {
        "page": page,
        "bills": [(one, f"{report}?{urlencode({'period': one.period})}") for one in page],
        "form": form if may(request, ENTER_BUREAU_BILLS) else None,
        "report": report,
    }
    return render(request, "bureau/bills.html", context, status=400 if form.errors else 200)


def _correction(request: HttpRequest, found: BureauBill, form: BillForm) -> HttpResponse:
    context = {"bill": found, "form": form, "later": getattr(found, "corrected_by", None)}
    return render(request, "bureau/bill.html", context, status=400 if form.errors else 200)
