"""Find a batch's pages in the receipt books themselves, and keep them with it (R-4.1.8): nobody types which pages are void."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import F, Sum

from central.desk.book_models import BookPageIssue, BookPageMark, ReceiptBook
from central.desk.day_models import DayClose, HandIn
from central.desk.hand_in_models import HandInPages
from central.domain.pages_handed_in import MissingPages, Where, share_of
from central.domain.receipt_book import VOIDS, Mark, runs, runs_text

Kind = HandInPages.Kind


@dataclass(frozen=True, slots=True)
class BookPages:
    """What of one book goes with a batch: issued pages, void ones with their reasons, and pages that nobody accounted for."""

    book: ReceiptBook
    issued: tuple[int, ...]
    void: dict[int, str]
    loose: tuple[int, ...]

    @property
    def all_pages(self) -> tuple[int, ...]:
        """Every page of it that lies with the batch."""
        return tuple(sorted((*self.issued, *self.void)))


@dataclass
class _Facts:
    """What is known of the pages of some books, read at once."""

    void: dict[int, dict[int, BookPageMark]] = field(default_factory=lambda: defaultdict(dict))
    issued: dict[int, dict[int, object]] = field(default_factory=lambda: defaultdict(dict))
    gone: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))


def pages_of(closes: Iterable[DayClose]) -> list[BookPages]:
    """Give the pages that go with closed days which are in no batch yet, by book; books without any are left out."""
    days = {closed.day for closed in closes}
    books = _unfinished_books()
    facts = _facts_of(books)
    found = [_pages_of(book, days, facts) for book in books]
    return [one for one in found if one.all_pages or one.loose]


def live_pages():
    """Give the pages of the batches that finance has not sent back."""
    return HandInPages.objects.exclude(hand_in__end__received=False)


def _unfinished_books() -> list[ReceiptBook]:
    """Leave out the books of which every page was handed in: there will be ever more of them."""
    handed = live_pages().values("book").annotate(count=Sum(F("last") - F("first") + 1))
    counts = dict(handed.values_list("book", "count"))
    return [
        book for book in ReceiptBook.objects.order_by("number") if counts.get(book.pk, 0) < len(book.pages)
    ]


def _facts_of(books: Sequence[ReceiptBook]) -> _Facts:
    facts, keys = _Facts(), [book.pk for book in books]
    voids = [mark.value for mark in VOIDS]
    for mark in BookPageMark.objects.filter(book__in=keys, mark__in=voids).order_by("-pk"):
        facts.void[mark.book_id][mark.page] = mark
    issues = BookPageIssue.objects.filter(book__in=keys)
    for book, page, day in issues.values_list("book", "page", "payment__shift__day"):
        facts.issued[book][page] = day
    for handed in live_pages().filter(book__in=keys):
        facts.gone[handed.book_id].update(handed.pages)
    return facts


def _pages_of(book: ReceiptBook, days: set, facts: _Facts) -> BookPages:
    void, issued, gone = facts.void[book.pk], facts.issued[book.pk], facts.gone[book.pk]

    def where(page: int) -> Where:
        if page in gone:
            return Where.GONE
        if page in issued:
            day = issued[page]
            return Where.HERE if day in days else Where.GONE if day is None else Where.LATER
        return Where.VOID if page in void else Where.LOOSE

    share = share_of({page: where(page) for page in book.pages})
    return BookPages(book, share.issued, {page: why_void(void[page]) for page in share.void}, share.loose)


def why_void(mark: BookPageMark) -> str:
    """Write why a page is void: the mark's code, and what was noted."""
    return f"{Mark(mark.mark)} {mark.note}".strip()


def keep_pages(
    made: HandIn, books: Iterable[BookPages], missing: Sequence[MissingPages], reason: str
) -> None:
    """Keep a batch's pages with it, those that are not there by themselves; inside the caller's transaction."""
    lost: dict[str, set[int]] = defaultdict(set)
    for one in missing:
        lost[one.book].update(range(one.first, one.last + 1))
    for one in books:
        gone = lost[one.book.number]
        rows = [(Kind.ISSUED, "", set(one.issued) - gone), (Kind.MISSING, reason, gone)]
        for why in sorted(set(one.void.values())):
            rows.append((Kind.VOID, why, {page for page, had in one.void.items() if had == why} - gone))
        HandInPages.objects.bulk_create(
            HandInPages(hand_in=made, book=one.book, kind=kind, first=first, last=last, reason=why[:200])
            for kind, why, pages in rows
            for first, last in runs(pages)
        )


def pages_text(books: Iterable[BookPages]) -> str:
    """Write a batch's pages for the record: `A-12: 1-6; void 3`."""
    parts = []
    for one in books:
        void = f" (void {runs_text(one.void)})" if one.void else ""
        parts.append(f"{one.book.number}: {runs_text(one.all_pages)}{void}")
    return "; ".join(parts)
