"""The book page that the read-back offers: the next one of the cashier's book, to be confirmed or typed (R-4.1.2)."""

from dataclasses import dataclass

from central.desk.book_models import ReceiptBook
from central.desk.book_queries import current_book, states_of
from central.desk.book_words import page_words
from central.desk.books import page_is_original
from central.domain.receipt_book import PageFault, PageRefusal, fault_of_issue, next_page
from central.office.models import User


@dataclass(frozen=True, slots=True)
class PageOffer:
    """The cashier's book, the page that the field holds, and why it can't go out."""

    book: ReceiptBook | None
    page: str
    fault: str


def offer_for(
    cashier: User, now_ms: int, typed: str = "", fault: PageFault | None = None
) -> PageOffer | None:
    """Offer a page; None when the system's number is the original. What was typed stays, with its fault."""
    if not page_is_original(now_ms):
        return None
    book = current_book(cashier)
    if book is None:
        return PageOffer(None, "", page_words(PageFault(PageRefusal.NO_BOOK)))
    if fault is not None:
        return PageOffer(book, typed, page_words(fault))
    states = states_of(book)
    following = next_page(states)
    if following is None:
        return PageOffer(None, "", page_words(PageFault(PageRefusal.NO_BOOK)))
    unfit = fault_of_issue(following, states)
    return PageOffer(book, typed or str(following), page_words(unfit) if unfit else "")
