"""The series that a restoration lifts, in words, in the order of how often people say their numbers."""

from dataclasses import dataclass

from django.utils.translation import pgettext_lazy

from central.link.backup_models import NumberLeap, Restoration
from central.office.words import Words

NUMBERED: dict[str, Words] = {
    "main": pgettext_lazy("numbered", "Receipts"),
    "shift": pgettext_lazy("numbered", "Shifts"),
    "day": pgettext_lazy("numbered", "Days closed"),
    "hand-in": pgettext_lazy("numbered", "Batches handed in"),
    "office_approval": pgettext_lazy("numbered", "Approvals"),
    "workshop_fault": pgettext_lazy("numbered", "Faults"),
    "workshop_workorder": pgettext_lazy("numbered", "Work orders"),
    "losses_case": pgettext_lazy("numbered", "Cases"),
    "device-M": pgettext_lazy("numbered", "Modules (stock labels)"),
    "device-C": pgettext_lazy("numbered", "Concentrators (stock labels)"),
    "workshop_replacement": pgettext_lazy("numbered", "Replacements"),
    "workshop_claim": pgettext_lazy("numbered", "Claims to makers"),
    "workshop_delivery": pgettext_lazy("numbered", "Deliveries"),
    "workshop_stocktaking": pgettext_lazy("numbered", "Stock-takings"),
    "bill": pgettext_lazy("numbered", "Monthly bills"),
    "credit-note": pgettext_lazy("numbered", "Credit notes"),
    "card-pay-over": pgettext_lazy("numbered", "Pay-overs of the card system"),
    "outage": pgettext_lazy("numbered", "Supplementary day sheets"),
    "vouchers": pgettext_lazy("numbered", "Voucher stocks"),
    "volumes": pgettext_lazy("numbered", "Bound volumes"),
    "sealed-paper": pgettext_lazy("numbered", "Sealed reports"),
    "printed-bill": pgettext_lazy("numbered", "Explained bills"),
    "k3-export": pgettext_lazy("numbered", "Exports to K/3"),
    "price-list": pgettext_lazy("numbered", "Price lists"),
    "repair-list": pgettext_lazy("numbered", "Repair price lists"),
    "meetings_item": pgettext_lazy("numbered", "Improvement items"),
    "meetings_meeting": pgettext_lazy("numbered", "Meetings"),
}


@dataclass(frozen=True, slots=True)
class Leapt:
    """One series: its words, the last number that the backup knows, the first one since."""

    words: Words
    after: int
    first: int


def leapt(restoration: Restoration) -> list[Leapt]:
    """Give the series of a restoration whose numbers people know; keys that stand on no paper are left out."""
    made = {one.series: one for one in NumberLeap.objects.filter(restoration=restoration)}
    return [
        Leapt(words, made[name].after, made[name].first) for name, words in NUMBERED.items() if name in made
    ]
