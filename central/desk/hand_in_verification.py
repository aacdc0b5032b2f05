"""Prove that the safe holds what went into it less what finance has, and that every page lies with one batch (R-4.1.8)."""

from collections import Counter, defaultdict

from django.db.models import F, Sum

from central.desk.book_models import BookPageIssue, BookPageMark
from central.desk.day_models import DayClose, HandIn, HandInDay, HandInEnd
from central.desk.hand_in_models import HandInPages
from central.desk.hand_in_pages import live_pages
from central.desk.shift_models import CashDifference, ShiftEnd
from central.domain.receipt_book import VOIDS
from central.ledger import chart_of_accounts as chart
from central.ledger.models import Transfer
from central.ledger.queries import balances
from central.ledger.verification import Check
from gateway.contract.quantities import MICRO_YUAN_PER_FEN


def verify_hand_ins() -> list[Check]:
    """Check the safe against counts and batches, batches against their days, and the pages against the receipt books."""
    return [_safe(), _batches(), _pages()]


def _safe() -> Check:
    """Moved into it at each shift's end, with the differences named at hand-ins, less what finance received, lies in it."""
    moved = sum(counted - left for counted, left in ShiftEnd.objects.values_list("counted_fen", "left_fen"))
    received = HandIn.objects.filter(end__received=True).aggregate(sum=Sum("cash_fen"))["sum"] or 0
    sent_back = HandInEnd.objects.filter(received=False).values_list("pk", flat=True)
    named = CashDifference.objects.filter(where=CashDifference.Where.HAND_IN)
    named = named.exclude(pk__in=[f"hand-in-{number}" for number in sent_back])
    differences = named.aggregate(sum=Sum("amount_fen"))["sum"] or 0
    wanted = (moved + differences - received) * MICRO_YUAN_PER_FEN
    side = chart.safe()
    booked = balances([side]).get(side.code, 0)
    seen = f"{moved} fen moved into it, {received} fen received by finance"
    fault = f"{wanted} micro-yuan must lie in it, {booked} are booked" if booked != wanted else ""
    return Check("safe", seen, fault)


def _batches() -> Check:
    """A batch is what its days moved to the safe; a day is in one that was not sent back; received is booked once, as counted."""
    seen = f"{HandIn.objects.count()} batches"
    sums = HandIn.objects.annotate(moved=Sum("days__day_close__moved_fen")).order_by("number")
    other = sums.exclude(expected_fen=F("moved")).first()
    if other is not None:
        return Check(
            "hand-ins",
            seen,
            f"batch {other.pk}: its days moved {other.moved} fen, it expects {other.expected_fen}",
        )
    days = HandInDay.objects.exclude(hand_in__end__received=False).values_list("day_close", flat=True)
    twice = next((day for day, count in Counter(days).items() if count > 1), None)
    if twice is not None:
        return Check("hand-ins", seen, f"close {twice} is in two batches")
    wanted = {
        (f"hand-in:{number}", cash * MICRO_YUAN_PER_FEN)
        for number, cash in HandIn.objects.filter(end__received=True, cash_fen__gt=0).values_list(
            "pk", "cash_fen"
        )
    }
    booked = set(Transfer.objects.filter(kind="hand-in").values_list("id", "amount"))
    differing = sorted(wanted ^ booked)
    return Check("hand-ins", seen, f"{differing[0][0]} is not booked as it was received" if differing else "")


def _pages() -> Check:
    """Each page lies with one batch: issued ones with the day of their payment, void ones that were marked so."""
    rows = list(live_pages().select_related("book").order_by("pk"))
    where: dict[tuple[int, int], HandInPages] = {}
    seen = f"{sum(len(row.pages) for row in rows)} pages handed in"
    for row in rows:
        for page in row.pages:
            if (row.book_id, page) in where:
                return Check(
                    "pages handed in", seen, f"book {row.book.number}: page {page} is in two batches"
                )
            where[row.book_id, page] = row
    return Check("pages handed in", seen, _wrong_batch(where) or _not_void(where))


def _wrong_batch(where: dict[tuple[int, int], HandInPages]) -> str:
    """Name the first issued page that is not with the batch of its day; batches from before pages were kept have none."""
    first = min((row.hand_in_id for row in where.values()), default=None)
    batch_of_day = dict(
        HandInDay.objects.exclude(hand_in__end__received=False).values_list("day_close__day", "hand_in")
    )
    issues = BookPageIssue.objects.filter(payment__shift__day__in=DayClose.objects.values("day"))
    for book, number, page, day in issues.order_by("pk").values_list(
        "book", "book__number", "page", "payment__shift__day"
    ):
        wanted = batch_of_day.get(day)
        had = where.get((book, page))
        if (
            wanted is not None
            and first is not None
            and wanted >= first
            and (had is None or had.hand_in_id != wanted)
        ):
            return f"book {number}: page {page} is not with batch {wanted}"
    return ""


def _not_void(where: dict[tuple[int, int], HandInPages]) -> str:
    void: dict[int, set[int]] = defaultdict(set)
    marks = BookPageMark.objects.filter(mark__in=[mark.value for mark in VOIDS])
    for book, page in marks.values_list("book", "page"):
        void[book].add(page)
    for (book, page), row in where.items():
        if row.kind == HandInPages.Kind.VOID and page not in void[book]:
            return f"book {row.book.number}: page {page} was handed in as void and is not"
    return ""
