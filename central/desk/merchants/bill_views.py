"""Pages of monthly bills: a month's plan and request; what is open and overdue; one bill with its payment and credit note."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.desk.forms import new_key, new_payment_id, refusal_words
from central.desk.merchants.bill_acts import CREDIT, RUN, BillRefusal, ask_for_bills, ask_for_credit
from central.desk.merchants.bill_models import MonthlyBill
from central.desk.merchants.bill_page_tables import lines_table, meters_table
from central.desk.merchants.bill_queries import open_bills, state_of, states_of
from central.desk.merchants.bill_slip import COPIES
from central.desk.merchants.bill_slip import bill_pdf as draw
from central.desk.merchants.bill_tables import run_tables
from central.desk.merchants.billing import BillPlan, plan_bills
from central.desk.merchants.forms import BillPaymentForm, CreditForm, ReasonForm
from central.desk.merchants.pay_bill import pay_bill
from central.desk.merchants.words import refusal_text
from central.desk.page_offer import fault_in, offer_for
from central.desk.print_views import pdf_answer
from central.desk.refusals import Refused
from central.desk.sale_forms import how_paid
from central.desk.shifts import open_shift_of
from central.domain.periods import NotAPeriod, Period, PeriodKind, accounting_period_of, read_period
from central.domain.receipt_book import PageFault
from central.ledger.operations import record_audit
from central.office.access import may, roles
from central.office.approval_queries import act_title, subject_words
from central.office.approval_views import refusal_words as approval_refusal
from central.office.approvals import content_hash
from central.office.dangerous import dangerous
from central.office.models import Approval
from central.office.page_table import page_tables
from central.office.roles import BILL_MERCHANTS, SEE_MONEY, SELL
from central.office.templatetags.cardroom import fen
from central.papers.accounting import first_days, instants_of
from central.papers.font import NoFont
from central.papers.words import period_words

PER_PAGE = 60
FILTERS = ("open", "overdue", "all")


@roles(*SEE_MONEY)
@require_GET
def bills(request: HttpRequest) -> HttpResponse:
    """List bills: what is open, what is overdue, or all; and the form that plans a month's."""
    now_ms = clock.now_ms()
    today = clock.campus_day(now_ms)
    chosen = request.GET.get("show", "open")
    chosen = chosen if chosen in FILTERS else "open"
    found = (
        MonthlyBill.objects.all() if chosen == "all" else open_bills(today, only_overdue=chosen == "overdue")
    )
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    waiting = Approval.objects.filter(act__in=(RUN, CREDIT), state=Approval.State.WAITING)
    context = {
        "page": page,
        "states": states_of(page, today) if chosen == "all" else list(page),
        "chosen": chosen,
        "filters": [("open", _("Not paid yet")), ("overdue", _("Overdue")), ("all", _("All"))],
        "before": f"show={chosen}",
        "overdue": open_bills(today, only_overdue=True),
        "last_period": _last_over(now_ms),
        "waiting": [(one, act_title(one.act), subject_words(one)) for one in waiting.order_by("number")],
        "may_bill": may(request, BILL_MERCHANTS),
    }
    context["overdue_fen"] = sum(one.open_fen for one in context["overdue"])
    return render(request, "desk/merchants/bills.html", context)


def _last_over(now_ms: int) -> str:
    """Give the month of the last accounting period that is over."""
    running = accounting_period_of(clock.campus_day(now_ms), first_days)
    last = running.first.replace(day=1)
    return f"{last:%Y-%m}"


@roles(*BILL_MERCHANTS)
@require_GET
def bills_plan(request: HttpRequest) -> HttpResponse:
    """Show what a month's bills would be, and which rooms get none and why."""
    period = _period(request.GET.get("month") or _last_over(clock.now_ms()))
    if period is None:
        messages.error(request, _("That is no month. Write it as 2026-11."))
        return redirect("desk:bills")
    return _plan_page(request, plan_bills(period), ReasonForm(initial={"key": new_key()}))


@roles(*BILL_MERCHANTS)
@require_POST
@dangerous
def bills_ask(request: HttpRequest) -> HttpResponse:
    """Put a month's bills before those who sign; what has changed since it was shown is shown again."""
    period = _period(request.POST.get("month", ""))
    if period is None:
        messages.error(request, _("That is no month. Write it as 2026-11."))
        return redirect("desk:bills")
    plan, form = plan_bills(period), ReasonForm(request.POST)
    if not form.is_valid():
        return _plan_page(request, plan, form)
    if content_hash(RUN, plan.content()) != request.POST.get("seen"):
        form.add_error(None, refusal_text(BillRefusal.CHANGED))
        return _plan_page(request, plan, form)
    asked = ask_for_bills(
        plan,
        why=form.cleaned_data["why"],
        key=form.cleaned_data["key"],
        actor=request.user,
        now_ms=clock.now_ms(),
        until_ms=instants_of(period)[1],
    )
    return _asked(request, asked, form) or _plan_page(request, plan, form)


def _asked(request: HttpRequest, asked: object, form: ReasonForm) -> HttpResponse | None:
    """Lead to the request; None when it was refused, and the form says why."""
    if isinstance(asked, Approval):
        messages.success(request, _("Asked for. It is done when those who sign have signed."))
        return redirect("office:approval", asked.number)
    words = refusal_text(asked) if isinstance(asked, BillRefusal) else approval_refusal(asked)
    form.add_error(None, words)
    return None


def _period(month: str) -> Period | None:
    try:
        return read_period(f"{PeriodKind.ACCOUNTING}:{month}", first_days)
    except NotAPeriod:
        return None


def _plan_page(request: HttpRequest, plan: BillPlan, form: ReasonForm) -> HttpResponse:
    content = plan.content()
    is_over = instants_of(plan.period)[1] <= clock.now_ms()
    context = {
        "plan": plan,
        "month": plan.period.name.partition(":")[2],
        "period": period_words(plan.period),
        "tables": page_tables(run_tables(content)),
        "seen": content_hash(RUN, content),
        "form": form,
        "is_over": is_over,
        "can_ask": is_over and bool(plan.drafts),
    }
    return render(request, "desk/merchants/bills_plan.html", context, status=400 if form.errors else 200)


@roles(*SEE_MONEY)
@require_GET
def bill(request: HttpRequest, number: int) -> HttpResponse:
    """One bill: registers, prices, what was paid and taken back, and the forms for both."""
    return _bill_page(request, _bill(number))


@roles(*SELL)
@require_POST
def bill_pay(request: HttpRequest, number: int) -> HttpResponse:
    """Take the money for a bill once per payment id."""
    found = _bill(number)
    form = BillPaymentForm(request.POST)
    if not form.is_valid():
        return _bill_page(request, found, pay_form=form)
    typed = form.cleaned_data
    done = pay_bill(
        str(typed["payment"]),
        number,
        typed["amount"],
        request.user,
        now_ms=clock.now_ms(),
        page=typed["page"].strip(),
        how=how_paid(typed),
    )
    if isinstance(done, Refused):
        fault = fault_in(done)
        if fault is None:
            form.add_error("amount", _pay_refusal(done))
        return _bill_page(request, found, pay_form=form, page_fault=fault)
    if done.existed:
        messages.info(request, _("This payment was already taken. Nothing was taken twice."))
    return redirect("desk:receipt", done.receipt.number)


def _pay_refusal(done: Refused) -> str:
    if done.why.value == "above-ceiling":
        return _("Only %(yuan)s yuan of this bill are open.") % {"yuan": fen(done.limit_fen or 0)}
    return refusal_words(done.why.value, done.limit_fen)


@roles(*BILL_MERCHANTS)
@require_POST
@dangerous
def bill_credit(request: HttpRequest, number: int) -> HttpResponse:
    """Put a credit note before those who sign."""
    found = _bill(number)
    form = CreditForm(request.POST)
    if not form.is_valid():
        return _bill_page(request, found, credit_form=form)
    asked = ask_for_credit(
        number,
        form.cleaned_data["amount"],
        why=form.cleaned_data["why"],
        key=form.cleaned_data["key"],
        actor=request.user,
        now_ms=clock.now_ms(),
    )
    return _asked(request, asked, form) or _bill_page(request, found, credit_form=form)


@roles(*SEE_MONEY)
@require_GET
def bill_pdf(request: HttpRequest, number: int) -> HttpResponse:
    """Give the bill as PDF, the college's Chinese paper whatever language the page is in; who took it is on record."""
    found, now_ms = _bill(number), clock.now_ms()
    asked = request.GET.get("copy", "1")
    copy = int(asked) if asked in ("1", "2", "3") else 1
    printed = f"{request.user.spoken_name} {clock.minute_text(now_ms)}"
    try:
        body = draw(state_of(found, clock.campus_day(now_ms)), copy, printed)
    except NoFont as error:
        messages.error(request, _("The server has no Chinese font: %(what)s") % {"what": error.what_to_do})
        return redirect("desk:bill", number)
    with transaction.atomic():
        record_audit(
            actor=request.user.get_username(),
            action="print-bill",
            subject=f"bill {number}",
            detail=f"copy {copy}",
            now_ms=now_ms,
        )
    return pdf_answer(body, f"bill-{number}-copy{copy}")


def _bill(number: int) -> MonthlyBill:
    found = MonthlyBill.objects.select_related("account__point__room")
    return get_object_or_404(found, pk=number)


def _bill_page(
    request: HttpRequest,
    found: MonthlyBill,
    *,
    pay_form: BillPaymentForm | None = None,
    credit_form: CreditForm | None = None,
    page_fault: PageFault | None = None,
) -> HttpResponse:
    now_ms = clock.now_ms()
    state = state_of(found, clock.campus_day(now_ms))
    open_yuan = fen(state.open_fen)
    typed_page = pay_form["page"].value() if pay_form else ""
    context = {
        "bill": found,
        "state": state,
        "period": period_words(read_period(found.period, first_days)),
        "tables": page_tables([meters_table(found), lines_table(found)]),
        "payments": found.payments.select_related("payment__receipt__void").order_by("payment__at_ms"),
        "credits": found.credits.order_by("number"),
        "pay_form": pay_form
        or BillPaymentForm(initial={"amount": open_yuan, "method": "cash", "payment": new_payment_id()}),
        "credit_form": credit_form or CreditForm(initial={"amount": open_yuan, "key": new_key()}),
        "may_sell": may(request, SELL),
        "has_shift": open_shift_of(request.user) is not None,
        "may_bill": may(request, BILL_MERCHANTS),
        "book_page": offer_for(request.user, now_ms, typed_page or "", page_fault)
        if may(request, SELL)
        else None,
        "waiting": Approval.objects.filter(
            act=CREDIT, subject=f"bill {found.pk}", state=Approval.State.WAITING
        ).first(),
        "copies": list(enumerate(COPIES, 1)),
    }
    failed = bool(page_fault) or any(form is not None and form.errors for form in (pay_form, credit_form))
    return render(request, "desk/merchants/bill.html", context, status=400 if failed else 200)
