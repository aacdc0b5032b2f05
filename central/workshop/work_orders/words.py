"""Words for a work order: how a room stands, how its lock and its supply stand, and the warning that stands on every page of it."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from central.domain.work_agreement import Stand
from central.domain.work_lock import Locking, Return
from central.domain.work_order import OrderState
from central.office.words import Badge, Words

WARNING: Words = _(
    "A software lock-out is no substitute for isolating the circuit: isolate, prove dead, earth, hang the tag."
)
STANDS: dict[Stand, Words] = {
    Stand.AGREED: _("has agreed"),
    Stand.SILENCE_COUNTS: _("silent: counts as agreeing"),
    Stand.UNOCCUPIED: _("nobody lives there"),
    Stand.REFUSED: _("has refused"),
    Stand.MUST_AGREE: _("protected: needs a yes"),
    Stand.NOT_TOLD: _("not told yet"),
    Stand.TOLD_LATE: _("told too late: needs a yes"),
    Stand.SILENT: _("silent: needs a yes"),
    Stand.WAITS: _("silent: the time to answer runs"),
}
STAND_BADGES: dict[Stand, Badge] = {
    Stand.AGREED: Badge(STANDS[Stand.AGREED], "good", "done"),
    Stand.SILENCE_COUNTS: Badge(STANDS[Stand.SILENCE_COUNTS], "good", "done"),
    Stand.UNOCCUPIED: Badge(STANDS[Stand.UNOCCUPIED], "mute", "todo"),
    Stand.REFUSED: Badge(STANDS[Stand.REFUSED], "bad", "fail"),
    Stand.MUST_AGREE: Badge(STANDS[Stand.MUST_AGREE], "warn", "shield"),
    Stand.NOT_TOLD: Badge(STANDS[Stand.NOT_TOLD], "warn", "wait"),
    Stand.TOLD_LATE: Badge(STANDS[Stand.TOLD_LATE], "warn", "wait"),
    Stand.SILENT: Badge(STANDS[Stand.SILENT], "warn", "wait"),
    Stand.WAITS: Badge(STANDS[Stand.WAITS], "info", "wait"),
}
LOCKINGS: dict[Locking, Badge] = {
    Locking.ASKED: Badge(_("asked; not at the gateway yet"), "info", "wait"),
    Locking.RECEIVED: Badge(_("received by the gateway; not read back yet"), "info", "wait"),
    Locking.LOCKED: Badge(_("locked out, read back open"), "good", "lock"),
    Locking.WAS_OFF: Badge(_("was off already; kept open, read back"), "good", "lock"),
    Locking.NO_METER: Badge(_("NOT LOCKED, no meter: isolate by hand"), "bad", "fail"),
    Locking.NO_GATEWAY: Badge(_("NOT LOCKED, no gateway to ask: isolate by hand"), "bad", "fail"),
    Locking.NO_RELAY: Badge(_("NOT LOCKED, no relay: isolate by hand"), "bad", "fail"),
    Locking.SILENT: Badge(_("NOT LOCKED, the meter is silent: isolate by hand"), "bad", "fail"),
    Locking.NOT_OPENED: Badge(_("NOT LOCKED, the relay does not open: isolate by hand"), "bad", "fail"),
    Locking.TOO_LATE: Badge(_("NOT LOCKED, not done within its hour: isolate by hand"), "bad", "fail"),
    Locking.REFUSED: Badge(_("NOT LOCKED, the gateway refused: isolate by hand"), "bad", "fail"),
}
RETURNS: dict[Return, Badge] = {
    Return.STILL_LOCKED: Badge(_("lock-out still stands: its release is not answered"), "bad", "lock"),
    Return.LOCKED_ON_SITE: Badge(_("locked on site: end it at the gateway"), "bad", "lock"),
    Return.UNDER_WAY: Badge(_("released; not read back yet"), "info", "wait"),
    Return.CLOSED: Badge(_("on again, read back closed"), "good", "done"),
    Return.OPEN_BY_RULE: Badge(_("stays off by its rule"), "info", "done"),
    Return.OTHER_ORDER: Badge(_("stays locked out for another order"), "warn", "lock"),
    Return.NOT_SWITCHED: Badge(_("was not locked by the system"), "mute", "todo"),
    Return.UNKNOWN: Badge(_("not read back: look at it"), "bad", "fail"),
}
STATE_BADGES: dict[OrderState, Badge] = {
    OrderState.PLANNED: Badge(pgettext_lazy("work order", "planned"), "mute", "todo"),
    OrderState.TOLD: Badge(_("rooms are asked"), "info", "wait"),
    OrderState.STARTED: Badge(_("being locked out"), "warn", "lock"),
    OrderState.WORKING: Badge(_("work goes on"), "warn", "lock"),
    OrderState.ENDED: Badge(_("supply comes back"), "info", "wait"),
    OrderState.CLOSED: Badge(pgettext_lazy("work order", "closed"), "good", "done"),
    OrderState.CANCELLED: Badge(pgettext_lazy("work order", "cancelled"), "mute", "fail"),
}
MEASURE_WORDS: dict[str, Words] = {
    "power_off": _("Power off: switch opened and locked"),
    "proved_dead": _("Proved dead with a tested instrument"),
    "earthed": _("Earthed"),
    "tagged": _("Tag hung: do not close, people at work"),
}
