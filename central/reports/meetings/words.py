"""Words of meetings and improvement items: states as badges, what is refused and what to do about it."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from central.domain.improvement_items import Act, Fault, State
from central.office.words import Badge, Words
from central.reports.meetings import items, operations
from central.reports.meetings.items import ItemRefusal
from central.reports.meetings.operations import MeetingRefusal

STATES: dict[State, Badge] = {
    State.OPEN: Badge(pgettext_lazy("improvement", "open"), "info", "wait"),
    State.IN_WORK: Badge(pgettext_lazy("improvement", "in work"), "info", "held"),
    State.DONE: Badge(pgettext_lazy("improvement", "done, to be checked"), "warn", "key"),
    State.CHECKED: Badge(pgettext_lazy("improvement", "checked"), "good", "done"),
    State.DROPPED: Badge(pgettext_lazy("improvement", "dropped"), "mute", "off"),
}
TONES = {"good": "good", "fair": "warn", "poor": "bad"}
"""Of a review's ratings."""
ACT_WORDS: dict[Act, Words] = {
    Act.TAKEN: _("Take it in hand"),
    Act.NOTED: _("Add a note"),
    Act.CHANGED: _("Change measure, owner or day"),
    Act.DONE: _("It is done"),
    Act.CHECKED: _("Checked: it is really done"),
    Act.GIVEN_BACK: _("Not done: give it back"),
    Act.DROPPED: _("Drop it"),
}
ITEM_REFUSALS: dict[ItemRefusal | Fault, Words] = {
    ItemRefusal.UNKNOWN_ITEM: _("There is no such improvement item."),
    ItemRefusal.EXISTS_WITH_DIFFERENT: _("This was sent before for something else. Open the page again and say it anew."),
    ItemRefusal.WRONG_LINK: _("The link is no page of this site: copy what follows the server's name, such as /losses/cases/3/."),
    Fault.NOT_NOW: _("The item has gone on meanwhile: look at its steps, and choose again."),
    Fault.NOT_HIS: _("Only its owner or who keeps the items may do this. Ask the network-centre director."),
    Fault.OWN_WORK: _("Nobody checks his own work: somebody else must look at it."),
    Fault.NO_WORDS: _("Say it in words."),
    Fault.NOTHING_CHANGED: _("Nothing is changed: give another measure, owner or day."),
    Fault.NO_OWNER: _("Choose a person or an office that does it."),
    Fault.TWO_OWNERS: _("Choose a person or an office, not both."),
    Fault.DUE_BEFORE: _("That day is over: choose today or a later one."),
}  # fmt: skip
MEETING_REFUSALS: dict[MeetingRefusal, Words] = {
    MeetingRefusal.UNKNOWN_MEETING: _("There is no such meeting."),
    MeetingRefusal.WRONG_PERIOD: _("A review is of a week, a cross-department meeting of a month. Choose a day in it."),
    MeetingRefusal.TOO_EARLY: _("That week or month has not begun. Choose a day up to today."),
    MeetingRefusal.CLOSED: _("It is closed: nothing is changed any more. Who chairs it can add something, with the reason."),
    MeetingRefusal.NOT_CLOSED: _("It is not closed yet: write it down in its place."),
    MeetingRefusal.NO_WORDS: _("Say it in words."),
    MeetingRefusal.NO_REASON: _("Say why this is added after the close."),
    MeetingRefusal.NOBODY: _("Name the people: who was called, or who attended."),
    MeetingRefusal.NO_CELL: _("The grid has no such procedure or department. Open the page again and choose it there."),
    MeetingRefusal.NO_RATING: _("Choose how the department does with the procedure."),
    MeetingRefusal.NO_DAY: _("Say on which day it was held."),
    MeetingRefusal.IN_FUTURE: _("That lies ahead: write it down when it has happened."),
    MeetingRefusal.NO_SUCH_DECISION: _("There is no decision of that number."),
    MeetingRefusal.NOT_OF_THIS_KIND: _("A review has findings, a cross-department meeting minutes and decisions."),
    MeetingRefusal.NOT_HELD: _("First write down on which day it was held, and who attended."),
    MeetingRefusal.NOTHING_SAID: _("First write down what was found, said or decided: an empty meeting is not closed."),
    MeetingRefusal.EXISTS_WITH_DIFFERENT: _("This was sent before for something else. Open the page again and say it anew."),
}  # fmt: skip


def refusal_words(refused: items.Refused | operations.Refused) -> Words:
    """Say a refusal in the reader's language."""
    if isinstance(refused, operations.Refused):
        return MEETING_REFUSALS[refused.why]
    return ITEM_REFUSALS[refused.why]
