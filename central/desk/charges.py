"""Charge for repairs and for what is collected on behalf of others: items of the list in force, one receipt (R-4.1.3, R-4.1.7).

Electricity has a receipt of its own: its book-keeping parts go up another chain (R-4.2.1), and a correction voids one of the two.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from central.campus.models import Account
from central.campus.queries import occupant_names
from central.desk.books import issue_page
from central.desk.models import ChargeLine, Payment, Receipt
from central.desk.money_in import CASH, HowPaid, fault_of, is_an_id, money_side, receipt_without_credit
from central.desk.numbering import RECEIPTS, locked_series, next_number
from central.desk.operations import Paid, original_for
from central.desk.refusals import DeskRefusal, Refused
from central.desk.shift_models import Shift
from central.desk.shifts import locked_shift_of
from central.domain.repair_list import Item, ItemKind, ItemUnit
from central.domain.selling import charge_for
from central.ledger import chart_of_accounts as chart
from central.ledger.one_writer import one_writer
from central.ledger.operations import Draft, book_new
from central.office.models import User
from central.office.repair_lists import repair_list_at
from gateway.contract.quantities import Fen, micro_yuan_from_fen

MOST_LINES = 20
MOST_QUANTITY_MILLI = 1_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """An item by its code, and how much of it in thousandths of its unit: 1000 is one piece, 2500 two and a half metres."""

    code: str
    quantity_milli: int = 1000


@dataclass(frozen=True, slots=True)
class Priced:
    """An item with its quantity and what that costs, in fen."""

    item: Item
    quantity_milli: int
    amount_fen: int


def offered_at(now_ms: int) -> list[Item]:
    """Give the items that can be sold now; none before a list is published (R-4.1.3)."""
    published = repair_list_at(now_ms)
    return published.offered() if published else []


def price_lines(wanted: Sequence[Wanted], now_ms: int) -> list[Priced] | Refused:
    """Price what is wanted by the list in force (R-4.1.3). Pieces are whole; metres and hours have at most three decimals."""
    offered = {item.code: item for item in offered_at(now_ms)}
    if not 0 < len(wanted) <= MOST_LINES:
        return Refused(DeskRefusal.NOTHING_WANTED)
    lines = []
    for one in wanted:
        item = offered.get(one.code)
        if item is None:
            return Refused(DeskRefusal.UNKNOWN_ITEM)
        in_pieces = item.unit is ItemUnit.EACH
        if not 0 < one.quantity_milli <= MOST_QUANTITY_MILLI or (in_pieces and one.quantity_milli % 1000):
            return Refused(DeskRefusal.BAD_QUANTITY)
        amount_fen = charge_for(Fen(item.price_fen), one.quantity_milli)
        if amount_fen <= 0:
            return Refused(DeskRefusal.NOT_POSITIVE)
        lines.append(Priced(item, one.quantity_milli, amount_fen))
    return lines


@one_writer
@transaction.atomic
def charge(
    payment_id: str,
    account_code: str,
    wanted: Sequence[Wanted],
    cashier: User,
    *,
    now_ms: int,
    page: str = "",
    how: HowPaid = CASH,
    sale: str = "",
) -> Paid | Refused:
    """Take money for items, once per `payment_id`; give the receipt. Also for an account that is closed: its room may be damaged.

    `page` and `sale` are as in `operations.pay`.
    """
    series = locked_series(RECEIPTS)
    known = Payment.objects.select_related("receipt", "account").filter(pk=payment_id).first()
    if known is not None:
        is_charge = known.purpose == Payment.Purpose.CHARGES
        same = is_charge and known.account.code == account_code and has_lines(known, wanted)
        return Paid(known.receipt, True) if same else Refused(DeskRefusal.EXISTS_WITH_DIFFERENT)
    shift = locked_shift_of(cashier)
    if shift is None:
        return Refused(DeskRefusal.NO_SHIFT)
    if not is_an_id(payment_id):
        return Refused(DeskRefusal.BAD_PAYMENT_ID)
    if (account := _account(account_code)) is None:
        return Refused(DeskRefusal.UNKNOWN_ACCOUNT)
    lines = price_lines(wanted, now_ms)
    if isinstance(lines, Refused):
        return lines
    amount_fen = sum(line.amount_fen for line in lines)
    if fault := fault_of(how, amount_fen, sale or payment_id):
        return fault
    original = original_for(page, cashier, now_ms)
    if isinstance(original, Refused):
        return original
    payment = Payment.objects.create(
        payment_id=payment_id,
        account=account,
        purpose=Payment.Purpose.CHARGES,
        amount_fen=amount_fen,
        sale=sale or payment_id,
        **how.stored(),
        cashier=cashier,
        at_ms=now_ms,
        shift=shift,
    )
    issue_page(original, payment)
    return Paid(_book(next_number(series), payment, lines, shift), False)


def _account(code: str) -> Account | None:
    found = Account.objects.select_related("point__room__building", "point__customer_class")
    return found.filter(code=code).first()


def has_lines(payment: Payment, wanted: Sequence[Wanted]) -> bool:
    """Say whether a payment was for exactly these items, in their order."""
    lines = payment.lines.order_by("number").values_list("code", "quantity_milli")
    return list(lines) == [(one.code, one.quantity_milli) for one in wanted]


def _write_receipt(number: int, payment: Payment, shift: Shift) -> Receipt:
    account = payment.account
    return receipt_without_credit(
        number,
        payment,
        shift,
        room=account.point.room.full_label,
        occupants="、".join(occupant_names(account, payment.at_ms))[:200],
        class_name=account.point.customer_class.name,
    )


def _book(number: int, payment: Payment, lines: Sequence[Priced], shift: Shift) -> Receipt:
    receipt = _write_receipt(number, payment, shift)
    _write_lines(payment, lines)
    book_new(_drafts(payment, receipt, lines, shift), payment.at_ms)
    return receipt


def _write_lines(payment: Payment, lines: Sequence[Priced]) -> None:
    ChargeLine.objects.bulk_create(
        ChargeLine(
            payment=payment,
            number=number,
            kind=line.item.kind.value,
            code=line.item.code,
            name=line.item.name,
            unit=line.item.unit.value,
            price_fen=line.item.price_fen,
            quantity_milli=line.quantity_milli,
            amount_fen=line.amount_fen,
        )
        for number, line in enumerate(lines, 1)
    )


def _drafts(payment: Payment, receipt: Receipt, lines: Sequence[Priced], shift: Shift) -> list[Draft]:
    return [
        Draft(
            id=f"charge:{payment.payment_id}:{number}",
            debit=money_side(payment.method, shift),
            credit=income_side(line.item.kind, line.item.code),
            amount=micro_yuan_from_fen(Fen(line.amount_fen)),
            kind="charge",
            at_ms=payment.at_ms,
            reference=payment.payment_id,
            note=f"receipt {receipt.number} by {payment.cashier.get_username()}",
        )
        for number, line in enumerate(lines, 1)
    ]


def income_side(kind: str, code: str) -> chart.Side:
    """Give the account that an item's money belongs to: ours for a repair, its owner's for what is collected on behalf."""
    return chart.repair_fees() if kind == ItemKind.REPAIR else chart.on_behalf(code)
