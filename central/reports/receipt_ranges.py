"""The book-keeping parts of a span: which receipt numbers and which book pages, void and missing ones named (R-4.2.1, R-4.1.2)."""

from collections.abc import Iterable

from django.db.models import Max, Min
from django.urls import reverse
from django.utils.translation import gettext as _

from central.desk.book_models import BookPageIssue, ReceiptBook
from central.desk.book_queries import gaps_of, states_of
from central.desk.day_sums import payments_in
from central.desk.hand_in_models import HandInPages
from central.desk.hand_in_tables import void_words
from central.domain.paper import Cell, Column, Kind, Row, Table
from central.domain.periods import Period
from central.domain.receipt_book import PageState, runs
from central.reports.usage_rows import Paid
from gateway.contract.quantities import MICRO_YUAN_PER_FEN


def number_table(paid: Iterable[Paid]) -> Table:
    """Give the receipts by runs of their numbers, with what they come to; voids with the numbers they took off."""
    issued = {one.receipt: one.fen for one in paid if not one.is_void}
    void = {one.receipt: one.fen for one in paid if one.is_void}
    columns = [
        Column("numbers", _("Receipt numbers"), width=20),
        Column("count", _("Receipts"), Kind.COUNT, 8, summed=True),
        Column("void", _("Made void in the period"), width=36),
        Column("void_count", _("Void receipts"), Kind.COUNT, 8, summed=True),
        Column("amount", _("Amount"), Kind.YUAN, 12, summed=True),
    ]
    rows = [_run_row(first, last, issued, void) for first, last in runs(issued)]
    if earlier := sorted(void.keys() - issued.keys()):
        cells: list[Cell] = [_("issued earlier"), 0, _numbers(earlier), len(earlier)]
        rows.append(Row([*cells, sum(void[number] for number in earlier) * MICRO_YUAN_PER_FEN]))
    return Table(_("Receipts by number"), columns, rows)


def _run_row(first: int, last: int, issued: dict[int, int], void: dict[int, int]) -> Row:
    here = range(first, last + 1)
    gone = [number for number in here if number in void]
    fen = sum(issued[number] for number in here) + sum(void[number] for number in gone)
    cells = [_range(first, last), len(here), _numbers(gone), len(gone), fen * MICRO_YUAN_PER_FEN]
    return Row(cells, {"numbers": reverse("desk:receipt", args=[first])})


def _range(first: int, last: int) -> str:
    return f"{first:08d}" if first == last else f"{first:08d}–{last:08d}"


def _numbers(numbers: Iterable[int]) -> str:
    return ", ".join(_range(first, last) for first, last in runs(numbers))


def page_tables(period: Period) -> list[Table]:
    """Give the pages of the books that payments of the period went out on, void and missing ones between; nothing without any."""
    issues = BookPageIssue.objects.filter(payment__in=payments_in(period).order_by())
    spans = list(issues.order_by("book__number").values_list("book").annotate(Min("page"), Max("page")))
    if not spans:
        return []
    books = ReceiptBook.objects.in_bulk([book for book, _first, _last in spans])
    mine = set(issues.values_list("book", "page"))
    rows = [
        row
        for book, first, last in spans
        for row in _book_rows(books[book], range(first, last + 1), {p for b, p in mine if b == book})
    ]
    columns = [
        Column("book", _("Book"), width=14),
        Column("pages", _("Pages"), width=14),
        Column("count", _("Number of pages"), Kind.COUNT, 9, summed=True),
        Column("state", _("State"), width=20),
        Column("reason", _("Reason"), width=40),
    ]
    return [Table(_("Pages of the receipt books"), columns, rows)]


def _book_rows(book: ReceiptBook, pages: range, mine: set[int]) -> list[Row]:
    """Say of every page between the first and the last what became of it."""
    states = states_of(book)
    reasons = {gap.page: void_words(f"{gap.mark} {gap.note}".strip()) for gap in gaps_of(book)}
    lost = _missing(book)
    said: dict[tuple[str, str], list[int]] = {}
    for page in pages:
        said.setdefault(_said_of(page, states[page], mine, reasons, lost), []).append(page)
    found = [
        (first, last, state, reason) for (state, reason), some in said.items() for first, last in runs(some)
    ]
    link = {"book": reverse("desk:book", args=[book.pk])}
    return [
        Row([book.number, f"{a}–{b}" if a != b else str(a), b - a + 1, state, reason], link)
        for a, b, state, reason in sorted(found)
    ]


def _said_of(
    page: int, state: PageState, mine: set[int], reasons: dict[int, str], lost: dict[int, str]
) -> tuple[str, str]:
    if page in lost:
        return _("not there"), lost[page]
    if page in mine:
        return _("issued"), ""
    if state is PageState.VOID:
        return _("void"), reasons.get(page, "")
    if state is PageState.ISSUED:
        return _("issued in another period"), ""
    return _("not accounted for"), ""


def _missing(book: ReceiptBook) -> dict[int, str]:
    """Give the pages whose paper was not there when they were handed in, with the reason."""
    named = HandInPages.objects.filter(book=book, kind=HandInPages.Kind.MISSING)
    return {page: one.reason for one in named.exclude(hand_in__end__received=False) for page in one.pages}
