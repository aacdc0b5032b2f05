"""The heads are told when the day has passed on which the four parties agree, and buildings are not agreed (R-4.1.9)."""

from datetime import date

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_noop as _

from central.campus.models import Building
from central.clock import campus_day, start_of_day_ms
from central.domain.four_way import due_on
from central.domain.periods import Period
from central.losses.readings.sheets import month_of
from central.office.dated_settings import number_at
from central.office.notice_templates import Template, register
from central.office.notices import notify, was_told
from central.office.roles import Role
from central.papers.accounting import last_over
from central.reports.agreement.models import AgreementLock, Standing

OVERDUE = "agreement-overdue"
TOLD = (Role.FINANCE, Role.DIRECTOR, Role.VP_NETWORK, Role.VP_LOGISTICS)
AGAIN_DAYS = 3
MOST_NAMED = 8


def register_notices() -> None:
    """Add the template."""
    register(
        OVERDUE,
        Template(
            _("Four-way agreement overdue"),
            _("Period %(month)s: %(open)s buildings are not agreed, due on %(due)s"),
            (_("Buildings: %(buildings)s"), _("Look: %(link)s")),
        ),
    )


def due_day(period: Period) -> date:
    """Give the day by which a period is to agree, as the setting said when it ended."""
    return due_on(period, number_at("agreement.due-day", start_of_day_ms(period.last)))


def open_buildings(period: Period) -> list[Building]:
    """Give the buildings that have anything to agree on, and are not locked."""
    locked = AgreementLock.objects.filter(period=period.name).values("building")
    standing = Standing.objects.filter(period=period.name).exclude(building__in=locked)
    rows = standing.select_related("building").defer("content", "explained").order_by("building__code")
    return [one.building for one in rows if one.has_rows]


def tell_overdue(now_ms: int) -> int:
    """Tell the heads once the day has passed, and again every few days; give how many notices."""
    period = last_over(now_ms)
    days_late = (campus_day(now_ms) - due_day(period)).days
    if days_late <= 0:
        return 0
    key = f"{OVERDUE}-{period.name}-{(days_late - 1) // AGAIN_DAYS}"
    if was_told(key, OVERDUE, now_ms):
        return 0
    waiting = open_buildings(period)
    if not waiting:
        return 0
    names = [one.name for one in waiting[:MOST_NAMED]] + (["…"] if len(waiting) > MOST_NAMED else [])
    params: dict[str, str | int] = {
        "month": period.name.partition(":")[2],
        "open": len(waiting),
        "due": due_day(period).isoformat(),
        "buildings": ", ".join(names),
        "link": reverse("agreement:board") + f"?month={month_of(period)}",
    }
    with transaction.atomic():
        return notify(OVERDUE, params, to=TOLD, key=key, now_ms=now_ms)
