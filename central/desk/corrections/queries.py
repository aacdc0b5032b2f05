"""What a correction is decided by: the customer's record, his payments, what is left; and what became of corrections."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from central.desk.book_models import BookPageIssue
from central.desk.corrections.adjusting import ACT
from central.desk.corrections.models import Adjustment, Correction, Reclaim
from central.desk.corrections.reclaims import Standing, State, gateway_of, standings
from central.desk.go_live.signers_view import bucket_words
from central.desk.models import ChargeLine, Payment, Receipt
from central.desk.print_models import ReceiptVoid
from central.desk.queries import BucketBalance, bucket_balances
from central.desk.room_lines import RoomLine, room_lines
from central.desk.search import point_of_room
from central.link.models import Gateway
from central.office.approval_queries import subject_words
from central.office.models import Approval

LAST_PAYMENTS = 10


@dataclass(frozen=True, slots=True)
class Record:
    """What is on record about a receipt: its room as it stands, its payments, its buckets, the gateway that keeps the credit."""

    receipt: Receipt
    line: RoomLine | None
    lines: tuple[ChargeLine, ...]
    payments: tuple[Receipt, ...]
    siblings: tuple[Receipt, ...]
    """The other receipts of the same sale."""
    buckets: tuple[tuple[str, BucketBalance], ...]
    """With their names; what was never used is left out beside the receipt's own."""
    gateway: Gateway | None

    @property
    def is_energy(self) -> bool:
        """Say whether credit was bought."""
        return bool(self.receipt.payment.purpose == Payment.Purpose.ENERGY)


@dataclass(frozen=True, slots=True)
class CorrectionLine:
    """A correction with where its credit stands (None for charges)."""

    correction: Correction
    standing: Standing | None

    @property
    def void(self) -> ReceiptVoid:
        """What made the receipt void."""
        return self.correction.void

    @property
    def cash_fen(self) -> int:
        """The money that moved: above zero the customer paid more, below zero he got back."""
        instead = self.void.replaced_by
        return (instead.amount_fen if instead else 0) - self.void.receipt.amount_fen


@dataclass(frozen=True, slots=True)
class AdjustmentLine:
    """An adjustment with where what it asked back stands (None for credit given)."""

    adjustment: Adjustment
    standing: Standing | None


def receipt_with_all(number: int) -> Receipt | None:
    """Give a receipt with its payment, account, room and class."""
    return (
        Receipt.objects.select_related("payment__account__point__room__building")
        .select_related("payment__account__point__customer_class")
        .filter(pk=number)
        .first()
    )


def record_of(receipt: Receipt, now_ms: int) -> Record:
    """Gather what the cashier looks at before anything is corrected (procedure 4.1.5)."""
    payment = receipt.payment
    room_id = payment.account.point.room_id
    point = point_of_room(room_id)
    payments = Receipt.objects.select_related("void", "payment").filter(
        payment__account__point=payment.account.point_id
    )
    siblings = Receipt.objects.select_related("void").filter(payment__sale=payment.sale)
    return Record(
        receipt=receipt,
        line=room_lines([point], now_ms)[0] if point else None,
        lines=tuple(payment.lines.order_by("number")),
        payments=tuple(payments.order_by("-number")[:LAST_PAYMENTS]),
        siblings=tuple(siblings.exclude(pk=receipt.pk).order_by("number")) if payment.sale else (),
        buckets=tuple(
            (bucket_words(one.bucket), one)
            for one in bucket_balances(payment.account)
            if one.amount or one.bucket == payment.bucket
        ),
        gateway=Gateway.objects.filter(building=payment.account.point.room.building_id).first(),
    )


def correction_of(number: int) -> CorrectionLine | None:
    """Give the correction that made a receipt void."""
    return next(iter(_lines(_corrections().filter(void=number))), None)


def correction_lines(limit: int) -> list[CorrectionLine]:
    """Give the newest corrections; those whose credit still waits first."""
    newest = list(_corrections().order_by("-void__at_ms")[:limit])
    waiting = list(_corrections().filter(reclaim__isnull=False, reclaim__end=None).order_by("-void__at_ms"))
    return _lines(list({one.pk: one for one in [*waiting, *newest]}.values()))


def adjustment_lines(limit: int) -> list[AdjustmentLine]:
    """Give the newest adjustments."""
    rows = Adjustment.objects.select_related(
        "account__point__room__building", "receipt", "reclaim__account", "asked_by"
    )
    return _adjustment_lines(rows.order_by("-at_ms")[:limit])


def adjustments_waiting(number: int | None = None) -> list[tuple[Approval, str]]:
    """Give the adjustments that wait for signatures, all or those of one receipt, each with what it is about in words."""
    waiting = Approval.objects.filter(act=ACT, state=Approval.State.WAITING).order_by("number")
    rows = waiting if number is None else waiting.filter(subject=f"receipt {number}")
    return [(one, subject_words(one)) for one in rows]


def adjustments_of(number: int) -> list[AdjustmentLine]:
    """Give what was adjusted because of a receipt."""
    rows = Adjustment.objects.select_related("account__point__room__building", "reclaim__account")
    return _adjustment_lines(rows.filter(receipt=number).order_by("at_ms"))


def _adjustment_lines(rows: QuerySet[Adjustment]) -> list[AdjustmentLine]:
    stands = standings([one.reclaim for one in rows if one.reclaim])
    return [AdjustmentLine(one, stands.get(one.reclaim_id or "")) for one in rows]


def pages_of(line: CorrectionLine) -> tuple[BookPageIssue | None, BookPageIssue | None]:
    """Give the book pages of the void receipt and of the one in its place, where pages are the originals."""
    instead = line.void.replaced_by
    return _page_of(line.void.receipt), _page_of(instead) if instead else None


def can_be_asked(standing: Standing | None) -> bool:
    """Say whether a person may have the gateway asked (again)."""
    return standing is not None and standing.state in (State.REFUSED, State.NOT_ASKED)


def gateway_is_online(reclaim: Reclaim) -> bool:
    """Say whether an answer can be expected now."""
    gateway = gateway_of(reclaim)
    return gateway is not None and gateway.online


def _page_of(receipt: Receipt) -> BookPageIssue | None:
    return BookPageIssue.objects.select_related("book").filter(payment=receipt.payment_id).first()


def _corrections() -> QuerySet[Correction]:
    return Correction.objects.select_related(
        "reclaim__account__point__room", "void__receipt__payment", "void__replaced_by__payment", "void__by"
    )


def _lines(corrections: Iterable[Correction]) -> list[CorrectionLine]:
    stands = standings([one.reclaim for one in corrections if one.reclaim])
    return [CorrectionLine(one, stands.get(one.reclaim_id or "")) for one in corrections]
