"""The words of cases: where they stand and what to do next, why nothing was done."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from central.desk.departures.refusals import DepartureRefusal as Why
from central.desk.departures.refusals import Refused
from central.desk.departures.states import Standing, State
from central.office.approval_views import refusal_words as approval_words
from central.office.approvals import ApprovalRefusal
from central.office.words import Badge, Words

STATES: dict[State, Badge] = {
    State.ASKED: Badge(lazy("waits for signatures"), "warn", "wait"),
    State.ENDED: Badge(lazy("not approved"), "mute", "fail"),
    State.APPROVED: Badge(lazy("approved, not asked of the gateway yet"), "warn", "wait"),
    State.WAITING: Badge(lazy("waits for the gateway"), "warn", "wait"),
    State.GATEWAY_REFUSED: Badge(lazy("refused by the gateway"), "bad", "fail"),
    State.WITHDRAWN: Badge(lazy("to be paid out"), "info", "todo"),
    State.EMPTY: Badge(lazy("ended, nothing to pay out"), "good", "done"),
    State.PAID: Badge(lazy("paid"), "good", "done"),
}
REFUSALS: dict[Why, Words] = {
    Why.UNKNOWN_ACCOUNT: lazy("Nobody occupies this room: there is no account."),
    Why.UNKNOWN_CASE: lazy("There is no such case. Open the room again."),
    Why.ACCOUNT_NOT_OPEN: lazy("This account is being closed or is closed already. Open the room again."),
    Why.PAYS_ELSEWHERE: lazy("It uses up the balance of another room. Give it its own balance again first (shared balances)."),
    Why.PAYS_FOR_OTHERS: lazy("Other rooms use up its balance. Give them their own balances again first (shared balances)."),
    Why.NOT_PREPAID: lazy("This room is not prepaid: it has a card or a monthly bill."),
    Why.NO_REASON: lazy("Give the reason: those who sign read it."),
    Why.NO_NAME: lazy("Write who asks for it: the money is theirs."),
    Why.NO_BANK_ACCOUNT: lazy("Write the bank account that finance pays to."),
    Why.NO_PARTS: lazy("Write the numbers of the receipts whose customer's parts were returned."),
    Why.NOT_POSITIVE: lazy("The sum must be above zero."),
    Why.MORE_THAN_THERE: lazy("That is more than the room has. Ask for less, or for a departure: it pays all that is left."),
    Why.NO_TARGET: lazy("The new room has no open, prepaid account. Let it be occupied first, or choose another room."),
    Why.SAME_ROOM: lazy("That is the room itself. Name the new one."),
    Why.OTHER_UNIT: lazy("The new room keeps its balance in another way: credit can't go there. Ask for a departure instead."),
    Why.WRONG_WAY: lazy("It was approved to be paid in another way. Withdraw it and ask anew."),
    Why.ALREADY_ASKED: lazy("Another case of this room is not over yet. End that one first."),
    Why.EXISTS_WITH_DIFFERENT: lazy("This page has asked for something else already. Open the room again."),
    Why.NO_ROOMS: lazy("No room of these can be closed, or there are too many: at most 600 at once."),
    Why.NO_GATEWAY: lazy("The building has no gateway: nobody can read the final register. Ask the network centre."),
    Why.GATEWAY_BEING_RESTORED: lazy("The building's gateway is being restored. Ask again when it is back."),
    Why.CLOSED_BY_OTHER: lazy("The account is being closed by another case."),
    Why.NOT_APPROVED: lazy("It is not approved."),
    Why.NOT_WITHDRAWN: lazy("The gateway has not answered yet: nothing is paid before its final word."),
    Why.NOTHING_TO_PAY: lazy("Nothing is left to be paid out."),
    Why.NO_SHIFT: lazy("You have no shift open. Open one, count the float, and pay out then."),
    Why.NO_PRICE: lazy("There is no price in force for this class: what is kept in kWh can't be paid out. Ask an administrator."),
    Why.NO_REFERENCE: lazy("Type the bank's reference and the number of the K3 voucher."),
    Why.REFERENCE_USED: lazy("This bank reference has paid another case already. Look at the bank's slip again."),
    Why.PAID_OTHERWISE: lazy("The case is noted as paid already, by this reference: nothing more was noted. Was it paid twice?"),
    Why.NOT_CLOSED: lazy("The account is not closed yet: its final register must come first."),
    Why.ALREADY_OCCUPIED: lazy("The room has its next occupants already."),
    Why.NO_OCCUPANTS: lazy("Write at least one occupant: number and name, one person a line."),
}  # fmt: skip


def refusal_words(refused: Refused | ApprovalRefusal) -> str:
    """Say why nothing was done, with what it is about, and what to do."""
    if isinstance(refused, ApprovalRefusal):
        return approval_words(refused)
    words = str(REFUSALS[refused.why])
    return f"{refused.what}: {words}" if refused.what and refused.why != Why.ALREADY_ASKED else words


def next_step(one: Standing) -> str:
    """Say what happens next in a case, and who does it."""
    match one.state:
        case State.ASKED:
            return _("The offices of its chain sign it. Nothing is asked of the room's gateway before.")
        case State.ENDED:
            return _(
                "The request was refused or taken back: nothing was done, and the room goes on as before."
            )
        case State.APPROVED:
            return _("The gateway could not be asked. Press “Ask the gateway” when its building is in order.")
        case State.WAITING:
            return _waiting(one)
        case State.GATEWAY_REFUSED:
            return _refused(one)
        case State.WITHDRAWN:
            return _("The gateway gave this back: it can be paid now.")
        case State.EMPTY:
            return _("Nothing was left that could be paid out. What is owed is on the page of debts.")
        case State.PAID:
            return _("Paid: nothing of the money is left to be done.")


def _waiting(one: Standing) -> str:
    if not one.is_online:
        return _(
            "The building's gateway is not connected. It keeps counting; it answers when the link is back, "
            "and what is left is paid out then. Nothing needs to be asked again."
        )
    if one.case.closes:
        return _("The gateway locks the room out and reads the final register: usually within a minute.")
    return _("The gateway takes the credit back: usually within seconds.")


def _refused(one: Standing) -> str:
    found = one.closing or one.request
    said = found.outcome if found else ""
    return _("The gateway answered “%(outcome)s” and took nothing. Mend its cause, then ask it again.") % {
        "outcome": said
    }
