"""Pages of the store: the list, one device with its history and its acts, devices on walls that get their records."""

from collections.abc import Iterable
from typing import TypeVar
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from central import clock
from central.campus.models import Building
from central.domain.device_states import DeviceAct, DeviceState
from central.office.access import may, roles
from central.office.dangerous import dangerous
from central.office.roles import KEEP_STORE, SCRAP_DEVICES, SEE_DEVICES
from central.workshop.devices.models import STATES, Device, DeviceStep, DeviceType, Place
from central.workshop.devices.operations import Refused
from central.workshop.devices.queries import of_meter
from central.workshop.devices.words import refusal_words
from central.workshop.stock import adopting, queries
from central.workshop.stock.device_acts import OWN_ACTS, Asked, acts_of, do
from central.workshop.stock.forms import ActForm, AdoptForm, forms_of
from central.workshop.stock.queries import Choice
from central.workshop.stock.sources import source_words
from central.workshop.stock.taking_queries import open_takings_at
from central.workshop.stock.words import ACT_REFUSALS, ACT_TITLES, badge_of

Row = TypeVar("Row", Device, DeviceStep)
DEVICES_PER_PAGE = 100
WHO: dict[DeviceAct, tuple[str, ...]] = {DeviceAct.SCRAPPED: SCRAP_DEVICES}
"""Who may do an act, where it isn't everybody who keeps the store."""


@roles(*SEE_DEVICES)
@require_safe
def stock(request: HttpRequest) -> HttpResponse:
    """Show how many of what there are, and the devices of a choice page by page."""
    asked = {name: request.GET.get(name, "").strip()[:80] for name in Choice.__slots__}
    page = Paginator(queries.devices(Choice(**asked)), DEVICES_PER_PAGE).get_page(request.GET.get("page"))
    kept = {name: value for name, value in asked.items() if value}
    context = {
        "page": page,
        "devices": [(device, badge_of(device.state)) for device in _as_seen(request, page)],
        "asked": asked,
        "is_narrowed": bool(kept),
        "before": urlencode(kept),
        "types": queries.counts_by_type(),
        "places": queries.counts_by_place(),
        "states": [(state.value, STATES[state]) for state in DeviceState],
        "buildings": Building.objects.order_by("code"),
        "may_keep": may(request, KEEP_STORE),
    }
    return render(request, "workshop/stock.html", context)


@roles(*SEE_DEVICES)
@require_safe
def device(request: HttpRequest, number: str) -> HttpResponse:
    """Show a device: what it is, where it is, what can be done with it, what ever happened to it."""
    return _page(request, _device(number), {})


@roles(*KEEP_STORE)
@require_POST
def device_act(request: HttpRequest, number: str, act: str) -> HttpResponse:
    """Move a device, or say that it is repaired and tested."""
    if act == DeviceAct.SCRAPPED:
        raise Http404
    return _act(request, number, act)


@roles(*SCRAP_DEVICES)
@require_POST
@dangerous
def device_scrap(request: HttpRequest, number: str) -> HttpResponse:
    """Scrap a device for good."""
    return _act(request, number, DeviceAct.SCRAPPED.value)


@roles(*KEEP_STORE)
@require_http_methods(["GET", "HEAD", "POST"])
def adopt(request: HttpRequest) -> HttpResponse:
    """Give the meters that hang in a building their records."""
    asked = {name: request.GET.get(name, "")[:64] for name in ("building", "meter")}
    form = AdoptForm(request.POST if request.method == "POST" else None, initial=asked)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        only, now_ms = chosen["meter"], clock.now_ms()
        done = adopting.adopt_building(
            chosen["building"], chosen["type"], only=only, actor=request.user, now_ms=now_ms
        )
        _say_adopted(request, chosen["building"], done)
        if only and (one := of_meter(only)) is not None:
            return redirect("workshop:device", one.number)
        if done.made:
            return redirect(f"{reverse('workshop:stock')}?{urlencode({'building': chosen['building'].code})}")
        return redirect("workshop:adopt")
    context = {"form": form, "has_types": DeviceType.objects.filter(is_active=True).exists()}
    return render(request, "workshop/adopt.html", context, status=400 if form.errors else 200)


def _act(request: HttpRequest, number: str, name: str) -> HttpResponse:
    one = _device(number)
    act = DeviceAct(name) if name in ACT_TITLES else None
    if act is None:
        raise Http404
    form = ActForm(one, act, request.POST)
    if not form.is_valid():
        return _page(request, one, {act: form})
    said = form.cleaned_data
    asked = Asked(str(said["step"]), act, said.get("place"), said["why"])
    done = do(one, asked, actor=request.user, now_ms=clock.now_ms())
    if isinstance(done, Device):
        messages.success(request, _("It is on record."))
        _say_taking(request, [one.place, asked.place])
        return redirect("workshop:device", one.number)
    form.add_error(None, refusal_words(done) if isinstance(done, Refused) else str(ACT_REFUSALS[done]))
    return _page(request, _device(number), {act: form})


def _say_taking(request: HttpRequest, places: list[Place | None]) -> None:
    """Tell who changes something while stock is taken there."""
    for taking in open_takings_at([place.pk for place in places if place is not None]):
        messages.warning(
            request,
            _("Stock is being taken there (stock-taking %(number)s): count this one again where it lies now.")
            % {"number": taking.pk},
        )


def _say_adopted(request: HttpRequest, building: Building, done: adopting.Adopted) -> None:
    words = ngettext("%(n)s meter has its record now.", "%(n)s meters have their records now.", done.made)
    if done.made:
        messages.success(request, f"{building.name}: {words % {'n': done.made}}")
    elif not done.other_models and not done.refused:
        messages.info(
            request, _("%(building)s: every meter has its record already.") % {"building": building.name}
        )
    for model, count in done.other_models:
        messages.warning(
            request,
            _(
                "%(n)s meters are %(model)s by their gateway: enter them as the model that is tied to that name."
            )
            % {"n": count, "model": model},
        )
    if done.refused:
        messages.error(request, _("Not entered: %(meters)s.") % {"meters": ", ".join(done.refused[:20])})


def _page(request: HttpRequest, one: Device, refused: dict[DeviceAct, ActForm]) -> HttpResponse:
    allowed = [act for act in acts_of(one) if may(request, WHO.get(act, KEEP_STORE)) and act not in refused]
    forms = sorted([*refused.values(), *forms_of(one, allowed)], key=lambda form: OWN_ACTS.index(form.act))
    [seen] = _as_seen(request, [one])
    room = queries.room_of(seen)
    context = {
        "device": one,
        "badge": badge_of(one.state),
        "room": room,
        "acts": [(form.act.value, ACT_TITLES[form.act], form) for form in forms],
        "steps": [
            (step, badge_of(step.state), source_words(step.source))
            for step in _as_seen(request, queries.history(one))
        ],
        "bench": queries.bench_records(one),
        "takings": open_takings_at([one.place_id] if one.place_id else []),
    }
    return render(request, "workshop/device.html", context, status=400 if refused else 200)


def _as_seen(request: HttpRequest, rows: Iterable[Row]) -> list[Row]:
    """Leave the room out where a device hangs, or hung, in a building that the reader doesn't serve."""
    shown = list(rows)
    for row in shown:
        if row.building_id is not None and not request.user.serves(row.building_id):
            row.where = ""
    return shown


def _device(number: str) -> Device:
    found = Device.objects.select_related("type__maker", "place", "building")
    return get_object_or_404(found, number__iexact=number)
