"""Why the desk did nothing: the names that pages find words for."""

from dataclasses import dataclass
from enum import StrEnum


class DeskRefusal(StrEnum):
    """Why nothing was sold or paid out; a text key for the pages."""

    BAD_PAYMENT_ID = "bad-payment-id"
    UNKNOWN_ACCOUNT = "unknown-account"
    ACCOUNT_NOT_OPEN = "account-not-open"
    NOT_PREPAID = "not-prepaid"
    UNKNOWN_BUCKET = "unknown-bucket"
    NO_PRICE = "no-price"
    NOT_POSITIVE = "not-positive"
    BELOW_MINIMUM = "below-minimum"
    ABOVE_CEILING = "above-ceiling"
    BUYS_NOTHING = "buys-nothing"
    EXISTS_WITH_DIFFERENT = "exists-with-different"
    NOT_FINAL = "not-final"
    NOTHING_LEFT = "nothing-left"
    NO_REASON = "no-reason"
    NOT_REFUNDABLE = "not-refundable"
    NO_BOOK = "no-book"
    BAD_PAGE = "bad-page"
    NOT_IN_BOOK = "not-in-book"
    PAGE_ISSUED = "page-issued"
    PAGE_VOID = "page-void"
    PAGE_NOT_CHECKED = "page-not-checked"
    PAGE_LACKS_SEAL = "page-lacks-seal"
    PAGE_GAP = "page-gap"
    TENDERED_TOO_LITTLE = "tendered-too-little"
    NO_REFERENCE = "no-reference"
    REFERENCE_USED = "reference-used"
    """The terminal's or the bank's number has paid for another sale that holds."""
    UNKNOWN_ITEM = "unknown-item"
    """The list in force doesn't offer it (R-4.1.3)."""
    BAD_QUANTITY = "bad-quantity"
    NOTHING_WANTED = "nothing-wanted"
    NO_SHIFT = "no-shift"
    """Cash moves only in an open shift of the one who moves it (R-4.1.1a)."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A named refusal; `limit_fen` is the limit an amount broke, `page` the book page it is about."""

    why: DeskRefusal
    limit_fen: int | None = None
    page: int | None = None


class ShiftRefusal(StrEnum):
    """Why nothing became of a shift, a day's close or a batch; a text key for the pages."""

    HAS_SHIFT = "has-shift"
    DRAWER_IN_USE = "drawer-in-use"
    UNKNOWN_DRAWER = "unknown-drawer"
    BAD_COUNT = "bad-count"
    NO_REASON = "no-reason"
    NO_RETURN_REASON = "no-return-reason"
    NOT_OPEN = "not-open"
    NOT_A_CASHIER = "not-a-cashier"
    SAME_PERSON = "same-person"
    LEFT_ABOVE_COUNTED = "left-above-counted"
    UNKNOWN_DIFFERENCE = "unknown-difference"
    ALREADY_APPROVED = "already-approved"
    ALREADY_ASKED = "already-asked"
    DAY_CLOSED = "day-closed"
    DAY_NOT_COME = "day-not-come"
    SHIFT_OPEN = "shift-open"
    EARLIER_DAY_OPEN = "earlier-day-open"
    NOTHING_THAT_DAY = "nothing-that-day"
    DOES_NOT_TIE = "does-not-tie"
    DAY_HANDED_IN = "day-handed-in"
    NO_DAYS = "no-days"
    DIFFERENCE_WAITS = "difference-waits"
    ALREADY_ENDED = "already-ended"
    OWN_HAND_IN = "own-hand-in"
    PAGES_UNACCOUNTED = "pages-unaccounted"
    """Pages before those of the days are neither issued nor void."""
    PAGE_NOT_IN_BATCH = "page-not-in-batch"
    PAGES_WAIT = "pages-wait"
