"""Why nothing became of an act about a work order, in names and in words that say what is missing."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from central.domain.work_order import Lack
from central.office.photo_field import REFUSALS as PHOTO_WORDS
from central.office.photos import PhotoRefusal
from central.office.words import Words


class WorkRefusal(StrEnum):
    """Why an act was not done."""

    UNKNOWN_ORDER = "unknown-order"
    NOT_HIS_BUILDING = "not-his-building"
    NOT_NOW = "not-now"
    """It can't be done in the order's present state."""
    NO_SUCH_PLACE = "no-such-place"
    """No room follows from the line, group, floor or numbers that were named."""
    UNKNOWN_ROOM = "unknown-room"
    NO_REASON = "no-reason"
    BACKWARDS = "backwards"
    WINDOW_PAST = "window-past"
    TOO_FAR = "too-far"
    ALL_TOLD = "all-told"
    NOT_ASKED = "not-asked"
    """Answers are taken while the rooms are asked."""
    TOO_MANY_ANSWERS = "too-many-answers"
    LACKS = "lacks"
    """A start lacks what `what` names, apart by commas."""
    NO_PERSON = "no-person"
    NOT_ISOLATED = "not-isolated"
    """Not every measure was ticked."""
    NOT_CLEAR = "not-clear"
    """Earths, locks and people must be off the circuit before it is released."""
    NOT_AT_CIRCUIT = "not-at-circuit"
    """Only who works at circuits himself gives back what is locked."""
    LOCK_STANDS = "lock-stands"
    NOT_BACK = "not-back"
    EXISTS_WITH_DIFFERENT = "exists-with-different"
    PHOTO = "photo"


@dataclass(frozen=True, slots=True)
class Refused:
    """A named refusal; `what` is what it is about."""

    why: WorkRefusal
    what: str = ""


WORDS: dict[WorkRefusal, Words] = {
    WorkRefusal.UNKNOWN_ORDER: _("There is no such work order."),
    WorkRefusal.NOT_HIS_BUILDING: _("This building is not among those that you serve."),
    WorkRefusal.NOT_NOW: _("The order is further by now: look at the page again. Nothing was done."),
    WorkRefusal.NO_SUCH_PLACE: _("No room follows from this. Look at the rooms, floors, lines and groups of the building."),
    WorkRefusal.UNKNOWN_ROOM: _("This building has no such room, or it is not on the order's list."),
    WorkRefusal.NO_REASON: _("Say why: it stays on record."),
    WorkRefusal.BACKWARDS: _("The end must be later than the beginning."),
    WorkRefusal.WINDOW_PAST: _("The time is over already. Choose a later one."),
    WorkRefusal.TOO_FAR: _("At most a year ahead."),
    WorkRefusal.ALL_TOLD: _("Every room has been told of this time already."),
    WorkRefusal.NOT_ASKED: _("Answers are taken from when the rooms were told until the work begins."),
    WorkRefusal.TOO_MANY_ANSWERS: _("Your room has answered many times already. Tell the warden or the card room what counts."),
    WorkRefusal.NO_PERSON: _("Name who isolates the circuit and answers for it: an electrician or a technician."),
    WorkRefusal.NOT_ISOLATED: _("Work may not begin: tick each measure when it is done. Isolate, prove dead, earth, hang the tag."),
    WorkRefusal.NOT_CLEAR: _("Nothing was released. First remove earths, locks and tags, count the people, and tick it."),
    WorkRefusal.NOT_AT_CIRCUIT: _("Work goes on there: only an electrician or a technician calls it off. Telephone him."),
    WorkRefusal.LOCK_STANDS: _("The order stays open: a lock-out still stands."),
    WorkRefusal.NOT_BACK: _("The order stays open: a supply is not read back yet. Wait for it, or say for each of them why."),
    WorkRefusal.EXISTS_WITH_DIFFERENT: _("This was sent before for something else. Open the page again and say it anew."),
}  # fmt: skip
LACKS: dict[Lack, Words] = {
    Lack.NO_PERSON: _("nobody is named who isolates the circuit and answers for it"),
    Lack.NOT_AGREED: _("not all rooms have agreed, and no head has decided"),
    Lack.TOO_EARLY: _("the agreed time has not begun"),
    Lack.WINDOW_OVER: _("the agreed time is over: ask for another one"),
}


def refusal_words(refused: Refused) -> str:
    """Say why, and what is missing."""
    match refused.why:
        case WorkRefusal.LACKS:
            return lack_words([Lack(one) for one in refused.what.split(",")])
        case WorkRefusal.PHOTO:
            return str(PHOTO_WORDS[PhotoRefusal(refused.what)])
    said = str(WORDS[refused.why])
    return f"{said} ({refused.what})" if refused.what else said


def lack_words(lacks: list[Lack]) -> str:
    """Say all that a start lacks, in one sentence."""
    said = _now("; ").join(str(LACKS[one]) for one in lacks)
    return _now("The work can't start: %(lacks)s.") % {"lacks": said}
