"""Words for what the entry of a power bureau's bill refuses."""

from django.utils.translation import gettext_lazy as _

from central.office.words import Words
from central.reports.bureau.operations import BillRefusal

REFUSALS: dict[BillRefusal, Words] = {
    BillRefusal.NOT_BEGUN: _("This accounting period has not begun. Check the month."),
    BillRefusal.DATED_LATER: _("The bill's date has not come yet. Check the day."),
    BillRefusal.KNOWN: _("A bill of this number is entered already for this period. If it is wrong, correct that one."),
    BillRefusal.CORRECTED: _("This bill was corrected already. Correct the newest one of the list."),
    BillRefusal.NO_REASON: _("Say in the note why the bill is corrected."),
    BillRefusal.NOTHING_CHANGED: _("Nothing differs from what is entered: nothing was done."),
    BillRefusal.OTHER_BILL: _("This page has entered another bill already. Open it again and type this one anew."),
}  # fmt: skip
