"""The pages a warden walks with: one page per building that works without a network, and what its forms send."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from central import clock
from central.campus.models import Building
from central.domain.round_coverage import Outcome
from central.losses.offline_answers import happened_ms, kept, not_kept, wants_json
from central.losses.rounds.forms import EndForm, SayForm, TapForm, WalkForm
from central.losses.rounds.operations import Refused, Said, begin, end, say
from central.losses.rounds.queries import walk_of
from central.losses.rounds.words import refusal_words
from central.office.access import roles
from central.office.models import of_served
from central.office.roles import MAKE_ROUNDS


@roles(*MAKE_ROUNDS)
@require_safe
def walk(request: HttpRequest, building_id: int) -> HttpResponse:
    """Show the rooms of a building with what was said of them on the round under way."""
    return _page(request, _building(request, building_id))


@roles(*MAKE_ROUNDS)
@require_POST
def walk_begin(request: HttpRequest, building_id: int) -> HttpResponse:
    """Begin a round before its first room."""
    building, now_ms = _building(request, building_id), clock.now_ms()
    form = WalkForm(request.POST)
    if form.is_valid():
        round_id, at_ms = str(form.cleaned_data["round"]), happened_ms(request.POST, now_ms)
        done = begin(round_id, building, at_ms=at_ms, actor=request.user, now_ms=now_ms)
        if not isinstance(done, Refused):
            return _onward(request, _address(building))
        form.add_error(None, refusal_words(done))
    return _refused(request, building, form, "begin")


@roles(*MAKE_ROUNDS)
@require_POST
def walk_say(request: HttpRequest, building_id: int) -> HttpResponse:
    """Take what is said of a room: a tap, or something found, or no access."""
    building, now_ms = _building(request, building_id), clock.now_ms()
    is_tap = "ok" in request.POST
    form = (TapForm if is_tap else SayForm)(request.POST, request.FILES, building=building)
    if form.is_valid():
        entry = _said(form, happened_ms(request.POST, now_ms))
        round_id = str(form.cleaned_data["round"])
        done = say(round_id, building, entry, actor=request.user, now_ms=now_ms)
        if not isinstance(done, Refused):
            if done.case_id:
                return _onward(request, reverse("losses:theft", args=[done.case_id]))
            ended = done.is_addition
            return _onward(
                request, reverse("losses:round", args=[done.round_id]) if ended else _address(building)
            )
        form.add_error(None, refusal_words(done))
    return _refused(request, building, form, "tap" if is_tap else "say")


@roles(*MAKE_ROUNDS)
@require_POST
def walk_end(request: HttpRequest, building_id: int) -> HttpResponse:
    """End the round: its record stands from now on."""
    building, now_ms = _building(request, building_id), clock.now_ms()
    form = EndForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        at_ms = happened_ms(request.POST, now_ms)
        done = end(
            str(said["round"]),
            str(said["step"]),
            said["text"],
            at_ms=at_ms,
            actor=request.user,
            now_ms=now_ms,
        )
        if not isinstance(done, Refused):
            return _onward(request, reverse("losses:round", args=[done.round_id]))
        form.add_error(None, refusal_words(done))
    return _refused(request, building, form, "end")


def _said(form: WalkForm, at_ms: int) -> Said:
    said = form.cleaned_data
    if "ok" in said:
        return Said(str(said["step"]), said["ok"], Outcome.IN_ORDER, at_ms)
    photos = [upload.read() for upload in said["photos"]]
    return Said(
        str(said["step"]), said["room"], Outcome(said["outcome"]), at_ms, said["what"], said["text"], photos
    )


def _onward(request: HttpRequest, address: str) -> HttpResponse:
    if wants_json(request):
        return kept(address)
    messages.success(request, _("It is on record."))
    return redirect(address)


def _refused(request: HttpRequest, building: Building, form: WalkForm, name: str) -> HttpResponse:
    return not_kept(form) if wants_json(request) else _page(request, building, **{name: form})


def _page(request: HttpRequest, building: Building, **refused: WalkForm) -> HttpResponse:
    walked = walk_of(request.user, building, clock.now_ms())
    forms = {
        "begin": WalkForm.of(walked.round_id, "begin"),
        "tap": WalkForm.of(walked.round_id, "tap"),
        "say": SayForm.of(walked.round_id, "say", building=building),
        "end": EndForm.of(walked.round_id, "end"),
    }
    context = {"building": building, "walk": walked, **forms, **refused}
    return render(request, "losses/walk.html", context, status=400 if refused else 200)


def _building(request: HttpRequest, building_id: int) -> Building:
    return get_object_or_404(Building.objects.filter(of_served(request.user, "pk")), pk=building_id)


def _address(building: Building) -> str:
    return reverse("losses:walk", args=[building.pk])
