"""Which receipts a page lists, and whether a payment about to be taken needs a second question."""

from collections.abc import Iterable

from central.desk.models import Payment, Receipt, Shift
from central.desk.queries import repeated_payment

LAST_SHIFTS = 5


def receipts_of_cashier(cashier_id: int, limit: int) -> list[Receipt]:
    """Give the receipts that one person issued last.

    His last shifts have them, nearly always: to put all that he ever issued in order takes the longer, the longer he is here.
    """
    shifts = Shift.objects.filter(cashier=cashier_id).order_by("-number").values_list("pk", flat=True)
    found: list[Receipt] = []
    for shift in shifts[:LAST_SHIFTS]:
        of_shift = Receipt.objects.filter(shift=shift).select_related("void").order_by("-number")
        found += of_shift[: limit - len(found)]
        if len(found) == limit:
            return found
    issued = Receipt.objects.filter(payment__cashier=cashier_id).select_related("void")
    return list(issued.order_by("-number")[:limit])


def receipts_of_points(point_ids: Iterable[int], limit: int) -> list[Receipt]:
    """Give the newest receipts of metering points, whoever lived there."""
    found = Receipt.objects.filter(payment__account__point__in=set(point_ids)).select_related(
        "payment__debt", "void"
    )
    return list(found.order_by("-number")[:limit])


def receipts_of_sale(receipt: Receipt) -> list[Receipt]:
    """Give the receipts that were paid together with one, in their order; it alone from before there were sales."""
    if not receipt.payment.sale:
        return [receipt]
    sold = Receipt.objects.filter(payment__sale=receipt.payment.sale)
    return list(sold.select_related("payment__account__point").order_by("number"))


def question_before(payment_id: str, account: str, amount_fen: int, now_ms: int) -> Receipt | None:
    """Give the receipt of the same sum for the same account within minutes (R-4.1.4).

    None when this very payment was taken already: then nothing is asked, the same receipt is shown again.
    """
    if Payment.objects.filter(pk=payment_id).exists():
        return None
    repeated = repeated_payment(account, amount_fen, now_ms)
    return repeated.receipt if repeated else None
