"""The words of an outage: what is wrong with a page, what is worth knowing, why nothing was entered, made or destroyed."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from central.desk.forms import REFUSALS as DESK_REFUSALS
from central.desk.outage.entering import SheetRefusal, SheetRefused
from central.desk.outage.plan import Notice, Trouble
from central.desk.outage.stock import Refused, StockRefusal
from central.office.words import Words

TROUBLES: dict[Trouble, Words] = {
    Trouble.TIME_EMPTY: lazy("type the time that stands on the page, such as 1930"),
    Trouble.TIME_BAD: lazy("this is no time of day; type it as 1930"),
    Trouble.TIME_BACK: lazy("earlier than the page before it; pages go out in order: look at both"),
    Trouble.FUTURE: lazy("this time is still to come; look at the page, and at the day above"),
    Trouble.ROOM_EMPTY: lazy("type the room"),
    Trouble.ROOM_UNKNOWN: lazy("no room is called so"),
    Trouble.NO_ACCOUNT: lazy(
        "this room has no open account now: give the money back, and make the page void"
    ),
    Trouble.NOT_PREPAID: lazy("this room does not pay in advance"),
    Trouble.MOVED: lazy("others live there now than when the page was written, or it shares a balance since"),
    Trouble.SUM_EMPTY: lazy("type the sum"),
    Trouble.SUM_BAD: lazy("this is no sum; type yuan such as 50 or 50.50"),
    Trouble.VOUCHER_UNKNOWN: lazy("no voucher bears this number"),
    Trouble.VOUCHER_GONE: lazy("this voucher was sold or destroyed before"),
    Trouble.VOUCHER_TWICE: lazy("this voucher stands on another page, too"),
    Trouble.VOUCHER_OTHER: lazy("the voucher is of another room or value than the page says"),
    Trouble.PAGE_UNFIT: lazy(
        "this page can't go out: it was not checked, lacks a seal, or was issued before"
    ),
    Trouble.NOTHING_TYPED: lazy("nothing is typed: enter the page, or say why it is void"),
}
NOTICES: dict[Notice, Words] = {
    Notice.OUTSIDE_LIMITS: lazy("below the least or above the most of this class; it was taken all the same"),
    Notice.AFTER_MIDNIGHT: lazy("after midnight: the next day"),
    Notice.CHECKED_LATER: lazy("this page was checked only after it was written"),
    Notice.TWICE: lazy("the same sum for the same room within ten minutes"),
    Notice.REDEEMED: lazy("its gateway has credited it already"),
}
SHEETS: dict[SheetRefusal, Words] = {
    SheetRefusal.CHANGED: lazy(
        "Something changed since this was shown: a page went out, or a room changed. Look at it again, then enter it."
    ),
    SheetRefusal.TROUBLES: lazy("Correct the marked pages first. Nothing was entered."),
    SheetRefusal.NO_SHIFT: lazy(
        "This shift is not open any more. Choose the open shift in whose drawer the cash lies; nothing was entered."
    ),
    SheetRefusal.NO_REASON: lazy(
        "Say why: the cash lies in another's drawer than that of who wrote the pages, or it differs from their sum."
    ),
    SheetRefusal.EXISTS_WITH_DIFFERENT: lazy("This page has entered another sheet before. Begin anew."),
    SheetRefusal.PAGE_REFUSED: lazy("Nothing was entered."),
}
STOCK: dict[StockRefusal, Words] = {
    StockRefusal.UNKNOWN_BUILDING: lazy("There is no such building."),
    StockRefusal.NO_GATEWAY: lazy("This building has no gateway: nothing there could take a voucher."),
    StockRefusal.NO_ROOMS: lazy("No room of this building keeps a paid balance in yuan."),
    StockRefusal.TOO_MANY: lazy("From 1 to 5 vouchers for each room, and at most 999 in all."),
    StockRefusal.BAD_VALUE: lazy("This value is below the least or above the most of a payment there."),
    StockRefusal.TWO_PERSONS: lazy(
        "two different people must stand under it: the chain of this act has fewer"
    ),
    StockRefusal.UNKNOWN_VOUCHER: lazy("No voucher of this stock bears this number."),
    StockRefusal.NOT_IN_SAFE: lazy("This voucher was sold, credited or destroyed: it can't be destroyed."),
    StockRefusal.NO_REASON: lazy("Say which are missing or too many, and why."),
    StockRefusal.NOTHING_CHOSEN: lazy("Name the vouchers, and say why."),
}


def trouble_words(trouble: Trouble) -> str:
    """Say what is wrong with a page."""
    return str(TROUBLES[trouble])


def notice_words(notice: Notice) -> str:
    """Say what is worth knowing about a page."""
    return str(NOTICES[notice])


def sheet_words(refused: SheetRefused) -> str:
    """Say why no page was entered."""
    words = str(SHEETS[refused.why])
    desk = str(DESK_REFUSALS.get(refused.desk, refused.desk))
    parts = [_("page %(page)s") % {"page": refused.page} if refused.page else "", desk, words]
    return " · ".join(part for part in parts if part)


def stock_words(refused: Refused) -> str:
    """Say why nothing became of a stock."""
    words = str(STOCK[refused.why])
    return f"{refused.what}: {words}" if refused.what else words
