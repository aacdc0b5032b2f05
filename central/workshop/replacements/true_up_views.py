"""Pages of true-ups: what waits for whom, one true-up with its rule, the slip for the customer (R-4.3.5)."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from central import clock
from central.campus.queries import occupant_names
from central.clock import start_of_day_ms
from central.desk.debts.true_up_models import DebtTrueUp
from central.desk.debts.true_ups import REVERSAL
from central.office.access import may, roles
from central.office.approval_views import refusal_words as approval_words
from central.office.approvals import ApprovalRefusal
from central.office.dangerous import dangerous
from central.office.models import Approval
from central.office.roles import CHECK_TRUE_UPS, FOLLOW_FAULTS, SEE_MONEY, SEE_REPLACEMENTS, TELL_TRUE_UPS
from central.office.words import Badge, Words
from central.workshop.replacements.explained import lines_of
from central.workshop.replacements.forms import CheckForm, MiscountForm, WordsForm
from central.workshop.replacements.miscount import Miscount, MiscountRefusal, compute_miscount
from central.workshop.replacements.models import UNDECIDED, TrueUp
from central.workshop.replacements.queries import faults_of_meters, replacements_between, true_ups_of
from central.workshop.replacements.true_ups import (
    FIGURE_ACT,
    REVERSAL_ACT,
    Figure,
    Refused,
    ask_reversal,
    check,
    dispute,
    tell,
)
from central.workshop.replacements.words import refusal_words

State = TrueUp.State
MOST_SHOWN = 300
BADGES = {
    State.NO_FIGURE: Badge(State.NO_FIGURE.label, "bad", "unknown"),
    State.COMPUTED: Badge(State.COMPUTED.label, "warn", "wait"),
    State.CHECKED: Badge(State.CHECKED.label, "warn", "wait"),
    State.TOLD: Badge(State.TOLD.label, "good", "done"),
    State.NOTHING: Badge(State.NOTHING.label, "mute", "done"),
    State.REVERSED: Badge(State.REVERSED.label, "mute", "off"),
}
DISPUTED = Badge(gettext_lazy("disputed"), "bad", "clash")


@roles(*SEE_REPLACEMENTS)
@require_safe
def true_up_list(request: HttpRequest) -> HttpResponse:
    """List all that waits, then what was decided last."""
    rows = true_ups_of(request.user).order_by("-to_ms", "-pk")
    waiting, decided = rows.filter(state__in=UNDECIDED), rows.exclude(state__in=UNDECIDED)[:MOST_SHOWN]
    context = {
        "open_rows": [(row, BADGES[State(row.state)]) for row in waiting],
        "rows": [(row, BADGES[State(row.state)]) for row in decided],
        "can_check": may(request, CHECK_TRUE_UPS),
    }
    return render(request, "workshop/true_ups.html", context)


@roles(*SEE_REPLACEMENTS)
@require_safe
def true_up(request: HttpRequest, number: int) -> HttpResponse:
    """One true-up: its rule with all figures, its steps, what can be done."""
    return _page(request, get_object_or_404(true_ups_of(request.user), pk=number))


def _page(request: HttpRequest, row: TrueUp, status: int = 200, **forms: object) -> HttpResponse:
    is_open = row.state in (State.NO_FIGURE, State.COMPUTED)
    can_tell = may(request, TELL_TRUE_UPS)
    requests = Approval.objects.filter(act__in=(FIGURE_ACT, REVERSAL_ACT), subject=row.name).order_by(
        "-number"
    )
    context = {
        "row": row,
        "badge": BADGES[State(row.state)],
        "disputed": DISPUTED,
        "replacements": replacements_between(request.user, row),
        "faults": faults_of_meters(request.user, [row.meter]) if may(request, FOLLOW_FAULTS) else (),
        "lines": lines_of(row),
        "names": _names(request, row),
        "steps": row.steps.select_related("by"),
        "requests": requests,
        "booked": DebtTrueUp.objects.filter(pk__in=(row.name, row.name + REVERSAL)).order_by("at_ms"),
        "has_slip": not is_open and may(request, SEE_MONEY),
        "sees_money": may(request, SEE_MONEY),
        "check_form": _check_form(row) if is_open and may(request, CHECK_TRUE_UPS) else None,
        "tell_form": WordsForm.of("tell") if row.state == State.CHECKED and can_tell else None,
        "dispute_form": WordsForm.of("dispute") if can_tell and not row.disputed else None,
        "settle_form": WordsForm.of("settle") if can_tell and row.disputed else None,
        "reverse_form": WordsForm.of("reverse") if row.state == State.TOLD and can_tell else None,
        **forms,
    }
    return render(request, "workshop/true_up.html", context, status=status)


def _names(request: HttpRequest, row: TrueUp) -> list[str]:
    """Give who lived there then, to those who see money by name; the workshop sees rooms and figures."""
    if not may(request, SEE_MONEY):
        return []
    return occupant_names(row.account, min(row.to_ms, row.account.closed_ms or row.to_ms) - 1)


def _check_form(row: TrueUp) -> CheckForm:
    return CheckForm(initial={"step": uuid.uuid4()}, auto_id="id_check_%s")


@roles(*CHECK_TRUE_UPS)
@require_POST
@dangerous
def true_up_check(request: HttpRequest, number: int) -> HttpResponse:
    """Say that a figure is right, or put a better-founded one in its place."""
    row, form = (
        get_object_or_404(true_ups_of(request.user), pk=number),
        CheckForm(request.POST, auto_id="id_check_%s"),
    )
    if form.is_valid():
        typed = form.cleaned_data
        wh = typed["figure"]
        figure = None if wh is None else Figure(wh, TrueUp.Method(typed["method"]), typed["why"])
        done = check(number, typed["step"].hex, figure, actor=request.user, now_ms=clock.now_ms())
        if isinstance(done, TrueUp):
            messages.success(request, _("Checked. Now the customer is told."))
            return redirect("workshop:true-up", number)
        if isinstance(done, Approval):
            messages.success(request, _("The request waits for signatures. Nothing is changed until then."))
            return redirect("workshop:true-up", number)
        form.add_error(None, _why(done))
    return _page(request, row, 400, check_form=form)


def _why(done: ApprovalRefusal | Refused) -> str:
    return approval_words(done) if isinstance(done, ApprovalRefusal) else refusal_words(done)


MISCOUNTS: dict[MiscountRefusal, Words] = {
    MiscountRefusal.NOBODY_BILLED: gettext_lazy("No room was billed by this meter in that time."),
    MiscountRefusal.NOT_IN_ORDER: gettext_lazy("The dates are not in order, or lie in the future."),
    MiscountRefusal.BAD_ERROR: gettext_lazy("Write the error in per cent, such as 2.5 or -20."),
    MiscountRefusal.DONE: gettext_lazy("This meter and time are computed already: see the list."),
}


@roles(*CHECK_TRUE_UPS)
@require_http_methods(["GET", "HEAD", "POST"])
def true_up_miscount(request: HttpRequest) -> HttpResponse:
    """Say that a module counted wrong: what was billed by it is computed anew."""
    form = MiscountForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        said = Miscount(
            typed["meter"].strip(),
            typed["error"],
            start_of_day_ms(typed["last_good"]),
            start_of_day_ms(typed["until"]),
        )
        done = compute_miscount(said, actor=request.user, now_ms=clock.now_ms())
        if not isinstance(done, MiscountRefusal):
            return (
                redirect("workshop:true-up", done[0].pk) if len(done) == 1 else redirect("workshop:true-ups")
            )
        form.add_error(None, str(MISCOUNTS[done]))
    return render(
        request, "workshop/true_up_miscount.html", {"form": form}, status=400 if form.errors else 200
    )


@roles(*TELL_TRUE_UPS)
@require_POST
@dangerous
def true_up_tell(request: HttpRequest, number: int) -> HttpResponse:
    """Note that the customer was told; that books it."""
    row, form = get_object_or_404(true_ups_of(request.user), pk=number), WordsForm.of("tell", request.POST)
    if form.is_valid():
        typed = form.cleaned_data
        done = tell(number, typed["step"].hex, typed["words"], actor=request.user, now_ms=clock.now_ms())
        if isinstance(done, TrueUp):
            messages.success(
                request, _("Told and booked. Nothing is collected before the time to pay is over.")
            )
            return redirect("workshop:true-up", number)
        form.add_error(None, refusal_words(done))
    return _page(request, row, 400, tell_form=form)


@roles(*TELL_TRUE_UPS)
@require_POST
def true_up_dispute(request: HttpRequest, number: int) -> HttpResponse:
    """Take down what the customer says against it, or how that ended."""
    is_settled = request.POST.get("settled") == "yes"
    form = WordsForm.of("settle" if is_settled else "dispute", request.POST)
    row = get_object_or_404(true_ups_of(request.user), pk=number)
    if form.is_valid():
        typed = form.cleaned_data
        done = dispute(
            number,
            typed["step"].hex,
            typed["words"],
            is_settled=is_settled,
            actor=request.user,
            now_ms=clock.now_ms(),
        )
        if isinstance(done, TrueUp):
            messages.success(request, _("It is on record."))
            return redirect("workshop:true-up", number)
        form.add_error(None, refusal_words(done))
    return _page(request, row, 400, **{"settle_form" if is_settled else "dispute_form": form})


@roles(*TELL_TRUE_UPS)
@require_POST
@dangerous
def true_up_reverse(request: HttpRequest, number: int) -> HttpResponse:
    """Ask that a booked true-up is taken back."""
    row, form = get_object_or_404(true_ups_of(request.user), pk=number), WordsForm.of("reverse", request.POST)
    if form.is_valid():
        typed = form.cleaned_data
        done = ask_reversal(
            number, typed["step"].hex, why=typed["words"], actor=request.user, now_ms=clock.now_ms()
        )
        if isinstance(done, Approval):
            messages.success(request, _("The request waits for signatures. Nothing is changed until then."))
            return redirect("workshop:true-up", number)
        form.add_error(None, _why(done))
    return _page(request, row, 400, reverse_form=form)


@roles(*SEE_MONEY)
@require_safe
def true_up_slip(request: HttpRequest, number: int) -> HttpResponse:
    """Show what the customer is given: the figures, the rule, until when to pay, and where to ask."""
    row = get_object_or_404(
        true_ups_of(request.user).exclude(state__in=(State.NO_FIGURE, State.COMPUTED)), pk=number
    )
    context = {"row": row, "lines": lines_of(row), "names": _names(request, row)}
    return render(request, "workshop/true_up_slip.html", context)
