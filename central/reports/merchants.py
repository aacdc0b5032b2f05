"""The merchants' own book (R-4.2.1): room usage and payments by period, through the same chain as all takings.

Opening, paid (cash, card, transfer, imported from card meters), used, closing and owed, for each merchant's room. Accounts kept in
yuan and in kWh have a table each: their positions can't be added.
"""

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.clock import campus_day
from central.desk.merchants.queries import merchant_accounts
from central.domain.paper import Cell, Column, Kind, Paper, Row, Table
from central.domain.periods import Period, PeriodKind
from central.office.roles import SEE_MONEY, Role
from central.papers.accounting import instants_of
from central.papers.catalogue import Report
from central.papers.words import period_words
from central.reports.chain_note import chain_notes
from central.reports.merchant_rows import Movements, movements
from central.reports.takings import is_settled
from gateway.contract.quantities import MICRO_YUAN_PER_FEN, Unit

PAID = ("cash", "card", "transfer", "imported")


def build(period: Period) -> Paper:
    """Make the book of a period."""
    from_ms, until_ms = instants_of(period)
    lasted = Q(closed_ms=None) | Q(closed_ms__gt=from_ms)
    accounts = merchant_accounts().filter(lasted, opened_ms__lt=until_ms)
    found = movements(accounts, from_ms, until_ms)
    in_yuan = [one for one in found if one.unit == Unit.YUAN]
    in_kwh = [one for one in found if one.unit == Unit.KWH]
    names = _occupants(found, until_ms)
    tables = [_yuan_table(in_yuan, names)] if in_yuan or not in_kwh else []
    tables += [_kwh_table(in_kwh, names)] if in_kwh else []
    return Paper(
        code="merchants",
        document="",
        title=_("Room usage and payments of merchants"),
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=tables,
        recipients=[_("Finance office"), _("Card room")],
        signatures=[_("Card room"), _("Network-centre director"), _("Vice-president"), _("Finance office")],
        notes=[
            _("Opening, paid and other less used is closing; below zero the customer owes. Amounts in yuan."),
            _("Imported: sold by the card meters' own software. It is no cash of this desk."),
            _("Payments stand at the instant they were taken, use at that of the gateway's entries."),
            *chain_notes(period),
        ],
    )


def _occupants(found: list[Movements], until_ms: int) -> dict[int, str]:
    """Name who occupied each account at the period's end, or as the last ones before it."""
    day = campus_day(until_ms - 1)
    names: dict[int, str] = {}
    for one in found:
        here = one.account.occupancies.filter(from_day__lte=day).order_by("customer__number")
        lasting = here.filter(Q(until_day=None) | Q(until_day__gte=day)) or here
        names[one.account.pk] = "、".join(lasting.values_list("customer__name", flat=True))
    return names


def _first_columns() -> list[Column]:
    return [
        Column("room", _("Room"), width=9),
        Column("who", _("Customer"), width=13),
        Column("billing", _("Billing"), width=8),
    ]


def _paid_columns() -> list[Column]:
    return [
        Column("cash", _("Paid in cash"), Kind.YUAN, 10, summed=True),
        Column("card", _("Paid by card"), Kind.YUAN, 10, summed=True),
        Column("transfer", _("Paid by transfer"), Kind.YUAN, 10, summed=True),
        Column("imported", _("Imported"), Kind.YUAN, 10, summed=True),
    ]


def _yuan_table(found: list[Movements], names: dict[int, str]) -> Table:
    columns = [
        *_first_columns(),
        Column("opening", _("Opening"), Kind.YUAN, 10, summed=True),
        *_paid_columns(),
        Column("other", _("Other"), Kind.YUAN, 9, summed=True),
        Column("used_kwh", _("Used, kWh"), Kind.KWH, 10, summed=True),
        Column("used", _("Used, yuan"), Kind.YUAN, 10, summed=True),
        Column("closing", _("Closing"), Kind.YUAN, 10, summed=True),
        Column("owed", _("of this owed by bills and debts"), Kind.YUAN, 10, summed=True),
    ]
    rows = [
        _row(
            one,
            names,
            [
                one.opening,
                *(one.moved[name] for name in PAID),
                one.moved["other"] + one.moved["sold"],
                one.used_wh,
                -one.moved["used"],
                one.closing,
                one.owed_micro_yuan,
            ],
        )
        for one in found
    ]
    return Table(_("Accounts kept in yuan"), columns, rows)


def _kwh_table(found: list[Movements], names: dict[int, str]) -> Table:
    columns = [
        *_first_columns(),
        Column("opening", _("Opening, kWh"), Kind.KWH, 10, summed=True),
        *_paid_columns(),
        Column("bought", _("Bought, kWh"), Kind.KWH, 10, summed=True),
        Column("other", _("Other, kWh"), Kind.KWH, 9, summed=True),
        Column("used", _("Used, kWh"), Kind.KWH, 10, summed=True),
        Column("closing", _("Closing, kWh"), Kind.KWH, 10, summed=True),
        Column("owed", _("Owed by bills and debts, yuan"), Kind.YUAN, 10, summed=True),
    ]
    rows = [
        _row(
            one,
            names,
            [
                one.opening,
                *(one.paid_fen[name] * MICRO_YUAN_PER_FEN for name in PAID),
                one.moved["sold"],
                one.moved["other"],
                -one.moved["used"],
                one.closing,
                one.owed_micro_yuan,
            ],
        )
        for one in found
    ]
    return Table(_("Accounts kept in kWh"), columns, rows)


def _row(one: Movements, names: dict[int, str], figures: list[Cell]) -> Row:
    point = one.account.point
    first = [point.room.full_label, names[one.account.pk], str(point.get_billing_display())]
    return Row([*first, *figures], {"room": reverse("desk:merchant", args=[point.room_id])})


MERCHANTS = Report(
    code="merchants",
    title=gettext_lazy("Room usage and payments of merchants"),
    about=gettext_lazy(
        "The merchants' own book: opening, paid in cash, by card, by transfer and imported, used, closing, owed."
    ),
    periods=(PeriodKind.MONTH, PeriodKind.ACCOUNTING, PeriodKind.YEAR, PeriodKind.DAY),
    roles=SEE_MONEY,
    build=build,
    is_settled=is_settled,
    told=(Role.CASHIER, Role.FINANCE, Role.DIRECTOR),
)
