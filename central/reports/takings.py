"""What the desk took: by receipt on a day, by day in a month, by month in a year; they tie, and figures lead to rows (R-4.1.7).

A payment belongs to the day its shift is booked on: what came after a day's close stands on the next one, with both dates.
Dormitories stand apart from owners, and owners' merchants apart from staff households. Subsidies are never takings.
"""

from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.clock import local
from central.desk.day_sums import open_days_in, payments_in, takings_table, totals_by_day, voids_in
from central.desk.day_table_views import report_address
from central.desk.day_tables import totals_table
from central.desk.models import Receipt
from central.desk.shift_models import Shift
from central.desk.shift_queries import shifts_table
from central.domain.day_totals import Totals
from central.domain.paper import Cell, Column, Kind, Paper, Row, Table
from central.domain.periods import Period, PeriodKind
from central.office.roles import SEE_MONEY
from central.papers.accounting import instants_of
from central.papers.catalogue import Report
from central.papers.words import period_words
from central.reports.chain_note import chain_notes
from gateway.contract.quantities import MICRO_YUAN_PER_FEN

MOST_NAMED = 12
"""Days named in a note."""


def build(period: Period) -> Paper:
    """Make the table of a period; a single day is listed by receipt, with its totals and its shifts."""
    tables = _day_sheet(period) if period.kind is PeriodKind.DAY else [takings_table(period, report_address)]
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
            *open_notes(period),
            _("Amounts in yuan."),
            _("By cash, card and transfer; subsidies are not takings."),
            *chain_notes(period),
        ],
    )


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
        Column("method", _("Paid by"), width=10),
        Column("amount", _("Amount"), Kind.YUAN, 12, summed=True),
    ]
    rows = [
        (payment.at_ms, _receipt_row(payment.receipt, payment.at_ms, period.first))
        for payment in payments_in(period).select_related("receipt__payment__outage_page")
    ]
    rows += [
        (void.at_ms, _receipt_row(void.receipt, void.at_ms, period.first, is_void=True))
        for void in voids_in(period).select_related("receipt__payment")
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
        str(receipt.payment.get_method_display()),
        amount,
    ]
    return Row(cells, {"receipt": address, "amount": address})


def _written(receipt: Receipt, at: datetime) -> str:
    """Give both instants of a page that was written while the system was down; "" for any other payment (R-4.1.9)."""
    page = getattr(receipt.payment, "outage_page", None)
    if page is None:
        return ""
    return f"{local(page.written_ms):%m-%d %H:%M} → {at:%m-%d %H:%M}"


def open_notes(period: Period) -> list[str]:
    """Name the days that are not closed: their figures may still grow."""
    days = [day.isoformat() for day in open_days_in(period)]
    named = ", ".join([*days[:MOST_NAMED], *(["…"] if len(days) > MOST_NAMED else [])])
    return [_("Not closed yet: %(days)s.") % {"days": named}] if days else []


def is_settled(period: Period) -> bool:
    """Say whether every day of the period with shifts is closed: until then a late payment may still be booked on it."""
    return not open_days_in(period)


TAKINGS = Report(
    code="takings",
    title=gettext_lazy("Takings of the card room"),
    about=gettext_lazy(
        "What the desk took, by receipt, day or month; dormitories, merchants and staff apart."
    ),
    periods=(PeriodKind.DAY, PeriodKind.WEEK, PeriodKind.MONTH, PeriodKind.ACCOUNTING, PeriodKind.YEAR),
    roles=SEE_MONEY,
    build=build,
    is_settled=is_settled,
)
