"""Why nothing became of a case: the names that pages find words for."""

from dataclasses import dataclass
from enum import StrEnum


class DepartureRefusal(StrEnum):
    """Why nothing was asked, paid or opened; a text key for the pages."""

    UNKNOWN_ACCOUNT = "unknown-account"
    UNKNOWN_CASE = "unknown-case"
    ACCOUNT_NOT_OPEN = "account-not-open"
    PAYS_ELSEWHERE = "pays-elsewhere"
    """It uses up another room's balance (C-4)."""
    PAYS_FOR_OTHERS = "pays-for-others"
    NOT_PREPAID = "not-prepaid"
    NO_REASON = "no-reason"
    NO_NAME = "no-name"
    NO_BANK_ACCOUNT = "no-bank-account"
    NO_PARTS = "no-parts"
    NOT_POSITIVE = "not-positive"
    MORE_THAN_THERE = "more-than-there"
    NO_TARGET = "no-target"
    SAME_ROOM = "same-room"
    OTHER_UNIT = "other-unit"
    WRONG_WAY = "wrong-way"
    ALREADY_ASKED = "already-asked"
    EXISTS_WITH_DIFFERENT = "exists-with-different"
    NO_ROOMS = "no-rooms"
    NO_GATEWAY = "no-gateway"
    GATEWAY_BEING_RESTORED = "gateway-being-restored"
    CLOSED_BY_OTHER = "closed-by-other"
    NOT_APPROVED = "not-approved"
    NOT_WITHDRAWN = "not-withdrawn"
    NOTHING_TO_PAY = "nothing-to-pay"
    NO_SHIFT = "no-shift"
    NO_PRICE = "no-price"
    NO_REFERENCE = "no-reference"
    REFERENCE_USED = "reference-used"
    PAID_OTHERWISE = "paid-otherwise"
    """It is noted as paid already, with another reference or voucher."""
    NOT_CLOSED = "not-closed"
    ALREADY_OCCUPIED = "already-occupied"
    NO_OCCUPANTS = "no-occupants"


@dataclass(frozen=True, slots=True)
class Refused:
    """A named refusal, with the room, case or text it is about."""

    why: DepartureRefusal
    what: str = ""
