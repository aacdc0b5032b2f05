"""The workshop's front page: what waits, a search by any number, the doors to its rooms. Each room has its lines in the lists."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from central import clock
from central.domain.device_states import DeviceState
from central.office import roles as acts
from central.office.access import may, roles
from central.office.doors import doors_for
from central.office.models import User
from central.office.words import Words
from central.workshop.claims.queries import is_overdue
from central.workshop.claims.queries import standing as claims_standing
from central.workshop.devices.models import Device
from central.workshop.devices.queries import named
from central.workshop.doors import DOORS
from central.workshop.faults.queries import late_faults, standing_faults
from central.workshop.replacements.queries import controlled, incomplete, undecided
from central.workshop.stock.minimum import short_types
from central.workshop.stock.queries import count_in
from central.workshop.stock.taking_forms import PhotoForm
from central.workshop.stock.taking_queries import open_takings
from central.workshop.stock.words import badge_of


@dataclass(frozen=True, slots=True)
class Tile:
    """Something that waits: its words, how many, the page that lists it, who may open that, how urgent it is."""

    label: Words
    count: Callable[[User], int]
    view: str
    query: str = ""
    tone: str = "warn"
    allowed: tuple[str, ...] = acts.SEE_DEVICES

    @property
    def address(self) -> str:
        """The page that lists what waits."""
        return f"{reverse(self.view)}{self.query}"


def _overdue_claims(_reader: User) -> int:
    now_ms = clock.now_ms()
    return sum(is_overdue(one, now_ms) is not None for one in claims_standing())


def _in(state: DeviceState) -> Callable[[User], int]:
    return lambda _reader: count_in(state)


SEEN = acts.SEE_REPLACEMENTS

TILES: tuple[Tile, ...] = (
    Tile(_("Faults not solved in time"), late_faults, "workshop:faults", "?show=up", "bad", acts.FOLLOW_FAULTS),
    Tile(_("Faults not solved"), standing_faults, "workshop:faults", allowed=acts.FOLLOW_FAULTS),
    Tile(_("Rooms under software control"), controlled, "workshop:controls", allowed=SEEN),
    Tile(_("Replacements to be completed"), incomplete, "workshop:replacements", allowed=SEEN),
    Tile(_("True-ups not decided"), undecided, "workshop:true-ups", allowed=SEEN),
    Tile(_("To be checked"), _in(DeviceState.ARRIVED), "workshop:stock", "?state=arrived"),
    Tile(_("To repair"), _in(DeviceState.FAULTY), "workshop:stock", "?state=faulty"),
    Tile(_("At their makers"), _in(DeviceState.CLAIMED), "workshop:stock", "?state=claimed"),
    Tile(_("Claims overdue"), _overdue_claims, "workshop:claims", tone="bad", allowed=acts.SEE_GOODS),
    Tile(_("Models below their minimum"), lambda _reader: len(short_types()), "workshop:stock", tone="bad"),
    Tile(pgettext_lazy("devices", "Missing"), _in(DeviceState.MISSING), "workshop:stock", "?state=missing", "bad"),
    Tile(_("Stock-takings open"), lambda _reader: open_takings().count(), "workshop:stock-takings"),
)  # fmt: skip
"""In the order of their urgency for who opens the page in the morning; other rooms add their own."""


@roles(*acts.SEE_DEVICES)
@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """Show what waits, and where to go."""
    return render(request, "workshop/front.html", _context(request))


@roles(*acts.SEE_DEVICES)
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Go to the device that a number names: stock, serial or meter's; show several, or say that there is none."""
    text = request.GET.get("q", "").strip()[:80]
    found = named(text)
    if len(found) == 1:
        return redirect("workshop:device", found[0].number)
    return _shown(request, text, found)


@roles(*acts.READ_LABELS)
@require_POST
def find_by_photo(request: HttpRequest) -> HttpResponse:
    """Go to the device whose label or plate is in a photograph; show what it says where that names none, or several."""
    codes, refused = PhotoForm(request.POST, request.FILES).read()
    said = [code.text for code in codes]
    found = list({one.number: one for text in said for one in named(text)}.values())
    if len(found) == 1:
        return redirect("workshop:device", found[0].number)
    return _shown(request, " ".join(said), found, refused)


def _shown(request: HttpRequest, q: str, found: list[Device], refused: str = "") -> HttpResponse:
    """Show what was found: several, or none."""
    context = _context(request) | {"q": q, "found": [(one, badge_of(one.state)) for one in found]}
    context |= {"is_asked": not refused, "refused": refused}
    return render(request, "workshop/front.html", context, status=400 if refused else 200)


def _context(request: HttpRequest) -> dict[str, object]:
    waiting = [(tile, tile.count(request.user)) for tile in TILES if may(request, tile.allowed)]
    return {
        "waiting": [(tile, count) for tile, count in waiting if count],
        "doors": doors_for(request, DOORS),
        "short": short_types(),
        "q": "",
        "photo_form": PhotoForm() if may(request, acts.READ_LABELS) else None,
    }
