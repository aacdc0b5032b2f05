"""Prove that every book page that is an original was fit to be one, and that pages went out in order (R-4.1.2)."""

from collections import defaultdict

from central.desk.book_models import BookPageIssue, BookPageMark
from central.domain.receipt_book import Mark, PageState, state_after
from central.ledger.verification import Check


def verify_pages() -> Check:
    """Check each issued page against its marks and against the pages before it; names the first that doesn't hold."""
    marks: dict[tuple[int, int], list[Mark]] = defaultdict(list)
    for book, page, mark in BookPageMark.objects.order_by("pk").values_list("book", "page", "mark"):
        marks[book, page].append(Mark(mark))
    issues = list(BookPageIssue.objects.order_by("pk").select_related("book"))
    last: dict[int, int] = {}
    for issue in issues:
        before = last.get(issue.book_id, issue.book.first_page - 1)
        fault = _fault(issue, before, marks)
        if fault:
            return Check("book pages", f"{len(issues)} pages issued", f"book {issue.book.number}: {fault}")
        last[issue.book_id] = issue.page
    return Check("book pages", f"{len(issues)} pages issued, each good and in order")


def _fault(issue: BookPageIssue, before: int, marks: dict[tuple[int, int], list[Mark]]) -> str:
    if issue.page not in issue.book.pages:
        return f"page {issue.page} is not in it"
    if state_after(marks[issue.book_id, issue.page], issued=False) is not PageState.GOOD:
        return f"page {issue.page} was issued and is not good"
    if issue.page <= before:
        return f"page {issue.page} was issued after page {before}"
    gap = (
        page
        for page in range(before + 1, issue.page)
        if state_after(marks[issue.book_id, page], issued=False) is not PageState.VOID
    )
    page = next(gap, None)
    return f"page {page} was left out before page {issue.page} without a reason" if page else ""
