"""Pages of the account map: the one in force, its history, and asking for another one."""

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.desk.forms import new_key
from central.domain.k3_map import rows_from_json
from central.domain.periods import EARLIEST, LATEST
from central.office.access import may, roles
from central.office.models import Approval
from central.office.page_table import page_tables
from central.office.roles import MAP_K3, SEE_K3
from central.reports.k3 import maps
from central.reports.k3.map_act import map_table
from central.reports.k3.map_form import MapForm, usual_rows
from central.reports.k3.models import REASON_LENGTH, K3Map
from central.reports.k3.words import FACT_WORDS, map_finding_words, refusal_text


@roles(*SEE_K3)
@require_GET
def account_map(request: HttpRequest) -> HttpResponse:
    """Show the map in force today, what it lacks, and those before and after it."""
    return _map_page(request, maps.map_on(clock.campus_day(clock.now_ms())) or maps.newest_map())


@roles(*SEE_K3)
@require_GET
def one_map(request: HttpRequest, number: int) -> HttpResponse:
    """Show one map."""
    return _map_page(request, get_object_or_404(K3Map, pk=number))


def _map_page(request: HttpRequest, shown: K3Map | None) -> HttpResponse:
    rows = rows_from_json(shown.rows) if shown else ()
    context = {
        "shown": shown,
        "tables": page_tables([map_table(rows)]) if shown else [],
        "lacks": maps.unmapped(rows) if shown else [],
        "history": K3Map.objects.select_related("asked_by").order_by("-from_day", "-pk"),
        "waiting": Approval.objects.filter(act=maps.K3_MAP, state=Approval.State.WAITING).order_by("number"),
        "may_ask": may(request, MAP_K3),
    }
    return render(request, "k3/map.html", context)


@roles(*MAP_K3)
@require_GET
def new_map(request: HttpRequest) -> HttpResponse:
    """Show the form of another map, filled with the newest one."""
    newest = maps.newest_map()
    form = MapForm(rows_from_json(newest.rows) if newest else usual_rows())
    today = clock.campus_day(clock.now_ms())
    return _form_page(request, form, {"from_day": today.isoformat(), "why": "", "key": new_key()}, [])


@roles(*MAP_K3)
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for a map. `more` only gives more blank lines."""
    typed = {name: request.POST.get(name, "") for name in ("from_day", "why", "key")}
    form = MapForm((), request.POST)
    if "more" in request.POST:
        return _form_page(request, MapForm(form.rows), typed, [])
    errors = list(form.findings)
    from_day = _day_in(typed["from_day"])
    if from_day is None:
        errors.append(_("Write the day as 2026-11-30."))
    if not typed["why"].strip():
        errors.append(_("Say why: those who sign read it."))
    if from_day and maps.exported_from(from_day):
        errors.append(
            _("Days from %(day)s on were exported already. Take these exports back, or begin later.")
            % {"day": from_day}
        )
    if errors or from_day is None:
        return _form_page(request, form, typed, errors)
    return _asked(request, form, from_day, typed)


def _day_in(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if EARLIEST <= day <= LATEST else None


def _asked(request: HttpRequest, form: MapForm, from_day: date, typed: dict[str, str]) -> HttpResponse:
    why, key = typed["why"][:REASON_LENGTH], typed["key"][:32]
    asked = maps.ask_for_map(from_day, form.rows, why=why, actor=request.user, now_ms=clock.now_ms(), key=key)
    if isinstance(asked, Approval):
        messages.success(request, _("Asked for. The map holds after the last signature."))
        return redirect("office:approval", asked.number)
    errors = [map_finding_words(one) for one in asked] if isinstance(asked, list) else [refusal_text(asked)]
    return _form_page(request, form, typed, errors)


def _form_page(request: HttpRequest, form: MapForm, typed: dict[str, str], errors: list[str]) -> HttpResponse:
    context = {
        "form": form,
        "typed": typed,
        "errors": errors,
        "facts": [(fact.value, words) for fact, words in FACT_WORDS.items()],
        "lacks": maps.unmapped(form.rows),
    }
    return render(request, "k3/map_form.html", context, status=422 if errors else 200)
