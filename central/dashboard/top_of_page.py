"""What stands above every page: the menu of the reader's role, what waits, and whether the time shown is a bench's."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from central import clock
from central.link.models import Alarm
from central.office.access import may
from central.office.models import User, of_served
from central.office.roles import (
    IMPORT_CAMPUS,
    MANAGE_PEOPLE,
    SEE_AUDIT,
    SEE_GATEWAYS,
    SEE_MONEY,
    SEE_REPORTS,
    SEE_SUPPLY,
    SET_PRICES,
)
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
    (_("Alarms"), "dashboard:alarms", SEE_SUPPLY),
    (_("Accounts"), "dashboard:accounts", SEE_MONEY),
    (_("Reports"), "papers:reports", SEE_REPORTS),
    (_("Audit log"), "audit:log", SEE_AUDIT),
    (_("Gateways"), "dashboard:gateways", SEE_GATEWAYS),
    (_("Prices"), "office:prices", SET_PRICES),
    (_("Import"), "office:import", IMPORT_CAMPUS),
    (_("People"), "office:people", MANAGE_PEOPLE),
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
    here = request.resolver_match.view_name if request.resolver_match else ""
    for label, name, allowed in MENU:
        if may(request, allowed):
            count, tone = _count(name, request.user)
            yield MenuItem(label, reverse(name), _section(here) == name, count, tone)


def _count(name: str, user: User) -> tuple[int, str]:
    if name == "dashboard:alarms":
        return Alarm.objects.filter(of_served(user, "gateway__building"), cleared_ms=None).count(), "bad"
    return 0, ""


SECTIONS = {
    "dashboard:building": "dashboard:overview",
    "dashboard:room": "dashboard:overview",
    "office:person": "office:people",
    "papers:report": "papers:reports",
    "papers:sealed": "papers:reports",
    "audit:check": "audit:log",
    "audit:hash": "audit:log",
    "desk:room": "desk:find",
    "desk:read-back": "desk:find",
    "desk:pay": "desk:find",
    "desk:receipt": "desk:find",
}


def _section(view_name: str) -> str:
    return SECTIONS.get(view_name, view_name)
