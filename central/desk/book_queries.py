"""What is known of receipt books: each page's state, the cashier's own book, the gaps with their reasons, what is bound where."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from central.desk.book_models import (
    BookHolding,
    BookPageIssue,
    BookPageMark,
    BoundRange,
    BoundVolume,
    ReceiptBook,
)
from central.domain.receipt_book import ACCOUNTED, VOIDS, Mark, PageState, next_page, state_after
from central.office.models import User


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring pages in the same state."""

    first: int
    last: int
    state: PageState

    @property
    def count(self) -> int:
        return self.last - self.first + 1


def states_of(book: ReceiptBook) -> dict[int, PageState]:
    """Give the state of each page of a book; two queries."""
    marks: dict[int, list[Mark]] = defaultdict(list)
    for page, mark in BookPageMark.objects.filter(book=book).order_by("pk").values_list("page", "mark"):
        marks[page].append(Mark(mark))
    issued = set(BookPageIssue.objects.filter(book=book).values_list("page", flat=True))
    return {page: state_after(marks[page], issued=page in issued) for page in book.pages}


def runs_of(states: dict[int, PageState]) -> list[Run]:
    """Give a book's pages as runs of one state, in order."""
    found: list[Run] = []
    for page, state in sorted(states.items()):
        if found and found[-1].state is state and found[-1].last == page - 1:
            found[-1] = Run(found[-1].first, page, state)
        else:
            found.append(Run(page, page, state))
    return found


def books_with_holders() -> QuerySet[ReceiptBook]:
    """Give all books, each with `holder_id` (None: in the safe), `taken_ms`, and how many pages are issued."""
    newest = BookHolding.objects.filter(book=OuterRef("pk")).order_by("-pk")
    return ReceiptBook.objects.annotate(
        holder_id=Subquery(newest.values("holder")[:1]),
        taken_ms=Subquery(newest.values("at_ms")[:1]),
        issued_count=Count("issues"),
    )


def held_by(book: ReceiptBook) -> User | None:
    """Give who has a book; None while it is in the safe."""
    newest = BookHolding.objects.filter(book=book).select_related("holder").order_by("-pk").first()
    return newest.holder if newest else None


def current_book(cashier: User) -> ReceiptBook | None:
    """Give the book that a cashier issues from: the one he has that is not finished; else the one he took last."""
    mine = list(books_with_holders().filter(holder_id=cashier.pk).order_by("-taken_ms", "-pk"))
    return next((book for book in mine if next_page(states_of(book)) is not None), mine[0] if mine else None)


def void_marks() -> QuerySet[BookPageMark]:
    """Give the marks that made pages void, oldest first: the gaps, each with its reason (R-4.1.2)."""
    voids = [mark.value for mark in VOIDS]
    return BookPageMark.objects.filter(mark__in=voids).select_related("book", "by").order_by("pk")


def gaps_of(book: ReceiptBook) -> list[BookPageMark]:
    """Give a book's void pages by their numbers."""
    return list(void_marks().filter(book=book).order_by("page", "pk"))


def unaccounted(book: ReceiptBook, first: int, last: int) -> list[int]:
    """Give the pages of a range that are neither issued nor void: they can't be bound yet."""
    states = states_of(book)
    return [page for page in range(first, last + 1) if states.get(page) not in ACCOUNTED]


def bound_in(book: ReceiptBook | None, first: int, last: int) -> BoundRange | None:
    """Give what was bound already of a range."""
    same = Q(book=book) if book is not None else Q(book=None)
    return BoundRange.objects.filter(same, first__lte=last, last__gte=first).select_related("volume").first()


def volumes() -> QuerySet[BoundVolume]:
    """Give the volumes, newest first, with their ranges and places."""
    return BoundVolume.objects.prefetch_related("ranges__book", "places__by").select_related("by")


def page_of_payment(payment_id: str) -> BookPageIssue | None:
    """Give the page that is a payment's legal original; None when its number is."""
    return BookPageIssue.objects.filter(payment=payment_id).select_related("book").first()
