"""Read handwritten pages as they are typed: page by page, with what is wrong or worth knowing beside each. Nothing is written.

A sheet with a problem can't be entered: all of its pages or none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from hashlib import sha256

from central.campus.models import Account, MeteringPoint
from central.clock import start_of_day_ms
from central.desk.book_models import BookPageMark, ReceiptBook
from central.desk.book_queries import states_of
from central.desk.forms import FULL_WIDTH_DIGITS
from central.desk.limits import limits_at
from central.desk.room_names import folded, points_by_name
from central.domain.receipt_book import Mark, PageState, fault_of_issue, next_page
from central.domain.written_pages import TimeFault, written_minutes
from central.link.models import Delivery, StockVoucher
from gateway.contract.quantities import MICRO_YUAN_PER_FEN, NotAnAmount, fen_from_yuan

MOST_PAGES = 100
MINUTE_MS = 60_000
TWICE_WITHIN_MS = 10 * MINUTE_MS


class Trouble(StrEnum):
    """What keeps a page from being entered."""

    TIME_EMPTY = TimeFault.EMPTY.value
    TIME_BAD = TimeFault.NOT_A_TIME.value
    TIME_BACK = TimeFault.GOES_BACK.value
    FUTURE = "future"
    ROOM_EMPTY = "room-empty"
    ROOM_UNKNOWN = "room-unknown"
    NO_ACCOUNT = "no-open-account"
    NOT_PREPAID = "not-prepaid"
    MOVED = "occupants-changed"
    """Others live there now than when the page was written: its money is not theirs (C-4)."""
    SUM_EMPTY = "sum-empty"
    SUM_BAD = "sum-bad"
    VOUCHER_UNKNOWN = "voucher-unknown"
    VOUCHER_GONE = "voucher-gone"
    VOUCHER_TWICE = "voucher-twice"
    VOUCHER_OTHER = "voucher-other"
    """The voucher is of another room or value than the page says."""
    PAGE_UNFIT = "page-unfit"
    NOTHING_TYPED = "nothing-typed"


class Notice(StrEnum):
    """What is worth knowing; the page is entered all the same."""

    OUTSIDE_LIMITS = "outside-limits"
    AFTER_MIDNIGHT = "after-midnight"
    CHECKED_LATER = "checked-later"
    TWICE = "same-sum"
    REDEEMED = "voucher-redeemed"


@dataclass(frozen=True, slots=True)
class TypedPage:
    """One page as it was typed. With a reason and nothing else it is void."""

    page: int
    time: str = ""
    room: str = ""
    yuan: str = ""
    voucher: str = ""
    reason: str = ""

    @property
    def is_void(self) -> bool:
        return bool(self.reason.strip()) and not (
            self.room.strip() or self.yuan.strip() or self.voucher.strip()
        )

    @property
    def is_blank(self) -> bool:
        return not any(text.strip() for text in (self.time, self.room, self.yuan, self.voucher, self.reason))


@dataclass(slots=True)
class PlannedPage:
    """What a typed page comes to."""

    typed: TypedPage
    written_ms: int | None = None
    point: MeteringPoint | None = None
    account: str = ""
    amount_fen: int = 0
    voucher: StockVoucher | None = None
    troubles: list[Trouble] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    @property
    def page(self) -> int:
        return self.typed.page

    @property
    def void_reason(self) -> str:
        return self.typed.reason.strip()[:120] if self.typed.is_void else ""


@dataclass(slots=True)
class SheetPlan:
    """A sheet's pages, and its sum."""

    book: ReceiptBook
    day: date
    pages: list[PlannedPage]

    @property
    def sum_fen(self) -> int:
        return sum(page.amount_fen for page in self.pages)

    @property
    def paid(self) -> int:
        return sum(not page.void_reason for page in self.pages)

    @property
    def troubles(self) -> int:
        return sum(bool(page.troubles) for page in self.pages)

    @property
    def can_be_entered(self) -> bool:
        return bool(self.pages) and not self.troubles

    @property
    def digest(self) -> str:
        """Give the hash that stands for what would be entered."""
        rows = (
            (p.page, p.written_ms, p.account, p.amount_fen, p.voucher.pk if p.voucher else "", p.void_reason)
            for p in self.pages
        )
        said = "\n".join("\t".join(map(str, row)) for row in ((self.book.pk, self.day), *rows))
        return sha256(said.encode()).hexdigest()


def pages_to_enter(book: ReceiptBook, last: int) -> list[int]:
    """Give the pages of a book that are not accounted for, from the next one up to `last`; at most `MOST_PAGES`."""
    states = states_of(book)
    first = next_page(states)
    if first is None:
        return []
    gone = (PageState.ISSUED, PageState.VOID)
    waiting = [page for page, state in sorted(states.items()) if first <= page <= last and state not in gone]
    return waiting[:MOST_PAGES]


def plan_sheet(book: ReceiptBook, day: date, typed: Sequence[TypedPage], now_ms: int) -> SheetPlan:
    """Read the pages of a sheet; `day` is the one that the first page bears."""
    plan = SheetPlan(book, day, [PlannedPage(one) for one in sorted(typed, key=lambda one: one.page)])
    _read_times(plan, now_ms)
    _read_rooms(plan)
    _read_vouchers(plan)
    _read_sums(plan)
    _check_pages(plan)
    _check_payments(plan)
    return plan


def _paid(plan: SheetPlan) -> list[PlannedPage]:
    return [page for page in plan.pages if not page.typed.is_void and not page.typed.is_blank]


def _read_times(plan: SheetPlan, now_ms: int) -> None:
    begin_ms, pages = start_of_day_ms(plan.day), _paid(plan)
    for page, minutes in zip(pages, written_minutes(one.typed.time for one in pages), strict=True):
        if isinstance(minutes, TimeFault):
            page.troubles.append(Trouble(minutes.value))
            continue
        page.written_ms = begin_ms + minutes * MINUTE_MS
        if page.written_ms > now_ms:
            page.troubles.append(Trouble.FUTURE)
        if minutes >= 1_440:
            page.notices.append(Notice.AFTER_MIDNIGHT)
    for page in plan.pages:
        if page.typed.is_blank:
            page.troubles.append(Trouble.NOTHING_TYPED)


def _read_rooms(plan: SheetPlan) -> None:
    pages = [page for page in _paid(plan) if page.typed.room.strip()]
    points = MeteringPoint.objects.select_related("room__building", "customer_class")
    by_name = points_by_name(points) if pages else {}
    for page in pages:
        page.point = by_name.get(folded(page.typed.room))
        if page.point is None:
            page.troubles.append(Trouble.ROOM_UNKNOWN)


def _read_vouchers(plan: SheetPlan) -> None:
    """A voucher says its room and its value; typed beside it, they must be the same."""
    wanted = {page.typed.voucher.translate(FULL_WIDTH_DIGITS).strip() for page in _paid(plan)} - {""}
    vouchers = StockVoucher.objects.select_related(
        "account__point__room__building", "account__point__customer_class", "redeemed", "destroyed"
    ).in_bulk(list(wanted))
    sold = set(
        Delivery.objects.filter(pk__in=[v.grant_id for v in vouchers.values()]).values_list("pk", flat=True)
    )
    seen: set[str] = set()
    for page in _paid(plan):
        number = page.typed.voucher.translate(FULL_WIDTH_DIGITS).strip()
        if number:
            page.troubles += _voucher_troubles(page, vouchers.get(number), sold, seen)
            seen.add(number)
        elif not page.typed.room.strip():
            page.troubles.append(Trouble.ROOM_EMPTY)


def _voucher_troubles(
    page: PlannedPage, voucher: StockVoucher | None, sold: set[str], seen: set[str]
) -> list[Trouble]:
    if voucher is None:
        return [Trouble.VOUCHER_UNKNOWN]
    if voucher.pk in seen:
        return [Trouble.VOUCHER_TWICE]
    if voucher.grant_id in sold or hasattr(voucher, "destroyed"):
        return [Trouble.VOUCHER_GONE]
    point, room = voucher.account.point, page.point
    if room is not None and room.pk != point.pk:
        return [Trouble.VOUCHER_OTHER]
    page.voucher, page.point = voucher, point
    page.amount_fen = voucher.amount // MICRO_YUAN_PER_FEN
    if hasattr(voucher, "redeemed"):
        page.notices.append(Notice.REDEEMED)
    return []


def _read_sums(plan: SheetPlan) -> None:
    for page in _paid(plan):
        text = page.typed.yuan.translate(FULL_WIDTH_DIGITS).strip().lstrip("¥￥").strip()
        if not text:
            if not page.typed.voucher.strip():
                page.troubles.append(Trouble.SUM_EMPTY)
            continue
        try:
            fen = fen_from_yuan(text)
        except NotAnAmount:
            fen = 0
        if fen <= 0 or fen > 10_000_000:
            page.troubles.append(Trouble.SUM_BAD)
        elif page.voucher is not None and fen != page.amount_fen:
            page.troubles.append(Trouble.VOUCHER_OTHER)
        else:
            page.amount_fen = int(fen)


def _check_pages(plan: SheetPlan) -> None:
    """Each page must be fit to go out after the one before it; it should have been checked before it was written (R-4.1.2)."""
    states, checked = states_of(plan.book), _checked_ms(plan.book)
    for page in plan.pages:
        fault = fault_of_issue(page.page, states)
        if page.typed.is_void:
            fault = None if states.get(page.page) not in (None, PageState.ISSUED, PageState.VOID) else fault
        if fault is not None:
            page.troubles.append(Trouble.PAGE_UNFIT)
            continue
        states[page.page] = PageState.VOID if page.typed.is_void else PageState.ISSUED
        if page.written_ms is not None and checked.get(page.page, 0) > page.written_ms + MINUTE_MS:
            page.notices.append(Notice.CHECKED_LATER)


def _checked_ms(book: ReceiptBook) -> Mapping[int, int]:
    good = BookPageMark.objects.filter(book=book, mark=Mark.GOOD.value).order_by("-pk")
    return dict(good.values_list("page", "at_ms"))


def _check_payments(plan: SheetPlan) -> None:
    pages = [page for page in _paid(plan) if page.point is not None]
    live = Account.objects.exclude(state=Account.State.CLOSED).select_related("pays_from")
    accounts = {a.point_id: a for a in live.filter(point__in={page.point.pk for page in pages if page.point})}
    last: dict[tuple[str, int], int] = {}
    for page in pages:
        point = page.point
        account = accounts.get(point.pk) if point else None
        if point is None or account is None or account.state != Account.State.OPEN:
            page.troubles.append(Trouble.NO_ACCOUNT)
            continue
        if point.billing != "prepaid":
            page.troubles.append(Trouble.NOT_PREPAID)
        if page.voucher is not None and (page.voucher.account_id != account.pk or account.pays_from_id):
            page.troubles.append(Trouble.MOVED)
        page.account = account.code
        at_ms = page.written_ms
        if at_ms is None:
            continue
        if account.opened_ms > at_ms + MINUTE_MS:
            page.troubles.append(Trouble.MOVED)
        if page.amount_fen and limits_at(point.customer_class, at_ms).broken_by(page.amount_fen):
            page.notices.append(Notice.OUTSIDE_LIMITS)
        same = (account.code, page.amount_fen)
        if at_ms - last.get(same, -TWICE_WITHIN_MS * 2) < TWICE_WITHIN_MS:
            page.notices.append(Notice.TWICE)
        last[same] = at_ms
