"""What is done with receipt books: taken in, handed out, checked, pages made void and issued (R-4.1.2). Each act is on record."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from central.desk.book_models import BookHolding, BookPageIssue, BookPageMark, ReceiptBook
from central.desk.book_queries import current_book, held_by, states_of
from central.desk.models import Payment, ReceiptSeries
from central.domain.receipt_book import (
    MOST_PAGES,
    VOIDS,
    Finding,
    Mark,
    PageFault,
    PageRefusal,
    PageState,
    fault_of_issue,
    next_page,
    runs_text,
)
from central.ledger.operations import record_audit
from central.office.dated_settings import list_at, value_at
from central.office.models import User

SERIES = "main"


class BookRefusal(StrEnum):
    """Why nothing was done with a book; a text key for the pages."""

    NUMBER_TAKEN = "number-taken"
    BAD_RANGE = "bad-range"
    TOO_MANY_PAGES = "too-many-pages"
    NOTHING_TO_CHECK = "nothing-to-check"
    PAGE_ISSUED = "page-issued"
    NO_REASON = "no-reason"
    HELD_BY_ANOTHER = "held-by-another"
    NOT_HELD = "not-held"
    HAS_BOOK = "has-book"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check came to: pages good, pages that lack a seal, pages void."""

    good: int
    lacking: int
    void: int


@transaction.atomic
def receive_book(
    number: str, first_page: int, last_page: int, note: str, *, actor: User, now_ms: int
) -> ReceiptBook | BookRefusal:
    """Take a book in. Nothing of it can be issued before its pages are checked."""
    _queue()
    if not 1 <= first_page <= last_page:
        return BookRefusal.BAD_RANGE
    if last_page - first_page >= MOST_PAGES:
        return BookRefusal.TOO_MANY_PAGES
    if ReceiptBook.objects.filter(number=number).exists():
        return BookRefusal.NUMBER_TAKEN
    book = ReceiptBook.objects.create(
        number=number,
        first_page=first_page,
        last_page=last_page,
        note=note.strip()[:120],
        received_ms=now_ms,
        received_by=actor,
    )
    _record("receive-book", book, f"pages {first_page}-{last_page}", actor, now_ms)
    return book


@transaction.atomic
def take_book(book: ReceiptBook, *, actor: User, now_ms: int) -> BookHolding | BookRefusal:
    """Take a book from the safe: its pages are issued by whom has it. One unfinished book at a time."""
    _queue()
    if held_by(book) is not None:
        return BookRefusal.HELD_BY_ANOTHER
    if next_page(states_of(book)) is None:
        return BookRefusal.FINISHED
    mine = current_book(actor)
    if mine is not None and next_page(states_of(mine)) is not None:
        return BookRefusal.HAS_BOOK
    _record("take-book", book, "", actor, now_ms)
    return BookHolding.objects.create(book=book, holder=actor, by=actor, at_ms=now_ms)


@transaction.atomic
def return_book(book: ReceiptBook, *, actor: User, now_ms: int) -> BookHolding | BookRefusal:
    """Give a book back to the safe. Another than its holder may do it, when the holder is gone; the record names both."""
    _queue()
    holder = held_by(book)
    if holder is None:
        return BookRefusal.NOT_HELD
    _record("return-book", book, f"was with {holder.get_username()}", actor, now_ms)
    return BookHolding.objects.create(book=book, holder=None, by=actor, at_ms=now_ms)


@transaction.atomic
def check_pages(
    book: ReceiptBook,
    first: int,
    last: int,
    seals: Sequence[str],
    findings: Sequence[Finding],
    *,
    actor: User,
    now_ms: int,
) -> Checked | BookRefusal:
    """Check a range at once: `seals` are those on every page but for the findings. Pages issued or void are left as they are."""
    _queue()
    if not book.first_page <= first <= last <= book.last_page:
        return BookRefusal.BAD_RANGE
    states = states_of(book)
    open_pages = [p for p in range(first, last + 1) if states[p] not in (PageState.ISSUED, PageState.VOID)]
    if not open_pages:
        return BookRefusal.NOTHING_TO_CHECK
    wanted = seals_at(now_ms)
    lacking = [seal for seal in wanted if seal not in seals]
    usual = Finding(range(0), Mark.LACKS_SEAL if lacking else Mark.GOOD, tuple(lacking))
    found = {page: finding for finding in findings for page in finding.pages}
    marks = [_mark(book, page, found.get(page, usual), lacking, actor, now_ms) for page in open_pages]
    BookPageMark.objects.bulk_create(marks)
    _record("check-book", book, _said(marks), actor, now_ms)
    void = sum(mark.mark in VOIDS for mark in marks)
    good = sum(mark.mark == Mark.GOOD for mark in marks)
    return Checked(good, len(marks) - good - void, void)


@transaction.atomic
def void_page(
    book: ReceiptBook, page: int, mark: Mark, reason: str, *, actor: User, now_ms: int
) -> BookPageMark | BookRefusal:
    """Make a page void for good: spoiled, or skipped. Its reason names the gap. A page already void stays as it is."""
    _queue()
    states = states_of(book)
    if page not in states or mark not in VOIDS:
        return BookRefusal.BAD_RANGE
    if states[page] is PageState.ISSUED:
        return BookRefusal.PAGE_ISSUED
    if not reason.strip():
        return BookRefusal.NO_REASON
    if states[page] is PageState.VOID:
        return BookRefusal.NOTHING_TO_CHECK
    made = _mark(book, page, Finding(range(0), mark, note=reason.strip()[:120]), [], actor, now_ms)
    made.save(force_insert=True)
    _record("void-page", book, f"page {page} {mark}: {made.note}", actor, now_ms)
    return made


def page_is_original(at_ms: int) -> bool:
    """Say whether a book's page is a payment's legal original at an instant, and not the system's number."""
    return value_at("receipt.original", at_ms) == "page"


def seals_at(at_ms: int) -> list[str]:
    """Give the names of the seals that each page must bear."""
    return [str(seal) for seal in list_at("receipt.seals", at_ms)]


@dataclass(frozen=True, slots=True)
class Page:
    """A page that may be issued now."""

    book: ReceiptBook
    number: int


def page_for(typed: str, cashier: User, now_ms: int) -> Page | PageFault | None:
    """Give the page that a payment goes on; None when the system's number is the original. Called with the series locked."""
    if not page_is_original(now_ms):
        return None
    book = current_book(cashier)
    if book is None:
        return PageFault(PageRefusal.NO_BOOK)
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 9):
        return PageFault(PageRefusal.BAD_PAGE)
    return fault_of_issue(int(typed), states_of(book)) or Page(book, int(typed))


def issue_page(page: Page | None, payment: Payment) -> None:
    """Bind a page to its payment, inside the payment's transaction: a page once, a payment once. None binds nothing."""
    if page is not None:
        BookPageIssue.objects.create(
            book=page.book, page=page.number, payment=payment, by=payment.cashier, at_ms=payment.at_ms
        )


def _queue() -> None:
    """Stand in line with the payments: no page is issued while it is marked, and none is marked while it is issued."""
    ReceiptSeries.objects.select_for_update().get_or_create(name=SERIES)


def _mark(
    book: ReceiptBook, page: int, finding: Finding, lacking: Sequence[str], actor: User, now_ms: int
) -> BookPageMark:
    missing = [*lacking, *(s for s in finding.lacking if s not in lacking)] if not _is_void(finding) else []
    return BookPageMark(
        book=book, page=page, mark=finding.mark, lacking=missing, note=finding.note, by=actor, at_ms=now_ms
    )


def _is_void(finding: Finding) -> bool:
    return finding.mark in VOIDS


def _said(marks: Sequence[BookPageMark]) -> str:
    words = sorted({mark.mark for mark in marks})
    return "; ".join(f"{word} {runs_text(m.page for m in marks if m.mark == word)}" for word in words)


def _record(action: str, book: ReceiptBook, detail: str, actor: User, now_ms: int) -> None:
    record_audit(
        actor=actor.get_username(),
        action=action,
        subject=f"book {book.number}",
        detail=detail,
        now_ms=now_ms,
    )
