"""Words for what the acts of a case refuse."""

from django.utils.translation import gettext_lazy as _

from central.losses.cases import CaseRefusal, Refused
from central.office.photo_field import REFUSALS as OF_PHOTOS
from central.office.photos import PhotoRefusal
from central.office.words import Words

REFUSALS: dict[CaseRefusal, Words] = {
    CaseRefusal.UNKNOWN_CASE: _("There is no such power case."),
    CaseRefusal.CLOSED: _("The case is closed. Report it again if it goes on: that opens another one."),
    CaseRefusal.NOT_HIS_BUILDING: _("You don't serve this building. Ask one of its people, or an administrator."),
    CaseRefusal.NO_WORDS: _("Say in words what you saw or did."),
    CaseRefusal.NO_FINDING: _("Choose what it was; \"nothing found\" is an answer, too."),
    CaseRefusal.EXISTS_WITH_DIFFERENT: _("This was sent before for something else. Open the page again and say it anew."),
    CaseRefusal.PHOTO_TOO_LARGE: OF_PHOTOS[PhotoRefusal.TOO_LARGE],
    CaseRefusal.PHOTO_NOT_A_PICTURE: OF_PHOTOS[PhotoRefusal.NOT_A_PICTURE],
    CaseRefusal.TOO_MANY_PHOTOS: OF_PHOTOS[PhotoRefusal.TOO_MANY],
}  # fmt: skip


def refusal_words(refused: Refused) -> Words:
    """Say a refusal in the reader's language."""
    return REFUSALS[refused.why]
