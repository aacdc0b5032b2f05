"""Print a payment's papers: the original exactly once, every later one a copy with its reason; each printing is on record.

What is drawn and what is recorded are committed together: a paper that could not be drawn was not printed.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction
from django.utils import translation

from central.desk import queries
from central.desk.book_queries import page_of_payment
from central.desk.models import Receipt
from central.desk.print_models import ReceiptPrint, ReceiptVoid
from central.desk.progress import sentence_of
from central.desk.receipt_proof import void_of
from central.desk.receipt_sheets import draw
from central.desk.receipt_slips import Printing
from central.domain.receipt_prints import PrintedPaper, Workstation
from central.ledger.models import ChainHead
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
    """A paper as PDF, and its line in the record."""

    pdf: bytes
    entry: ReceiptPrint


@transaction.atomic
def print_paper(
    receipt: Receipt,
    paper: PrintedPaper,
    workstation: Workstation,
    *,
    reason: str,
    address: str,
    actor: User,
    now_ms: int,
) -> Printed | PrintRefusal:
    """Draw a payment's paper and record it; `address` is where it is proved. Raises NoFont, and then nothing is recorded."""
    # Two who print at once queue here: one of them gets the original.
    ChainHead.objects.select_for_update().filter(pk=1).first()
    copy = ReceiptPrint.objects.filter(receipt=receipt, paper=paper).count()
    if copy and not reason.strip():
        return PrintRefusal.NO_REASON
    entry = ReceiptPrint.objects.create(
        receipt=receipt,
        paper=paper,
        copy=copy,
        layout=workstation.layout,
        by=actor,
        by_name=actor.get_full_name() or actor.get_username(),
        at_ms=now_ms,
        reason=reason.strip()[:120] if copy else "",
        delivery=_delivery_words(receipt) if paper is PrintedPaper.SLIP else "",
    )
    pdf = draw(receipt, _printing(receipt, entry, address), workstation)
    what = f"copy {copy}: {entry.reason}" if copy else "original"
    record_audit(
        actor=actor.get_username(),
        action=f"print-{paper}",
        subject=f"receipt {receipt.number}",
        detail=f"{workstation.layout} {what}",
        now_ms=now_ms,
    )
    return Printed(pdf, entry)


def prints_of(receipt: Receipt) -> list[ReceiptPrint]:
    """Give every printing of a receipt's papers, oldest first."""
    return list(receipt.prints.order_by("pk"))


def _printing(receipt: Receipt, entry: ReceiptPrint, address: str) -> Printing:
    replaces = ReceiptVoid.objects.filter(replaced_by=receipt).first()
    parts = tuple(str(part) for part in list_at("receipt.parts", receipt.at_ms))
    page = page_of_payment(receipt.payment_id)
    original = f"收据本 {page.book.number} 第 {page.page} 页" if page else ""
    return Printing(entry, address, replaces, void_of(receipt), parts, original)


def _delivery_words(receipt: Receipt) -> str:
    with translation.override(PAPER_LANGUAGE):
        return str(sentence_of(queries.delivery_state(receipt.payment)))[:300]
