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


@dataclass(frozen=True, slots=True)
class Refused:
    """A named refusal; `limit_fen` is the limit an amount broke, `page` the book page it is about."""

    why: DeskRefusal
    limit_fen: int | None = None
    page: int | None = None
