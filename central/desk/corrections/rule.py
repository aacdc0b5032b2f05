"""The rule of corrections: only on the day of payment, once for each receipt, and with a reason (R-4.1.5, procedure 4.1.5)."""

from dataclasses import dataclass
from enum import StrEnum

from central.clock import campus_day
from central.desk.merchants.models import CardPaidOver
from central.desk.models import Payment, Receipt
from central.desk.print_models import ReceiptVoid
from central.office.dated_settings import value_at


class CorrectionRefusal(StrEnum):
    """Why nothing was corrected; a text key for the pages."""

    UNKNOWN_RECEIPT = "unknown-receipt"
    ALREADY_VOID = "already-void"
    NOT_TODAY = "not-today"
    NOT_CORRECTABLE = "not-correctable"
    """What was paid for a debt is not sold: there is nothing to put in its place."""
    PAID_OVER = "paid-over"
    """The card system has paid it over already: the receipt in its place would be paid over once more."""
    NO_REASON = "no-reason"
    NOTHING_DIFFERS = "nothing-differs"
    NOT_ALL_LEFT = "not-all-left"
    """Without a receipt in its place the money goes back: only for credit that is still there as far as is known."""
    DRAWER_TOO_LOW = "drawer-too-low"
    """More cash would go back than lies in the cashier's drawer."""
    EXISTS_WITH_DIFFERENT = "exists-with-different"


@dataclass(frozen=True, slots=True)
class NotCorrected:
    """A named refusal."""

    why: CorrectionRefusal


def may_correct(receipt: Receipt, now_ms: int) -> CorrectionRefusal | None:
    """Say why a receipt can't be corrected at an instant; None when it can. `receipt` has its payment loaded.

    The day is the campus's calendar day on which the money was taken, whatever day its shift is booked on; of a page that was
    entered later, the day written on it.
    """
    if ReceiptVoid.objects.filter(pk=receipt.pk).exists():
        return CorrectionRefusal.ALREADY_VOID
    if campus_day(_paid_ms(receipt)) != campus_day(now_ms) and value_at("correction.same-day-only", now_ms):
        return CorrectionRefusal.NOT_TODAY
    if receipt.payment.purpose == Payment.Purpose.DEBT:
        return CorrectionRefusal.NOT_CORRECTABLE
    is_paid_over = CardPaidOver.objects.filter(pk=receipt.payment_id).exists()
    return CorrectionRefusal.PAID_OVER if is_paid_over else None


def _paid_ms(receipt: Receipt) -> int:
    page = getattr(receipt.payment, "outage_page", None)
    return page.written_ms if page is not None else receipt.at_ms
