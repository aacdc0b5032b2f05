"""Whether a charge slip brings the room's PIN (R-B7): where a setting says so, the first slip only, no balance that is shared."""

from central.campus.models import Account
from central.desk.models import Receipt
from central.desk.receipt_proof import void_of
from central.desk.resident.pins import PrintedPin, pin_for_printing
from central.domain.receipt_prints import PrintedPaper
from central.office.dated_settings import value_at
from central.papers.font import paper_font

SETTING = "receipt.pin-on-slip"


def pin_for_slip(receipt: Receipt, *, actor: str, now_ms: int) -> PrintedPin | None:
    """Give what the customer's part prints; None when it brings none. Call it outside the printing's transaction.

    None also for a slip printed before, for who moved out, for a void receipt (its room may be the wrong one), and for a balance
    that rooms share: whoever paid may live in another one. Raises NoFont before a PIN is made that could not be drawn.
    """
    if value_at(SETTING, now_ms) is not True or receipt.prints.filter(paper=PrintedPaper.SLIP).exists():
        return None
    account = receipt.payment.account
    if (
        void_of(receipt) is not None
        or account.state == Account.State.CLOSED
        or Account.objects.filter(pays_from=account).exists()
    ):
        return None
    paper_font()
    return pin_for_printing(account, actor=actor, now_ms=now_ms)
