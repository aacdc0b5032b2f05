"""What the desk's day says to people: refusals with what to do next, denominations, drawers, flags of a shift."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.desk.refusals import ShiftRefusal
from central.desk.shift_models import Shift
from central.domain.roster import DutyKind
from central.office.words import Words

REFUSALS: dict[str, Words] = {
    ShiftRefusal.HAS_SHIFT: gettext_lazy(
        "This person has a shift open already. End it, or hand it over, first."
    ),
    ShiftRefusal.DRAWER_IN_USE: gettext_lazy(
        "A shift is open at this drawer. Let it be handed over or ended, or choose another drawer."
    ),
    ShiftRefusal.UNKNOWN_DRAWER: gettext_lazy("There is no such drawer. Choose one of the list."),
    ShiftRefusal.BAD_COUNT: gettext_lazy("The count and the total don't agree. Count again."),
    ShiftRefusal.NO_REASON: gettext_lazy(
        "Give the reason: it is booked with the difference and can't be changed later."
    ),
    ShiftRefusal.NO_RETURN_REASON: gettext_lazy(
        "Returning needs a reason: the desk reads it and puts right what is wrong."
    ),
    ShiftRefusal.NOT_OPEN: gettext_lazy("This shift is not open any more. Nothing was done twice."),
    ShiftRefusal.NOT_A_CASHIER: gettext_lazy(
        "This person is no cashier and stands in for none. A delegation lets another one sell."
    ),
    ShiftRefusal.SAME_PERSON: gettext_lazy(
        "A shift is handed over to another person. To stop, end the shift."
    ),
    ShiftRefusal.LEFT_ABOVE_COUNTED: gettext_lazy("More can't stay in the drawer than was counted in it."),
    ShiftRefusal.UNKNOWN_DIFFERENCE: gettext_lazy("There is no such difference that needs signatures."),
    ShiftRefusal.ALREADY_APPROVED: gettext_lazy("This difference is approved already."),
    ShiftRefusal.ALREADY_ASKED: gettext_lazy("A request for it waits for signatures already."),
    ShiftRefusal.DAY_CLOSED: gettext_lazy(
        "This day is closed already. What comes later is booked on the next day."
    ),
    ShiftRefusal.DAY_NOT_COME: gettext_lazy(
        "This day has not come yet: it is closed on the day itself or later."
    ),
    ShiftRefusal.SHIFT_OPEN: gettext_lazy("A shift of this day is still open. Count and end it first."),
    ShiftRefusal.EARLIER_DAY_OPEN: gettext_lazy("An earlier day is not closed. Close the days in order."),
    ShiftRefusal.NOTHING_THAT_DAY: gettext_lazy("There was no shift on this day: there is nothing to close."),
    ShiftRefusal.DOES_NOT_TIE: gettext_lazy(
        "Payments, receipts and cash of this day do not tie. Nothing was closed: run verify, and call the developer."
    ),
    ShiftRefusal.DAY_HANDED_IN: gettext_lazy("One of these days is in a batch already. Open the page again."),
    ShiftRefusal.NO_DAYS: gettext_lazy("Choose at least one closed day."),
    ShiftRefusal.DIFFERENCE_WAITS: gettext_lazy(
        "A named difference of this batch waits for signatures. It can be received when it is approved."
    ),
    ShiftRefusal.ALREADY_ENDED: gettext_lazy(
        "This was received or sent back before. Nothing was done twice."
    ),
    ShiftRefusal.PAGES_UNACCOUNTED: gettext_lazy(
        "A receipt book has pages before those of these days that are neither issued nor void. Say on its page what became of them."
    ),
    ShiftRefusal.PAGE_NOT_IN_BATCH: gettext_lazy(
        "A page named as missing is not one of this batch. Compare the pages listed for these days."
    ),
    ShiftRefusal.PAGES_WAIT: gettext_lazy(
        "Pages of this batch are missing, and that waits for signatures. It can be received when it is approved."
    ),
    ShiftRefusal.OWN_HAND_IN: gettext_lazy(
        "Who handed in does not receive: another person of finance signs."
    ),
}
DUTY_KINDS: dict[str, Words] = {
    DutyKind.TERM: gettext_lazy("Term"),
    DutyKind.BREAK: gettext_lazy("Break: stand-ins"),
    DutyKind.ENROLMENT: gettext_lazy("Enrolment"),
}


def shift_refusal(why: ShiftRefusal) -> str:
    """Say why nothing was done, and what to do."""
    return str(REFUSALS.get(why, why.value))


def denomination_words(fen: int) -> str:
    """Name a note or a coin: 100 yuan, 5 jiao; the last one counts single fen."""
    if fen >= 100:
        return _("%(n)d yuan") % {"n": fen // 100}
    return _("%(n)d jiao") % {"n": fen // 10} if fen >= 10 else _("in fen")


def drawer_word(name: str) -> str:
    """Name a drawer; the first one has no name of its own until the office gives it one."""
    return _("main drawer") if name == "main" else name


def flags_of(shift: Shift) -> list[str]:
    """Say what was out of the ordinary when a shift began."""
    flags = [_("outside the desk's hours")] if shift.outside_hours else []
    return flags + ([_("not on the roster")] if shift.off_roster else [])
