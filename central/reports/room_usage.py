"""The room usage and payment report that goes to finance with the book-keeping parts (R-4.2.1): each room's payments and its use.

Merchants have a book and a report of their own; here they are one line, so that the total is that of the takings.
"""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.campus.models import Account, Building, CustomerClass, Room
from central.clock import minute_text
from central.desk.models import Payment
from central.domain.paper import Cell, Column, Kind, Paper, Row, Table
from central.domain.periods import Period, PeriodKind
from central.office.dated_settings import list_at
from central.office.roles import SEE_MONEY, Role
from central.papers.accounting import instants_of
from central.papers.catalogue import Report, page_of
from central.papers.words import period_words
from central.reports.books.folding import catch_up
from central.reports.chain_note import chain_notes
from central.reports.energy_used import BY_BOOKS, energy_used
from central.reports.receipt_ranges import number_table, page_tables
from central.reports.takings import is_settled, open_notes
from central.reports.usage_rows import PENALTY, Paid, paid_in
from gateway.contract.quantities import MICRO_YUAN_PER_FEN


def build(period: Period) -> Paper:
    """Make the report: the buildings in short, each building's rooms, the receipts by number and by page."""
    from_ms, until_ms = instants_of(period)
    paid = paid_in(period)
    rooms = _rooms(period, [one for one in paid if not one.is_merchant])
    buildings = list(
        Building.objects.filter(pk__in={*rooms, *(one.building for one in paid)}).order_by("code")
    )
    return Paper(
        code="room-usage",
        document="",
        title=_("Room usage and payment report"),
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=[
            _overview(buildings, paid, rooms, period),
            *(_building_table(one, rooms[one.pk]) for one in buildings if one.pk in rooms),
            number_table(paid),
            *page_tables(period),
        ],
        recipients=[str(one) for one in list_at("charges.copies", until_ms - 1)],
        signatures=[_("Card room"), _("Network-centre director"), _("Vice-president"), _("Finance office")],
        notes=[*open_notes(period), *_notes(period), *chain_notes(period)],
    )


def _notes(period: Period) -> list[str]:
    listed = (
        _("Every room that paid or used energy is listed.")
        if period.kind in BY_BOOKS
        else _("Rooms that paid are listed, with what they used in the period.")
    )
    return [
        _("Amounts in yuan. A void receipt stands below zero on the day on which the money went back."),
        listed,
        _("Merchants have a report of their own; subsidies are in none of these sums."),
    ]


RoomLines = dict[str, tuple[Room, str, list[Paid], int | None]]
"""By account: its room, its class's name, what was paid for it, and what it used in Wh (None: nothing known)."""


def _rooms(period: Period, paid: list[Paid]) -> dict[int, RoomLines]:
    """Give by building the accounts to be listed, rooms in order."""
    by_account: dict[str, list[Paid]] = {}
    for one in paid:
        by_account.setdefault(one.account, []).append(one)
    own = Account.objects.exclude(point__customer_class__group=CustomerClass.Group.MERCHANT)
    wanted = own if period.kind in BY_BOOKS else own.filter(code__in=by_account)
    accounts = wanted.select_related("point__room__building", "point__customer_class")
    ordered = accounts.order_by(
        "point__room__building__code", "point__room__floor", "point__room__label", "pk"
    )
    found = list(ordered)
    used = energy_used(period, [one.code for one in found])
    rooms: dict[int, RoomLines] = {}
    for one in found:
        if one.code in by_account or one.code in used:
            lines = sorted(by_account.get(one.code, ()), key=lambda line: line.place)
            room = one.point.room
            rooms.setdefault(room.building_id, {})[one.code] = (
                room,
                one.point.customer_class.name,
                lines,
                used.get(one.code),
            )
    return rooms


def _overview(
    buildings: Iterable[Building], paid: list[Paid], rooms: dict[int, RoomLines], period: Period
) -> Table:
    columns = [
        Column("building", _("Building"), width=16),
        Column("rooms", _("Rooms listed"), Kind.COUNT, 9, summed=True),
        Column("receipts", _("Receipts"), Kind.COUNT, 9, summed=True),
        Column("voids", _("Void receipts"), Kind.COUNT, 9, summed=True),
        *(Column(one.value, str(one.label), Kind.YUAN, 12, summed=True) for one in Payment.Method),
        Column("total", _("Total"), Kind.YUAN, 12, summed=True),
        Column("used", _("Used, kWh"), Kind.KWH, 12, summed=True),
    ]
    rows = []
    for one in buildings:
        lines = rooms.get(one.pk, {})
        mine = [line for line in paid if line.building == one.pk and not line.is_merchant]
        if not (mine or lines):
            continue
        used = sum(energy or 0 for _room, _class, _paid, energy in lines.values())
        rows.append(Row([one.name, len(lines), *_sums(mine), used]))
    if merchants := [line for line in paid if line.is_merchant]:
        page = page_of("merchants", period.name)
        links = {"building": page} if period.kind is not PeriodKind.WEEK else {}
        rows.append(Row([_("Merchants: report of their own"), 0, *_sums(merchants), None], links))
    return Table(_("Buildings"), columns, rows)


def _sums(lines: list[Paid]) -> list[Cell]:
    by_method = [sum(one.fen for one in lines if one.method == method) for method in Payment.Method.values]
    voids = sum(one.is_void for one in lines)
    yuan = [fen * MICRO_YUAN_PER_FEN for fen in (*by_method, sum(by_method))]
    return [len(lines) - voids, voids, *yuan]


def _building_table(building: Building, lines: RoomLines) -> Table:
    columns = [
        Column("room", _("Room"), width=9),
        Column("class", _("Class"), width=12),
        Column("used", _("Used, kWh"), Kind.KWH, 10, summed=True),
        Column("receipt", _("Receipt"), width=12),
        Column("page", _("Book page"), width=12),
        Column("at", _("Paid at"), width=15),
        Column("cashier", _("Cashier"), width=11),
        Column("method", _("Paid by"), width=10),
        Column("what", _("Paid for what"), width=16),
        Column("amount", _("Amount"), Kind.YUAN, 11, summed=True),
    ]
    rows = [
        row
        for room, class_name, paid, used in lines.values()
        for row in _room_rows(room, class_name, paid, used)
    ]
    return Table(building.name, columns, rows)


def _room_rows(room: Room, class_name: str, paid: list[Paid], used: int | None) -> list[Row]:
    """Give a room's rows: its use stands in the first one, so that it is summed once."""
    page = reverse("desk:room", args=[room.pk])
    head: list[Cell] = [room.label, class_name, used]
    if not paid:
        return [Row([*head, *[""] * 6, None], {"room": page})]
    rows = []
    for place, one in enumerate(paid):
        first = head if place == 0 else [room.label, "", None]
        receipt = reverse("desk:receipt", args=[one.receipt])
        rows.append(Row([*first, *_paid_cells(one)], {"room": page, "receipt": receipt, "amount": receipt}))
    return rows


def _paid_cells(one: Paid) -> list[Cell]:
    number = f"{one.receipt:08d}"
    return [
        _("%(number)s void") % {"number": number} if one.is_void else number,
        one.page,
        minute_text(one.at_ms),
        one.cashier,
        str(Payment.Method(one.method).label),
        _("penalty") if one.what == PENALTY else str(Payment.Purpose(one.what).label),
        one.fen * MICRO_YUAN_PER_FEN,
    ]


ROOM_USAGE = Report(
    code="room-usage",
    title=gettext_lazy("Room usage and payment report"),
    about=gettext_lazy(
        "Each room's payments with receipt and page, and what it used; receipts by number. Goes to finance with the parts."
    ),
    periods=(PeriodKind.DAY, PeriodKind.WEEK, PeriodKind.MONTH, PeriodKind.ACCOUNTING),
    roles=SEE_MONEY,
    build=build,
    is_settled=is_settled,
    before=catch_up,
    told=(Role.CASHIER, Role.DIRECTOR, Role.VP_NETWORK, Role.FINANCE),
)
