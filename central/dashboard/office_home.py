"""The office's front page: what is not done every day, by what it is about, as far as the reader may open it."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from central.office import roles as acts
from central.office.access import may, roles
from central.office.words import Words


@dataclass(frozen=True, slots=True)
class Door:
    """One page: its name, one sentence about it, its view's name, and who may open it."""

    label: Words
    about: Words
    view: str
    allowed: tuple[str, ...]


ROOMS: tuple[tuple[Words, tuple[Door, ...]], ...] = (
    (
        _("Rules and prices"),
        (
            Door(_("Settings"), _("Every number of the procedure, with its history."), "office:settings", acts.SEE_SETTINGS),
            Door(_("Prices"), _("What a kWh costs each class, from when on."), "office:prices", acts.SET_PRICES),
        ),
    ),
    (
        _("People"),
        (
            Door(_("People"), _("Who signs in, with which office."), "office:people", acts.MANAGE_PEOPLE),
            Door(_("Delegations"), _("Who stands in for whom."), "office:delegations", acts.EVERYONE),
        ),
    ),
    (
        _("Campus"),
        (
            Door(_("Import"), _("Rooms, occupants and meters from a list."), "office:import", acts.IMPORT_CAMPUS),
        ),
    ),
)  # fmt: skip
OFFICE_VIEWS = frozenset(door.view for _title, doors in ROOMS for door in doors)


@roles(*acts.EVERYONE)
@require_GET
def office_home(request: HttpRequest) -> HttpResponse:
    """Show the doors that the reader's office opens."""
    rooms = [
        (title, [(door, reverse(door.view)) for door in doors if may(request, door.allowed)])
        for title, doors in ROOMS
    ]
    return render(request, "dashboard/office_home.html", {"rooms": [room for room in rooms if room[1]]})
