"""What the heads see of rounds: buildings, a building's days with the rooms nobody saw, one round's record."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from central import clock
from central.campus.models import Building
from central.domain.round_coverage import Outcome, resumes
from central.losses.rounds.forms import SayForm
from central.losses.rounds.queries import entries_of, last_rounds, rounds_of, unseen
from central.office.access import may, roles
from central.office.models import of_served
from central.office.roles import MAKE_ROUNDS, SEE_ROUNDS

MOST_ROUNDS = 30


@roles(*SEE_ROUNDS)
@require_safe
def rounds(request: HttpRequest) -> HttpResponse:
    """List the buildings with their last rounds, and how many rooms were not seen for long."""
    now_ms = clock.now_ms()
    buildings = list(Building.objects.filter(of_served(request.user, "pk")).order_by("code"))
    last = last_rounds(buildings, request.user)
    context = {
        "rows": [(one, last.get(one.pk), len(unseen(one, now_ms))) for one in buildings],
        "may_walk": may(request, MAKE_ROUNDS),
        "under_way": {
            building
            for building, walked in last.items()
            if walked.by_id == request.user.pk
            and getattr(walked, "end", None) is None
            and resumes(walked.started_ms, now_ms)
        },
    }
    return render(request, "losses/rounds.html", context)


@roles(*SEE_ROUNDS)
@require_safe
def building_rounds(request: HttpRequest, building_id: int) -> HttpResponse:
    """Show a building's rounds by day, its floors covered, and the rooms that nobody has seen for days."""
    building = get_object_or_404(Building.objects.filter(of_served(request.user, "pk")), pk=building_id)
    context = {
        "building": building,
        "rounds": rounds_of(request.user).filter(building=building)[:MOST_ROUNDS],
        "unseen": unseen(building, clock.now_ms()),
        "may_walk": may(request, MAKE_ROUNDS),
    }
    return render(request, "losses/building_rounds.html", context)


@roles(*SEE_ROUNDS)
@require_safe
def round_record(request: HttpRequest, number: int) -> HttpResponse:
    """Show a round's record; its warden can add to it."""
    walked = get_object_or_404(rounds_of(request.user), pk=number)
    entries = list(entries_of(walked))
    own = walked.by_id == request.user.pk and may(request, MAKE_ROUNDS)
    end = getattr(walked, "end", None)
    context = {
        "round": walked,
        "end": end,
        "minutes": (end.at_ms - walked.started_ms) // 60_000 if end else None,
        "noted": [one for one in entries if one.outcome != Outcome.IN_ORDER and not one.is_addition],
        "added": [one for one in entries if one.is_addition],
        "in_order": [one for one in entries if one.outcome == Outcome.IN_ORDER and not one.is_addition],
        "say": SayForm.of(walked.round_id, "say", building=walked.building) if own and end else None,
    }
    return render(request, "losses/round.html", context)
