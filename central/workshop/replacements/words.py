"""The words of replacements and true-ups: why nothing was done, and what to do."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from central.office.templatetags.cardroom import kwh
from central.office.words import Words
from central.workshop.replacements.true_ups import Refused
from central.workshop.replacements.true_ups import TrueUpRefusal as Why

REFUSALS: dict[Why, Words] = {
    Why.UNKNOWN: lazy("There is no such true-up. Open the list again."),
    Why.NOT_IN_THIS_STATE: lazy("This can't be done to it now: it has gone further meanwhile. Open it again."),
    Why.NEEDS_A_FIGURE: lazy("Nothing could be estimated: type a figure and how it is known."),
    Why.NO_REASON: lazy("Say why and how: it stays on record."),
    Why.NO_PRICE: lazy("No price was in force for this class then. Ask an administrator to publish it."),
    Why.WAITS: lazy("A request about it waits for signatures. Wait for their answer."),
    Why.NOT_BOOKED: lazy("Only what is booked can be taken back."),
    Why.EXISTS_WITH_DIFFERENT: lazy("This page has done something else already. Open it again."),
}  # fmt: skip


def refusal_words(refused: Refused) -> str:
    """Say why nothing was done, and what to do."""
    if refused.why is Why.BAD_FIGURE:
        return _("The fuse lets at most %(kwh)s kWh through in this time. Look at the figure again.") % {
            "kwh": kwh(int(refused.what))
        }
    return str(REFUSALS[refused.why])
