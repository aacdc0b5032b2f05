"""What proves a printed receipt: digits that nobody can make who has not central's key, over what was issued and booked.

They cover the receipt's content and its payment's place in the hash chain. A forged number, a forged content or a row that was
changed behind the triggers does not agree with the digits on the paper.
"""

import json
from dataclasses import dataclass

from django.utils.crypto import constant_time_compare, salted_hmac

from central.desk.models import Receipt
from central.desk.print_models import ReceiptVoid
from central.ledger.models import Transfer
from gateway.contract.quantities import MICRO_YUAN_PER_FEN

SALT = "central.desk.receipt"
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
    transfer = _transfer_of(receipt)
    place = bytes(transfer.chain_hash).hex() if transfer else ""
    content = json.dumps([place, *(getattr(receipt, name) for name in SEALED_FIELDS)], ensure_ascii=False)
    return salted_hmac(SALT, content, algorithm="sha256").hexdigest()[:SHOWN]


def prove_receipt(number: int, digits: str) -> Proved | None:
    """Prove the paper that bears a number and digits; None when no receipt has both."""
    receipt = Receipt.objects.filter(pk=number).select_related("payment").first()
    if receipt is None or not constant_time_compare(digits_of(receipt), digits.lower()):
        return None
    transfer = _transfer_of(receipt)
    booked = transfer is not None and transfer.amount == receipt.amount_fen * MICRO_YUAN_PER_FEN
    return Proved(receipt, booked, void_of(receipt))


def void_of(receipt: Receipt) -> ReceiptVoid | None:
    """Give what made a receipt void; None while it holds."""
    return ReceiptVoid.objects.filter(pk=receipt.pk).select_related("replaced_by").first()


def _transfer_of(receipt: Receipt) -> Transfer | None:
    return Transfer.objects.filter(pk=f"payment:{receipt.payment_id}").first()
