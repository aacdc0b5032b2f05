"""Resolving an alarm that no later message can end: an administrator says why, and it is on record."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central import clock
from central.dashboard import queries
from central.link.models import Alarm
from central.link.operations import LinkRefusal, Refused
from central.link.resolving import REASON_LENGTH, resolve_alarm
from central.office.access import roles
from central.office.dangerous import dangerous
from central.office.roles import RESOLVE_ALARMS
from central.office.words import Words

REFUSALS: dict[LinkRefusal, Words] = {
    LinkRefusal.ENDS_WITH_ITS_CAUSE: gettext_lazy(
        "This alarm ends by itself when its cause is gone; nobody's word ends it."
    ),
    LinkRefusal.GATEWAY_BEING_RESTORED: gettext_lazy(
        "The gateway is being restored and takes no order now. Try again when it has begun anew."
    ),
    LinkRefusal.UNKNOWN_ALARM: gettext_lazy("This alarm no longer exists."),
}


class ReasonForm(forms.Form):
    """Why an alarm may end."""

    why = forms.CharField(
        label=gettext_lazy("What was found, and what was done about it"),
        max_length=REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Say why: it goes on record with your name.")},
    )


@roles(*RESOLVE_ALARMS)
@dangerous
def resolve(request: HttpRequest, alarm_id: int) -> HttpResponse:
    """Show one alarm and ask for the reason; then end it, or ask its gateway to."""
    alarm = get_object_or_404(Alarm.objects.select_related("gateway__building"), pk=alarm_id)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        done = resolve_alarm(
            alarm.pk,
            actor=request.user.get_username(),
            why=form.cleaned_data["why"],
            now_ms=clock.now_ms(),
        )
        if not isinstance(done, Refused):
            messages.success(request, _said(done))
            return redirect("dashboard:alarms")
        form.add_error(None, REFUSALS.get(done.why, done.why))
    context = {"row": queries.alarm_row(alarm), "form": form}
    return render(request, "dashboard/resolve.html", context, status=400 if form.errors else 200)


def _said(alarm: Alarm) -> str:
    if alarm.cleared_ms is None:
        return _("The gateway was asked to end this alarm. It ends here when the gateway has.")
    return _("The alarm is resolved. It rises again if its cause comes again.")
