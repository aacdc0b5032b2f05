"""Pages of the roster: who is on duty which day of a month, the rotation it is made from, a day changed by hand (R-4.1.1a)."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from central import clock
from central.desk import roster as plan
from central.desk.day_forms import RosterDayForm, RotationForm, month_of
from central.desk.shift_models import Shift
from central.desk.shift_words import DUTY_KINDS
from central.office.access import may, roles
from central.office.dated_settings import number_at
from central.office.models import User
from central.office.roles import PLAN_DUTY, SEE_MONEY


@roles(*SEE_MONEY)
@require_safe
def roster(request: HttpRequest) -> HttpResponse:
    """Show a month: who should be there, who was."""
    today = clock.campus_day(clock.now_ms())
    first = month_of(request.GET.get("month", ""), today)
    after = (first + timedelta(days=31)).replace(day=1)
    duties = plan.duties(first, after - timedelta(days=1))
    names = {person.pk: person.spoken_name for person in User.objects.all()}
    worked: dict[object, list[str]] = {}
    for shift in Shift.objects.filter(day__gte=first, day__lt=after).order_by("number"):
        worked.setdefault(shift.day, []).append(names[shift.cashier_id])
    context = {
        "first": first,
        "before": f"{first - timedelta(days=1):%Y-%m}",
        "after": f"{after:%Y-%m}",
        "today": today,
        "lines": [
            {
                "duty": duty,
                "kind": DUTY_KINDS.get(duty.kind, ""),
                "people": [names.get(pk, str(pk)) for pk in duty.people],
                "worked": list(dict.fromkeys(worked.get(duty.day, []))),
            }
            for duty in duties
        ],
        "may_plan": may(request, PLAN_DUTY),
    }
    return render(request, "desk/roster.html", context)


@roles(*PLAN_DUTY)
@require_http_methods(["GET", "HEAD", "POST"])
def roster_rotation(request: HttpRequest) -> HttpResponse:
    """Let crews take turns over a span of days."""
    now_ms = clock.now_ms()
    form = RotationForm(
        request.POST if request.method == "POST" else None, crews=number_at("desk.crews", now_ms)
    )
    if request.method == "POST" and form.is_valid():
        made = plan.set_rotation(form.rotation(), actor=request.user, now_ms=now_ms)
        messages.success(request, _("The roster is made."))
        return redirect(f"{reverse('desk:roster')}?month={made.first:%Y-%m}")
    return render(request, "desk/roster_rotation.html", {"form": form}, status=400 if form.errors else 200)


@roles(*PLAN_DUTY)
@require_http_methods(["GET", "HEAD", "POST"])
def roster_day(request: HttpRequest) -> HttpResponse:
    """Change one day by hand, with the reason."""
    form = RosterDayForm(
        request.POST if request.method == "POST" else None, initial={"day": request.GET.get("day", "")}
    )
    if request.method == "POST" and form.is_valid():
        day = form.cleaned_data["day"]
        plan.change_day(
            day, form.people(), form.cleaned_data["reason"], actor=request.user, now_ms=clock.now_ms()
        )
        messages.success(request, _("The day is changed."))
        return redirect(f"{reverse('desk:roster')}?month={day:%Y-%m}")
    return render(request, "desk/roster_day.html", {"form": form}, status=400 if form.errors else 200)
