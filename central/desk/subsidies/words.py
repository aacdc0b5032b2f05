"""The words of subsidies: why a room is left out, why nothing was asked for or undone, why a signed batch can't be done."""

from django.utils.translation import gettext_lazy as lazy

from central.desk.subsidies.batches import Refused, SubsidyRefusal
from central.office.approval_views import refusal_words as approval_refusal_words
from central.office.approvals import ApprovalRefusal
from central.office.words import Words

LEFT_OUT: dict[str, Words] = {
    "other-class": lazy("is of another class"),
    "no-account": lazy("has no account: nobody was ever entered"),
    "account-not-open": lazy("its account is being closed or is closed"),
    "not-prepaid": lazy("does not pay in advance"),
    "nobody": lazy("nobody occupies it on that day"),
    "no-gateway": lazy("its building has no gateway yet: what can't be taken back is not given in a batch"),
    "payer-without-bucket": lazy("the room that pays for it keeps no such credit"),
    "pays-elsewhere": lazy("pays from another room since"),
}
REFUSALS: dict[SubsidyRefusal, Words] = {
    SubsidyRefusal.NOTHING_TO_DO: lazy("No room of this choice can be given anything. Look below why."),
    SubsidyRefusal.UNKNOWN_ROOMS: lazy("These names are no room of the campus. Correct them first."),
    SubsidyRefusal.CHANGED: lazy(
        "The campus changed since this was shown: somebody moved in or out. Look at it again, then ask."
    ),
    SubsidyRefusal.EXPIRED: lazy("The last day is over already. Choose a later one."),
    SubsidyRefusal.NO_REASON: lazy("Say why: those who sign read it."),
    SubsidyRefusal.EXISTS_WITH_DIFFERENT: lazy("This page asked for another subsidy before. Begin anew."),
    SubsidyRefusal.NOT_DONE: lazy("This subsidy was not carried out: there is nothing to undo."),
    SubsidyRefusal.NOT_TODAY: lazy(
        "A subsidy can be undone only on the day it was given. That day is over: what was given stays given."
    ),
    SubsidyRefusal.GATEWAY_RESTORED: lazy(
        "A gateway is being restored and can't be asked now. Nothing was undone; try again today when it is back."
    ),
}
HINDRANCES: dict[str, Words] = {
    "unknown-batch": lazy("the list of rooms is no longer there"),
    "rows-differ": lazy("the rows are not those that were signed"),
    "expired": lazy("its last day is over: ask again with a later one"),
    "nothing-left": lazy("none of its rooms can be credited any more"),
    "configuration-too-big": lazy("a building has more rooms than one gateway can be told"),
}


def left_out_words(why: str) -> str:
    """Say why a room gets nothing."""
    return str(LEFT_OUT.get(why, why))


def refusal_words(refused: Refused | ApprovalRefusal) -> str:
    """Say why nothing was asked for or undone."""
    if isinstance(refused, ApprovalRefusal):
        return approval_refusal_words(refused)
    words = str(REFUSALS[refused.why])
    return f"{refused.what}: {words}" if refused.what else words


def hindrance_words(why: str) -> str:
    """Say why a signed batch was not carried out."""
    return str(HINDRANCES.get(why, why))
