"""Words of corrections and adjustments: why one is refused, and where a reclaim stands."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.desk.corrections.adjusting import AdjustmentRefusal
from central.desk.corrections.reclaims import ReclaimRefusal, Standing, State
from central.desk.corrections.rule import CorrectionRefusal, NotCorrected
from central.desk.forms import refusal_words
from central.desk.refusals import DeskRefusal, Refused
from central.office.words import OUTCOMES, Badge, Words, badge_of

THE_RULE = gettext_lazy(
    "A payment is corrected on its day only: changes of a room's energy or amount that are asked for on a later day are not "
    "accepted (procedure 4.1.5)."
)
REFUSALS: dict[str, Words] = {
    CorrectionRefusal.UNKNOWN_RECEIPT: gettext_lazy("There is no receipt of this number."),
    CorrectionRefusal.ALREADY_VOID: gettext_lazy(
        "This receipt is void already. If the one in its place is wrong too, correct that one."
    ),
    CorrectionRefusal.NOT_TODAY: THE_RULE,
    CorrectionRefusal.NOT_CORRECTABLE: gettext_lazy(
        "This receipt is for a debt that was paid: it is not corrected here. Ask finance."
    ),
    CorrectionRefusal.PAID_OVER: gettext_lazy(
        "The card system has paid this receipt over already: it is not corrected here. Ask finance for an adjustment."
    ),
    CorrectionRefusal.NO_REASON: gettext_lazy(
        "Write the reason: the new receipt prints it (procedure 4.1.5)."
    ),
    CorrectionRefusal.NOTHING_DIFFERS: gettext_lazy(
        "Room and amount are those of the receipt already (rooms of one balance are one account): there is nothing to correct."
    ),
    CorrectionRefusal.NOT_ALL_LEFT: gettext_lazy(
        "The money can't go back: part of the credit is used, or the building's gateway is not connected and nobody knows what is "
        "left. Correct the room or the amount instead."
    ),
    CorrectionRefusal.DRAWER_TOO_LOW: gettext_lazy(
        "Your drawer holds less cash than would go back. Nothing was done: fetch change, or let the cashier correct it who holds "
        "the money."
    ),
    CorrectionRefusal.EXISTS_WITH_DIFFERENT: gettext_lazy(
        "This page has made another correction already. Open the receipt again: it shows what was done."
    ),
    ReclaimRefusal.UNKNOWN: gettext_lazy("There is nothing of this name to be asked back."),
    ReclaimRefusal.ENDED: gettext_lazy("The answer has come meanwhile: nothing more is asked."),
    ReclaimRefusal.STILL_ASKED: gettext_lazy("The gateway is asked already; its answer comes by itself."),
    ReclaimRefusal.CANNOT_BE_ASKED: gettext_lazy(
        "The gateway can't be asked now: it is being restored, or the account is being closed. Try again later."
    ),
    AdjustmentRefusal.UNKNOWN_ACCOUNT: gettext_lazy("No room of this name is occupied."),
    AdjustmentRefusal.ACCOUNT_NOT_OPEN: gettext_lazy("The account is being closed or is closed."),
    AdjustmentRefusal.UNKNOWN_BUCKET: gettext_lazy("The room's class keeps no credit of this kind."),
    AdjustmentRefusal.BAD_AMOUNT: gettext_lazy("The amount must be above zero, and below a million."),
    AdjustmentRefusal.TOO_FEW_SIGNATURES: gettext_lazy(
        "An adjustment needs the signatures of two people who did not ask for it."
    ),
    AdjustmentRefusal.NO_GATEWAY: gettext_lazy(
        "The building has no gateway yet: no credit can be asked back from it."
    ),
}
STATES: dict[State, Badge] = {
    State.ASKED: Badge(gettext_lazy("asked, not answered"), "info", "wait"),
    State.REFUSED: Badge(gettext_lazy("refused by the gateway"), "bad", "fail"),
    State.NOT_ASKED: Badge(gettext_lazy("not asked yet"), "warn", "clash"),
    State.TAKEN: Badge(gettext_lazy("all taken back"), "good", "done"),
    State.OWED: Badge(gettext_lazy("part is owed"), "warn", "clash"),
}


def why_not(refused: NotCorrected | Refused | CorrectionRefusal | ReclaimRefusal | AdjustmentRefusal) -> str:
    """Say why nothing was done."""
    if isinstance(refused, Refused):
        if refused.why == DeskRefusal.NO_SHIFT:
            return _("You have no shift open: a correction moves money of a shift. Open one first.")
        return refusal_words(refused.why.value, refused.limit_fen)
    why = refused.why if isinstance(refused, NotCorrected) else refused
    return str(REFUSALS.get(why, why))


def badge(standing: Standing | None) -> Badge | None:
    """Give a reclaim's state as it is shown."""
    return STATES[standing.state] if standing else None


def sentence(standing: Standing, is_online: bool) -> str:
    """Say where a reclaim stands and what helps."""
    match standing.state:
        case State.ASKED if is_online:
            return _("The gateway is asked what is left; its answer comes within seconds.")
        case State.ASKED:
            return _(
                "The building's gateway is not connected. It is asked when it is back, and takes what is left then: nothing "
                "is lost."
            )
        case State.REFUSED:
            return _("The gateway refused (%(outcome)s). Mend the cause, then have it asked again.") % {
                "outcome": badge_of(OUTCOMES, standing.outcome).word
            }
        case State.NOT_ASKED:
            return _("The gateway could not be asked. Have it asked when it is back.")
        case _ if standing.by_books:
            return _("No gateway had the credit: decided by this server's own books.")
        case State.TAKEN:
            return _("All of it was left, and is taken back.")
        case _:
            return _("What was used meanwhile is owed by the room. Its supply is not cut for it.")
