"""How far the buildings' sheets of a period are, by when they are due, and who is reminded (R-4.3.7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_noop as _

from central.campus.models import Building
from central.clock import campus_day, start_of_day_ms
from central.domain.periods import Period
from central.losses.readings.meters import sheet_meters
from central.losses.readings.models import ReadingSheet
from central.losses.readings.sheets import (
    Line,
    Place,
    Progress,
    entries_of,
    hangs_at,
    period_now,
    place_of,
    progress_of,
)
from central.office.dated_settings import number_at
from central.office.notice_templates import Template, register
from central.office.notices import electricians_of, notify, was_told
from central.office.roles import Role

TO_READ, OVERDUE = "readings-to-read", "readings-overdue"
AGAIN_DAYS = 3
"""What is still not read is said again so many days later."""


def register_notices() -> None:
    """Add the templates."""
    lines = (
        _("Period %(month)s: %(done)s of %(meters)s meters are read"),
        _("To be read by %(due)s"),
        _("Look: %(link)s"),
    )
    register(TO_READ, Template(_("Meters to read"), _("Meters of %(building)s are to be read"), lines))
    register(
        OVERDUE,
        Template(_("Meters not read in time"), _("Meters of %(building)s were not read in time"), lines),
    )


def due_day(period: Period) -> date:
    """Give the day by which a period's meters are read: in the month in which it ends, never before its last day."""
    day = number_at("readings.due-day", start_of_day_ms(period.last))
    wanted = period.last.replace(day=day)
    return max(wanted, period.last)


@dataclass(frozen=True, slots=True)
class SheetState:
    """One building's sheet on the heads' page."""

    place: Place
    progress: Progress
    due: date
    is_late: bool


def states_of(buildings: Iterable[Building], period: Period, now_ms: int) -> list[SheetState]:
    """Give how far each building is."""
    due, today = due_day(period), campus_day(now_ms)
    found = []
    for building in buildings:
        place = place_of(building, period)
        progress = progress_at(place, now_ms)
        is_open = place.state == ReadingSheet.State.OPEN
        found.append(SheetState(place, progress, due, is_open and today > due and progress.meters > 0))
    return found


def progress_at(place: Place, now_ms: int) -> Progress:
    """Count what is read, without what was known before."""
    entries = entries_of(place.sheet)
    meters = sheet_meters(place.building, hangs_at(place, now_ms))
    return progress_of(
        [Line(0, one, None, None, entries[one.meter][-1] if one.meter in entries else None) for one in meters]
    )


def tell_of_sheets(now_ms: int) -> int:
    """Tell each building's electricians some days before its sheet is due, and again while it is late; give how many notices."""
    period, today = period_now(now_ms), campus_day(now_ms)
    due = due_day(period)
    days_left = (due - today).days
    if days_left > number_at("readings.remind-before", now_ms):
        return 0
    template = TO_READ if days_left >= 0 else OVERDUE
    turn = 0 if days_left >= 0 else -days_left // AGAIN_DAYS
    return sum(
        _tell(building, period, template, turn, now_ms) for building in Building.objects.order_by("pk")
    )


def _tell(building: Building, period: Period, template: str, turn: int, now_ms: int) -> int:
    key = f"readings-{building.pk}-{period.name}-{template}-{turn}"
    if was_told(key, template, now_ms):
        return 0
    place = place_of(building, period)
    if place.state != ReadingSheet.State.OPEN:
        return 0
    progress = progress_at(place, now_ms)
    if not progress.meters:
        return 0
    with transaction.atomic():
        return notify(
            template,
            {
                "building": building.name,
                "month": period.name.partition(":")[2],
                "done": progress.done,
                "meters": progress.meters,
                "due": due_day(period).isoformat(),
                "link": reverse("losses:reading-sheet", args=[building.pk, place.month]),
            },
            to=[Role.DIRECTOR] if template == OVERDUE else [],
            persons=electricians_of(building.pk, now_ms),
            key=key,
            now_ms=now_ms,
        )
