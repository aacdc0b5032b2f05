"""Why nothing became of an act about a theft: names for pages, beside those of every case."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy as lazy

from central.losses.case_words import REFUSALS as CASE_WORDS
from central.losses.cases import CaseRefusal
from central.losses.cases import Refused as CaseRefused
from central.office.words import Words


class TheftRefusal(StrEnum):
    """Why an act was not done."""

    NO_PLACE = "no-place"
    """A report names a room or a place of the corridor."""
    OTHER_BUILDING = "other-building"
    UNKNOWN_CASE = "unknown-case"
    NOT_CONFIRMED = "not-confirmed"
    NO_ROOM = "no-room"
    NO_PHOTO = "no-photo"
    NO_ACCOUNT = "no-account"
    NO_PRICE = "no-price"
    NO_DAYS = "no-days"
    CHARGED_BEFORE = "charged-before"
    ASKED_BEFORE = "asked-before"
    OTHER_FACTORS = "other-factors"
    """Since it was asked for, what it is made of has changed."""
    NO_PENALTY = "no-penalty"
    APPEALED_BEFORE = "appealed-before"
    TOO_LATE = "too-late"
    NO_APPEAL = "no-appeal"
    NOT_LESS = "not-less"
    STILL_OWED = "still-owed"
    OWED_BACK = "owed-back"
    WAITS = "waits"
    """A request about it waits for signatures, or an appeal for its decision."""
    MAY_BE_APPEALED = "may-be-appealed"
    NO_FINDING = "no-finding"
    CHARGE_FIRST = "charge-first"
    """A confirmed theft without its penalty: only the director lets it go, and says why."""
    NOT_OPEN = "not-open"


@dataclass(frozen=True, slots=True)
class Refused:
    """A named refusal; `what` is what it is about."""

    why: TheftRefusal
    what: str = ""


WORDS: dict[TheftRefusal, Words] = {
    TheftRefusal.NO_PLACE: lazy("Choose the room, or say where in the corridor it is."),
    TheftRefusal.OTHER_BUILDING: lazy("The room is not in this building. Choose again."),
    TheftRefusal.UNKNOWN_CASE: lazy("There is no such power case."),
    TheftRefusal.NOT_CONFIRMED: lazy("Only a confirmed theft can be charged: the electrician's finding comes first."),
    TheftRefusal.NO_ROOM: lazy("No room is named: the finding must say whose it is."),
    TheftRefusal.NO_PHOTO: lazy("A confirmed theft needs a photograph: it is the evidence."),
    TheftRefusal.NO_ACCOUNT: lazy("The room had no account at the discovery: nobody can be charged."),
    TheftRefusal.NO_PRICE: lazy("No price was in force for this class at the discovery. Ask an administrator."),
    TheftRefusal.NO_DAYS: lazy("No day is to be charged: they paid on the day of the discovery."),
    TheftRefusal.CHARGED_BEFORE: lazy("The penalty of this case is charged already."),
    TheftRefusal.ASKED_BEFORE: lazy("The penalty of this case waits for signatures already."),
    TheftRefusal.OTHER_FACTORS: lazy("What the penalty is made of has changed since it was asked for. Ask for it again."),
    TheftRefusal.NO_PENALTY: lazy("No penalty was charged in this case."),
    TheftRefusal.APPEALED_BEFORE: lazy("There is an appeal against this penalty already."),
    TheftRefusal.TOO_LATE: lazy("The days in which the penalty could be appealed are over."),
    TheftRefusal.NO_APPEAL: lazy("There is no appeal that waits for its decision."),
    TheftRefusal.NOT_LESS: lazy("A reduced penalty is above zero and below what was charged."),
    TheftRefusal.STILL_OWED: lazy("The penalty is not paid yet: let it be paid or written off, then close the case."),
    TheftRefusal.OWED_BACK: lazy("What was paid too much is not paid back yet."),
    TheftRefusal.WAITS: lazy("A request or an appeal about it still waits. Close the case when that is decided."),
    TheftRefusal.MAY_BE_APPEALED: lazy("The penalty may still be appealed. Close the case when those days are over."),
    TheftRefusal.NO_FINDING: lazy("The electrician has not said yet what he found."),
    TheftRefusal.CHARGE_FIRST: lazy("Confirmed, but no penalty was charged: ask for it. Only the director may close without."),
    TheftRefusal.NOT_OPEN: lazy("The case is closed. Report it again if it goes on: that opens another one."),
}  # fmt: skip


def refusal_words(refused: Refused | CaseRefused) -> Words:
    """Say why nothing was done, and what to do."""
    if isinstance(refused.why, CaseRefusal):
        return CASE_WORDS[refused.why]
    return WORDS[refused.why]
