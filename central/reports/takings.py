"""What the desk took: by receipt on a day, by day in a month, by month in a year; they tie, and figures lead to rows (R-4.1.7).

A payment belongs to the day its shift is booked on: what came after a day's close stands on the next one, with both dates.
Dormitories stand apart from owners, and owners' merchants apart from staff households. Subsidies are never takings.
"""

from datetime import date, datetime
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.clock import campus_day, local, start_of_day_ms
from central.desk.day_models import DayClose
from central.desk.day_tables import item_cells, item_columns, totals_table
from central.desk.models import Payment, Receipt
from central.desk.print_models import ReceiptVoid
from central.desk.shift_models import Shift
from central.desk.shift_queries import shifts_table
from central.desk.taken import taken_by, voided_by
from central.domain.day_totals import Taken, Totals, sum_of, tally
from central.domain.paper import Cell, Column, Kind, Paper, Row, Table
from central.domain.periods import Period, PeriodKind, day_period, days_of, months_of
from central.office.roles import SEE_MONEY
from central.papers.accounting import instants_of
from central.papers.catalogue import Report
from central.papers.words import period_words
from central.reports.chain_note import chain_notes
from gateway.contract.quantities import MICRO_YUAN_PER_FEN


def build(period: Period) -> Paper:
    """Make the table of a period; a single day is listed by receipt, with its totals and its shifts."""
    tables = _day_sheet(period) if period.kind is PeriodKind.DAY else [_by_part(period)]
    from_ms, until_ms = instants_of(period)
    return Paper(
        code="takings",
        document="",
        title=_("Takings of the card room"),
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=tables,
        recipients=[_("Card room"), _("Finance office")],
        signatures=[_("Cashier"), _("Checked by"), _("Finance office")],
        notes=[
            _("Amounts in yuan."),
            _("Cash received; subsidies are not takings."),
            *chain_notes(period),
        ],
    )


def _payments(period: Period) -> QuerySet[Payment]:
    """Give the payments booked on the period's days; by their instant those from before there were shifts, and all of a period
    that ends within a day (R-4.1.9).
    """
    return Payment.objects.filter(_of(period)).order_by("at_ms", "payment_id")


def _voids(period: Period) -> QuerySet[ReceiptVoid]:
    """Give the receipts made void on the period's days (R-4.1.5)."""
    return ReceiptVoid.objects.filter(_of(period)).order_by("at_ms", "receipt")


def _of(period: Period) -> Q:
    from_ms, until_ms = instants_of(period)
    by_instant = Q(at_ms__gte=from_ms, at_ms__lt=until_ms)
    if not _is_of_whole_days(period):
        return by_instant
    of_shifts = Q(shift__day__gte=period.first, shift__day__lte=period.last)
    return of_shifts | (Q(shift=None) & by_instant)


def _is_of_whole_days(period: Period) -> bool:
    return instants_of(period) == (start_of_day_ms(period.first), start_of_day_ms(period.after))


def _days(period: Period) -> list[date]:
    """Give the days of a period, and the one on which it ends when it does so after midnight (R-4.1.9)."""
    _from_ms, until_ms = instants_of(period)
    ends_later = until_ms > start_of_day_ms(period.after)
    return [*days_of(period), *([period.after] if ends_later else [])]


def _day_sheet(period: Period) -> list[Table]:
    shifts = shifts_table(Shift.objects.filter(day=period.first).order_by("number"))
    totals = totals_by_day(period).get(period.first, Totals())
    by_shift = [Table(_("Shifts"), shifts.columns, shifts.rows)] if shifts.rows else []
    return [_by_receipt(period), totals_table(totals), *by_shift]


def _by_receipt(period: Period) -> Table:
    columns = [
        Column("receipt", _("Receipt"), width=10),
        Column("time", _("Time"), width=14),
        Column("room", _("Room"), width=10),
        Column("class", _("Class"), width=12),
        Column("cashier", _("Cashier"), width=12),
        Column("amount", _("Amount"), Kind.YUAN, 12, summed=True),
    ]
    rows = [
        (payment.at_ms, _receipt_row(payment.receipt, payment.at_ms, period.first))
        for payment in _payments(period).select_related("receipt__payment__outage_page")
    ]
    rows += [
        (void.at_ms, _receipt_row(void.receipt, void.at_ms, period.first, is_void=True))
        for void in _voids(period).select_related("receipt")
    ]
    return Table("", columns, [row for _at_ms, row in sorted(rows, key=lambda one: one[0])])


def _receipt_row(receipt: Receipt, at_ms: int, booked_on: date, *, is_void: bool = False) -> Row:
    at = local(at_ms)
    late = at.date() != booked_on
    written = "" if is_void else _written(receipt, at)
    amount = receipt.amount_fen * MICRO_YUAN_PER_FEN * (-1 if is_void else 1)
    address = reverse("desk:receipt", args=[receipt.number])
    number = f"{receipt.number:08d}"
    cells: list[Cell] = [
        _("%(number)s void") % {"number": number} if is_void else number,
        written or at.strftime("%m-%d %H:%M:%S" if late else "%H:%M:%S"),
        receipt.room,
        receipt.class_name,
        receipt.cashier_name,
        amount,
    ]
    return Row(cells, {"receipt": address, "amount": address})


def _written(receipt: Receipt, at: datetime) -> str:
    """Give both instants of a page that was written while the system was down; "" for any other payment (R-4.1.9)."""
    page = getattr(receipt.payment, "outage_page", None)
    if page is None:
        return ""
    return f"{local(page.written_ms):%m-%d %H:%M} → {at:%m-%d %H:%M}"


def totals_by_day(period: Period) -> dict[date, Totals]:
    """Sum the period's payments by the day they are booked on; days without any are missing.

    A closed day keeps the totals it was closed with, whatever its customers' classes have become. A period that begins or ends
    within a day goes by the instants themselves.
    """
    by_booked_day = _is_of_whole_days(period)
    closes = DayClose.objects.filter(day__gte=period.first, day__lte=period.last) if by_booked_day else ()
    sums = {one.day: one.totals for one in closes}
    taken: dict[date, list[Taken]] = {}
    payments, voids = (rows.exclude(shift__day__in=sums) for rows in (_payments(period), _voids(period)))
    for one in (*taken_by(payments), *voided_by(voids)):
        day = one.day if by_booked_day and one.day else campus_day(one.at_ms)
        taken.setdefault(day, []).append(one.taken)
    for day, payments in taken.items():
        sums[day] = sums.get(day, Totals()) + tally(payments)
    return sums


def _by_part(period: Period) -> Table:
    is_year = period.kind is PeriodKind.YEAR
    parts = months_of(period) if is_year else [day_period(day) for day in _days(period)]
    columns = [
        Column("part", _("Month") if is_year else _("Day"), width=12),
        Column("receipts", _("Receipts"), Kind.COUNT, 10, summed=True),
        *item_columns(),
    ]
    by_day = totals_by_day(period)
    return Table("", columns, [_part_row(part, by_day) for part in parts])


def _part_row(part: Period, by_day: dict[date, Totals]) -> Row:
    totals = sum_of(by_day[day] for day in days_of(part) if day in by_day)
    address = f"{reverse('papers:report', args=['takings'])}?{urlencode({'period': part.name})}"
    links = dict.fromkeys(("part", "total"), address) if totals.receipts else {}
    return Row([part.name.partition(":")[2], totals.receipts, *item_cells(totals)], links)


def is_settled(period: Period) -> bool:
    """Say whether no shift of the period's days is open: what one takes after midnight still belongs to the day it began on."""
    return not Shift.objects.filter(day__gte=period.first, day__lte=period.last, end=None).exists()


TAKINGS = Report(
    code="takings",
    title=gettext_lazy("Takings of the card room"),
    about=gettext_lazy(
        "What the desk took, by receipt, day or month; dormitories, merchants and staff apart."
    ),
    periods=(PeriodKind.DAY, PeriodKind.MONTH, PeriodKind.ACCOUNTING, PeriodKind.YEAR),
    roles=SEE_MONEY,
    build=build,
    is_settled=is_settled,
)
