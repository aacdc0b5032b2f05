"""Pages of debts: who owes what, since when; pay it, collect it from credit, split it, ask for its write-off."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from central import clock
from central.campus.models import Account, Building
from central.desk.debts import operations
from central.desk.debts.acts import WRITE_OFF, ask_write_off
from central.desk.debts.forms import DebtPayForm, SplitForm, WriteOffForm
from central.desk.debts.listing import DebtLine, debts_now
from central.desk.debts.models import DebtSplit, DebtWriteOff
from central.desk.debts.owing import is_being_collected
from central.desk.debts.paying import pay_debt
from central.desk.debts.true_up_models import DebtTrueUp
from central.desk.debts.words import refusal_words
from central.desk.models import Payment
from central.desk.operations import Paid
from central.desk.sale_forms import how_paid
from central.desk.shifts import open_shift_of
from central.domain.debt_shares import MOST_SHARES, split_evenly
from central.link.models import TakeBackRequest
from central.office.access import may, roles
from central.office.approval_views import refusal_words as approval_words
from central.office.approvals import ApprovalRefusal
from central.office.dangerous import dangerous
from central.office.models import Approval
from central.office.roles import ASK_REFUNDS, KEEP_DEBTS, SEE_DEBTS, SEE_MONEY, SELL
from central.office.templatetags.cardroom import fen


@roles(*SEE_DEBTS)
@require_safe
def debt_list(request: HttpRequest) -> HttpResponse:
    """List what is owed, by building and age."""
    now_ms, building = clock.now_ms(), request.GET.get("building", "")
    every = debts_now(now_ms)
    lines = [line for line in every if building in ("", line.account.point.room.building.code)]
    sums: dict[str, int] = {}
    for line in every:
        code = line.account.point.room.building.code
        sums[code] = sums.get(code, 0) + line.due_fen
    names = Building.objects.filter(code__in=sums).order_by("code")
    context = {
        "lines": [(line, line.age_days(now_ms)) for line in lines],
        "total_fen": sum(line.due_fen for line in lines),
        "buildings": [(one, sums[one.code]) for one in names],
        "chosen": building,
    }
    return render(request, "desk/debts.html", context)


@roles(*SEE_DEBTS)
@require_safe
def debt(request: HttpRequest, account: str) -> HttpResponse:
    """One room's debt, its shares, and what can be done."""
    return _page(request, _account(account))


def _account(code: str) -> Account:
    found = Account.objects.select_related("point__room__building", "point__customer_class")
    return get_object_or_404(found, code=code)


def _page(request: HttpRequest, account: Account, **forms: object) -> HttpResponse:
    now_ms = clock.now_ms()
    if forms:
        messages.error(request, _("Nothing was done: see below why, or open the page again."))
    lines = [line for line in debts_now(now_ms) if line.account.pk == account.pk]
    whole = next((line for line in lines if line.is_rooms), None)
    chosen = _chosen(lines, request)
    is_closed = account.state == Account.State.CLOSED
    waiting = Approval.objects.filter(act=WRITE_OFF, subject=account.code, state=Approval.State.WAITING)
    context = {
        "account": account,
        "lines": lines,
        "whole": whole,
        "is_closed": is_closed,
        "is_collected": is_being_collected(account),
        "chosen": chosen,
        "pay_form": _pay_form(chosen),
        "split_form": SplitForm(initial={"split": uuid.uuid4(), "shares": _even(whole)}),
        "off_form": WriteOffForm(
            initial={"key": uuid.uuid4(), "amount": fen(chosen.due_fen) if chosen else ""}
        ),
        "splits": DebtSplit.objects.filter(account=account).select_related("by").prefetch_related("shares"),
        "paid": Payment.objects.filter(account=account, purpose=Payment.Purpose.DEBT)
        .select_related("receipt", "debt__share", "debt__penalty")
        .order_by("-at_ms"),
        "true_ups": DebtTrueUp.objects.filter(account=account).order_by("at_ms", "pk"),
        "written_off": DebtWriteOff.objects.filter(account=account).select_related("share", "penalty"),
        "waiting": waiting,
        "can_sell": may(request, SELL),
        "sees_money": may(request, SEE_MONEY),
        "has_shift": open_shift_of(request.user) is not None,
        "can_keep": may(request, KEEP_DEBTS),
        "can_ask": may(request, ASK_REFUNDS),
        **forms,
    }
    return render(request, "desk/debt.html", context, status=400 if forms else 200)


def _chosen(lines: list[DebtLine], request: HttpRequest) -> DebtLine | None:
    """Give the debt that the forms are about: the share or penalty that was chosen, or the room's own, or the first one."""
    share, penalty = (request.POST.get(name) or request.GET.get(name, "") for name in ("share", "penalty"))
    named = (one for one in lines if one.share and str(one.share.pk) == share)
    laid = (one for one in lines if one.penalty and str(one.penalty.pk) == penalty)
    rooms = (one for one in lines if one.is_rooms)
    return next(named, None) or next(laid, None) or next(rooms, None) or next(iter(lines), None)


def _pay_form(line: DebtLine | None) -> DebtPayForm:
    initial: dict[str, object] = {"payment": uuid.uuid4()}
    if line is not None:
        initial |= {"amount": fen(line.due_fen), "share": line.share.pk if line.share else None}
        initial["penalty"] = line.penalty.pk if line.penalty else None
    return DebtPayForm(initial=initial)


def _even(line: DebtLine | None) -> str:
    """Propose even shares of those who lived there."""
    if line is None or not line.people or line.due_fen < len(line.people) or len(line.people) > MOST_SHARES:
        return ""
    parts = split_evenly(line.due_fen, len(line.people))
    return "\n".join(f"{name} {fen(part)}" for name, part in zip(line.people, parts, strict=True))


@roles(*SELL)
@require_POST
def pay(request: HttpRequest, account: str) -> HttpResponse:
    """Take money for a debt, and go to its receipt."""
    found, form = _account(account), DebtPayForm(request.POST)
    if not form.is_valid():
        return _page(request, found, pay_form=form)
    typed = form.cleaned_data
    done = pay_debt(
        str(typed["payment"]),
        found.code,
        typed["amount"],
        request.user,
        now_ms=clock.now_ms(),
        share_id=typed["share"],
        penalty_id=typed["penalty"],
        page=typed["page"].strip(),
        how=how_paid(typed),
    )
    if isinstance(done, Paid):
        return redirect("desk:receipt", done.receipt.number)
    form.add_error(None, refusal_words(done))
    return _page(request, found, pay_form=form)


@roles(*KEEP_DEBTS)
@require_POST
def collect(request: HttpRequest, account: str) -> HttpResponse:
    """Ask the gateway for as much of the room's credit as the debt needs."""
    found = _account(account)
    why = _("Debt of %(room)s") % {"room": found.point.room.full_label}
    key = request.POST.get("key", "")[:40] or uuid.uuid4().hex
    done = operations.collect(found.code, key, why=why, actor=request.user, now_ms=clock.now_ms())
    if isinstance(done, TakeBackRequest):
        messages.success(
            request,
            _("The gateway is asked. What it takes settles the debt; it never takes the room below zero."),
        )
    else:
        messages.error(request, refusal_words(done))
    return redirect("desk:debt", found.code)


@roles(*KEEP_DEBTS)
@require_POST
@dangerous
def split(request: HttpRequest, account: str) -> HttpResponse:
    """Lay a departed room's debt on persons."""
    found, form = _account(account), SplitForm(request.POST)
    if not form.is_valid():
        return _page(request, found, split_form=form)
    typed = form.cleaned_data
    done = operations.split(
        typed["split"].hex,
        found.code,
        typed["shares"],
        why=typed["why"],
        actor=request.user,
        now_ms=clock.now_ms(),
    )
    if isinstance(done, DebtSplit):
        messages.success(request, _("Split: each person's share is paid or written off by itself."))
        return redirect("desk:debt", found.code)
    form.add_error(None, refusal_words(done))
    return _page(request, found, split_form=form)


@roles(*ASK_REFUNDS)
@require_POST
@dangerous
def write_off(request: HttpRequest, account: str) -> HttpResponse:
    """Ask that a debt is written off."""
    found, form = _account(account), WriteOffForm(request.POST)
    if not form.is_valid():
        return _page(request, found, off_form=form)
    typed = form.cleaned_data
    done = ask_write_off(
        found.code,
        typed["share"],
        typed["amount"],
        typed["key"].hex,
        why=typed["why"],
        actor=request.user,
        now_ms=clock.now_ms(),
        penalty_id=typed["penalty"],
    )
    if isinstance(done, ApprovalRefusal):
        form.add_error(None, approval_words(done))
        return _page(request, found, off_form=form)
    messages.success(request, _("The request waits for signatures. Nothing is written off until then."))
    return redirect("desk:debt", found.code)
