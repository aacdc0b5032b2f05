"""The notice in words: one text to copy into groups, the same that the printed sheet says, in any language (R-4.3.4). No names."""

from django.utils import translation
from django.utils.translation import gettext as _

from central.clock import local, minute_text
from central.domain.known_settings import WORK_PHONE
from central.office.dated_settings import Where, value_at
from central.workshop.work_orders.models import WorkOrder
from central.workshop.work_orders.steps import rooms_of

LANGUAGES = ("zh-hans", "en")
LANGUAGE_NAMES = {"zh-hans": "中文", "en": "English"}


def window_words(order: WorkOrder) -> str:
    """Write the time: the day is said once where both ends lie on it."""
    first, last = local(order.from_ms), local(order.until_ms)
    until = f"{last:%H:%M}" if first.date() == last.date() else minute_text(order.until_ms)
    return f"{minute_text(order.from_ms)} – {until}"


def room_labels(order: WorkOrder) -> str:
    """Name the rooms, floor by floor in walking order."""
    return "、".join(row.room.label for row in rooms_of(order))


def phone_of(order: WorkOrder, now_ms: int) -> str:
    """Give the phone for questions; whom to ask, in the active language, where none is set."""
    phone = str(value_at("work.phone", now_ms, Where(building=order.building.code)))
    return _("the warden or the card room") if phone == WORK_PHONE else phone


def notice_text(order: WorkOrder, language: str, now_ms: int) -> str:
    """Give the text to copy."""
    with translation.override(language):
        lines = [
            _("Power off for work: %(building)s") % {"building": order.building.name},
            _("Time: %(window)s") % {"window": window_words(order)},
            _("Rooms: %(rooms)s") % {"rooms": room_labels(order)},
            _("What is done: %(task)s") % {"task": order.task},
            _("Reason: %(why)s") % {"why": order.why},
            _("Say on your room's page, to the warden or at the card room whether you agree."),
        ]
        lines.append(_("Questions: %(phone)s") % {"phone": phone_of(order, now_ms)})
        return "\n".join(lines)
