"""Enter handwritten pages: payment, receipt, credit, the page bound to it; all of a sheet in one transaction, once (R-4.1.9).

How the cash ties: the money of the pages lies in a drawer, so it is entered in the open shift of that drawer, as a rule that of the
cashier who wrote the pages. It is booked on that shift's day, late, with both dates. The drawer's own count at the shift's end
proves it; what was counted for the pages alone is kept on the sheet, a difference with its reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from central.desk.book_models import ReceiptBook
from central.desk.books import BookRefusal, Page, void_page
from central.desk.models import Payment, ReceiptSeries
from central.desk.numbering import RECEIPTS, locked_series, next_number
from central.desk.operations import Paid, Written, pay
from central.desk.outage.models import OutagePage, OutageSheet
from central.desk.outage.plan import PlannedPage, SheetPlan, plan_sheet
from central.desk.refusals import DeskRefusal
from central.desk.shift_models import Shift
from central.desk.shifts import locked_shift_of
from central.domain.receipt_book import Mark
from central.ledger import chart_of_accounts as chart
from central.ledger.one_writer import one_writer
from central.ledger.operations import Draft, book_new, record_audit
from central.link.alarms import clear_alarm
from central.link.many_grants import lock_buildings
from central.link.models import Delivery, StockVoucher, VoucherRedeemed
from central.link.stock_vouchers import UNPAID, payment_id_of
from central.office.models import User

OUTAGE_SHEETS = "outage"
"""The series of supplementary day sheets."""


class SheetRefusal(StrEnum):
    """Why no page of a sheet was entered."""

    CHANGED = "changed"
    """It is no longer what was shown: a page went out, or a room changed."""
    TROUBLES = "troubles"
    NO_SHIFT = "no-shift"
    NO_REASON = "no-reason"
    EXISTS_WITH_DIFFERENT = "exists-with-different"
    PAGE_REFUSED = "page-refused"


@dataclass(frozen=True, slots=True)
class SheetRefused:
    """A named refusal; `page` and `desk` say which page, and why the desk refused it."""

    why: SheetRefusal
    page: int | None = None
    desk: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands above the pages. `shift` is the number of the open shift in whose drawer the cash lies."""

    key: str
    book: ReceiptBook
    plan: SheetPlan
    written_by: User
    shift: int
    counted_fen: int
    reason: str = ""


@one_writer
@transaction.atomic
def enter_sheet(sheet: Sheet, shown: str, *, actor: User, now_ms: int) -> OutageSheet | SheetRefused:
    """Enter a sheet's pages, all or none, once per key. `shown` is the digest that was previewed.

    The pages are read again with the numbers locked: what went out meanwhile is refused by name.
    """
    series = locked_series(RECEIPTS)
    known = OutageSheet.objects.filter(key=sheet.key).first()
    if known is not None:
        same = known.digest == shown
        return known if same else SheetRefused(SheetRefusal.EXISTS_WITH_DIFFERENT)
    numbers, shift = locked_series(OUTAGE_SHEETS), _locked_shift(sheet.shift)
    if shift is None:
        return SheetRefused(SheetRefusal.NO_SHIFT)
    plan = _read_again(sheet.plan, now_ms)
    if refusal := _refusal(plan, sheet, shown, shift):
        return refusal
    entered = _store(numbers, sheet, plan, shift, actor, now_ms)
    refused = _enter_pages(entered, plan, shift, series, actor, now_ms)
    if refused is not None:
        transaction.set_rollback(True)
        return refused
    _on_record(entered, plan, actor, now_ms)
    return entered


def _locked_shift(number: int) -> Shift | None:
    """Lock the drawer of an open shift, and keep the shift open until the transaction ends."""
    shift = Shift.objects.filter(pk=number).select_related("cashier").first()
    found = locked_shift_of(shift.cashier) if shift else None
    return found if found is not None and found.pk == number else None


def _read_again(plan: SheetPlan, now_ms: int) -> SheetPlan:
    """Lock the buildings of the pages, several in the order of their keys, then read the pages anew."""
    ids = {page.point.room.building_id for page in plan.pages if page.point is not None}
    lock_buildings(ids)
    return plan_sheet(plan.book, plan.day, [page.typed for page in plan.pages], now_ms)


def _refusal(plan: SheetPlan, sheet: Sheet, shown: str, shift: Shift) -> SheetRefused | None:
    bad = next((page for page in plan.pages if page.troubles), None)
    if bad is not None or not plan.pages:
        return SheetRefused(SheetRefusal.TROUBLES, bad.page if bad else None)
    if plan.digest != shown:
        return SheetRefused(SheetRefusal.CHANGED)
    moved = shift.cashier_id != sheet.written_by.pk
    if (moved or sheet.counted_fen != plan.sum_fen) and not sheet.reason.strip():
        return SheetRefused(SheetRefusal.NO_REASON)
    return None


def _store(
    numbers: ReceiptSeries, sheet: Sheet, plan: SheetPlan, shift: Shift, actor: User, now_ms: int
) -> OutageSheet:
    return OutageSheet.objects.create(
        number=next_number(numbers),
        key=sheet.key,
        digest=plan.digest,
        book=sheet.book,
        written_by=sheet.written_by,
        day=plan.day,
        shift=shift,
        entered_by=actor,
        entered_ms=now_ms,
        sum_fen=plan.sum_fen,
        counted_fen=sheet.counted_fen,
        reason=sheet.reason.strip()[:200],
    )


def _enter_pages(
    sheet: OutageSheet,
    plan: SheetPlan,
    shift: Shift,
    series: ReceiptSeries,
    actor: User,
    now_ms: int,
) -> SheetRefused | None:
    rows = []
    for page in plan.pages:
        if page.void_reason:
            made = void_page(
                sheet.book, page.page, Mark.SPOILED, page.void_reason, actor=actor, now_ms=now_ms
            )
            if isinstance(made, BookRefusal):
                return SheetRefused(SheetRefusal.PAGE_REFUSED, page.page, made.value)
            rows.append(OutagePage(sheet=sheet, page=page.page, void_reason=page.void_reason))
            continue
        paid = _pay(sheet, page, shift, now_ms)
        if not isinstance(paid, Payment):
            return SheetRefused(SheetRefusal.PAGE_REFUSED, page.page, paid)
        rows.append(
            OutagePage(
                sheet=sheet, page=page.page, written_ms=page.written_ms, payment=paid, voucher=page.voucher
            )
        )
    OutagePage.objects.bulk_create(rows)
    return None


def _pay(sheet: OutageSheet, page: PlannedPage, shift: Shift, now_ms: int) -> Payment | str:
    """Take one page's payment into the shift; a text names the desk's refusal."""
    voucher, written_ms = page.voucher, page.written_ms or now_ms
    payment_id = payment_id_of(voucher.pk) if voucher else f"w-{sheet.book_id}-{page.page}"
    redeemed = VoucherRedeemed.objects.filter(voucher=voucher).first() if voucher else None
    if voucher is not None and redeemed is not None:
        _take_out_of_suspense(voucher, now_ms)
    paid = pay(
        payment_id,
        voucher.account.code if voucher else page.account,
        page.amount_fen,
        shift.cashier,
        now_ms=now_ms,
        written=Written(written_ms, Page(sheet.book, page.page), voucher.serial if voucher else 0),
    )
    if not isinstance(paid, Paid):
        return paid.why.value
    if paid.existed or (voucher is not None and paid.receipt.credited != voucher.amount):
        return DeskRefusal.EXISTS_WITH_DIFFERENT.value
    if voucher is not None and redeemed is not None:
        _note_credited(voucher, redeemed, now_ms)
    return paid.receipt.payment


def _take_out_of_suspense(voucher: StockVoucher, now_ms: int) -> None:
    """A voucher credited before its sale was entered stands as credit of unknown origin: its payment takes that place."""
    book_new(
        [
            Draft(
                id=f"voucher-entered:{voucher.pk}",
                debit=chart.customer(voucher.account.code, voucher.bucket, voucher.unit),
                credit=chart.suspense(voucher.unit),
                amount=voucher.amount,
                kind="voucher-entered",
                at_ms=now_ms,
                reference=voucher.pk,
            )
        ],
        now_ms,
    )


def _note_credited(voucher: StockVoucher, redeemed: VoucherRedeemed, now_ms: int) -> None:
    Delivery.objects.filter(pk=voucher.grant_id).update(
        applied_ms=redeemed.at_ms, applied_entry=redeemed.entry
    )
    clear_alarm(UNPAID, voucher.pk, now_ms=now_ms, gateway_id=voucher.gateway_id)


def _on_record(sheet: OutageSheet, plan: SheetPlan, actor: User, now_ms: int) -> None:
    pages: Sequence[int] = [page.page for page in plan.pages]
    detail = (
        f"book {sheet.book.number} pages {pages[0]}-{pages[-1]}, written by {sheet.written_by.get_username()} on {sheet.day}: "
        f"{sheet.sum_fen} fen, counted {sheet.counted_fen} fen, into shift {sheet.shift_id}; {sheet.reason}"
    )
    record_audit(
        actor=actor.get_username(),
        action="enter-pages",
        subject=f"sheet {sheet.number}",
        detail=detail,
        now_ms=now_ms,
    )
