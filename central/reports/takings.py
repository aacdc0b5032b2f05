"""What the desk took: by receipt on a day, by day in a month, by month in a year; they tie, and figures lead to rows (R-4.1.7).

Dormitories stand apart from owners, and owners' merchants apart from staff households. Subsidies are never takings.
"""

from collections.abc import Iterable
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.campus.models import CustomerClass
from central.clock import campus_day, local, start_of_day_ms
from central.desk.models import Payment
from central.domain.paper import Cell, Column, Kind, Paper, Row, Table
from central.domain.periods import Period, PeriodKind, day_period, days_of, months_of
from central.office.roles import SEE_MONEY
from central.papers.accounting import instants_of
from central.papers.catalogue import Report
from central.papers.words import period_words
from gateway.contract.quantities import MICRO_YUAN_PER_FEN

GROUPS = (CustomerClass.Group.DORMITORY, CustomerClass.Group.MERCHANT, CustomerClass.Group.STAFF)
Taken = tuple[Period, list[tuple[str, int]]]
"""A part of the period, and by payment its group and fen."""


def build(period: Period) -> Paper:
    """Make the table of a period; a single day is listed by receipt."""
    table = _by_receipt(period) if period.kind is PeriodKind.DAY else _by_part(period)
    from_ms, until_ms = instants_of(period)
    return Paper(
        code="takings",
        document="",
        title=_("Takings of the card room"),
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=[table],
        recipients=[_("Card room"), _("Finance office")],
        signatures=[_("Cashier"), _("Checked by"), _("Finance office")],
        notes=[_("Amounts in yuan. Cash received; subsidies are not takings.")],
    )


def _payments(period: Period) -> Iterable[Payment]:
    from_ms, until_ms = instants_of(period)
    return Payment.objects.filter(at_ms__gte=from_ms, at_ms__lt=until_ms).order_by("at_ms", "payment_id")


def _by_receipt(period: Period) -> Table:
    columns = [
        Column("receipt", _("Receipt"), width=10),
        Column("time", _("Time"), width=10),
        Column("room", _("Room"), width=10),
        Column("class", _("Class"), width=12),
        Column("cashier", _("Cashier"), width=12),
        Column("amount", _("Amount"), Kind.YUAN, 12, summed=True),
    ]
    rows = [_receipt_row(payment) for payment in _payments(period).select_related("receipt")]
    return Table("", columns, rows)


def _receipt_row(payment: Payment) -> Row:
    receipt = payment.receipt
    at = local(payment.at_ms).strftime("%H:%M:%S")
    amount = payment.amount_fen * MICRO_YUAN_PER_FEN
    address = reverse("desk:receipt", args=[receipt.number])
    cells: list[Cell] = [
        f"{receipt.number:08d}",
        at,
        receipt.room,
        receipt.class_name,
        receipt.cashier_name,
        amount,
    ]
    return Row(cells, {"receipt": address, "amount": address})


def _by_part(period: Period) -> Table:
    parts = (
        months_of(period) if period.kind is PeriodKind.YEAR else [day_period(day) for day in _days(period)]
    )
    columns = [
        Column("part", _("Month") if period.kind is PeriodKind.YEAR else _("Day"), width=12),
        Column("receipts", _("Receipts"), Kind.COUNT, 10, summed=True),
        *(Column(group.value, str(group.label), Kind.YUAN, 14, summed=True) for group in GROUPS),
        Column("total", _("Total"), Kind.YUAN, 14, summed=True),
    ]
    taken: dict[str, list[tuple[str, int]]] = {part.name: [] for part in parts}
    for at_ms, group, fen in _payments(period).values_list(
        "at_ms", "account__point__customer_class__group", "amount_fen"
    ):
        taken[_part_name(at_ms, period)].append((group, fen))
    return Table("", columns, [_part_row(part, taken[part.name]) for part in parts])


def _days(period: Period) -> list[date]:
    """Give the days of a period, and the one on which it ends when it does so after midnight (R-4.1.9)."""
    _from_ms, until_ms = instants_of(period)
    ends_later = until_ms > start_of_day_ms(period.after)
    return [*days_of(period), *([period.after] if ends_later else [])]


def _part_name(at_ms: int, period: Period) -> str:
    day = campus_day(at_ms)
    return f"month:{day:%Y-%m}" if period.kind is PeriodKind.YEAR else f"day:{day.isoformat()}"


def _part_row(part: Period, taken: list[tuple[str, int]]) -> Row:
    by_group = [sum(fen for group, fen in taken if group == wanted) for wanted in GROUPS]
    amounts = [fen * MICRO_YUAN_PER_FEN for fen in (*by_group, sum(fen for _group, fen in taken))]
    address = f"{reverse('papers:report', args=['takings'])}?{urlencode({'period': part.name})}"
    links = dict.fromkeys(("part", "total"), address) if taken else {}
    return Row([part.name.partition(":")[2], len(taken), *amounts], links)


TAKINGS = Report(
    code="takings",
    title=gettext_lazy("Takings of the card room"),
    about=gettext_lazy(
        "What the desk took, by receipt, day or month; dormitories, merchants and staff apart."
    ),
    periods=(PeriodKind.DAY, PeriodKind.MONTH, PeriodKind.ACCOUNTING, PeriodKind.YEAR),
    roles=SEE_MONEY,
    build=build,
)
