"""HNKJ/C4/1012, the monthly charge report (R-6.1): what was charged by item, day and building, in cash, by card, by transfer.

Its total is that of the takings, its days are those of the desk's tables. Subsidies stand apart: they are never takings.
"""

from collections.abc import Iterable
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.campus.models import Account, Building
from central.desk.day_sums import (
    closes_in,
    days_touched,
    open_days_in,
    part_name,
    state_words,
    totals_by_day,
    voids_in,
)
from central.desk.day_table_views import report_address
from central.desk.models import Payment
from central.desk.print_models import ReceiptVoid
from central.domain.day_totals import Item, Totals
from central.domain.paper import Cell, Column, Kind, Paper, Row, Table
from central.domain.periods import Period, PeriodKind, day_period
from central.ledger.models import Transfer
from central.link.models import TakeBackRequest
from central.office.dated_settings import list_at
from central.office.roles import SEE_MONEY, Role
from central.papers.accounting import instants_of
from central.papers.catalogue import Report, page_of
from central.papers.words import period_words
from central.reports.charged import Sums, by_building, by_day, charged_in, sums_of
from central.reports.subsidies import KINDS as SUBSIDY_KINDS
from central.reports.takings import is_settled, open_notes
from gateway.contract.quantities import MICRO_YUAN_PER_FEN, Unit

DOCUMENT = "HNKJ/C4/1012"


def build(period: Period) -> Paper:
    """Make the report of a month or an accounting period."""
    from_ms, until_ms = instants_of(period)
    lines = charged_in(period)
    whole, days = sums_of(lines), totals_by_day(period)
    return Paper(
        code="monthly-charges",
        document=DOCUMENT,
        title=_("Monthly charge report"),
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=[
            _item_table(whole, period),
            building_table(by_building(lines), period),
            _day_table(period, days, by_day(lines)),
            *_subsidy_tables(from_ms, until_ms, period),
            _void_table(period),
        ],
        recipients=[str(one) for one in list_at("charges.copies", until_ms - 1)],
        signatures=[_("Card room"), _("Network-centre director"), _("Vice-president"), _("Finance office")],
        notes=[*open_notes(period), *_notes(), *_regrouped_notes(whole, days.values())],
    )


def _notes() -> list[str]:
    return [
        _("Amounts in yuan. Void receipts are taken off on the day on which the money went back."),
        _("Energy sold: what was paid for at the price of its day; debts, repairs and penalties buy none."),
        _("Subsidies are credit given without money: they stand apart and are in no total."),
    ]


def _regrouped_notes(whole: Sums, days: Iterable[Totals]) -> list[str]:
    """Say that a class went to another group since a day was closed: that day keeps what it was closed with."""
    sums = dict.fromkeys(Item, 0)
    for totals in days:
        for item in Item:
            sums[item] += getattr(totals, item.value)
    if sums == whole.items:
        return []
    return [
        _(
            "A class went to another group after days were closed: by day stands the group of then, elsewhere that of now."
        )
    ]


def item_words() -> dict[Item, str]:
    """Name what is paid for."""
    return {
        Item.DORMITORY: _("Dormitories"),
        Item.MERCHANT: _("Merchants"),
        Item.STAFF: _("Staff households"),
        Item.REPAIR: _("Repair fees"),
        Item.ON_BEHALF: _("On behalf of others"),
        Item.PENALTY: _("Penalties"),
    }


def _item_columns() -> list[Column]:
    return [Column(item.value, word, Kind.YUAN, 9, summed=True) for item, word in item_words().items()]


def _method_columns() -> list[Column]:
    return [
        Column("cash", _("Cash"), Kind.YUAN, 10, summed=True),
        Column("card", _("Card"), Kind.YUAN, 9, summed=True),
        Column("transfer", _("Transfer"), Kind.YUAN, 9, summed=True),
        Column("total", _("Total"), Kind.YUAN, 11, summed=True),
    ]


def _last_columns() -> list[Column]:
    return [*_method_columns(), Column("energy", _("Energy sold, kWh"), Kind.KWH, 10, summed=True)]


def _count_columns() -> list[Column]:
    return [
        Column("receipts", _("Receipts"), Kind.COUNT, 7, summed=True),
        Column("voids", _("Void receipts"), Kind.COUNT, 8, summed=True),
        Column("void_sum", _("Of void receipts"), Kind.YUAN, 9, summed=True),
    ]


def _yuan(fen: int) -> int:
    return fen * MICRO_YUAN_PER_FEN


def _counts(sums: Sums) -> list[Cell]:
    return [sums.receipts, sums.voids, _yuan(sums.void_fen)]


def _last(sums: Sums) -> list[Cell]:
    methods = [_yuan(sums.methods[method]) for method in Payment.Method.values]
    return [*methods, _yuan(sums.total), sums.energy_wh]


def _item_table(whole: Sums, period: Period) -> Table:
    """Give the whole period in one row."""
    columns = [*_count_columns(), *_item_columns(), *_last_columns()]
    cells = [*_counts(whole), *(_yuan(whole.items[item]) for item in Item), *_last(whole)]
    plain = [Column(one.key, one.title, one.kind, one.width) for one in columns]
    return Table(_("Totals"), plain, [Row(cells, {"total": report_address(period)})])


def building_table(sums: dict[int, Sums], period: Period) -> Table:
    """Give what was taken in each building."""
    columns = [
        Column("building", _("Building"), width=12),
        *_count_columns(),
        *_item_columns(),
        *_last_columns(),
    ]
    names = Building.objects.filter(pk__in=sums).order_by("code").values_list("pk", "name")
    page = page_of("room-usage", period.name)
    rows = [
        Row(
            [name, *_counts(sums[pk]), *(_yuan(sums[pk].items[item]) for item in Item), *_last(sums[pk])],
            {"building": page, "total": page},
        )
        for pk, name in names
    ]
    return Table(_("Takings by building"), columns, rows)


def _day_table(period: Period, days: dict[date, Totals], sums: dict[date, Sums]) -> Table:
    """List the days: items as each was closed with, the rest from its rows."""
    columns = [
        Column("day", _("Day"), width=10),
        Column("state", _("Close"), width=7),
        *_count_columns(),
        *_item_columns(),
        *_last_columns(),
    ]
    still_open = set(open_days_in(period))
    closed = dict(closes_in(period).values_list("day", "number"))
    rows = [
        _day_row(day, days.get(day, Totals()), sums.get(day, Sums()), state_words([day], still_open, closed))
        for day in days_touched(period)
        if day in days or day in sums or day in still_open
    ]
    return Table(_("By day"), columns, rows)


def _day_row(day: date, totals: Totals, sums: Sums, state: str) -> Row:
    items = [_yuan(getattr(totals, item.value)) for item in Item]
    cells = [
        part_name(day_period(day)),
        state,
        *_counts(sums),
        *items,
        *_last(sums),
    ]
    page = report_address(day_period(day))
    return Row(cells, {"day": page, "total": page})


def _subsidy_tables(from_ms: int, until_ms: int, period: Period) -> list[Table]:
    """Give what was credited without money, by building; a table for each unit that had any. What came back from a bucket that is
    never paid out had lapsed: whose it was says the request.
    """
    given: dict[tuple[str, int], list[int]] = {}
    houses = dict(Account.objects.values_list("code", "point__room__building"))
    moved = Transfer.objects.filter(kind__in=SUBSIDY_KINDS, at_ms__gte=from_ms, at_ms__lt=until_ms)
    asked = dict(
        TakeBackRequest.objects.filter(pk__in=moved.values("reference")).values_list("pk", "account__code")
    )
    rows = moved.order_by().values_list("kind", "unit", "debit", "credit", "amount", "reference")
    for kind, unit, debit, credited, amount, reference in rows:
        mine = debit if credited.startswith("subsidy:") else credited
        code = asked.get(reference) or mine.split(":")[1]
        sums = given.setdefault((unit, houses.get(code, 0)), [0, 0])
        sums[kind != SUBSIDY_KINDS[0]] += amount
    return [_subsidy_table(unit, given, period) for unit in Unit if any(key[0] == unit for key in given)]


def _subsidy_table(unit: Unit, given: dict[tuple[str, int], list[int]], period: Period) -> Table:
    kind = Kind.KWH if unit is Unit.KWH else Kind.YUAN
    columns = [
        Column("building", _("Building"), width=12),
        Column("given", _("Credit given"), kind, 12, summed=True),
        Column("back", _("Taken back"), kind, 12, summed=True),
        Column("stays", _("Subsidies"), kind, 12, summed=True),
    ]
    page = page_of("subsidies", period.name)
    rows = [
        Row([name, *sums, sums[0] - sums[1]], {"stays": page})
        for pk, name in Building.objects.order_by("code").values_list("pk", "name")
        if (sums := given.get((unit.value, pk)))
    ]
    title = (
        _("Subsidies in kWh, never takings") if unit is Unit.KWH else _("Subsidies in yuan, never takings")
    )
    return Table(title, columns, rows)


def _void_table(period: Period) -> Table:
    columns = [
        Column("receipt", _("Receipt"), width=10),
        Column("day", _("Day"), width=10),
        Column("room", _("Room"), width=10),
        Column("amount", _("Amount"), Kind.YUAN, 11, summed=True),
        Column("instead", _("Replaced by"), width=10),
        Column("reason", _("Reason"), width=40),
    ]
    voids = voids_in(period).select_related("receipt", "shift")
    return Table(_("Corrections: receipts made void"), columns, [_void_row(void) for void in voids])


def _void_row(void: ReceiptVoid) -> Row:
    cells: list[Cell] = [
        f"{void.receipt_id:08d}",
        void.shift.day.isoformat() if void.shift else "",
        void.receipt.room,
        -_yuan(void.receipt.amount_fen),
        f"{void.replaced_by_id:08d}" if void.replaced_by_id else "",
        void.reason,
    ]
    return Row(cells, {"receipt": reverse("desk:receipt", args=[void.receipt_id])})


MONTHLY_CHARGES = Report(
    code="monthly-charges",
    title=gettext_lazy("Monthly charge report"),
    about=gettext_lazy(
        "HNKJ/C4/1012: charges by item, building and day, in cash, by card, by transfer; energy sold; subsidies apart."
    ),
    periods=(PeriodKind.ACCOUNTING, PeriodKind.MONTH),
    roles=SEE_MONEY,
    build=build,
    is_settled=is_settled,
    told=(Role.CASHIER, Role.FINANCE, Role.DIRECTOR),
)
