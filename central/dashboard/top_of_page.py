"""What stands above every page: the menu of the reader's role, what waits, and whether the time shown is a bench's."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from central import clock
from central.dashboard.office_home import OFFICE_VIEWS
from central.link.models import Alarm
from central.office import notice_queries
from central.office.access import may
from central.office.approval_queries import number_waiting_for
from central.office.models import of_served
from central.office.roles import EVERYONE, OPEN_REPORTS, SEE_GATEWAYS, SEE_MONEY, SEE_NOTICES, SEE_SUPPLY
from central.office.words import LOW, OFFLINE, ONLINE


@dataclass(frozen=True)
class MenuItem:
    """One entry of the menu."""

    label: str | Promise
    href: str
    current: bool
    count: int = 0
    tone: str = ""


MENU = (
    (_("Desk"), "desk:find", SEE_MONEY),
    (_("Overview"), "dashboard:overview", SEE_SUPPLY),
    (_("Not yet supplied"), "desk:waiting", SEE_MONEY),
    (_("Cash"), "desk:shifts", SEE_MONEY),
    (_("Alarms"), "dashboard:alarms", SEE_SUPPLY),
    (_("Accounts"), "dashboard:accounts", SEE_MONEY),
    (_("Approvals"), "office:approvals", EVERYONE),
    (_("Reports"), "papers:reports", OPEN_REPORTS),
    (_("The office"), "dashboard:office", EVERYONE),
    (_("Gateways"), "dashboard:gateways", SEE_GATEWAYS),
)


def top_of_page(request: HttpRequest) -> dict[str, object]:
    """Give templates the menu and the bench's sign. Counts are read when the menu is drawn, so a refreshed part costs nothing."""
    return {
        "navigation": lambda: list(_menu(request)),
        "bench_rate": clock.bench_rate(),
        "bench_now_ms": clock.now_ms,
        "low_badge": LOW,
        "online_badge": ONLINE,
        "offline_badge": OFFLINE,
    }


def _menu(request: HttpRequest) -> Iterable[MenuItem]:
    section = _section(request.resolver_match.view_name if request.resolver_match else "", request.path)
    for label, name, allowed in MENU:
        if may(request, allowed):
            count, tone = _count(name, request)
            yield MenuItem(label, reverse(name), section == name, count, tone)


def _count(name: str, request: HttpRequest) -> tuple[int, str]:
    user = request.user
    if name == "dashboard:alarms":
        return Alarm.objects.filter(of_served(user, "gateway__building"), cleared_ms=None).count(), "bad"
    if name == "dashboard:office" and may(request, SEE_NOTICES):
        lost = notice_queries.given_up(clock.now_ms())
        return (lost, "bad") if lost else (notice_queries.waiting_by_hand(), "warn")
    if name == "office:approvals":
        return number_waiting_for(user, clock.now_ms()), "warn"
    return 0, ""


SECTIONS = {
    "dashboard:building": "dashboard:overview",
    "dashboard:room": "dashboard:overview",
    "office:approvals": "office:approvals",
    "office:approval": "office:approvals",
    "office:approval-sign": "office:approvals",
    "papers:report": "papers:reports",
    "papers:sealed": "papers:reports",
    "desk:room": "desk:find",
    "desk:read-back": "desk:find",
    "desk:pay": "desk:find",
    "desk:receipt": "desk:find",
    **dict.fromkeys(
        (
            *(
                "desk:shifts",
                "desk:shift",
                "desk:shift-record",
                "desk:shift-end",
                "desk:shift-hand-over",
                "desk:days",
                "desk:day-table",
                "desk:day",
                "desk:day-end",
            ),
            *("desk:hand-ins", "desk:hand-in", "desk:hand-in-make", "desk:hand-in-end"),
            *("desk:roster", "desk:roster-rotation", "desk:roster-day"),
        ),
        "desk:shifts",
    ),
}


def _section(view_name: str, path: str) -> str:
    """Give the menu's entry that a page belongs to; what stands under a door of the office's front page is the office's."""
    if view_name in SECTIONS:
        return SECTIONS[view_name]
    behind_a_door = view_name.startswith("office:") or path.startswith(_doors())
    return "dashboard:office" if behind_a_door else view_name


@cache
def _doors() -> tuple[str, ...]:
    """Addresses don't change while the process lives."""
    return tuple(map(reverse, OFFICE_VIEWS))
