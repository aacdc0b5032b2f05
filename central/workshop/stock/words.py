"""Words of the store: states as badges, acts as headings, refusals, what a stock-taking found."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from central.domain.device_states import DeviceAct, DeviceState
from central.domain.stock_count import Outcome
from central.office.words import Badge, Words
from central.workshop.devices.models import STATES
from central.workshop.stock.device_acts import ActRefusal

BADGES: dict[DeviceState, Badge] = {
    DeviceState.ARRIVED: Badge(STATES[DeviceState.ARRIVED], "warn", "wait"),
    DeviceState.GOOD: Badge(STATES[DeviceState.GOOD], "good", "done"),
    DeviceState.IN_USE: Badge(STATES[DeviceState.IN_USE], "info", "on"),
    DeviceState.FAULTY: Badge(STATES[DeviceState.FAULTY], "bad", "fail"),
    DeviceState.CLAIMED: Badge(STATES[DeviceState.CLAIMED], "warn", "held"),
    DeviceState.MISSING: Badge(STATES[DeviceState.MISSING], "bad", "unknown"),
    DeviceState.SCRAPPED: Badge(STATES[DeviceState.SCRAPPED], "mute", "off"),
}
ACT_TITLES: dict[DeviceAct, Words] = {
    DeviceAct.MOVED: _("Put to another place"),
    DeviceAct.REPAIRED: _("Repaired and tested"),
    DeviceAct.SCRAPPED: _("Scrap for good"),
}
ACT_REFUSALS: dict[ActRefusal, Words] = {
    ActRefusal.NOT_TESTED: _(
        "No bench record says that it passed since it is faulty: test it (cardroom-firmware bench), or say why it counts as good."
    ),
    ActRefusal.SAME_PLACE: _("It lies there already."),
}
OUTCOMES: dict[Outcome, Badge] = {
    Outcome.FOUND: Badge(pgettext_lazy("stock", "found"), "good", "done"),
    Outcome.NOT_THERE: Badge(pgettext_lazy("stock", "not there"), "bad", "fail"),
    Outcome.MOVED: Badge(_("recorded elsewhere"), "warn", "clash"),
    Outcome.FOUND_AGAIN: Badge(_("was missing, is here"), "warn", "done"),
    Outcome.MISLAID: Badge(_("lies among others"), "bad", "clash"),
    Outcome.NOT_IN_STOCK: Badge(_("not in stock by the record"), "bad", "clash"),
    Outcome.MEANWHILE: Badge(_("changed meanwhile"), "info", "wait"),
}
CONSEQUENCES: dict[Outcome, Words] = {
    Outcome.NOT_THERE: _("will be recorded as missing"),
    Outcome.MOVED: _("will be recorded where it was counted"),
    Outcome.FOUND_AGAIN: _("goes to what is to be checked"),
    Outcome.MISLAID: _("carry it back to its place: the record stays"),
    Outcome.NOT_IN_STOCK: _("the record stays: find out, and record what became of it"),
    Outcome.MEANWHILE: _(
        "the record stays: it was changed while stock was taken, and not counted after that"
    ),
}


def badge_of(state: str) -> Badge | None:
    """Give a state as a page shows it."""
    return BADGES.get(DeviceState(state)) if state in list(DeviceState) else None
