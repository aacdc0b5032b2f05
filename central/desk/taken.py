"""What was taken, as the day's table counts it (R-4.1.7): payments and their lines, less the receipts that were made void."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Count, QuerySet, Sum

from central.desk.models import ChargeLine, Payment
from central.desk.print_models import ReceiptVoid
from central.domain.day_totals import Item, Taken
from central.domain.repair_list import ItemKind

ITEM_OF = {ItemKind.REPAIR: Item.REPAIR, ItemKind.ON_BEHALF: Item.ON_BEHALF}


@dataclass(frozen=True, slots=True)
class TakenAt:
    """One line of a payment taken or given back: the day its shift is booked on (None: before there were shifts), its instant."""

    payment: str
    day: date | None
    at_ms: int
    taken: Taken


def taken_by(payments: QuerySet[Payment]) -> Iterator[TakenAt]:
    """Give what payments count: electricity and its debts by the customer's group, charges by their lines, penalties apart."""
    rows = payments.values_list(
        "pk",
        "purpose",
        "amount_fen",
        "method",
        "shift__day",
        "at_ms",
        "account__point__customer_class__group",
        "debt__penalty",
    )
    lines = _lines_of(payments)
    for pk, purpose, fen, method, day, at_ms, group, penalty in rows:
        item_of_all = Item(group) if penalty is None else Item.PENALTY
        parts = lines.get(pk, []) if purpose == Payment.Purpose.CHARGES else [(item_of_all, fen)]
        for place, (item, amount) in enumerate(parts):
            is_cash = method == Payment.Method.CASH
            yield TakenAt(pk, day, at_ms, Taken(item, amount, is_cash, receipts=int(place == 0)))


def sums_taken(payments: QuerySet[Payment]) -> Iterator[tuple[date | None, Taken]]:
    """Give what `taken_by` gives, summed by the database: the booked day, and all of one item and kind of money as one.

    A large campus takes thousands of payments a day, and a page that sums days doesn't read each of them. Lines of charges, which
    are few, are read.
    """
    whole = payments.exclude(purpose=Payment.Purpose.CHARGES).order_by()
    rows = whole.values_list("shift__day", "account__point__customer_class__group", "debt__penalty", "method")
    for day, group, penalty, method, fen, count in rows.annotate(Sum("amount_fen"), Count("pk")):
        item = Item(group) if penalty is None else Item.PENALTY
        yield day, Taken(item, fen, method == Payment.Method.CASH, receipts=count)
    lines = ChargeLine.objects.filter(payment__in=payments.order_by().values("pk"))
    charged = lines.filter(payment__purpose=Payment.Purpose.CHARGES).order_by("payment", "number")
    before = ""
    for payment, day, method, kind, fen in charged.values_list(
        "payment", "payment__shift__day", "payment__method", "kind", "amount_fen"
    ):
        is_first, before = payment != before, payment
        yield day, Taken(ITEM_OF[ItemKind(kind)], fen, method == Payment.Method.CASH, receipts=int(is_first))


def voided_by(voids: QuerySet[ReceiptVoid]) -> Iterator[TakenAt]:
    """Give what void receipts take off again, on the day of the shift that gave the money back (R-4.1.5)."""
    made = {void.receipt.payment_id: void for void in voids.select_related("receipt", "shift")}
    for one in taken_by(Payment.objects.filter(pk__in=made)):
        void, taken = made[one.payment], one.taken
        day = void.shift.day if void.shift else None
        off = replace(taken, fen=-taken.fen, receipts=0, voids=taken.receipts)
        yield TakenAt(one.payment, day, void.at_ms, off)


def _lines_of(payments: QuerySet[Payment]) -> dict[str, list[tuple[Item, int]]]:
    charged = payments.filter(purpose=Payment.Purpose.CHARGES).order_by()
    found: dict[str, list[tuple[Item, int]]] = {}
    lines = ChargeLine.objects.filter(payment__in=charged.values("pk")).order_by("payment", "number")
    for payment, kind, fen in lines.values_list("payment", "kind", "amount_fen"):
        found.setdefault(payment, []).append((ITEM_OF[ItemKind(kind)], fen))
    return found
