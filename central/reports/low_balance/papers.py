"""The two daily papers of R-4.1.6: the check of the buildings' use, and the low balances as they were listed."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central import clock
from central.campus.models import Building
from central.clock import local, minute_text
from central.domain.low_balance import LowRoom
from central.domain.paper import Cell, Column, Kind, Paper, Row, Table
from central.domain.periods import Period, PeriodKind
from central.office.roles import SEE_REPORTS, Role
from central.papers.accounting import instants_of
from central.papers.catalogue import Report
from central.papers.words import period_words
from central.reports.low_balance.day_use import BuildingDay, building_days
from central.reports.low_balance.lists import rooms_of
from central.reports.low_balance.models import LowBalanceList
from central.reports.low_balance.queries import newest_of_day
from central.reports.low_balance.words import FINDINGS, age_words, joined, marks_of, title_of
from gateway.contract.quantities import Unit


def build_check(period: Period) -> Paper:
    """Make the check of a day: a row for each building."""
    days = building_days(period.first, Building.objects.order_by("code"), clock.now_ms())
    from_ms, until_ms = instants_of(period)
    return Paper(
        code="building-check",
        document="",
        title=_("Daily check of the buildings' use"),
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=[check_table(days)],
        recipients=[_("Card room"), _("Network centre")],
        signatures=[_("Card room"), _("Network-centre director")],
        notes=check_notes(days),
    )


def check_table(days: Iterable[BuildingDay]) -> Table:
    """Give the table of a day; a figure that nobody measured is empty, never 0."""
    columns = [
        Column("building", _("Building"), width=12),
        Column("finding", _("Finding"), width=14),
        Column("used", _("Used, kWh"), Kind.KWH, 10, summed=True),
        Column("covered", _("Hours read, %"), Kind.PERCENT, 8),
        Column("without", _("Rooms not read"), Kind.COUNT, 8, summed=True),
        Column("before", _("Day before, kWh"), Kind.KWH, 10, summed=True),
        Column("usual", _("Same weekday, kWh"), Kind.KWH, 10),
        Column("weeks", _("Weeks"), Kind.COUNT, 6),
        Column("change", _("Change, %"), Kind.PERCENT, 8),
        Column("room", _("Per occupied room, kWh"), Kind.KWH, 10),
    ]
    return Table("", columns, [_check_row(one) for one in days])


def _check_row(one: BuildingDay) -> Row:
    checked = one.checked
    cells: list[Cell] = [
        one.building.name,
        str(FINDINGS[checked.finding].word),
        checked.day.used_wh,
        checked.day.covered_ppm if checked.day.of_hours else None,
        checked.day.rooms_without,
        checked.before.used_wh,
        checked.usual_wh,
        checked.weeks,
        checked.change_ppm,
        checked.per_room_wh,
    ]
    return Row(cells, {"building": reverse("dashboard:building", args=[one.building.pk])})


def check_notes(days: Iterable[BuildingDay]) -> list[str]:
    """Say how the figures are to be read, and which gateways are silent."""
    notes = [
        _("Use by the rooms' own meters. Same weekday: the mean of the four weeks before, of days read at least to 90 percent."),
        _("An empty figure was not measured: no data is not no use."),
    ]  # fmt: skip
    for one in days:
        if one.is_silent and one.checked.day.of_hours:
            heard = minute_text(one.heard_ms) if one.heard_ms else _("not once")
            notes.append(
                _("%(building)s: the gateway is silent, last heard %(heard)s. What it read comes later.")
                % {"building": one.building.name, "heard": heard}
            )
    return notes


def build_lists(period: Period) -> Paper:
    """Make the low balances of a day: each building's newest list, as it was made."""
    kept = newest_of_day(period.first, Building.objects.order_by("code"))
    from_ms, until_ms = instants_of(period)
    return Paper(
        code="low-balances",
        document="",
        title=_("Rooms with a low balance"),
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=[Table("", _list_columns(), [row for one in kept.values() if one for row in _list_rows(one)])],
        recipients=[_("Card room"), _("Building wardens")],
        signatures=[_("Card room")],
        notes=_list_notes(kept),
    )


def _list_columns() -> list[Column]:
    return [
        Column("building", _("Building"), width=12),
        Column("room", _("Room"), width=10),
        Column("yuan", _("Left, yuan"), Kind.YUAN, 10),
        Column("kwh", _("Left, kWh"), Kind.KWH, 10),
        Column("marks", _("Remark"), width=24),
        Column("at", _("Listed at"), width=10),
    ]


def _list_rows(kept: LowBalanceList) -> list[Row]:
    page = reverse("low_balance:list", args=[kept.pk])
    return [
        Row(
            [
                kept.building.name,
                room.label,
                _left(room, Unit.YUAN),
                _left(room, Unit.KWH),
                joined(marks_of(room, kept)),
                f"{local(kept.at_ms):%H:%M}",
            ],
            {"building": page},
        )
        for room in rooms_of(kept)
    ]


def _left(room: LowRoom, unit: str) -> int | None:
    return next((amount for amount, held in room.amounts if held == unit), None)


def _list_notes(kept: dict[Building, LowBalanceList | None]) -> list[str]:
    """Say which buildings have no list, which have nobody on theirs, and how old the figures are."""
    notes = [_("Rooms and balances, no names. Each building's newest list of the day, as it was made.")]
    missing = [building.name for building, one in kept.items() if one is None]
    if missing:
        notes.append(_("No list was made of: %(buildings)s.") % {"buildings": joined(missing)})
    empty = [building.name for building, one in kept.items() if one and not one.rows]
    if empty:
        notes.append(_("No room was low in: %(buildings)s.") % {"buildings": joined(empty)})
    notes += [f"{title_of(one)}. {age_words(one)}" for one in kept.values() if one and one.is_silent]
    return notes


BUILDING_CHECK = Report(
    code="building-check",
    title=gettext_lazy("Daily check of the buildings' use"),
    about=gettext_lazy("Each building's day beside the day before and the same weekday; what was not read stands out."),
    periods=(PeriodKind.DAY,),
    roles=SEE_REPORTS,
    build=build_check,
    told=(Role.CASHIER, Role.DIRECTOR),
)  # fmt: skip
LOW_BALANCES = Report(
    code="low-balances",
    title=gettext_lazy("Rooms with a low balance"),
    about=gettext_lazy("Each building's list of the day, as it was made and told. No names."),
    periods=(PeriodKind.DAY,),
    roles=SEE_REPORTS,
    build=build_lists,
    told=(Role.CASHIER, Role.DIRECTOR),
)
