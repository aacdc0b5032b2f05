"""The book page that the read-back offers: the next one of the cashier's book, to be confirmed or typed (R-4.1.2)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext_lazy

from central.desk.book_models import ReceiptBook
from central.desk.book_queries import current_book, states_of
from central.desk.book_words import PAGE_REFUSALS, page_words
from central.desk.books import page_is_original
from central.desk.refusals import Refused
from central.domain.receipt_book import PageFault, PageRefusal, fault_of_issue, next_page
from central.office.models import User

ONE_LEFT = gettext_lazy(
    "This book has one page left, and this sale has two receipts: sell electricity and items one after the other, "
    "with a new book for the second."
)


@dataclass(frozen=True, slots=True)
class PageOffer:
    """The cashier's book, the page that the field holds, and why it can't go out."""

    book: ReceiptBook | None
    page: str
    fault: str
    more: tuple[str, ...] = ()
    """Of a sale with several receipts, the pages after the first."""


def fault_in(refused: Refused) -> PageFault | None:
    """Give what a refusal says of the book's page; None when it is about something else."""
    why = refused.why.value
    return PageFault(PageRefusal(why), refused.page) if why in PAGE_REFUSALS else None


def offer_for(
    cashier: User,
    now_ms: int,
    typed: str = "",
    fault: PageFault | None = None,
    more: Sequence[str] = ("",),
    receipts: int = 1,
) -> PageOffer | None:
    """Offer a page for each receipt; None when the system's number is the original. What was typed stays, with its fault."""
    offer = _first(cashier, now_ms, typed, fault)
    if offer is None or offer.book is None or receipts == 1:
        return offer
    if any(more):
        return replace(offer, more=tuple(more))
    left = {page: state for page, state in states_of(offer.book).items() if str(page) != offer.page}
    following = next_page(left)
    if following is None:
        return replace(offer, fault=str(ONE_LEFT), more=("",))
    unfit = fault_of_issue(following, left)
    return replace(offer, more=(str(following),), fault=offer.fault or (page_words(unfit) if unfit else ""))


def _first(cashier: User, now_ms: int, typed: str, fault: PageFault | None) -> PageOffer | None:
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
