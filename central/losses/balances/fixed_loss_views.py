"""The page that asks for another fixed loss ratio of a group, from an instant on (R-4.2.3)."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from central import clock
from central.campus.meter_groups import groups_of
from central.domain.instant_balance import meters_at
from central.losses.balances.fixed_loss import FixedLossRefusal, ask_fixed_loss, earliest_ms
from central.losses.balances.fixed_loss import refusal_words as ratio_words
from central.losses.balances.forms import FixedLossForm
from central.losses.balances.page_parts import percent
from central.losses.balances.views import building_of
from central.office.access import roles
from central.office.approval_views import refusal_words
from central.office.models import Approval
from central.office.roles import ASK_FIXED_LOSS


@roles(*ASK_FIXED_LOSS)
@require_http_methods(["GET", "HEAD", "POST"])
def fixed_loss(request: HttpRequest, building: str, group: str) -> HttpResponse:
    """Ask for another ratio; nothing changes before it is signed."""
    now_ms, found = clock.now_ms(), building_of(request, building)
    now = meters_at(groups_of(found), group, now_ms)
    if now is None:
        raise Http404
    form = FixedLossForm.begun(now[0].fixed_loss_ppm, clock.campus_day(now_ms))
    if request.method == "POST":
        form = FixedLossForm(request.POST)
        if form.is_valid():
            asked = ask_fixed_loss(
                found,
                group,
                form.ppm,
                form.from_ms,
                why=form.cleaned_data["why"],
                actor=request.user,
                now_ms=now_ms,
                key=f"fixed-loss-{form.cleaned_data['key']}",
            )
            if isinstance(asked, Approval):
                messages.success(request, _("Asked for. The ratio changes with the last signature."))
                return redirect("losses:balance-group", building, group)
            is_ours = isinstance(asked, FixedLossRefusal)
            form.add_error(None, str(ratio_words(asked) if is_ours else refusal_words(asked)))
    context = {
        "building": found,
        "group": group,
        "form": form,
        "fixed": percent(now[0].fixed_loss_ppm),
        "earliest_ms": earliest_ms(now_ms),
    }
    return render(request, "losses/fixed_loss.html", context, status=400 if form.errors else 200)
