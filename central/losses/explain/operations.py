"""Print a bill: keep its data file under a number, with the digest in the audit chain; and prove a sheet that bears it."""

import zlib
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max

from central.domain.bill_content import Bill, decode, digest_of, encode
from central.ledger.models import AuditEntry
from central.ledger.one_writer import lock_head
from central.ledger.operations import record_audit
from central.losses.explain.models import PrintedBill
from central.office.paper_numbers import PRINTED_BILLS, number_after

SHOWN_DIGITS = 16
"""Of the digest in an address: 64 bits, beyond guessing."""


@transaction.atomic
def print_bill(bill: Bill, *, actor: str, now_ms: int) -> PrintedBill:
    """Keep a bill as it is now; the same bill again is the same number."""
    content = encode(bill)
    digest = digest_of(content)
    lock_head()  # numbers in the order of the chain, without a gap
    before = PrintedBill.objects.filter(digest=digest).first()
    if before is not None:
        return before
    number = number_after(PRINTED_BILLS, PrintedBill.objects.aggregate(last=Max("number"))["last"])
    printed = PrintedBill.objects.create(
        number=number,
        account=bill.account,
        period=bill.period,
        digest=digest,
        content=zlib.compress(content, 9),
        made_ms=now_ms,
        made_by=actor,
    )
    record_audit(actor=actor, action="explain-bill", subject=_subject(printed), detail=digest, now_ms=now_ms)
    return printed


def content_of(printed: PrintedBill) -> bytes:
    """Give the data file, byte for byte as its digest covers it."""
    return zlib.decompress(bytes(printed.content))


def bill_of(printed: PrintedBill) -> Bill:
    """Give a printed bill as it was."""
    return decode(content_of(printed))


@dataclass(frozen=True, slots=True)
class Proved:
    """What became of a proof: the bill, whether its data is what was printed, and whether the audit chain says so."""

    printed: PrintedBill
    content_agrees: bool
    chain_agrees: bool

    @property
    def holds(self) -> bool:
        """Say whether both agree."""
        return self.content_agrees and self.chain_agrees


def prove(number: int, digits: str) -> Proved | None:
    """Prove the sheet that bears a number and the first digits of a digest; None when no bill has both."""
    printed = PrintedBill.objects.filter(pk=number).first()
    if printed is None or len(digits) != SHOWN_DIGITS or not printed.digest.startswith(digits.lower()):
        return None
    try:
        content_agrees = digest_of(content_of(printed)) == printed.digest
    except zlib.error:
        content_agrees = False
    said = AuditEntry.objects.filter(action="explain-bill", subject=_subject(printed), detail=printed.digest)
    return Proved(printed, content_agrees, said.exists())


def _subject(printed: PrintedBill) -> str:
    return f"{printed.number} {printed.account} {printed.period}"
