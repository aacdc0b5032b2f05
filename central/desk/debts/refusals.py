"""Why nothing became of a debt: the names that pages find words for."""

from dataclasses import dataclass
from enum import StrEnum


class DebtRefusal(StrEnum):
    """Why a debt was not paid, collected, split or written off; a text key for the pages."""

    BAD_ID = "bad-id"
    UNKNOWN_DEBT = "unknown-debt"
    NOTHING_OWED = "nothing-owed"
    NOT_POSITIVE = "not-positive"
    MORE_THAN_OWED = "more-than-owed"
    NO_PRICE = "no-price"
    NO_REASON = "no-reason"
    STILL_COLLECTED = "still-collected"
    """The gateway was asked for it and has not answered."""
    ACCOUNT_NOT_OPEN = "account-not-open"
    STILL_OPEN = "still-open"
    """Only a departed room's debt is split."""
    PAYS_ELSEWHERE = "pays-elsewhere"
    OTHER_UNIT = "other-unit"
    NO_CREDIT = "no-credit"
    IN_GRACE = "in-grace"
    """What is owed is a true-up whose customers still have time to pay."""
    NO_GATEWAY = "no-gateway"
    NOT_THE_DEBT = "not-the-debt"
    """The shares don't make the debt, or name nobody."""
    EXISTS_WITH_DIFFERENT = "exists-with-different"


@dataclass(frozen=True, slots=True)
class Refused:
    """A named refusal; `what` is the room or the sum it is about."""

    why: DebtRefusal
    what: str = ""
