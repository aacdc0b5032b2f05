"""Why something about a fault was not done, and what is said of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from central.office.photo_field import REFUSALS as PHOTO_REFUSALS
from central.office.photos import PhotoRefusal
from central.office.words import Words


class FaultRefusal(StrEnum):
    """Why a step was not taken."""

    UNKNOWN_FAULT = "unknown-fault"
    CLOSED = "closed"
    NOT_HIS_BUILDING = "not-his-building"
    NO_WORDS = "no-words"
    NO_CAUSE = "no-cause"
    """It is solved and closed with what it was."""
    NO_HOW = "no-how"
    NOT_SOLVED = "not-solved"
    """What was not solved is not closed."""
    TOO_OFTEN = "too-often"
    """A room's residents reported as often today as they may."""
    EXISTS_WITH_DIFFERENT = "exists-with-different"
    PHOTO_TOO_LARGE = "photo-too-large"
    PHOTO_NOT_A_PICTURE = "photo-not-a-picture"
    TOO_MANY_PHOTOS = "too-many-photos"


OF_PHOTOS = {
    PhotoRefusal.TOO_LARGE: FaultRefusal.PHOTO_TOO_LARGE,
    PhotoRefusal.NOT_A_PICTURE: FaultRefusal.PHOTO_NOT_A_PICTURE,
    PhotoRefusal.TOO_MANY: FaultRefusal.TOO_MANY_PHOTOS,
}


@dataclass(frozen=True, slots=True)
class Refused:
    """An expected refusal."""

    why: FaultRefusal
    what: str = ""


WORDS: Mapping[FaultRefusal, Words] = {
    FaultRefusal.UNKNOWN_FAULT: _("No fault has this number."),
    FaultRefusal.CLOSED: _("The fault is closed: if it is there again, report it anew."),
    FaultRefusal.NOT_HIS_BUILDING: _("You don't serve this building: whoever does takes this step, or it is added to you."),
    FaultRefusal.NO_WORDS: _("Say in a few words what you saw or did."),
    FaultRefusal.NO_CAUSE: _("Choose what it was."),
    FaultRefusal.NO_HOW: _("Choose how it was solved."),
    FaultRefusal.NOT_SOLVED: _("It is not solved yet: say first how it was."),
    FaultRefusal.TOO_OFTEN: _("Enough was reported from this room today. If it is urgent, go to the desk or to the warden."),
    FaultRefusal.EXISTS_WITH_DIFFERENT: _("This was sent before with other words. Open the page again and say it anew."),
    **{mine: PHOTO_REFUSALS[theirs] for theirs, mine in OF_PHOTOS.items()},
}  # fmt: skip


def refusal_words(refused: Refused) -> Words:
    """Say why, and what to do."""
    return WORDS[refused.why]
