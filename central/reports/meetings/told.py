"""What is told of improvement items: to whom one is given, before and after its day, and who may check it (R-5.1)."""

from datetime import timedelta

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_noop as _

from central.clock import campus_day
from central.domain.improvement_items import TO_DO, State, days_late, is_soon
from central.office.dated_settings import number_at
from central.office.models import Notice, User
from central.office.notice_templates import Template, register
from central.office.notices import notify
from central.office.roles import Role
from central.reports.meetings.models import Item, Meeting

GIVEN, SOON, LATE, TO_CHECK = "item-given", "item-soon", "item-late", "item-to-check"
CLOSED = "meeting-closed"
CHECKERS = (Role.DIRECTOR,)
"""Are told of what is done, unless they did it themselves; others who may check it see it on the page."""
ABOVE = (Role.DIRECTOR, Role.VP_NETWORK, Role.VP_LOGISTICS)
"""Are told of what is late."""
COPIES = (Role.PRESIDENT, Role.VP_NETWORK, Role.VP_LOGISTICS, Role.DIRECTOR, Role.FINANCE, Role.LOGISTICS)
"""Are told where a closed meeting's paper is."""
_ABOUT = (_("Problem: %(problem)s"), _("Measure: %(measure)s"), _("Due: %(due)s"), _("Look: %(link)s"))


def register_notices() -> None:
    """Add this package's templates."""
    name = _("Improvement items")
    register(GIVEN, Template(name, _("Improvement %(number)s is yours, due %(due)s"), _ABOUT))
    register(SOON, Template(name, _("Improvement %(number)s is due on %(due)s"), _ABOUT))
    register(LATE, Template(name, _("Improvement %(number)s is late: it was due on %(due)s"), _ABOUT))
    register(
        CLOSED,
        Template(
            _("Meeting closed"),
            _("%(kind_word)s %(period)s: closed by %(who)s"),
            (_("Decisions: %(count)s"), _("Minutes and findings: %(link)s")),
        ),
    )
    register(TO_CHECK, Template(name, _("Improvement %(number)s is done: somebody else checks it"), _ABOUT))


def tell_owner(item: Item, now_ms: int) -> None:
    """Tell an item's owner that it is his; inside the caller's transaction."""
    owner = item.owner_id or item.office
    _tell(GIVEN, item, f"item-{item.pk}-given-{owner}-{item.due}", now_ms)


def tell_to_check(item: Item, actor: User, now_ms: int) -> None:
    """Tell those who check that an item is said to be done; the key is new with each time it is."""
    people = [
        person.pk for person in User.objects.filter(role__in=CHECKERS, is_active=True).exclude(pk=actor.pk)
    ]
    notify(TO_CHECK, _params(item), persons=people, key=f"item-{item.pk}-check-{now_ms}", now_ms=now_ms)


def tell_closed(meeting: Meeting, now_ms: int) -> None:
    """Tell the heads and offices where a closed meeting's paper is; inside the caller's transaction."""
    decisions = meeting.entries.filter(kind="decision").values("number").distinct().count()
    words = {Meeting.Kind.REVIEW: "quality review", Meeting.Kind.MONTHLY: "cross-department meeting"}
    params: dict[str, str | int] = {
        "kind_word": words[Meeting.Kind(meeting.kind)],
        "period": meeting.label,
        "who": meeting.closed_by.spoken_name if meeting.closed_by else "",
        "count": str(decisions or ""),
        "link": reverse("meetings:meeting", args=[meeting.pk]),
    }
    notify(CLOSED, params, to=COPIES, key=f"meeting-{meeting.pk}-closed", now_ms=now_ms)


def remind_of_items(now_ms: int) -> int:
    """Remind owners of what is due soon, tell the heads of what is late; once for each due day. Gives how many were told."""
    today = campus_day(now_ms)
    before = number_at("meeting.remind-before", now_ms)
    standing = Item.objects.filter(state__in=TO_DO, due__lte=today + timedelta(days=before))
    wanted = {}
    for item in standing.select_related("owner"):
        if days_late(State(item.state), item.due, today):
            wanted[f"item-{item.pk}-late-{item.due}"] = (LATE, item)
        elif is_soon(State(item.state), item.due, today, before):
            wanted[f"item-{item.pk}-soon-{item.due}"] = (SOON, item)
    told = set(Notice.objects.filter(key__in=list(wanted)).values_list("key", flat=True))
    new = [(key, *said) for key, said in wanted.items() if key not in told]
    for key, template, item in new:
        with transaction.atomic():
            _tell(template, item, key, now_ms, ABOVE if template == LATE else ())
    return len(new)


def _tell(template: str, item: Item, key: str, now_ms: int, also: tuple[str, ...] = ()) -> None:
    offices = [*([item.office] if item.office and not item.owner_id else []), *also]
    persons = [item.owner_id] if item.owner_id else []
    notify(template, _params(item), to=offices, persons=persons, key=key, now_ms=now_ms)


def _params(item: Item) -> dict[str, str | int]:
    return {
        "number": item.pk,
        "problem": item.problem[:200],
        "measure": item.measure[:200],
        "due": str(item.due),
        "link": reverse("meetings:item", args=[item.pk]),
    }
