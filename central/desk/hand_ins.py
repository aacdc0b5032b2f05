"""Hand cash and receipts in to finance, in batches of closed days (R-4.1.8): every page and every fen accounted for.

The desk counts and names the slip; finance signs that it has received it, or sends the batch back. A batch whose cash is not what
the days say is received only after its named difference was approved.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from central.clock import campus_day
from central.desk.cash_differences import is_settled, name_difference, take_back_difference
from central.desk.day_models import DayClose, HandIn, HandInDay, HandInEnd
from central.desk.hand_in_pages import BookPages, keep_pages, pages_of, pages_text
from central.desk.missing_pages import ask_for_missing, pages_wait
from central.desk.numbering import HAND_INS, locked_series, next_number
from central.desk.refusals import ShiftRefusal
from central.desk.shift_models import CashDifference
from central.domain.pages_handed_in import MissingPages, strangers
from central.ledger import chart_of_accounts as chart
from central.ledger.operations import Draft, book_new, record_audit
from central.office.models import User
from gateway.contract.quantities import Fen, micro_yuan_from_fen

Where = CashDifference.Where


@dataclass(frozen=True, slots=True)
class Batch:
    """What the desk says of a batch: the days' numbers, the cash, the bank's slip, a note on the pages, why cash or pages are not
    what the books say, and the pages whose paper is not there.
    """

    closes: Sequence[int]
    cash_fen: int
    bank_slip: str = ""
    void_pages: str = ""
    reason: str = ""
    missing: Sequence[MissingPages] = ()


def days_to_hand_in() -> list[DayClose]:
    """List the closed days that are in no batch, or only in one that finance sent back; the first first."""
    in_batch = HandInDay.objects.exclude(hand_in__end__received=False).values("day_close")
    return list(DayClose.objects.exclude(pk__in=in_batch).order_by("day"))


@transaction.atomic
def hand_in(batch: Batch, by: User, *, now_ms: int) -> HandIn | ShiftRefusal:
    """Make a batch of closed days, with the pages of the receipt books that go with them.

    Cash that differs and pages that are not there need a reason, and are asked to be approved.
    """
    series = locked_series(HAND_INS)
    waiting = {closed.pk: closed for closed in days_to_hand_in()}
    if not batch.closes:
        return ShiftRefusal.NO_DAYS
    if not set(batch.closes) <= set(waiting):
        return ShiftRefusal.DAY_HANDED_IN
    days = [waiting[number] for number in sorted(set(batch.closes))]
    books = pages_of(days)
    expected_fen = sum(closed.moved_fen for closed in days)
    if refusal := _refusal_for(batch, books, expected_fen):
        return refusal
    made = _store(next_number(series), batch, days, expected_fen, by, now_ms)
    keep_pages(made, books, batch.missing, made.reason)
    ask_for_missing(made, by, now_ms)
    if made.difference_fen:
        name_difference(
            Where.HAND_IN,
            made.difference_fen,
            made.reason,
            hand_in=made.pk,
            day=campus_day(now_ms),
            by=by,
            now_ms=now_ms,
        )
    cash = f"{made.cash_fen} of {expected_fen} fen, slip {made.bank_slip}"
    detail = f"{len(days)} days, {cash}; {pages_text(books)}; {made.reason}"
    _on_record(by, "hand-in", made.pk, detail, now_ms)
    return made


def _refusal_for(batch: Batch, books: Sequence[BookPages], expected_fen: int) -> ShiftRefusal | None:
    if any(one.loose for one in books):
        return ShiftRefusal.PAGES_UNACCOUNTED
    if strangers(batch.missing, {one.book.number: one.all_pages for one in books}):
        return ShiftRefusal.PAGE_NOT_IN_BATCH
    as_the_books_say = batch.cash_fen == expected_fen and not batch.missing
    return None if as_the_books_say or batch.reason.strip() else ShiftRefusal.NO_REASON


def _store(
    number: int, batch: Batch, days: Sequence[DayClose], expected_fen: int, by: User, now_ms: int
) -> HandIn:
    firsts = [closed.first_receipt for closed in days if closed.first_receipt is not None]
    lasts = [closed.last_receipt for closed in days if closed.last_receipt is not None]
    made = HandIn.objects.create(
        number=number,
        made_ms=now_ms,
        handed_in_by=by,
        first_receipt=min(firsts, default=None),
        last_receipt=max(lasts, default=None),
        receipts=sum(closed.receipts for closed in days),
        void_pages=batch.void_pages.strip()[:400],
        bank_slip=batch.bank_slip.strip()[:80],
        expected_fen=expected_fen,
        cash_fen=batch.cash_fen,
        reason=batch.reason.strip()[:200],
    )
    HandInDay.objects.bulk_create(HandInDay(hand_in=made, day_close=closed) for closed in days)
    return made


@transaction.atomic
def receive(number: int, by: User, *, note: str = "", now_ms: int) -> HandInEnd | ShiftRefusal:
    """Sign, as finance, that a batch is here and right. Refused while a difference of it or of its days, or missing pages, wait."""
    made = _waiting(number, by)
    if isinstance(made, ShiftRefusal):
        return made
    if differences_that_wait(made):
        return ShiftRefusal.DIFFERENCE_WAITS
    if pages_wait(made):
        return ShiftRefusal.PAGES_WAIT
    if made.cash_fen:
        amount = micro_yuan_from_fen(Fen(made.cash_fen))
        draft = Draft(
            f"hand-in:{made.pk}", chart.handed_in(), chart.safe(), amount, "hand-in", now_ms, str(made.pk)
        )
        book_new([draft], now_ms)
    return _end(made, True, by, note, now_ms)


@transaction.atomic
def send_back(number: int, by: User, *, note: str, now_ms: int) -> HandInEnd | ShiftRefusal:
    """Send a batch back to the desk, with the reason; its days may be handed in anew, and its own difference is booked back."""
    made = _waiting(number, by)
    if isinstance(made, ShiftRefusal):
        return made
    if not note.strip():
        return ShiftRefusal.NO_RETURN_REASON
    take_back_difference(f"hand-in-{made.pk}", now_ms)
    return _end(made, False, by, note, now_ms)


def _waiting(number: int, by: User) -> HandIn | ShiftRefusal:
    locked_series(HAND_INS)
    made = HandIn.objects.filter(pk=number).first()
    if made is None or HandInEnd.objects.filter(pk=number).exists():
        return ShiftRefusal.ALREADY_ENDED
    return ShiftRefusal.OWN_HAND_IN if made.handed_in_by_id == by.pk else made


def _end(made: HandIn, received: bool, by: User, note: str, now_ms: int) -> HandInEnd:
    end = HandInEnd.objects.create(
        hand_in=made, received=received, by=by, at_ms=now_ms, note=note.strip()[:200]
    )
    _on_record(by, "receive-hand-in" if received else "send-back-hand-in", made.pk, end.note, now_ms)
    return end


def differences_of(made: HandIn) -> list[CashDifference]:
    """List the named differences of a batch and of its days."""
    days = made.days.values("day_close__day")
    of_days = CashDifference.objects.filter(day__in=days, shift__isnull=False)
    own = CashDifference.objects.filter(pk=f"hand-in-{made.pk}")
    return list((of_days | own).select_related("approved", "named_by", "shift").order_by("at_ms"))


def differences_that_wait(made: HandIn) -> list[CashDifference]:
    """List those of them that nobody approved yet."""
    return [one for one in differences_of(made) if not is_settled(one)]


def _on_record(by: User, action: str, number: int, detail: str, now_ms: int) -> None:
    record_audit(
        actor=by.get_username(),
        action=action,
        subject=f"hand-in {number}",
        detail=detail[:400],
        now_ms=now_ms,
    )
