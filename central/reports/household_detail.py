"""HNKJ/C4/1013, the per-household detail (R-6.2, R-4.2.5): every household's opening, paid, used and closing, building by building.

Behind it stand what is owed and the cases of theft and leakage of the period: those go at once to five offices (`arrears_told`).
Balances kept in yuan and in kWh have a table each: their positions can't be added.
"""

from collections.abc import Iterable
from urllib.parse import quote, urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central import clock
from central.campus.models import Building
from central.clock import campus_day
from central.domain.paper import Cell, Column, Kind, Paper, Row, Table
from central.domain.periods import Period, PeriodKind
from central.losses.case_models import Case
from central.office.dated_settings import list_at, value_at
from central.office.roles import SEE_HOUSEHOLDS, Role
from central.office.templatetags.cardroom import price
from central.papers.accounting import instants_of
from central.papers.catalogue import Report
from central.papers.words import period_words
from central.reports.arrears import owed_table
from central.reports.arrears_told import FOUND, cases_in, tell_of_arrears
from central.reports.books.folding import catch_up
from central.reports.household_rows import (
    Household,
    RemarkKind,
    buildings_in_order,
    households,
    in_unit,
)
from central.reports.owed import OwedKind, owed_now
from central.reports.paid_tie import tie_table
from central.reports.takings import is_settled, open_notes
from gateway.contract.quantities import Unit

DOCUMENT = "HNKJ/C4/1013"
FIGURES = ("opening", "takings", "subsidies", "refunds", "consumption", "other", "closing")


def build(period: Period) -> Paper:
    """Make the detail of a month or an accounting period."""
    from_ms, until_ms = instants_of(period)
    owed = owed_now(clock.now_ms(), until_ms)
    found = households(period, {one.account.code for one in owed if one.kind is not OwedKind.BELOW_ZERO})
    buildings = buildings_in_order(found)
    with_names = bool(value_at("detail.names", until_ms - 1))
    tables = [_sum_table(unit, buildings, found) for unit in Unit if _any(unit, found)]
    for one in buildings:
        for unit in Unit:
            if rows := in_unit(found[one.pk], unit):
                tables.append(_building_table(one, unit, rows, with_names, period))
    return Paper(
        code="household-detail",
        document=DOCUMENT,
        title=_("Per-household detail of charges"),
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=[
            *tables,
            tie_table(period, _paid_in_yuan(found)),
            owed_table(_("Arrears"), owed, with_names=with_names),
            _case_table(from_ms, until_ms),
        ],
        recipients=[str(one) for one in list_at("detail.copies", until_ms - 1)],
        signatures=[_("Card room"), _("Network-centre director"), _("Vice-president")],
        notes=[*open_notes(period), *_notes()],
    )


def _paid_in_yuan(found: dict[int, list[Household]]) -> int:
    return sum(one.figures.takings for rows in found.values() for one in in_unit(rows, Unit.YUAN))


def _any(unit: Unit, found: dict[int, list[Household]]) -> bool:
    return any(in_unit(rows, unit) for rows in found.values())


def _notes() -> list[str]:
    return [
        _("Closing = opening + paid + subsidies - refunds - used + other. Below zero the household owes."),
        _(
            "Registers stand where the gateways read them at the period's ends; prices are the lowest and the highest."
        ),
        _(
            "Arrears stand as of the making of this sheet; theft and leakage were told to the offices when found."
        ),
    ]


def _kind(unit: Unit) -> Kind:
    return Kind.KWH if unit is Unit.KWH else Kind.YUAN


def _figure_columns(unit: Unit) -> list[Column]:
    titles = {
        "opening": _("Opening"),
        "takings": _("Paid"),
        "subsidies": _("Subsidies"),
        "refunds": _("Refunds"),
        "consumption": _("Used"),
        "other": _("Other"),
        "closing": _("Closing"),
    }
    return [Column(key, titles[key], _kind(unit), 10, summed=True) for key in FIGURES]


def _title(place: str, unit: Unit) -> str:
    kept = _("kept in kWh") if unit is Unit.KWH else _("kept in yuan")
    return _("%(place)s, %(kept)s") % {"place": place, "kept": kept}


def _sum_table(unit: Unit, buildings: Iterable[Building], found: dict[int, list[Household]]) -> Table:
    columns = [
        Column("building", _("Building"), width=14),
        Column("households", _("Households"), Kind.COUNT, 9, summed=True),
        Column("energy", _("Energy used, kWh"), Kind.KWH, 12, summed=True),
        *_figure_columns(unit),
    ]
    rows = []
    for one in buildings:
        mine = in_unit(found[one.pk], unit)
        if mine:
            sums = [sum(getattr(row.figures, key) for row in mine) for key in FIGURES]
            rows.append(Row([one.name, len(mine), sum(row.figures.energy_wh for row in mine), *sums]))
    return Table(_title(_("Buildings"), unit), columns, rows)


def _building_table(
    building: Building, unit: Unit, rows: list[Household], with_names: bool, period: Period
) -> Table:
    columns = [
        Column("room", _("Room"), width=7),
        *([Column("people", _("Occupants"), width=13)] if with_names else []),
        Column("class", _("Class"), width=9),
        Column("first", _("First register"), Kind.KWH, 9),
        Column("last", _("Last register"), Kind.KWH, 9),
        Column("energy", _("Energy used, kWh"), Kind.KWH, 11, summed=True),
        Column("price", _("Price"), width=12),
        *_figure_columns(unit),
        Column("remarks", _("Remarks"), width=18),
    ]
    words = remark_words()
    pages = _Pages(period)
    lines = [_row(one, with_names, words, pages) for one in rows]
    return Table(_title(building.name, unit), columns, lines)


class _Pages:
    """Addresses of many rows: reversed once, filled in for each."""

    def __init__(self, period: Period) -> None:
        self.room = reverse("dashboard:room", args=[0]).removesuffix("0/")
        self.bill = reverse("losses:bill", args=["0"]).removesuffix("0/")
        self.period = urlencode({"period": period.name})

    def links(self, one: Household) -> dict[str, str]:
        """The room's page, and its bill of the period: what its figures are made of."""
        bill = f"{self.bill}{quote(one.code)}/?{self.period}"
        return {"room": f"{self.room}{one.room_id}/", "consumption": bill, "closing": bill}


def _row(one: Household, with_names: bool, words: dict[RemarkKind, str], pages: _Pages) -> Row:
    figures = one.figures
    cells: list[Cell] = [
        one.room,
        *([one.people] if with_names else []),
        one.class_name,
        one.first_wh,
        one.last_wh,
        figures.energy_wh,
        "–".join(price(each) for each in one.prices),
        figures.opening,
        figures.takings,
        figures.subsidies,
        figures.refunds,
        figures.consumption,
        figures.other,
        figures.closing,
        _("; ").join(words[kind] % {"what": what} for kind, what in one.remarks),
    ]
    return Row(cells, pages.links(one))


def remark_words() -> dict[RemarkKind, str]:
    """Say what must be known beside the figures; %(what)s is a name, a number or a day."""
    return {
        RemarkKind.PAYS_FROM: _("uses up the balance of %(what)s"),
        RemarkKind.PAYS_FOR: _("balance shared by %(what)s more"),
        RemarkKind.MONTHLY: _("billed monthly"),
        RemarkKind.CARD: _("credit on a card"),
        RemarkKind.ESTIMATED: _("estimated: no meter"),
        RemarkKind.ARREARS: _("arrears"),
        RemarkKind.NO_READINGS: _("no readings"),
        RemarkKind.METER_REPLACED: _("meter replaced"),
        RemarkKind.MOVED_IN: _("from %(what)s"),
        RemarkKind.MOVED_OUT: _("until %(what)s"),
    }


def _case_table(from_ms: int, until_ms: int) -> Table:
    """List the cases of theft and leakage that stood in the period."""
    columns = [
        Column("number", _("Power case"), Kind.COUNT, 8),
        Column("building", _("Building"), width=14),
        Column("room", _("Room"), width=10),
        Column("kind", _("What opened it"), width=24),
        Column("state", _("State"), width=14),
        Column("finding", _("Finding"), width=18),
        Column("opened", _("Case begun"), width=11),
        Column("closed", _("Case ended"), width=11),
    ]
    about = Q(kind__in=(Case.Kind.THEFT, Case.Kind.LOSS)) | FOUND
    found = cases_in(from_ms, until_ms).filter(about).order_by("building__code", "pk")
    rows = [_case_row(one) for one in found.select_related("building", "room__building")]
    return Table(_("Theft and leakage"), columns, rows)


def _case_row(one: Case) -> Row:
    cells: list[Cell] = [
        one.pk,
        one.building.name,
        one.room.full_label if one.room else "",
        str(one.get_kind_display()),
        str(one.get_state_display()),
        str(one.get_finding_display()) if one.finding else "",
        campus_day(one.opened_ms).isoformat(),
        campus_day(one.closed_ms).isoformat() if one.closed_ms else "",
    ]
    return Row(cells, {"number": reverse("losses:case", args=[one.pk])})


HOUSEHOLD_DETAIL = Report(
    code="household-detail",
    title=gettext_lazy("Per-household detail of charges"),
    about=gettext_lazy(
        "HNKJ/C4/1013: every household's opening, paid, used, closing and registers; arrears, theft and leakage behind it."
    ),
    periods=(PeriodKind.ACCOUNTING, PeriodKind.MONTH),
    roles=SEE_HOUSEHOLDS,
    build=build,
    is_settled=is_settled,
    alert=tell_of_arrears,
    before=catch_up,
    told=(Role.DIRECTOR, Role.LOGISTICS, Role.VP_NETWORK, Role.VP_LOGISTICS, Role.AFFAIRS),
)
