"""Words of readings by hand: doubts, verdicts, slips, refusals, in the reader's language."""

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from central.domain.hand_reading import DisplayFault, Doubt, Unreadable
from central.domain.reading_slips import Explanation, Slip
from central.domain.readings_compared import Settled, Source, Verdict
from central.losses.readings.closing import Refused as SheetRefused
from central.losses.readings.closing import SheetRefusal
from central.losses.readings.entering import EntryRefusal, Refused
from central.losses.readings.models import ReadingSheet
from central.losses.readings.settling import SettleRefusal
from central.office.templatetags.cardroom import kwh
from central.office.words import Badge, Words

STATES = {
    ReadingSheet.State.OPEN: Badge(_("being read"), "mute", "wait"),
    ReadingSheet.State.CLOSED: Badge(_("read, to be checked"), "info", "held"),
    ReadingSheet.State.CHECKED: Badge(_("checked, to be signed"), "info", "key"),
    ReadingSheet.State.AGREED: Badge(_("agreed"), "good", "done"),
}
UNREADABLE: dict[str, Words] = {
    Unreadable.DARK: _("display dark"),
    Unreadable.DAMAGED: _("meter damaged"),
    Unreadable.LOCKED: _("nobody opened"),
    Unreadable.NOT_FOUND: _("meter not found"),
    Unreadable.OTHER_METER: _("another number on the meter"),
}
DOUBTS: dict[str, Words] = {
    Doubt.BELOW_LAST: _("Below the last value. Are two digits transposed, or is it another meter?"),
    Doubt.ABOVE_USUAL: _("Far more used than usual. Is the point right, and every digit?"),
    Doubt.UNMOVED: _("Nothing used since the last value. Is the meter dead, or the room empty?"),
    Doubt.ROLLED_OVER: _("Below the last value: has the display begun again at zero?"),
    Doubt.EARLIER: _("Read before the last value was taken. Is the phone's clock right?"),
}
VERDICTS: dict[str, Badge] = {
    Verdict.AGREES: Badge(_("agrees"), "good", "done"),
    Verdict.DIFFERS: Badge(_("differs"), "bad", "clash"),
    Verdict.NO_AUTOMATIC: Badge(_("no automatic value"), "mute", "unknown"),
    Verdict.LATE: Badge(_("automatic value still to come"), "warn", "wait"),
    Verdict.NOT_READ: Badge(_("not read"), "warn", "silent"),
    Verdict.OTHER_METER: Badge(_("another meter on site"), "bad", "clash"),
}
SETTLED: dict[str, Words] = {
    Settled.READ_AGAIN: _("read again, agrees now"),
    Settled.READING_WRONG: _("the reading was wrong"),
    Settled.AUTOMATIC_WRONG: _("the automatic value was wrong"),
    Settled.SWAPPED: _("the meter was replaced"),
    Settled.FAULTY: _("the meter is faulty"),
}
SOURCES: dict[str, Words] = {
    Source.BOTH: _("both"),
    Source.HAND: _("by hand"),
    Source.AUTOMATIC: pgettext_lazy("reading", "automatic"),
    Source.NONE: pgettext_lazy("reading", "none"),
}
ENTRY: dict[str, Words] = {
    DisplayFault.EMPTY: _("Type the figure on the display, or say why it can't be read."),
    DisplayFault.SEPARATORS: _("Type the figure without blanks and commas, with a point: 12345.67"),
    DisplayFault.NOT_A_FIGURE: _("Only digits and a point, as on the display: 12345.67"),
    DisplayFault.TOO_FINE: _("A display shows two digits after the point: 12345.67"),
    DisplayFault.TOO_LONG: _("No display has so many digits before its point. Is the point missing?"),
    EntryRefusal.NOT_HIS_BUILDING: _("You don't serve this building. Ask one of its people, or an administrator."),
    EntryRefusal.NOT_OPEN: _("The sheet is closed. The card room can give it back; a reading that disagrees can be read again."),
    EntryRefusal.UNKNOWN_METER: _("This meter is not on the sheet any more. Load the page again."),
    EntryRefusal.SAME_NUMBER: _("That is the number of this sheet. Leave it empty, and type the figure."),
    EntryRefusal.NO_WORDS: _("Either the figure, or why it can't be read: not both."),
    EntryRefusal.EXISTS_WITH_DIFFERENT: _("This was sent before for something else. Open the page again and say it anew."),
    EntryRefusal.PHOTO_TOO_LARGE: _("A photograph is too large: at most 12 MB."),
    EntryRefusal.PHOTO_NOT_A_PICTURE: _("A file is no photograph (JPEG, PNG or WebP), or it is damaged."),
    EntryRefusal.TOO_MANY_PHOTOS: _(
        "Too many photographs: 12 at once and 500 a day. Send the rest with another note, or tomorrow."
    ),
}  # fmt: skip
SHEET: dict[str, Words] = {
    SheetRefusal.UNKNOWN_SHEET: _("Nothing was read here yet."),
    SheetRefusal.NOT_HIS_BUILDING: _("You don't serve this building. Ask one of its people, or an administrator."),
    SheetRefusal.NOT_OPEN: _("The sheet is closed already."),
    SheetRefusal.NOT_CLOSED: _("The sheet is still being read, or agreed already."),
    SheetRefusal.NOT_ALL_READ: _("%(count)d meters have no entry yet. Read them, or say why they can't be read."),
    SheetRefusal.QUESTIONED: _("%(count)d readings are in question. Confirm them with words, or read again."),
    SheetRefusal.OWN_SHEET: _("Who read or closed the sheet does not check it: another person must."),
    SheetRefusal.DISAGREES: _("%(count)d readings still disagree. Each must be settled first."),
    SheetRefusal.NO_REASON: _("Say in words why."),
    SheetRefusal.WAITS: _("The table lies before those who sign it."),
}  # fmt: skip
SETTLE: dict[str, Words] = {
    SettleRefusal.UNKNOWN_SHEET: _("Nothing was read here yet."),
    SettleRefusal.NOT_HIS_BUILDING: _("You don't serve this building. Ask one of its people, or an administrator."),
    SettleRefusal.NOT_CLOSED: _("Disagreements are settled after the sheet was closed, and before it is checked."),
    SettleRefusal.NOT_DIFFERENT: _("Nothing differs there any more."),
    SettleRefusal.NO_WORDS: _("Say what it was, and in words how you know."),
    SettleRefusal.EXISTS_WITH_DIFFERENT: _("This was sent before for something else. Open the page again and say it anew."),
}  # fmt: skip


def entry_words(refused: Refused) -> str:
    """Say why an entry was not taken."""
    return str(ENTRY[refused.why])


def sheet_words(refused: SheetRefused) -> str:
    """Say why a sheet goes no further."""
    return str(SHEET[refused.why]) % {"count": refused.count}


def slip_words(one: Explanation) -> str:
    """Say which slip would explain a difference."""
    meant = {"meant": kwh(one.meant_wh), "places": ", ".join(map(str, one.places)), "meter": one.meter}
    match one.slip:
        case Slip.TRANSPOSED:
            return gettext("digits %(places)s changed places: %(meant)s") % meant
        case Slip.MISTYPED:
            return gettext("digit %(places)s mistyped: %(meant)s") % meant
        case Slip.LEFT_OUT:
            return gettext("a digit left out: %(meant)s") % meant
        case Slip.TYPED_TWICE:
            return gettext("a digit too many: %(meant)s") % meant
        case Slip.POINT:
            return gettext("point in the wrong place: %(meant)s") % meant
        case Slip.ROLLED_OVER:
            return gettext("display began again at zero: %(meant)s") % meant
        case Slip.EXCHANGED:
            return gettext("exchanged with meter %(meter)s") % meant
