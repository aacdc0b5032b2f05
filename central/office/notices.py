"""Telling offices, groups and persons: `notify` queues a notice in the caller's transaction; nothing leaves before its commit.

Whom a notice goes to: an office's or group's open channels; an office without a channel: the own mail of its people and of those
who stand in for them; a person: his own mail. The same key is told once to a channel within the template's window; asked again, it
is only counted. A notice that reaches nobody is kept as well: the log shows it.
"""

from collections.abc import Iterable

from django.db import connection
from django.db.models import F, Q, QuerySet

from central.domain.notice import Kind, State
from central.ledger.one_writer import lock_head
from central.ledger.operations import BrokenInvariant
from central.office import notice_templates
from central.office.models import Channel, Delegation, Delivery, Notice, User
from central.office.notice_templates import TEMPLATES, Params, WrongParameters
from central.office.roles import Role

LONGEST_KEY = 120


def notify(
    template: str,
    params: Params,
    *,
    to: Iterable[str] = (),
    persons: Iterable[int] = (),
    key: str,
    now_ms: int,
) -> int:
    """Queue a notice for offices or groups (`to`: role or group code) and persons (user ids); give the number of deliveries queued.

    `key` names what is told, such as `approval-12-waiting-2`. Raises WrongParameters and BrokenInvariant for mistakes of a program.
    The ledger's head is locked first: who asks for the same at the same time waits, and finds it asked.
    """
    notice_templates.check(template, params)
    if not 0 < len(key) <= LONGEST_KEY:
        raise WrongParameters(f"a notice's key has 1 to {LONGEST_KEY} characters, not {len(key)}")
    if not connection.in_atomic_block:
        raise BrokenInvariant("notify inside transaction.atomic(): what is told must have happened")
    lock_head()
    wanted, users = tuple(dict.fromkeys(to)), list(User.objects.filter(pk__in=tuple(persons)))
    channels = channels_of(wanted, users, now_ms)
    since_ms = now_ms - TEMPLATES[template].again_after_ms
    told = _told_since(key, since_ms)
    again = [told[channel.pk] for channel in channels if channel.pk in told]
    Delivery.objects.filter(pk__in=again).update(repeats=F("repeats") + 1)
    new = [channel for channel in channels if channel.pk not in told]
    if not new and (channels or Notice.objects.filter(key=key, at_ms__gt=since_ms).exists()):
        return 0
    notice = Notice.objects.create(
        template=template,
        params=dict(params),
        key=key,
        audience=[*wanted, *(user.get_username() for user in users)],
        at_ms=now_ms,
    )
    return len(Delivery.objects.bulk_create([_queued(notice, channel, now_ms) for channel in new]))


def was_told(key: str, template: str, now_ms: int) -> bool:
    """Say whether a key was asked for within the template's window: a caller that looks every minute need not ask again."""
    since_ms = now_ms - TEMPLATES[template].again_after_ms
    return Notice.objects.filter(key=key, at_ms__gt=since_ms).exists()


def channels_of(wanted: Iterable[str], users: Iterable[User], now_ms: int) -> list[Channel]:
    """Give the open channels of offices, groups and persons, each once."""
    found: dict[int, Channel] = {}
    for name in wanted:
        named = Channel.objects.filter(Q(office=name) | Q(group=name), is_active=True)
        for channel in named or (own_mail(user) for user in people_of(name, now_ms)):
            if channel is not None:
                found[channel.pk] = channel
    for user in users:
        if (own := own_mail(user)) is not None:
            found[own.pk] = own
    return list(found.values())


def people_of(office: str, now_ms: int) -> QuerySet[User]:
    """Give the people of an office, and those who stand in for one of them now."""
    standing_in = Delegation.objects.filter(
        absent__role=office, absent__is_active=True, from_ms__lte=now_ms, until_ms__gt=now_ms
    )
    return User.objects.filter(Q(role=office) | Q(standing_in__in=standing_in), is_active=True).distinct()


def electricians_of(building_id: int, now_ms: int) -> list[int]:
    """Give the electricians who serve a building by name; those who serve all buildings where none does."""
    people = list(people_of(Role.ELECTRICIAN, now_ms).prefetch_related("buildings"))
    by_name = [one.pk for one in people if any(here.pk == building_id for here in one.buildings.all())]
    return by_name or [one.pk for one in people if not one.buildings.all()]


def own_mail(user: User) -> Channel | None:
    """Give a person's own mail as a channel; None while no address is known, or the person is closed or wants none."""
    if not user.email or not user.is_active:
        return None
    channel, _made = Channel.objects.get_or_create(
        person=user, defaults={"kind": Kind.MAIL, "name": f"@{user.get_username()}"}
    )
    return channel if channel.is_active else None


def _told_since(key: str, since_ms: int) -> dict[int, int]:
    """Give channel -> delivery of what was asked under a key within the window; what was given up may be told again."""
    rows = Delivery.objects.filter(notice__key=key, notice__at_ms__gt=since_ms).exclude(state=State.GAVE_UP)
    return dict(rows.order_by("pk").values_list("channel_id", "pk"))


def _queued(notice: Notice, channel: Channel, now_ms: int) -> Delivery:
    by_hand = channel.kind == Kind.BY_HAND
    state = State.BY_HAND_WAITING if by_hand else State.QUEUED
    return Delivery(notice=notice, channel=channel, state=state, since_ms=now_ms, next_ms=now_ms)
