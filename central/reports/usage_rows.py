"""Each payment of a span with its room, receipt and book page, and each receipt made void: what the room usage report lists.

Plain data, no words. Void receipts stand with their sum below zero, on the day on which the money went back (R-4.1.5).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from central.campus.models import CustomerClass
from central.desk.day_sums import payments_in, voids_in
from central.desk.models import Payment
from central.domain.periods import Period


@dataclass(frozen=True, slots=True)
class Paid:
    """One receipt, or one made void: the account it is for and all that its line says. Money in fen."""

    account: str
    building: int
    room: str
    floor: int
    class_name: str
    is_merchant: bool
    receipt: int
    page: str
    at_ms: int
    cashier: str
    method: str
    what: str
    """A purpose of payments, or `penalty`."""
    fen: int
    is_void: bool = False

    @property
    def place(self) -> tuple[int, str, int, bool]:
        """Its place in its building's list."""
        return self.floor, self.room, self.receipt, self.is_void


PENALTY = "penalty"
COLUMNS = (
    *("pk", "account__code", "account__point__room__building", "account__point__room__label"),
    *("account__point__room__floor", "receipt__class_name", "account__point__customer_class__group"),
    *("receipt__number", "book_page__book__number", "book_page__page", "at_ms", "receipt__cashier_name"),
    *("method", "purpose", "debt__penalty", "receipt__amount_fen"),
)


def paid_in(period: Period) -> list[Paid]:
    """Give every receipt and void of a period, as the desk's tables book them."""
    voids = {void.receipt.payment_id: void.at_ms for void in voids_in(period).select_related("receipt")}
    taken = _rows(payments_in(period))
    given_back = _rows(Payment.objects.filter(pk__in=voids))
    return [_paid(row, row[10], 1) for row in taken] + [_paid(row, voids[row[0]], -1) for row in given_back]


def _rows(payments: QuerySet[Payment]) -> Iterable[tuple]:
    return payments.order_by().values_list(*COLUMNS).iterator()


def _paid(row: tuple, at_ms: int, sign: int) -> Paid:
    _pk, account, building, room, floor, class_name, group = row[:7]
    number, book, page, _at_ms, cashier, method, purpose, penalty, fen = row[7:]
    return Paid(
        account,
        building,
        room,
        floor,
        class_name,
        group == CustomerClass.Group.MERCHANT,
        number,
        f"{book} {page}" if book else "",
        at_ms,
        cashier,
        method,
        PENALTY if penalty else purpose,
        sign * fen,
        sign < 0,
    )
