"""Print a payment's papers: the original exactly once, every later one a copy with its reason; each printing is on record.

What is drawn and what is recorded are committed together: a paper that could not be drawn was not printed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction
from django.utils import translation

from central.desk import queries
from central.desk.book_queries import page_of_payment
from central.desk.models import Receipt
from central.desk.print_models import ReceiptPrint, ReceiptVoid
from central.desk.progress import sentence_of
from central.desk.receipt_content import content_of
from central.desk.receipt_proof import void_of
from central.desk.receipt_sheets import draw
from central.desk.receipt_slips import Printing
from central.desk.resident.pins import PrintedPin
from central.domain.receipt_prints import PrintedPaper, Workstation
from central.ledger.one_writer import lock_head
from central.ledger.operations import record_audit
from central.office.dated_settings import list_at
from central.office.models import User

PAPER_LANGUAGE = "zh-hans"


class PrintRefusal(StrEnum):
    """Why nothing was printed."""

    NO_REASON = "no-reason"
    """It was printed before: a copy needs a reason."""


@dataclass(frozen=True, slots=True)
class Printed:
    """Papers as one PDF, and their lines in the record."""

    pdf: bytes
    entries: tuple[ReceiptPrint, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be printed: a paper of each of these receipts, why again if it is again, and where each is proved."""

    receipts: Sequence[Receipt]
    paper: PrintedPaper
    workstation: Workstation
    address_of: Callable[[Receipt], str]
    reason: str = ""
    pin: PrintedPin | None = None
    """For the customer's part of a first charge slip; no copy bears it."""
    pin_address: str = ""


@transaction.atomic
def print_papers(order: Order, *, actor: User, now_ms: int) -> Printed | PrintRefusal:
    """Draw papers and record each; one printed before needs a reason or is left out. Raises NoFont: then nothing is recorded."""
    # Two who print at once queue here: one of them gets the original.
    lock_head()
    copies = [
        (receipt, ReceiptPrint.objects.filter(receipt=receipt, paper=order.paper).count())
        for receipt in order.receipts
    ]
    wanted = [(receipt, copy) for receipt, copy in copies if not copy or order.reason.strip()]
    if not wanted:
        return PrintRefusal.NO_REASON
    entries = [_entry(receipt, copy, order, actor, now_ms) for receipt, copy in wanted]
    pdf = draw([(entry.receipt, _printing(entry, order)) for entry in entries], order.workstation)
    paper = order.paper
    for entry in entries:
        what = f"copy {entry.copy}: {entry.reason}" if entry.copy else "original"
        record_audit(
            actor=actor.get_username(),
            action=f"print-{paper}",
            subject=f"receipt {entry.receipt.number}",
            detail=f"{order.workstation.layout} {what}",
            now_ms=now_ms,
        )
    return Printed(pdf, tuple(entries))


def _entry(receipt: Receipt, copy: int, order: Order, actor: User, now_ms: int) -> ReceiptPrint:
    return ReceiptPrint.objects.create(
        receipt=receipt,
        paper=order.paper,
        copy=copy,
        layout=order.workstation.layout,
        by=actor,
        by_name=actor.get_full_name() or actor.get_username(),
        at_ms=now_ms,
        reason=order.reason.strip()[:120] if copy else "",
        delivery=_delivery_words(receipt) if order.paper is PrintedPaper.SLIP else "",
    )


def prints_of(receipts: Sequence[Receipt]) -> list[ReceiptPrint]:
    """Give every printing of these receipts' papers, oldest first."""
    return list(ReceiptPrint.objects.filter(receipt__in=receipts).order_by("pk"))


def _printing(entry: ReceiptPrint, order: Order) -> Printing:
    receipt = entry.receipt
    page = page_of_payment(receipt.payment_id)
    return Printing(
        entry,
        order.address_of(receipt),
        replaces=ReceiptVoid.objects.filter(replaced_by=receipt).first(),
        void=void_of(receipt),
        parts=tuple(str(part) for part in list_at("receipt.parts", receipt.at_ms)),
        book_page=f"收据本 {page.book.number} 第 {page.page} 页" if page else "",
        content=content_of(receipt),
        pin=None if entry.copy else order.pin,
        pin_address=order.pin_address,
    )


def _delivery_words(receipt: Receipt) -> str:
    state = queries.delivery_state(receipt.payment)
    with translation.override(PAPER_LANGUAGE):
        return str(sentence_of(state))[:300] if state else ""
