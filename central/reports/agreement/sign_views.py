"""What changes a building's page: a sum that was read from another party's books, and sending the lines to be signed."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from central import clock
from central.domain.four_way import Party
from central.office.access import roles
from central.office.dangerous import dangerous
from central.office.models import Approval
from central.office.roles import ASK_AGREEMENT, IMPORT_AGREEMENT
from central.reports.agreement.asked import asked_place, parties_of
from central.reports.agreement.forms import SumForm
from central.reports.agreement.looking import look_while_waiting
from central.reports.agreement.models import REASON_LENGTH, OutsideList
from central.reports.agreement.outside import type_sum
from central.reports.agreement.signing import SignRefusal, ask_for_signatures
from central.reports.agreement.views import building_page
from central.reports.agreement.words import refusal_text


@roles(*IMPORT_AGREEMENT)
@require_POST
@dangerous
def take_sum(request: HttpRequest, month: int, building_id: int) -> HttpResponse:
    """Take a building's sum as it stands in another party's books."""
    place, now_ms = asked_place(request, month, building_id), clock.now_ms()
    form = SumForm(request.POST, parties=parties_of(request))
    if not form.is_valid():
        return building_page(request, place, form)
    typed = form.cleaned_data
    made = type_sum(
        Party(typed["party"]),
        place.building,
        place.period,
        typed["amount"],
        typed["words"],
        actor=request.user,
        now_ms=now_ms,
    )
    if not isinstance(made, OutsideList):
        form.add_error("amount", refusal_text(made))
        return building_page(request, place, form)
    look_while_waiting(place.period, [place.building.code], now_ms)
    messages.success(request, _("The sum is taken."))
    return redirect("agreement:building", month, building_id)


@roles(*ASK_AGREEMENT)
@require_POST
@dangerous
def ask(request: HttpRequest, month: int, building_id: int) -> HttpResponse:
    """Send the lines that were shown to be signed."""
    place = asked_place(request, month, building_id)
    why = request.POST.get("why", "")[:REASON_LENGTH]
    made = ask_for_signatures(
        place.building,
        place.period,
        request.POST.get("shown", ""),
        why,
        actor=request.user,
        now_ms=clock.now_ms(),
    )
    if not isinstance(made, Approval):
        leads = reverse("workshop:true-ups") if made is SignRefusal.TRUE_UPS else ""
        return building_page(request, place, refused=refusal_text(made), why=why, leads=leads)
    messages.success(
        request, _("Sent to be signed: finance, the electrician, the network centre, the director.")
    )
    return redirect("agreement:building", month, building_id)
