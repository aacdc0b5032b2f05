"""What proves a printed receipt: digits that nobody can make who has not central's key, over what was issued and booked.

They cover the receipt's content and its payment's place in the hash chain. A forged number, a forged content or a row that was
changed behind the triggers does not agree with the digits on the paper.
"""

import json
from dataclasses import dataclass

from django.utils.crypto import constant_time_compare, salted_hmac

from central.desk.models import ChargeLine, Payment, Receipt
from central.desk.print_models import ReceiptVoid
from central.ledger.models import Transfer
from gateway.contract.quantities import MICRO_YUAN_PER_FEN

SALT = "central.desk.receipt"
ONE_TRANSFER = ("payment", "debt", "bill-payment")
"""What a receipt's money was booked as, where it is one transfer."""
SHOWN = 16
"""Digits in the address: 64 bits, beyond guessing."""
SEALED_FIELDS = (
    "number", "payment_id", "room", "occupants", "class_name", "cashier_name", "amount_fen", "credited", "unit",
    "balance_before", "balance_after", "micro_yuan_per_kwh", "at_ms",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proved:
    """A receipt that a paper's digits belong to; `booked` says whether the ledger holds its money, `void` why it is void."""

    receipt: Receipt
    booked: bool
    void: ReceiptVoid | None


def digits_of(receipt: Receipt) -> str:
    """Give the digits that a receipt prints."""
    transfers = _transfers_of(receipt)
    places = [bytes(transfer.chain_hash).hex() for transfer in transfers] or [""]
    fields = [getattr(receipt, name) for name in SEALED_FIELDS]
    content = json.dumps([*places, *fields, *_lines_of(receipt)], ensure_ascii=False)
    return salted_hmac(SALT, content, algorithm="sha256").hexdigest()[:SHOWN]


def prove_receipt(number: int, digits: str) -> Proved | None:
    """Prove the paper that bears a number and digits; None when no receipt has both."""
    receipt = Receipt.objects.filter(pk=number).select_related("payment").first()
    if receipt is None or not constant_time_compare(digits_of(receipt), digits.lower()):
        return None
    amount = sum(transfer.amount for transfer in _transfers_of(receipt))
    booked = amount == receipt.amount_fen * MICRO_YUAN_PER_FEN
    return Proved(receipt, booked, void_of(receipt))


def void_of(receipt: Receipt) -> ReceiptVoid | None:
    """Give what made a receipt void; None while it holds."""
    return ReceiptVoid.objects.filter(pk=receipt.pk).select_related("replaced_by").first()


def _transfers_of(receipt: Receipt) -> list[Transfer]:
    """Give the transfers that took a receipt's money: one, or one for each line of its charges."""
    booked = Transfer.objects.filter(reference=receipt.payment_id).order_by("position")
    if receipt.payment.purpose == Payment.Purpose.CHARGES:
        return list(booked.filter(pk__startswith=f"charge:{receipt.payment_id}:"))
    return list(booked.filter(pk__in=[f"{kind}:{receipt.payment_id}" for kind in ONE_TRANSFER]))


def _lines_of(receipt: Receipt) -> list[list[object]]:
    lines = ChargeLine.objects.filter(payment=receipt.payment_id).order_by("number")
    return [list(line) for line in lines.values_list("code", "name", "quantity_milli", "amount_fen")]
