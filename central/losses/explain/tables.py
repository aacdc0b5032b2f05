"""A bill's tables: the sum of each balance, what moved it beside use, use by day or entry by entry, and what stands beside it."""

from collections.abc import Iterable, Iterator, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from central.clock import campus_day, local, minute_text
from central.domain.bill_content import Bill, EntryRow, LedgerRow, SideSum
from central.domain.paper import Column, Kind, Row, Table
from central.losses.explain.words import side_title
from central.office.ledger_words import move_words
from central.office.words import ENTRY_CAUSES, name_of
from gateway.contract.quantities import Unit

USED = "consumption"
HASH_DIGITS = 12


def sum_tables(bill: Bill) -> list[Table]:
    """Give for each balance the sum that ties: opening, what each kind of row moved, closing; to the micro-yuan."""
    return [_sum_table(bill, side) for side in bill.sides]


def _sum_table(bill: Bill, side: SideSum) -> Table:
    exact = Kind.KWH_EXACT if side.unit == Unit.KWH else Kind.YUAN_EXACT
    columns = [
        Column("what", _("What"), width=30),
        Column("rows", _("Rows"), Kind.COUNT, 8),
        Column("amount", _("Amount"), exact, 18),
    ]
    kinds: dict[str, list[int]] = {}
    for row in bill.transfers:
        if moved := row.moved(side.code, side.grows):
            kinds.setdefault(row.kind, []).append(moved)
    rows = [Row([_("Opening balance"), None, side.opening])]
    rows += [Row([str(move_words(kind)), len(moved), sum(moved)]) for kind, moved in kinds.items()]
    closing = _("Closing balance") if bill.is_over else _("Balance so far")
    rows.append(Row([closing, sum(map(len, kinds.values())), side.closing]))
    return Table(side_title(side), columns, rows)


def moves_table(bill: Bill) -> Table:
    """Give every row of the ledger but use: payments, subsidies, corrections, what was taken back, debts; each with its hash."""
    columns = [
        Column("at", _("Happened"), width=14),
        Column("booked", _("Booked"), width=14),
        Column("what", _("What"), width=18),
        Column("side", _("In which sum"), width=16),
        Column("amount", _("Amount, yuan"), Kind.YUAN_EXACT, 14),
        Column("energy", _("kWh"), Kind.KWH_EXACT, 11),
        Column("note", _("Note"), width=18),
        Column("row", _("Ledger row"), width=20),
    ]
    rows = [
        one
        for row in bill.transfers
        if row.kind != USED
        for side in bill.sides
        if (one := _move(row, side)) is not None
    ]
    return Table(_("What moved the balance beside use"), columns, rows)


def _move(row: LedgerRow, side: SideSum) -> Row | None:
    moved = row.moved(side.code, side.grows)
    if not moved:
        return None
    in_kwh = side.unit == Unit.KWH
    return Row(
        [
            minute_text(row.at_ms),
            minute_text(row.booked_ms),
            str(move_words(row.kind)),
            side_title(side),
            None if in_kwh else moved,
            moved if in_kwh else None,
            row.note or row.reference,
            f"№ {row.position} {row.hash[:HASH_DIGITS]}",
        ]
    )


def days_table(bill: Bill, link: str) -> Table:
    """Give use by day: registers, energy and money; each day leads to its entries."""
    days: dict[str, list[EntryRow]] = {}
    for one in _used(bill.entries):
        days.setdefault(campus_day(one.at_ms - 1).isoformat(), []).append(one)
    columns = [
        Column("day", _("Day"), width=12),
        Column("entries", _("Entries"), Kind.COUNT, 8, summed=True),
        Column("from", _("Register from, kWh"), Kind.KWH, 14),
        Column("to", _("Register to, kWh"), Kind.KWH, 14),
        Column("energy", _("Used, kWh"), Kind.KWH_EXACT, 12, summed=True),
        Column("amount", _("Paid in yuan"), Kind.YUAN_EXACT, 14, summed=True),
        Column("kwh", _("Paid in kWh"), Kind.KWH_EXACT, 12, summed=True),
    ]
    rows = [_day(day, entries, f"{link}{day}#entries") for day, entries in days.items()]
    return Table(_("Use by day"), columns, rows)


def _day(day: str, entries: Sequence[EntryRow], link: str) -> Row:
    single = len({one.meter for one in entries}) == 1
    first, last = (entries[0].register_from_wh, entries[-1].register_to_wh) if single else (None, None)
    energy = sum(one.energy_wh for one in entries)
    paid = (_paid(entries, Unit.YUAN), _paid(entries, Unit.KWH))
    return Row([day, len(entries), first, last, energy, *paid], {"day": link, "entries": link})


def entries_table(bill: Bill, entries: Iterable[EntryRow], title: str) -> Table:
    """Give entries one by one: registers with the raw frame, price, money, what was carried, and the ledger's row."""
    positions = {row.id: row for row in bill.transfers}
    columns = [
        Column("at", _("Up to"), width=12),
        Column("meter", _("Meter"), width=13),
        Column("from", _("Register from, kWh"), Kind.KWH_EXACT, 12),
        Column("to", _("Register to, kWh"), Kind.KWH_EXACT, 12),
        Column("frame", _("Raw frame"), width=24),
        Column("energy", _("Used, kWh"), Kind.KWH_EXACT, 9, summed=True),
        Column("price", _("Price, yuan/kWh"), Kind.PRICE, 9),
        Column("amount", _("Paid in yuan"), Kind.YUAN_EXACT, 11, summed=True),
        Column("kwh", _("Paid in kWh"), Kind.KWH_EXACT, 9, summed=True),
        Column("carried", _("Carried, nano-yuan"), Kind.COUNT, 9),
        Column("row", _("Ledger row"), width=15),
        Column("why", _("Why then"), width=14),
    ]
    return Table(title, columns, [_entry(one, positions) for one in entries])


def _entry(one: EntryRow, positions: dict[str, LedgerRow]) -> Row:
    rows = [row for place in range(len(one.lines)) if (row := positions.get(f"{one.entry}/{place}"))]
    said = [str(name_of(ENTRY_CAUSES, one.cause))]
    said += [_("for %(account)s") % {"account": one.used_by}] if one.used_by else []
    said += [_("lowest price")] if one.is_provisional else []
    said += [] if one.is_booked else [_("not booked")]
    return Row(
        [
            minute_text(one.at_ms),
            one.meter,
            one.register_from_wh,
            one.register_to_wh,
            one.frame.upper(),
            one.energy_wh,
            one.price,
            _paid([one], Unit.YUAN),
            _paid([one], Unit.KWH),
            one.carried_after_nano,
            ", ".join(f"№ {row.position} {row.hash[:HASH_DIGITS]}" for row in rows),
            "、".join(said),
        ]
    )


def used_on(bill: Bill, day: str) -> list[EntryRow]:
    """Give a day's entries of use."""
    return [one for one in _used(bill.entries) if campus_day(one.at_ms - 1).isoformat() == day]


def _used(entries: Iterable[EntryRow]) -> Iterator[EntryRow]:
    return (one for one in entries if one.kind == USED)


def _paid(entries: Iterable[EntryRow], unit: Unit) -> int:
    return -sum(amount for one in entries for _b, kept_in, amount, _after in one.lines if kept_in == unit)


def price_table(bill: Bill) -> Table:
    """Give the prices that were in force, with times of the week and steps in words."""
    columns = [
        Column("from", _("From"), width=14),
        Column("version", _("Version"), width=18),
        Column("price", _("Price, yuan/kWh"), Kind.PRICE, 12),
        Column("more", _("Times and steps"), width=40),
    ]
    rows = [
        Row([minute_text(one.from_ms), one.version, one.price, _more(one.windows, one.steps)])
        for one in bill.prices
    ]
    return Table(_("Prices in force"), columns, rows)


def _more(windows: Sequence[dict], steps: Sequence[dict]) -> str:
    said = [_window(one) for one in windows]
    said += [
        _("above %(kwh)s kWh a month + %(price)s")
        % {"kwh": one["above_wh"] / 1000, "price": f"{one['add_micro_yuan_per_kwh'] / 1_000_000:.4f}"}
        for one in steps
    ]
    return "; ".join(said) or _("one price at all times")


def _window(one: dict) -> str:
    window = one["window"]
    span = "-".join(f"{m // 60:02d}:{m % 60:02d}" for m in (window["from_minute"], window["to_minute"]))
    count = len(window["days"])
    days = "" if count == 7 else ngettext("%(n)d day a week", "%(n)d days a week", count) % {"n": count}
    return " ".join(part for part in (days, span, f"{one['micro_yuan_per_kwh'] / 1_000_000:.4f}") if part)


def receipt_table(bill: Bill) -> Table:
    """Give the receipts of the period, each leading to its page."""
    columns = [
        Column("number", _("Receipt"), width=12),
        Column("at", _("Issued at"), width=16),
        Column("amount", _("Amount, yuan"), Kind.YUAN, 14),
        Column("cashier", _("Cashier"), width=16),
        Column("state", _("State"), width=12),
    ]
    rows = [
        Row(
            [
                f"{one.number:08d}",
                minute_text(one.at_ms),
                one.amount_fen * 10_000,
                one.cashier,
                _("void") if one.is_void else _("in force"),
            ],
            {"number": reverse("desk:receipt", args=[one.number])},
        )
        for one in bill.receipts
    ]
    return Table(_("Receipts of the period"), columns, rows)


def time_words(at_ms: int) -> str:
    """Write an instant to the second."""
    return f"{local(at_ms):%Y-%m-%d %H:%M:%S}"
