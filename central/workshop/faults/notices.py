"""Who is told of faults: the workshop when one opens, the head and logistics when one is not solved by its evening (R-4.3.6).

Many at once are one notice with a list: after a long outage nobody gets a hundred.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_noop as _

from central.campus.models import Building
from central.clock import minute_text
from central.office.models import Channel, Delivery, Notice
from central.office.notice_templates import Params, Template, register
from central.office.notices import electricians_of, notify
from central.office.roles import Role
from central.workshop.faults.models import Fault
from central.workshop.faults.signs import sign_words

OPENED, WENT_UP = "faults-opened", "faults-went-up"
LISTED = 20
"""So many faults stand in a notice; the page has them all."""


def register_notices() -> None:
    """Add this room's templates."""
    register(
        OPENED,
        Template(
            _("Fault opened"), _("Faults at %(building)s: %(count)s"), (_("Look: %(link)s"),), listed=_listed
        ),
    )
    register(
        WENT_UP,
        Template(
            _("Fault not solved in time"),
            _("Faults that were not solved by the evening: %(count)s"),
            (_("Look: %(link)s"),),
            listed=_listed,
        ),
    )


def _listed(params: Params) -> list[str]:
    """Name the faults in the reader's language."""
    wanted = [int(one) for one in str(params.get("numbers", "")).split(",") if one.isdigit()]
    found = Fault.objects.filter(pk__in=wanted[:LISTED]).select_related("building", "room__building")
    lines = [
        f"{one.pk} · {where_of(one)} · {sign_words(one.sign)} · {minute_text(one.opened_ms)}" for one in found
    ]
    more = len(wanted) - len(lines)
    return [*lines, _now("… and %(n)s more") % {"n": more}] if more > 0 else lines


def where_of(fault: Fault) -> str:
    """Say where, without words of a language."""
    place = fault.room.full_label if fault.room else fault.building.name
    return f"{place} {fault.about}".strip()


def tell_opened(building: Building, faults: Sequence[Fault], now_ms: int) -> None:
    """Tell the technicians and the building's electricians of faults that were opened together, inside the caller's transaction."""
    if not faults:
        return
    persons = electricians_of(building.pk, now_ms)
    one = faults[0]
    link = reverse("workshop:fault", args=[one.pk]) if len(faults) == 1 else reverse("workshop:faults")
    params = _params(faults) | {"building": building.name, "link": link}
    key = f"faults-opened-{one.pk}-{len(faults)}"
    notify(OPENED, params, to=[Role.TECHNICIAN], persons=persons, key=key, now_ms=now_ms)


def tell_up(office: Role, faults: Sequence[Fault], key: str, now_ms: int) -> None:
    """Tell an office of what was not solved, inside the caller's transaction."""
    params = _params(faults) | {"link": reverse("workshop:faults") + "?show=up"}
    notify(WENT_UP, params, to=[office], key=key, now_ms=now_ms)


def _params(faults: Sequence[Fault]) -> dict[str, str | int]:
    return {"count": len(faults), "numbers": ",".join(str(one.pk) for one in faults)}


@dataclass(frozen=True, slots=True)
class Told:
    """An office or a person that was told, when, by which deliveries; none of them: nothing reaches it."""

    who: str
    asked_ms: int
    deliveries: tuple[Delivery, ...]


def told_by(keys: Sequence[str]) -> dict[str, list[Told]]:
    """Give who was told, from the log of notices, by the notices' keys."""
    found: dict[str, list[Told]] = {}
    for notice in Notice.objects.filter(key__in=keys).order_by("at_ms", "pk"):
        rows = list(notice.deliveries.select_related("channel__person").order_by("pk"))
        found[notice.key] = [
            Told(name, notice.at_ms, tuple(row for row in rows if _is_for(row.channel, name)))
            for name in notice.audience
        ]
    return found


def _is_for(channel: Channel, name: str) -> bool:
    person = channel.person
    if name in Role.values:
        return channel.office == name or (person is not None and person.role == name)
    return person is not None and person.get_username() == name
