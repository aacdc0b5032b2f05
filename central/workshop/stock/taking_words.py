"""What is said when something of a stock-taking was not done."""

from django.utils.translation import gettext_lazy as _

from central.office.words import Words
from central.workshop.stock.taking import MOST_CHANGES, MOST_LABELS, TakingRefusal

REFUSALS: dict[TakingRefusal, Words] = {
    TakingRefusal.ALREADY_OPEN: _("Stock is being taken there already: go on with that one, or close it first."),
    TakingRefusal.NO_PLACE: _("There is no place yet: enter the store's shelves first (makers, models, places)."),
    TakingRefusal.ENDED: _("This stock-taking has ended: begin another one. What was read just now is not kept."),
    TakingRefusal.NO_LABEL: _("Nothing was read: read a label, or type the number from it."),
    TakingRefusal.TOO_MANY: _("Too many numbers at once: send them in parts of 200."),
    TakingRefusal.OTHER_PLACE: _("This place is not counted here. Choose one of the list."),
    TakingRefusal.SEVERAL: _("Several devices have this serial number: read the stock number on the store's own label."),
    TakingRefusal.CHANGED: _("Something was counted or changed since this page was shown: look at it again, then close."),
    TakingRefusal.TOO_MANY_CHANGES: _("More than 500 records would change at once: count on first, or take stock place by place."),
    TakingRefusal.NOT_PUT_BACK: _("Devices lie among others: carry them back to their places, tick that, then close."),
    TakingRefusal.NO_ARRIVALS_PLACE: _("Say where that is put which was missing and is here: it must be checked."),
    TakingRefusal.NO_REASON: _("Say why."),
    TakingRefusal.EXISTS_WITH_DIFFERENT: _("This was sent before for something else. Open the page again and say it anew."),
}  # fmt: skip
assert (MOST_LABELS, MOST_CHANGES) == (200, 500), "the words above name them"
