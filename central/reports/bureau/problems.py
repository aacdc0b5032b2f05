"""What stands against a period's figures when the power bureau is paid: the problem table (R-4.1.9)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from central.campus.models import Building
from central.clock import campus_day
from central.desk.day_sums import open_days_in
from central.domain.instant_balance import Figures
from central.domain.paper import Column, Row, Table
from central.domain.periods import Period
from central.link.gateway_queries import without_lists
from central.link.models import Alarm
from central.losses.case_models import Case
from central.losses.readings.models import ReadingSheet
from central.losses.readings.sheets import month_of
from central.office.words import ALARMS, name_of
from central.papers.accounting import instants_of
from central.papers.catalogue import page_of
from central.reports.books.models import PeriodLock
from central.reports.books.queries import late_rows
from central.reports.faults_told import quarantined, silent_gateways

BALANCE_ALARMS = ("balance-differs", "grant-differs", "unknown-grant", "grant-twice", "grant-unproved")


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem: of which building ("" for the campus), what it is, since when, and the page where it is worked on."""

    building: str
    kind: str
    what: str
    since: str
    page: str


def problem_table(
    period: Period, buildings: Iterable[Building], balances: Mapping[int, Mapping[str, Figures]], now_ms: int
) -> Table:
    """Make the table: the whole campus's problems first, then building by building."""
    buildings = list(buildings)
    from_ms, until_ms = instants_of(period)
    found = [
        *_desk_problems(period),
        *_balance_problems(buildings, balances, period),
        *_reading_problems(buildings, period),
        *_case_problems(until_ms),
        *_lock_problems(buildings, period),
        *_gateway_problems(from_ms, until_ms, now_ms),
    ]
    columns = [
        Column("building", _("Building"), width=14),
        Column("kind", _("Problem"), width=24),
        Column("what", _("Particulars"), width=44),
        Column("since", _("Since"), width=12),
    ]
    rows = [Row([one.building, one.kind, one.what, one.since], {"kind": one.page}) for one in found]
    return Table(_("Problems"), columns, rows)


def _desk_problems(period: Period) -> list[Problem]:
    closes = reverse("desk:days")
    found = [
        Problem("", _("day not closed"), day.isoformat(), day.isoformat(), closes)
        for day in open_days_in(period)
    ]
    if late := late_rows(period):
        since = min(row.at_ms for row in late)
        what = _("%(n)d movements of earlier periods that are locked") % {"n": len(late)}
        page = page_of("household-detail", period.name)
        found.append(Problem("", _("booked late"), what, campus_day(since).isoformat(), page))
    return found


def _balance_problems(
    buildings: Iterable[Building], balances: Mapping[int, Mapping[str, Figures]], period: Period
) -> Iterable[Problem]:
    for one in buildings:
        page = reverse("losses:balance-building", args=[one.code])
        if not balances.get(one.pk):
            yield Problem(
                one.name, _("no master meter"), _("Its energy is not measured as a whole."), "", page
            )
        for group, figures in balances.get(one.pk, {}).items():
            known, of = figures.hours
            if known < of:
                what = _("%(group)s: %(known)d of %(of)d hours measured") % {
                    "group": group,
                    "known": known,
                    "of": of,
                }
                address = reverse("losses:balance-group", args=[one.code, group]) + f"?at={period.name}"
                yield Problem(one.name, _("readings missing"), what, "", address)


def _reading_problems(buildings: Iterable[Building], period: Period) -> Iterable[Problem]:
    sheets = {one.building_id: one for one in ReadingSheet.objects.filter(period=period.name)}
    month = period.name.partition(":")[2]
    metered = set(Building.objects.filter(meters__isnull=False).values_list("pk", flat=True))
    for one in buildings:
        sheet = sheets.get(one.pk)
        if one.pk in metered and (sheet is None or sheet.state != ReadingSheet.State.AGREED):
            words = sheet.get_state_display() if sheet else _("no meter is read yet")
            page = reverse("losses:readings")
            yield Problem(one.name, _("readings by hand not agreed"), f"{month}: {words}", "", page)


def _case_problems(until_ms: int) -> list[Problem]:
    standing = Case.objects.filter(opened_ms__lt=until_ms).exclude(state=Case.State.CLOSED)
    return [
        Problem(
            one.building.name,
            _("power case open"),
            f"{one.pk}: {one.get_kind_display()} {one.about}".strip(),
            campus_day(one.opened_ms).isoformat(),
            reverse("losses:case", args=[one.pk]),
        )
        for one in standing.select_related("building").order_by("building__code", "pk")
    ]


def _lock_problems(buildings: Iterable[Building], period: Period) -> list[Problem]:
    page = f"{reverse('agreement:board')}?{urlencode({'month': month_of(period)})}"
    words = _("The four sides have not signed the period of this building.")
    locked = set(PeriodLock.objects.filter(period=period.name).values_list("building", flat=True))
    return [
        Problem(one.name, _("period not agreed"), words, "", page)
        for one in buildings
        if one.code not in locked
    ]


def _gateway_problems(from_ms: int, until_ms: int, now_ms: int) -> list[Problem]:
    alarms, gateways = reverse("dashboard:alarms"), reverse("dashboard:gateways")
    told = [*silent_gateways(from_ms, until_ms, now_ms), *quarantined(from_ms, until_ms)]
    found = [
        Problem(one.building, one.what, one.detail, campus_day(one.since_ms).isoformat(), gateways)
        for one in told
        if not one.is_over
    ]
    standing = Alarm.objects.filter(what__in=BALANCE_ALARMS, cleared_ms=None, raised_ms__lt=until_ms)
    return found + [
        Problem(
            one.gateway.building.name if one.gateway else "",
            str(name_of(ALARMS, one.what)),
            one.subject,
            campus_day(one.raised_ms).isoformat(),
            alarms,
        )
        for one in without_lists(standing.select_related("gateway__building")).order_by(
            "gateway", "raised_ms"
        )
    ]
