"""Correct a receipt of the day as one act: the old one void, its money reversed, the right one issued and credited at once.

One transaction: nothing is edited, and no receipt is void whose money still counts. The credit of the wrong account is asked back
by a reclaim (`reclaims.py`): only what is left is taken, the rest is owed (R-4.1.5, C-7).
"""

from dataclasses import dataclass

from django.db import transaction

from central.campus.models import Account
from central.campus.queries import building_of, payer_code
from central.desk.charges import Wanted, charge, has_lines
from central.desk.corrections.models import Correction, Reclaim
from central.desk.corrections.reclaims import CORRECTED, begin
from central.desk.corrections.reversal import reversal_drafts
from central.desk.corrections.rule import CorrectionRefusal, NotCorrected, may_correct
from central.desk.models import Payment, Receipt
from central.desk.money_in import HowPaid, is_an_id
from central.desk.numbering import RECEIPTS, locked_series
from central.desk.operations import Paid, pay
from central.desk.print_models import ReceiptVoid
from central.desk.refusals import DeskRefusal, Refused
from central.desk.shift_models import Shift
from central.desk.shifts import locked_shift_of
from central.ledger import chart_of_accounts as chart
from central.ledger.one_writer import one_writer
from central.ledger.operations import book_new, record_audit
from central.ledger.queries import balance
from central.link.many_grants import lock_buildings
from central.link.models import Gateway, TakeBackRequest
from central.link.silent_gateways import is_heard
from central.office.models import User
from gateway.contract.quantities import Fen, micro_yuan_from_fen

Kind = Correction.Kind


@dataclass(frozen=True, slots=True)
class Right:
    """What should have been sold: to which account, electricity for so much money, or these items."""

    account: str
    amount_fen: int = 0
    items: tuple[Wanted, ...] = ()


@dataclass(frozen=True, slots=True)
class Corrected:
    """A correction; `existed` when this page had made it before: nothing was done twice."""

    correction: Correction
    existed: bool


@one_writer
@transaction.atomic
def correct(
    correction_id: str,
    number: int,
    right: Right | None,
    reason: str,
    cashier: User,
    *,
    now_ms: int,
    page: str = "",
    reference: str = "",
) -> Corrected | NotCorrected | Refused:
    """Make receipt `number` void and issue the right one, once per `correction_id` (made by the page).

    `right` None gives the money back without another receipt, only while the credit is still there. The money comes out of and goes
    into the cashier's open shift by the receipt's own method; of cash only the difference moves. `page` is the receipt book's for
    the new receipt, `reference` the terminal's or the bank's number where that changed.
    """
    locked_series(RECEIPTS)
    known = Correction.objects.select_related("void__replaced_by__payment__account").filter(pk=correction_id)
    if known:
        return _before(known[0], number, right)
    shift = locked_shift_of(cashier)
    if shift is None:
        return Refused(DeskRefusal.NO_SHIFT)
    if not is_an_id(correction_id) or not is_an_id(f"{CORRECTED}{correction_id}"):
        return Refused(DeskRefusal.BAD_PAYMENT_ID)
    receipt = Receipt.objects.select_related(
        "payment__account__point__customer_class", "payment__account__point__room"
    ).filter(pk=number).first()  # fmt: skip
    if receipt is None:
        return NotCorrected(CorrectionRefusal.UNKNOWN_RECEIPT)
    gateways = _lock(receipt, right)
    kind = _kind_of(receipt, right, reason, gateways, now_ms)
    if not isinstance(kind, Kind):
        return NotCorrected(kind)
    paid = _replace(receipt, right, correction_id, cashier, now_ms, page, reference) if right else None
    if isinstance(paid, Refused):
        return paid
    if _is_short(receipt, shift):
        transaction.set_rollback(True)
        return NotCorrected(CorrectionRefusal.DRAWER_TOO_LOW)
    void = _void(receipt, paid, reason, shift, cashier, now_ms)
    return Corrected(_correction(correction_id, void, kind, cashier), False)


def _before(known: Correction, number: int, right: Right | None) -> Corrected | NotCorrected:
    """The same page again: the same correction, unless it now asks for something else."""
    done, same = known.void.replaced_by, known.void.receipt_id == number
    if right is None or done is None:
        same = same and right is None and done is None
    else:
        same = same and done.payment.account.code in (right.account, payer_code(right.account))
        same = same and (bool(right.items) or done.amount_fen == right.amount_fen)
        same = same and has_lines(done.payment, right.items)
    return Corrected(known, True) if same else NotCorrected(CorrectionRefusal.EXISTS_WITH_DIFFERENT)


def _lock(receipt: Receipt, right: Right | None) -> dict[int, Gateway]:
    """Lock the gateways of both accounts, in the order of their keys; give them by building."""
    buildings = [receipt.payment.account.point.room.building_id]
    if right is not None and (other := building_of(right.account)) is not None:
        buildings.append(other)
    gateways = lock_buildings(buildings)
    receipt.payment.account.refresh_from_db(fields=["state"])  # its closing may have come before the lock
    return gateways


def _kind_of(
    receipt: Receipt, right: Right | None, reason: str, gateways: dict[int, Gateway], now_ms: int
) -> Kind | CorrectionRefusal:
    """Say what is wrong with a receipt, or why it can't be corrected so."""
    if refusal := may_correct(receipt, now_ms):
        return refusal
    if not reason.strip():
        return CorrectionRefusal.NO_REASON
    if right is None:
        return Kind.NONE if _is_all_left(receipt, gateways, now_ms) else CorrectionRefusal.NOT_ALL_LEFT
    payment = receipt.payment
    if payment.purpose == Payment.Purpose.CHARGES:
        if right.account != payment.account.code:
            return Kind.ROOM
        return CorrectionRefusal.NOTHING_DIFFERS if has_lines(payment, right.items) else Kind.ITEMS
    if payer_code(right.account) != payment.account.code:
        return Kind.ROOM
    return CorrectionRefusal.NOTHING_DIFFERS if right.amount_fen == payment.amount_fen else Kind.AMOUNT


def _is_all_left(receipt: Receipt, gateways: dict[int, Gateway], now_ms: int) -> bool:
    """Say whether all credit of a receipt is still there as far as is known: its gateway is heard, the books hold as much, and
    nothing else takes it: no closing, no reclaim without an end, no request that waits for an answer.
    """
    payment, account = receipt.payment, receipt.payment.account
    if payment.purpose != Payment.Purpose.ENERGY:
        return True
    gateway = gateways.get(account.point.room.building_id)
    left = balance(chart.customer(account.code, payment.bucket, receipt.unit))
    waiting = account.take_backs.filter(bucket=payment.bucket, state=TakeBackRequest.State.PENDING)
    is_taken = waiting.exists() or account.reclaims.filter(bucket=payment.bucket, end=None).exists()
    is_known = account.state == Account.State.OPEN and (gateway is None or is_heard(gateway, now_ms))
    return left >= receipt.credited and is_known and not is_taken


def _replace(
    receipt: Receipt,
    right: Right,
    payment_id: str,
    cashier: User,
    now_ms: int,
    page: str,
    reference: str,
) -> Receipt | Refused:
    """Issue the right receipt, by the same method; give it."""
    old = receipt.payment
    same_account = payer_code(right.account) == old.account.code
    how = HowPaid(
        Payment.Method(old.method),
        reference.strip() or old.method_reference,
        instead_of=_sales_of(receipt),
        without=receipt.credited if same_account else 0,
    )
    given = {"now_ms": now_ms, "page": page, "how": how}
    done: Paid | Refused
    if old.purpose == Payment.Purpose.CHARGES:
        done = charge(payment_id, right.account, right.items, cashier, **given)
    else:
        done = pay(payment_id, right.account, right.amount_fen, cashier, bucket=old.bucket, **given)
    return done if isinstance(done, Refused) else done.receipt


def _sales_of(receipt: Receipt) -> tuple[str, ...]:
    """Give the sales that the terminal's number of a receipt paid for: its own, and those of what replaced the sale's receipts, or
    was replaced by them.
    """
    replaced = ReceiptVoid.objects.exclude(replaced_by=None)
    sales, found = {receipt.payment.sale}, set[str]()
    while sales != found:
        found = set(sales)
        sales.update(
            replaced.filter(receipt__payment__sale__in=found).values_list(
                "replaced_by__payment__sale", flat=True
            ),
            replaced.filter(replaced_by__payment__sale__in=found).values_list(
                "receipt__payment__sale", flat=True
            ),
        )
    return tuple(sorted(sales))


def _is_short(receipt: Receipt, shift: Shift) -> bool:
    """Say whether the drawer holds less than the receipt's cash; what the right one brings is in it already."""
    held = balance(chart.cash(shift.drawer))
    return receipt.payment.method == Payment.Method.CASH and held < micro_yuan_from_fen(
        Fen(receipt.amount_fen)
    )


def _void(
    receipt: Receipt, replaced_by: Receipt | None, reason: str, shift: Shift, cashier: User, now_ms: int
) -> ReceiptVoid:
    """Make the receipt void and reverse its transfers: its money off this shift, its credit to be reclaimed."""
    void = ReceiptVoid.objects.create(
        receipt=receipt,
        replaced_by=replaced_by,
        reason=reason.strip()[:200],
        shift=shift,
        by=cashier,
        at_ms=now_ms,
    )
    book_new(reversal_drafts(void), now_ms)
    return void


def _correction(correction_id: str, void: ReceiptVoid, kind: Kind, cashier: User) -> Correction:
    """Keep the correction, put it on record, and ask for the credit that the wrong account has."""
    receipt, payment = void.receipt, void.receipt.payment
    account: Account = payment.account
    reclaim = None
    if payment.purpose == Payment.Purpose.ENERGY:
        reclaim = Reclaim.objects.create(
            reclaim_id=f"{CORRECTED}{correction_id}",
            account=account,
            bucket=payment.bucket,
            unit=receipt.unit,
            amount=receipt.credited,
            why=void.reason,
            at_ms=void.at_ms,
        )
    correction = Correction.objects.create(correction_id=correction_id, void=void, kind=kind, reclaim=reclaim)
    if reclaim is not None:
        begin(reclaim, payment.grant, actor=cashier, now_ms=void.at_ms)
    instead = f"receipt {void.replaced_by_id}" if void.replaced_by_id else "nothing"
    record_audit(
        actor=cashier.get_username(),
        action="correct-receipt",
        subject=account.code,
        detail=f"receipt {receipt.pk} void ({kind}), {instead} in its place: {void.reason}",
        now_ms=void.at_ms,
    )
    return correction
