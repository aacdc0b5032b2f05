"""The doors of the workshop's rooms: all on its own front page, those with a name on the office's, too."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from central.office.doors import Door
from central.office.roles import (
    FOLLOW_FAULTS,
    KEEP_STORE,
    SEE_BENCH_RECORDS,
    SEE_DEVICES,
    SEE_GOODS,
    SEE_REPLACEMENTS,
    SEE_WORK,
)

FAULTS = Door(
    _("Faults of modules"),
    _("What failed where, who goes there, what is not solved by the evening."),
    "workshop:faults",
    FOLLOW_FAULTS,
)
WORK_ORDERS = Door(
    _("Work orders"),
    _("Work with the power off: who agreed, what is locked out, what is back."),
    "workshop:work-orders",
    SEE_WORK,
)
REPLACEMENTS = Door(
    _("Replacements"),
    _("Modules out and in, with their registers; what the store must complete."),
    "workshop:replacements",
    SEE_REPLACEMENTS,
)
CONTROLS = Door(
    _("Software control"),
    _("Rooms that are supplied and not metered: since when, estimated, who is first."),
    "workshop:controls",
    SEE_REPLACEMENTS,
)
TRUE_UPS = Door(
    _("True-ups"),
    _("What nobody metered: computed, checked, told, owed or given back."),
    "workshop:true-ups",
    SEE_REPLACEMENTS,
)
GOODS = Door(
    _("Goods-in"), _("Orders, deliveries, and what waits for its check."), "workshop:goods", SEE_GOODS
)
CLAIMS = Door(
    _("Claims to makers"),
    _("What was claimed, who telephoned, what the maker does."),
    "workshop:claims",
    SEE_GOODS,
)
BENCH = Door(
    _("Bench records"), _("Meters tested at goods-in and repair."), "workshop:bench", SEE_BENCH_RECORDS
)

DOORS = (
    FAULTS,
    WORK_ORDERS,
    REPLACEMENTS,
    CONTROLS,
    TRUE_UPS,
    GOODS,
    CLAIMS,
    Door(
        pgettext_lazy("store", "Stock"),
        _("Every module and concentrator: where it is, what it went through."),
        "workshop:stock",
        SEE_DEVICES,
    ),
    Door(_("Stock-taking"), _("Count a place with a phone, see what differs, book it."), "workshop:stock-takings", SEE_DEVICES),
    Door(_("Labels"), _("QR labels for devices, on sheets or a roll."), "workshop:labels", KEEP_STORE),
    Door(_("Enter what hangs on walls"), _("One act gives a building's meters their records."), "workshop:adopt", KEEP_STORE),
    Door(_("Makers, models, places"), _("Who makes what, its minimum stock, where things lie."), "workshop:reference", SEE_DEVICES),
    BENCH,
)  # fmt: skip
