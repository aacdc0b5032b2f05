"""The words of debts: why nothing was done, and what to do."""

from django.utils.translation import gettext_lazy as lazy

from central.desk.debts.refusals import DebtRefusal as Why
from central.desk.debts.refusals import Refused
from central.desk.forms import REFUSALS as DESK
from central.desk.forms import refusal_words as desk_words
from central.desk.refusals import Refused as DeskRefused
from central.domain.debt_shares import ShareFault
from central.office.templatetags.cardroom import fen
from central.office.words import Words

REFUSALS: dict[Why, Words] = {
    Why.BAD_ID: DESK["bad-payment-id"],
    Why.UNKNOWN_DEBT: lazy("There is no such debt. Open the list again."),
    Why.NOTHING_OWED: lazy("Nothing is owed here any more: it was paid, split or written off meanwhile."),
    Why.NOT_POSITIVE: lazy("The sum must be above zero."),
    Why.MORE_THAN_OWED: lazy("That is more than is owed. At most %(yuan)s yuan."),
    Why.NO_PRICE: lazy("There is no price in force for this class: a debt in kWh can't be paid. Ask an administrator."),
    Why.NO_REASON: lazy("Give the reason: it stays on record."),
    Why.STILL_COLLECTED: lazy("The room's gateway was asked for this debt and has not answered. Wait for its answer."),
    Why.ACCOUNT_NOT_OPEN: lazy("The account is closed: nothing can be collected from it. Let it be paid, or split it."),
    Why.STILL_OPEN: lazy("The room's account is still open. Only a departed room's debt is split."),
    Why.PAYS_ELSEWHERE: lazy("The room uses up the balance of another room: nothing can be collected from it."),
    Why.OTHER_UNIT: lazy("The debt is kept in another unit than the room's credit. Let it be paid at the desk."),
    Why.NO_CREDIT: lazy("The room has no credit. Collect it when the room has paid."),
    Why.IN_GRACE: lazy("The customer still has time to pay this true-up: nothing is collected before. It can be paid at the desk."),
    Why.NO_GATEWAY: lazy("The gateway can't be asked now: it is missing or being restored."),
    Why.NOT_THE_DEBT: lazy("The shares don't make the debt."),
    Why.EXISTS_WITH_DIFFERENT: lazy("This page has done something else already. Open the debt again."),
}  # fmt: skip
FAULTS: dict[str, Words] = {
    ShareFault.NOBODY: lazy("Name at least one person."),
    ShareFault.TOO_MANY: lazy("At most 20 persons."),
    ShareFault.NO_NAME: lazy("Each share names its person."),
    ShareFault.NAMED_TWICE: lazy("A person is named twice. Tell them apart, for example by their numbers."),
    ShareFault.NOT_POSITIVE: lazy("Each share is above zero."),
    ShareFault.OTHER_SUM: lazy("The shares together must be exactly the debt."),
}


def refusal_words(refused: Refused | DeskRefused) -> str:
    """Say why nothing was done, and what to do."""
    if isinstance(refused, DeskRefused):
        return desk_words(refused.why, refused.limit_fen)
    if refused.why is Why.NOT_THE_DEBT:
        return str(FAULTS.get(refused.what, REFUSALS[Why.NOT_THE_DEBT]))
    words = str(REFUSALS[refused.why])
    return words % {"yuan": fen(int(refused.what))} if refused.why is Why.MORE_THAN_OWED else words
