"""Pages of daily checks: how the parties stand by day, a day's records, and the form of one check (offline, too)."""

from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from central import clock
from central.campus.models import Building
from central.clock import campus_day
from central.domain.daily_checks import Party
from central.domain.periods import EARLIEST
from central.losses.checks.forms import CheckForm, instant_ms, points_said
from central.losses.checks.operations import Check, Refused, record_check
from central.losses.checks.queries import checks_on, matrix, points_of
from central.losses.checks.words import STANDINGS, refusal_words
from central.losses.offline_answers import happened_ms, kept, not_kept, wants_json
from central.office.access import acting_roles, may, roles
from central.office.models import of_served
from central.office.roles import PARTY_OFFICES, RECORD_CHECKS, SEE_ALL_CHECKS, SEE_CHECKS

DAYS = 7


@roles(*SEE_CHECKS)
@require_safe
def checks(request: HttpRequest) -> HttpResponse:
    """Show a week: each party's days, and the records of the day that is looked at (`?day=`)."""
    now_ms = clock.now_ms()
    today = campus_day(now_ms)
    day = max(min(_day(request.GET.get("day", "")) or today, today), EARLIEST)
    last = min(max(day, today - timedelta(days=(today - day).days // DAYS * DAYS)), today)
    days = [last - timedelta(days=back) for back in range(DAYS)]
    parties = list(Party) if may(request, SEE_ALL_CHECKS) else _own_parties(request)
    buildings = _buildings(request)
    context = {
        "days": days,
        "day": day,
        "earlier": last - timedelta(days=DAYS),
        "later": last + timedelta(days=DAYS) if last < today else None,
        "rows": [
            (row, [(cell, *STANDINGS[cell.standing]) for cell in row.cells])
            for row in matrix(days, parties, buildings, now_ms)
        ],
        "records": checks_on(day, parties, buildings),
        "may_record": may(request, RECORD_CHECKS),
    }
    return render(request, "losses/checks.html", context)


@roles(*RECORD_CHECKS)
@require_http_methods(["GET", "HEAD", "POST"])
def record(request: HttpRequest) -> HttpResponse:
    """Record a check of one's own party."""
    now_ms = clock.now_ms()
    buildings = _buildings(request)
    own = _own_parties(request)
    if request.method != "POST":
        asked = request.GET.get("party", "")
        party = Party(asked) if asked in own else own[0]
        form = CheckForm.empty(party, buildings, campus_day(now_ms))
        return _form_page(request, form, party, [(point, True) for point in points_of(party, now_ms)])
    form = CheckForm(request.POST, request.FILES, buildings=buildings)
    said = points_said(request.POST.getlist("point"), request.POST.getlist("ok"))
    if form.is_valid():
        done = record_check(
            _check(form, said, happened_ms(request.POST, now_ms)), actor=request.user, now_ms=now_ms
        )
        if not isinstance(done, Refused):
            address = f"{reverse('losses:checks')}?day={done.day}"
            if wants_json(request):
                return kept(address)
            messages.success(request, _("It is on record."))
            return redirect(address)
        form.add_error(None, refusal_words(done))
    if wants_json(request):
        return not_kept(form)
    party = request.POST.get("party", "")
    return _form_page(request, form, Party(party) if party in own else own[0], said, status=400)


def _form_page(
    request: HttpRequest, form: CheckForm, party: Party, points: list[tuple[str, bool]], status: int = 200
) -> HttpResponse:
    own = _own_parties(request)
    context = {
        "form": form,
        "party": party,
        "points": points,
        "is_bound": form.is_bound,
        "by_building": party is Party.WARDENS,
        "others": [one for one in own if one is not party],
    }
    return render(request, "losses/check_form.html", context, status=status)


def _check(form: CheckForm, points: list[tuple[str, bool]], told_ms: int) -> Check:
    said = form.cleaned_data
    party = Party(said["party"])
    return Check(
        str(said["step"]),
        party,
        said["building"] if party is Party.WARDENS else None,
        instant_ms(said["day"], said["begun"]),
        instant_ms(said["day"], said["ended"]),
        told_ms,
        points,
        said["text"],
        [upload.read() for upload in said["photos"]],
    )


def _own_parties(request: HttpRequest) -> list[Party]:
    return [party for party in Party if not acting_roles(request).isdisjoint(PARTY_OFFICES[party])]


def _buildings(request: HttpRequest) -> list[Building]:
    return list(Building.objects.filter(of_served(request.user, "pk")).order_by("code"))


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day >= EARLIEST else None
