"""What lies with a batch, as tables (R-4.1.8): pages of the books, receipts made void, what was paid by card or transfer."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from central.desk.book_models import BookPageIssue, BookPageMark
from central.desk.day_tables import receipt_text
from central.desk.hand_in_models import HandInPages
from central.desk.hand_in_pages import BookPages
from central.desk.models import Payment
from central.desk.print_models import ReceiptVoid
from central.domain.paper import Cell, Column, Kind, Row, Table
from central.domain.receipt_book import runs
from gateway.contract.quantities import MICRO_YUAN_PER_FEN

PageRow = tuple[str, int, str, int, int, str]
"""Book, its key, kind, first and last page, why."""


def pages_to_hand_in(books: Iterable[BookPages]) -> Table:
    """List the pages that go with days which are not handed in yet."""
    rows: list[PageRow] = []
    for one in books:
        found = [(first, last, HandInPages.Kind.ISSUED, "") for first, last in runs(one.issued)]
        for why in set(one.void.values()):
            pages = [page for page, had in one.void.items() if had == why]
            found += [(first, last, HandInPages.Kind.VOID, why) for first, last in runs(pages)]
        rows += [(one.book.number, one.book.pk, kind, a, b, why) for a, b, kind, why in sorted(found)]
    return _pages_table(rows)


def pages_handed_in(rows: QuerySet[HandInPages]) -> Table:
    """List the pages that lie with a batch."""
    kept = rows.select_related("book").order_by("book__number", "first")
    return _pages_table(
        [(one.book.number, one.book_id, one.kind, one.first, one.last, one.reason) for one in kept]
    )


def _pages_table(rows: Sequence[PageRow]) -> Table:
    columns = [
        Column("book", _("Book"), width=12),
        Column("pages", _("Pages"), width=14),
        Column("count", _("Number of pages"), Kind.COUNT, 8, summed=True),
        Column("kind", _("State"), width=10),
        Column("reason", _("Reason"), width=30),
    ]
    return Table(_("Pages of the receipt books"), columns, [_page_row(*row) for row in rows])


def _page_row(book: str, key: int, kind: str, first: int, last: int, why: str) -> Row:
    pages = str(first) if first == last else f"{first}–{last}"
    state = str(HandInPages.Kind(kind).label)
    reason = void_words(why) if kind == HandInPages.Kind.VOID else why
    return Row([book, pages, last - first + 1, state, reason], {"book": reverse("desk:book", args=[key])})


def void_words(why: str) -> str:
    """Say why pages are void: the mark in the reader's language, and what was noted."""
    mark, _space, note = why.partition(" ")
    words = dict(BookPageMark.Word.choices).get(mark, mark)
    return f"{words}: {note}" if note else str(words)


def voids_table(days: Sequence[date]) -> Table:
    """List the receipts that were made void on the days, with their page and the receipt in their place."""
    columns = [
        Column("receipt", _("Receipt"), width=10),
        Column("page", _("Page"), width=12),
        Column("paid", _("Paid by"), width=10),
        Column("amount", _("Amount"), Kind.YUAN, 11, summed=True),
        Column("instead", _("Replaced by"), width=10),
        Column("reason", _("Reason"), width=30),
    ]
    rows = (
        ReceiptVoid.objects.filter(shift__day__in=days).select_related("receipt__payment").order_by("receipt")
    )
    voids = list(rows)
    pages = _pages_by_payment([void.receipt.payment_id for void in voids])
    return Table(_("Receipts made void"), columns, [_void_row(void, pages) for void in voids])


def _void_row(void: ReceiptVoid, pages: dict[str, str]) -> Row:
    cells: list[Cell] = [
        receipt_text(void.receipt_id),
        pages.get(void.receipt.payment_id, ""),
        str(void.receipt.payment.get_method_display()),
        -void.receipt.amount_fen * MICRO_YUAN_PER_FEN,
        receipt_text(void.replaced_by_id),
        void.reason,
    ]
    return Row(cells, {"receipt": reverse("desk:receipt", args=[void.receipt_id])})


def _pages_by_payment(payments: Sequence[str]) -> dict[str, str]:
    issues = BookPageIssue.objects.filter(payment__in=payments).values_list("payment", "book__number", "page")
    return {payment: f"{book} {page}" for payment, book, page in issues}


def card_table(days: Sequence[date]) -> Table:
    """List what was paid by card or transfer on the days, and what of it was made void: no cash of the batch."""
    columns = [
        Column("receipt", _("Receipt"), width=10),
        Column("day", _("Day"), width=10),
        Column("paid", _("Paid by"), width=10),
        Column("reference", _("Number of the terminal or bank"), width=20),
        Column("amount", _("Amount"), Kind.YUAN, 11, summed=True),
    ]
    no_cash = ~Q(method=Payment.Method.CASH)
    taken = Payment.objects.filter(no_cash, shift__day__in=days).select_related("receipt", "shift")
    given_back = ReceiptVoid.objects.filter(shift__day__in=days).exclude(
        receipt__payment__method=Payment.Method.CASH
    )
    rows = [_card_row(payment, payment.shift.day, 1) for payment in taken.order_by("receipt")]
    rows += [
        _card_row(void.receipt.payment, void.shift.day, -1)
        for void in given_back.select_related("receipt__payment", "shift").order_by("receipt")
    ]
    return Table(_("Paid by card or transfer"), columns, rows)


def _card_row(payment: Payment, day: date, sign: int) -> Row:
    number = receipt_text(payment.receipt.number)
    cells: list[Cell] = [
        number if sign > 0 else _("%(number)s void") % {"number": number},
        day.isoformat(),
        str(payment.get_method_display()),
        payment.method_reference,
        sign * payment.amount_fen * MICRO_YUAN_PER_FEN,
    ]
    return Row(cells, {"receipt": reverse("desk:receipt", args=[payment.receipt.number])})
