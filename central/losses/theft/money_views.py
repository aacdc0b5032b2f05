"""Deeds about a theft's money: ask for the penalty, take down an appeal, propose its decision, count out what is owed back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from central import clock
from central.desk.debts.penalties import pay_penalty_back
from central.desk.debts.penalty_models import PenaltyPaidBack
from central.desk.debts.words import refusal_words as debt_words
from central.losses.theft.appealing import Appeal, appeal, ask_appeal_end
from central.losses.theft.charging import ask_penalty
from central.losses.theft.forms import AppealForm, AskForm, DecisionForm
from central.losses.theft.models import TheftAppeal
from central.losses.theft.refusals import refusal_words
from central.losses.theft.views import theft_of, theft_page
from central.office.access import roles
from central.office.approval_views import refusal_words as approval_words
from central.office.approvals import ApprovalRefusal
from central.office.dangerous import dangerous
from central.office.models import Approval
from central.office.roles import ASK_PENALTIES, PAY_PENALTIES_BACK, RECEIVE_APPEALS


@roles(*ASK_PENALTIES)
@require_POST
@dangerous
def penalty(request: HttpRequest, number: int) -> HttpResponse:
    """Ask that the penalty is charged, as the page shows it."""
    case, form = theft_of(request, number), AskForm(request.POST, auto_id="id_penalty_%s")
    if not form.is_valid():
        return theft_page(request, case, penalty=form)
    said = form.cleaned_data
    done = ask_penalty(number, said["key"].hex, why=said["why"], actor=request.user, now_ms=clock.now_ms())
    if isinstance(done, Approval):
        messages.success(request, _("The request waits for signatures. Nothing is charged until then."))
        return redirect("losses:theft", number)
    form.add_error(None, approval_words(done) if isinstance(done, ApprovalRefusal) else refusal_words(done))
    return theft_page(request, case, penalty=form)


@roles(*RECEIVE_APPEALS)
@require_POST
def take_appeal(request: HttpRequest, number: int) -> HttpResponse:
    """Take down what an occupant says against the penalty."""
    case, form = theft_of(request, number), AppealForm(request.POST, request.FILES, auto_id="id_appeal_%s")
    if not form.is_valid():
        return theft_page(request, case, appeal=form)
    said = form.cleaned_data
    words = Appeal(said["who"], said["text"], [upload.read() for upload in said["photos"]])
    done = appeal(number, said["appeal"].hex, words, actor=request.user, now_ms=clock.now_ms())
    if isinstance(done, TheftAppeal):
        messages.success(request, _("The appeal is on record. Now propose its decision."))
        return redirect("losses:theft", number)
    form.add_error(None, refusal_words(done))
    return theft_page(request, case, appeal=form)


@roles(*RECEIVE_APPEALS)
@require_POST
@dangerous
def decide(request: HttpRequest, number: int) -> HttpResponse:
    """Ask that the appeal is decided so."""
    case, form = theft_of(request, number), DecisionForm(request.POST, auto_id="id_decision_%s")
    if not form.is_valid():
        return theft_page(request, case, decision=form)
    said = form.cleaned_data
    done = ask_appeal_end(
        number,
        said["outcome"],
        form.energy_wh(),
        said["key"].hex,
        why=said["why"],
        actor=request.user,
        now_ms=clock.now_ms(),
    )
    if isinstance(done, Approval):
        messages.success(request, _("The request waits for signatures. Nothing is changed until then."))
        return redirect("losses:theft", number)
    form.add_error(None, approval_words(done) if isinstance(done, ApprovalRefusal) else refusal_words(done))
    return theft_page(request, case, decision=form)


@roles(*PAY_PENALTIES_BACK)
@require_POST
@dangerous
def pay_back(request: HttpRequest, number: int) -> HttpResponse:
    """Count out of the drawer what was paid too much."""
    case = theft_of(request, number)
    done = pay_penalty_back(case.pk, request.user, now_ms=clock.now_ms())
    if isinstance(done, PenaltyPaidBack):
        messages.success(request, _("Counted out, and booked out of your drawer."))
    else:
        messages.error(request, debt_words(done))
    return redirect("losses:theft", number)
