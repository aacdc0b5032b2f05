"""Pages of one case: ask for it, see where it stands and why, pay it, let the next occupants in."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from central import clock
from central.campus.models import Account
from central.campus.queries import occupant_names
from central.desk.departures import paying
from central.desk.departures.asking import ask_departure, held_of, refusal_for
from central.desk.departures.forms import BankForm, CaseForm, OccupantsForm
from central.desk.departures.models import Departure, DeparturePaid, PayBy
from central.desk.departures.occupancy import open_next
from central.desk.departures.refusals import Refused
from central.desk.departures.slip import print_slip
from central.desk.departures.states import OVER, Standing, State, cases_with_all, standing_of, standings
from central.desk.departures.steps import steps_of
from central.desk.departures.unsettled import unsettled_notes
from central.desk.departures.withdrawing import withdraw
from central.desk.departures.words import STATES, next_step, refusal_words
from central.desk.print_views import no_font, pdf_answer, workstation_of
from central.desk.shifts import open_shift_of
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balance
from central.office.access import may, roles
from central.office.dangerous import dangerous
from central.office.live import live_part
from central.office.roles import ASK_REFUNDS, PAY_BY_BANK, PRINT_RECEIPTS, SEE_MONEY, SELL, SETTLE_NEXT
from central.papers.font import NoFont

CASES_PER_PAGE = 40


@roles(*ASK_REFUNDS)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, room_id: int) -> HttpResponse:
    """Ask for a refund, a departure or a room change of a room."""
    account = _live_account(room_id)
    if account is None:
        raise Http404
    now_ms = clock.now_ms()
    typed = request.POST if request.method == "POST" else None
    people = occupant_names(account, now_ms)
    form = CaseForm(
        typed, account=account, initial={"case": uuid.uuid4(), "asked_for": people[0] if people else ""}
    )
    if typed is not None and form.is_valid():
        done = ask_departure(form.cleaned_data["case"].hex, form.wanted(), request.user, now_ms=now_ms)
        if isinstance(done, Departure):
            return redirect("desk:departure", done.pk)
        form.add_error(None, refusal_words(done))
    context = {
        "form": form,
        "account": account,
        "held": held_of(account),
        "unit": account.point.customer_class.unit,
        "people": people,
        "refused": _refused_before(account, now_ms) if typed is None else "",
        "notes": unsettled_notes(account.code),
    }
    return render(request, "desk/departure_new.html", context, status=400 if form.errors else 200)


def _live_account(room_id: int) -> Account | None:
    live = Account.objects.filter(point__room=room_id).exclude(state=Account.State.CLOSED)
    return live.select_related("point__room__building", "point__customer_class", "pays_from").first()


def _refused_before(account: Account, now_ms: int) -> str:
    refusal = refusal_for(account, now_ms)
    return refusal_words(refusal) if refusal else ""


@roles(*SEE_MONEY)
@require_safe
def case_list(request: HttpRequest) -> HttpResponse:
    """List cases, the newest first, with where each stands."""
    page = Paginator(cases_with_all().order_by("-asked_ms", "pk"), CASES_PER_PAGE).get_page(
        request.GET.get("page", "1")
    )
    rows = [(one, STATES[one.state]) for one in standings(page, clock.now_ms())]
    return render(
        request,
        "desk/departures.html",
        {"rows": rows, "page": page, "may_ask": may(request, ASK_REFUNDS)},
    )


@roles(*SEE_MONEY)
@require_safe
def case_page(request: HttpRequest, case: str) -> HttpResponse:
    """One case: what was asked for, where it stands, what can be done now."""
    return _page(request, _case(case))


@roles(*SEE_MONEY)
@require_safe
def case_now(request: HttpRequest, case: str) -> HttpResponse:
    """The part of the case's page that changes."""
    return live_part(request, "desk/departure_now.html", _now(standing_of(_case(case), clock.now_ms())))


def _case(name: str) -> Departure:
    return get_object_or_404(cases_with_all(), pk=name)


def _now(one: Standing) -> dict[str, object]:
    is_final = one.state not in (State.ASKED, State.WAITING)
    context = {"one": one, "badge": STATES[one.state], "next_step": next_step(one), "steps": steps_of(one)}
    return {**context, "is_final": is_final}


def _page(
    request: HttpRequest, case: Departure, bank_form: BankForm | None = None, people_form: object = None
) -> HttpResponse:
    one = standing_of(case, clock.now_ms())
    follows = Account.objects.filter(point=case.account.point_id).exclude(state=Account.State.CLOSED).first()
    is_closed = case.account.state == Account.State.CLOSED
    context = {
        **_now(one),
        "case": case,
        "notes": [] if one.state in OVER else unsettled_notes(case.account.code),
        "paid": getattr(case, "paid", None),
        "people": occupant_names(case.account, min(case.account.closed_ms or case.asked_ms, case.asked_ms)),
        "owed": balance(chart.owed(case.account.code, case.unit)),
        "bank_form": bank_form or BankForm(),
        "people_form": people_form or OccupantsForm(),
        "can_pay_cash": one.state == State.WITHDRAWN and case.pay_by == PayBy.CASH and may(request, SELL),
        "can_pay_bank": one.state == State.WITHDRAWN
        and case.pay_by == PayBy.BANK
        and may(request, PAY_BY_BANK),
        "can_move": one.state == State.WITHDRAWN
        and case.pay_by == PayBy.CREDIT
        and may(request, ASK_REFUNDS),
        "can_ask_again": one.state in (State.APPROVED, State.GATEWAY_REFUSED) and may(request, ASK_REFUNDS),
        "can_let_in": case.closes and is_closed and follows is None and may(request, SETTLE_NEXT),
        "is_dark": case.closes and is_closed and follows is None,
        "has_shift": open_shift_of(request.user) is not None,
        "can_print": may(request, PRINT_RECEIPTS),
    }
    for form, is_shown in ((bank_form, context["can_pay_bank"]), (people_form, context["can_let_in"])):
        if form is not None and not is_shown:
            messages.error(request, next_step(one))
    wrong = any(form is not None for form in (bank_form, people_form))
    return render(request, "desk/departure.html", context, status=400 if wrong else 200)


@roles(*ASK_REFUNDS)
@require_POST
def ask_again(request: HttpRequest, case: str) -> HttpResponse:
    """Ask the gateway for an approved case that it was not asked for, or refused."""
    done = withdraw(_case(case).pk, request.user, now_ms=clock.now_ms())
    return _said(request, case, done, _("The gateway is asked."))


@roles(*SELL)
@require_POST
@dangerous
def cash(request: HttpRequest, case: str) -> HttpResponse:
    """Pay a case out of the drawer."""
    done = paying.pay_cash(_case(case).pk, request.user, now_ms=clock.now_ms())
    return _said(request, case, done, _("Paid out. Print the slip: the customer signs both copies."))


@roles(*PAY_BY_BANK)
@require_POST
@dangerous
def bank(request: HttpRequest, case: str) -> HttpResponse:
    """Note that finance has paid a case."""
    found, form = _case(case), BankForm(request.POST)
    if not form.is_valid():
        return _page(request, found, bank_form=form)
    typed = form.cleaned_data
    done = paying.pay_by_bank(
        found.pk, typed["bank_reference"], typed["k3_voucher"], request.user, now_ms=clock.now_ms()
    )
    if isinstance(done, Refused):
        form.add_error(None, refusal_words(done))
        return _page(request, found, bank_form=form)
    return _said(request, case, done, _("Noted: finance has paid it."))


@roles(*ASK_REFUNDS)
@require_POST
def move(request: HttpRequest, case: str) -> HttpResponse:
    """Give what is left to the new room as credit."""
    done = paying.move_credit(_case(case).pk, request.user, now_ms=clock.now_ms())
    return _said(request, case, done, _("The credit is on its way to the new room."))


@roles(*SETTLE_NEXT)
@require_POST
def next_occupants(request: HttpRequest, case: str) -> HttpResponse:
    """Open the next account of a departed room: its gateway ends the lock-out."""
    found, form = _case(case), OccupantsForm(request.POST)
    if not form.is_valid():
        return _page(request, found, people_form=form)
    done = open_next(found.pk, form.cleaned_data["people"], request.user, now_ms=clock.now_ms())
    if isinstance(done, Refused):
        form.add_error(None, refusal_words(done))
        return _page(request, found, people_form=form)
    messages.success(
        request, _("The room is open for its next occupants, with a balance of zero. The lock-out ends now.")
    )
    return redirect("desk:room", found.account.point.room_id)


@roles(*PRINT_RECEIPTS)
@require_POST
def slip(request: HttpRequest, case: str) -> HttpResponse:
    """The pay-out slip of a paid case, as PDF in two copies."""
    found, now_ms = _case(case), clock.now_ms()
    if not hasattr(found, "paid"):
        messages.error(request, _("It is not paid yet: there is nothing to print."))
        return redirect("desk:departure", found.pk)
    try:
        body = print_slip(standing_of(found, now_ms), workstation_of(request), request.user, now_ms=now_ms)
    except NoFont as error:
        return no_font(request, error, reverse("desk:departure", args=[found.pk]))
    return pdf_answer(body, f"pay-out-{found.pk}")


def _said(request: HttpRequest, case: str, done: object, words: str) -> HttpResponse:
    if isinstance(done, Refused):
        messages.error(request, refusal_words(done))
    elif isinstance(done, DeparturePaid) and done.by_id != request.user.pk:
        messages.info(request, _("It was paid before: nothing was paid twice."))
    else:
        messages.success(request, words)
    return redirect("desk:departure", case)
