"""The live pages: buildings, rooms, one room, alarms, gateways, accounts. Each shows what was reported, with its time."""

from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from central import clock
from central.campus.models import Account, Building
from central.dashboard import queries
from central.dashboard.building_tiles import building_tiles
from central.dashboard.room_detail import alarms_of, entries_of, events_of, latest_events, where_on_the_line
from central.dashboard.rooms_of_building import FILTERS, Choice, columns_for, rooms_page
from central.dashboard.use import by_day, by_hour, use_chart
from central.desk.room_lines import RoomLine, room_lines
from central.desk.search import find_accounts, point_of_room
from central.link.control_queries import locked_out, standing_of
from central.link.gateway_queries import without_lists
from central.link.models import Gateway
from central.link.restored import still_open
from central.office.access import may, roles
from central.office.alarm_details import detail_words
from central.office.live import live_part
from central.office.roles import RESOLVE_ALARMS, SEE_GATEWAYS, SEE_MONEY, SEE_RESTORATION, SEE_SUPPLY
from central.office.words import ALARMS, name_of

ACCOUNTS_PER_PAGE, CLEARED_ALARMS, QUARANTINED_ROWS = 100, 30, 50
LATEST_EVENTS, ALARMS_ON_TOP = 8, 6
OPEN_ALARMS = 180
"""The newest; when a whole line is gone, the page must still come at once."""


@roles(*SEE_SUPPLY)
def overview(request: HttpRequest) -> HttpResponse:
    """Every building at a glance, and the gateways' health."""
    context = {
        "tiles": building_tiles(request.user),
        "gateways": queries.gateway_health(request.user),
        "events": latest_events(request.user, LATEST_EVENTS),
        "open_alarms": queries.open_alarms(request.user, ALARMS_ON_TOP),
        "restored": still_open() if may(request, SEE_RESTORATION) else None,
    }
    if request.htmx:
        return live_part(request, "dashboard/overview_now.html", context)
    return render(request, "dashboard/overview.html", context)


@roles(*SEE_SUPPLY)
def building(request: HttpRequest, code: str) -> HttpResponse:
    """A building's rooms, filtered and sorted by the address."""
    here = get_object_or_404(without_lists(Building.objects.select_related("gateway")), code=code)
    if not request.user.serves(here.pk):
        raise PermissionDenied
    choice = Choice.of(request.GET)
    rooms = rooms_page(here, choice, clock.now_ms())
    context = {
        "building": here,
        "gateway": getattr(here, "gateway", None),
        "choice": choice,
        "rooms": rooms,
        "filters": [(name, words, rooms.counts[name]) for name, (words, _fits) in FILTERS.items()],
        "columns": columns_for(choice),
    }
    if request.htmx:
        return live_part(request, "dashboard/building_now.html", context)
    return render(request, "dashboard/building.html", context)


@roles(*SEE_SUPPLY)
def room(request: HttpRequest, room_id: int) -> HttpResponse:
    """One room: balance, supply and why, use, entries, relay, alarms."""
    line = _line(room_id)
    here = get_object_or_404(Building, rooms__pk=room_id)
    if not request.user.serves(here.pk):
        raise PermissionDenied
    gateway = Gateway.objects.filter(building=here).first()
    context = {
        "line": line,
        "building": here,
        "gateway": gateway,
        "control": standing_of(line.account),
        "locks": locked_out().filter(meter__in=line.meters),
        "entries": entries_of(line),
        "events": events_of(line),
        "alarms": [
            (alarm, name_of(ALARMS, alarm.what), detail_words(alarm.detail)) for alarm in alarms_of(line)
        ],
        "wire": where_on_the_line(gateway, line.meter),
        **_chart(request, line),
    }
    if request.htmx:
        return live_part(request, "dashboard/room_now.html", context)
    return render(request, "dashboard/room.html", context)


def _line(room_id: int) -> RoomLine:
    point = point_of_room(room_id)
    if point is None:
        raise Http404
    return room_lines([point], clock.now_ms())[0]


def _chart(request: HttpRequest, line: RoomLine) -> dict[str, object]:
    by = "day" if request.GET.get("by") == "day" else "hour"
    columns = (by_day if by == "day" else by_hour)(line.meters, clock.now_ms())
    return {"by": by, "columns": columns, "chart": use_chart("use", by, columns)}


@roles(*SEE_SUPPLY)
def alarms(request: HttpRequest) -> HttpResponse:
    """What needs a person, and what was settled last."""
    standing = queries.count_open_alarms(request.user)
    context = {
        "open_alarms": queries.open_alarms(request.user, OPEN_ALARMS),
        "open_count": standing,
        "more_alarms": max(0, standing - OPEN_ALARMS),
        "cleared_alarms": queries.cleared_alarms(request.user, CLEARED_ALARMS),
        "may_resolve": may(request, RESOLVE_ALARMS),
    }
    if request.htmx:
        return live_part(request, "dashboard/alarms_now.html", context)
    return render(request, "dashboard/alarms.html", context)


@roles(*SEE_GATEWAYS)
def gateways(request: HttpRequest) -> HttpResponse:
    """Enrolled gateways, their counters, what they sent that could not be taken, and the last comparison of balances."""
    checks = queries.last_watermarks()
    context = {
        "gateways": [
            (health, checks.get(health.gateway.pk)) for health in queries.gateway_health(request.user)
        ],
        "quarantined": queries.quarantined_rows(request.user, QUARANTINED_ROWS),
        "counters_of": request.GET.get("counters", ""),
    }
    if request.htmx:
        return live_part(request, "dashboard/gateways_now.html", context)
    return render(request, "dashboard/gateways.html", context)


@roles(*SEE_MONEY)
def accounts(request: HttpRequest) -> HttpResponse:
    """Every account, also closed ones, by its code."""
    query = request.GET.get("q", "").strip()
    found = find_accounts(query)
    page = Paginator(found, ACCOUNTS_PER_PAGE).get_page(request.GET.get("page", "1"))
    return render(
        request,
        "dashboard/accounts.html",
        {"page": page, "query": query, "before": urlencode({"q": query}), "open_state": Account.State.OPEN},
    )
