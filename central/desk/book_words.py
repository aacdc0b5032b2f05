"""The words of receipt books: states, marks, why a page can't go out, why nothing was done."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from central.desk.binding import BindingRefusal, NotBound
from central.desk.books import BookRefusal
from central.domain.receipt_book import BadLine, LineFault, PageFault, PageRefusal, PageState
from central.office.words import Badge, Words

STATES = {
    PageState.UNCHECKED: Badge(lazy("not checked"), "mute", "todo"),
    PageState.GOOD: Badge(lazy("good"), "good", "done"),
    PageState.LACKS_SEAL: Badge(lazy("lacks a seal"), "warn", "clash"),
    PageState.VOID: Badge(lazy("void"), "bad", "fail"),
    PageState.ISSUED: Badge(lazy("issued"), "info", "info"),
}
PAGE_REFUSALS: dict[str, Words] = {
    PageRefusal.NO_BOOK.value: lazy(
        "You have no receipt book. Take one from the safe, check its pages, then take the payment."
    ),
    PageRefusal.BAD_PAGE.value: lazy("Type the number that is printed on the page, with digits."),
    PageRefusal.NOT_IN_BOOK.value: lazy("Page %(page)s is not in your book. Read its number again."),
    PageRefusal.ALREADY_ISSUED.value: lazy(
        "Page %(page)s was issued for another payment. Take the next page."
    ),
    PageRefusal.VOID.value: lazy("Page %(page)s is void. Take the next page."),
    PageRefusal.NOT_CHECKED.value: lazy("Page %(page)s was not checked. Check it, then issue it."),
    PageRefusal.LACKS_SEAL.value: lazy(
        "Page %(page)s lacks a seal. Have it sealed and check it again, or make it void."
    ),
    PageRefusal.GAP.value: lazy(
        "Page %(page)s comes before it and is neither issued nor void. Issue that one, or make it void with its reason."
    ),
}
BOOK_REFUSALS: dict[BookRefusal, Words] = {
    BookRefusal.NUMBER_TAKEN: lazy("A book of this number was taken in before."),
    BookRefusal.BAD_RANGE: lazy("The pages must be of this book, the first one not after the last one."),
    BookRefusal.TOO_MANY_PAGES: lazy("A book has at most 500 pages. Read the page numbers again."),
    BookRefusal.NOTHING_TO_CHECK: lazy("Nothing was changed: all these pages are issued or void."),
    BookRefusal.PAGE_ISSUED: lazy(
        "This page was issued: its receipt is corrected, the page is not made void."
    ),
    BookRefusal.NO_REASON: lazy("Write the reason: it names the gap."),
    BookRefusal.HELD_BY_ANOTHER: lazy("Somebody has this book. It must be given back first."),
    BookRefusal.NOT_HELD: lazy("This book is in the safe already."),
    BookRefusal.HAS_BOOK: lazy("You have a book that is not finished. Give it back first."),
    BookRefusal.FINISHED: lazy("Every page of this book is issued or void."),
}
BINDING_REFUSALS: dict[BindingRefusal, Words] = {
    BindingRefusal.NOTHING: lazy("Write at least one range of pages."),
    BindingRefusal.UNKNOWN_BOOK: lazy("No book has the number %(about)s."),
    BindingRefusal.NOT_IN_BOOK: lazy("%(about)s: the book has no such pages."),
    BindingRefusal.NOT_ACCOUNTED: lazy(
        "%(about)s: neither issued nor void. Say what became of these pages first."
    ),
    BindingRefusal.NOT_ISSUED_YET: lazy("%(about)s: the system has not issued these receipts."),
    BindingRefusal.BOUND_BEFORE: lazy("%(about)s: bound before, in the volume in brackets."),
    BindingRefusal.TWICE: lazy("%(about)s: written twice."),
    BindingRefusal.NO_PLACE: lazy("Write where it is stored."),
}
LINE_FAULTS: dict[LineFault, Words] = {
    LineFault.NOT_READ: lazy("begin with the page's number"),
    LineFault.NO_WORD: lazy("say what is wrong: 1 missing, 2 wrong, 3 surplus, 4 stained, 5 lacks a seal"),
    LineFault.OUTSIDE: lazy("these pages are not in the range that is checked"),
    LineFault.UNKNOWN_SEAL: lazy("there is no such seal"),
    LineFault.TWICE: lazy("a page is named twice"),
}


def page_words(fault: PageFault) -> str:
    """Say why a page can't go out."""
    return str(PAGE_REFUSALS[fault.why.value]) % {"page": fault.page}


def binding_words(refusal: NotBound) -> str:
    """Say why nothing was bound."""
    return str(BINDING_REFUSALS[refusal.why]) % {"about": refusal.about}


def line_words(bad: BadLine) -> str:
    """Say what is wrong with a typed line."""
    return _("“%(line)s”: %(why)s") % {"line": bad.line, "why": LINE_FAULTS[bad.why]}
