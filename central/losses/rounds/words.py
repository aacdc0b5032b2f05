"""Words for what a round refuses."""

from django.utils.translation import gettext_lazy as _

from central.losses.case_words import REFUSALS as CASE_REFUSALS
from central.losses.cases import OF_PHOTOS
from central.losses.rounds.operations import Refused, RoundRefusal
from central.office.words import Words

REFUSALS: dict[RoundRefusal, Words] = {
    RoundRefusal.NOT_HIS_BUILDING: _("You don't serve this building. Ask one of its people, or an administrator."),
    RoundRefusal.NOT_HIS_ROUND: _("This round is somebody else's. Open the page again: it begins your own."),
    RoundRefusal.OTHER_BUILDING: _("This room is in another building."),
    RoundRefusal.NO_WORDS: _("Say in words what was found, or why the room could not be seen."),
    RoundRefusal.NO_WHAT: _("Choose what was found."),
    RoundRefusal.NOT_BEGUN: _("No room of this round is on record: there is nothing to end."),
    RoundRefusal.ENDED: _("This round has ended already. Open its record to add to it."),
    RoundRefusal.NO_REASON: _("Rooms are left that nobody saw: say why before you end the round."),
    RoundRefusal.EXISTS_WITH_DIFFERENT: _("This was sent before for something else. Open the page again and say it anew."),
}  # fmt: skip


def refusal_words(refused: Refused) -> Words:
    """Say a refusal in the reader's language."""
    if isinstance(refused.why, RoundRefusal):
        return REFUSALS[refused.why]
    return CASE_REFUSALS[OF_PHOTOS[refused.why]]
