"""What people do with channels and notices: add, change, close, test; try again; told by hand. One transaction each, all on record.

The audit entry comes before the rows: it locks the ledger's head, then come channels, then deliveries (`notice_models`).
"""

from dataclasses import dataclass, field
from enum import StrEnum

from django.db import transaction

from central import clock
from central.domain.notice import TO_BE_SENT, Kind, State, Trouble
from central.domain.notice_address import Mistake, is_mail_address, read_address
from central.ledger.operations import record_audit
from central.office.models import Channel, Delivery, MailServer, Notice, User
from central.office.sealing import seal


class ChannelRefusal(StrEnum):
    """Why something about a channel or a notice was not done."""

    NAME_TAKEN = "name-taken"
    CLOSED = "closed"
    OWN_MAIL = "own-mail"
    """A person's own mail is changed by him alone."""
    NOT_GIVEN_UP = "not-given-up"
    ALREADY_TOLD = "already-told"
    NOT_MAIL = "not-mail"
    PASSWORD_FOR_OTHER = "password-for-other"  # noqa: S105  a refusal's name
    """The password that is sealed was typed for another server: it is not handed to a new one."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What an administrator typed about a channel. An empty `address` keeps the one that is sealed."""

    name: str
    kind: Kind
    office: str
    group: str
    language: str
    address: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    onebot_group: str = ""


@dataclass(frozen=True, slots=True)
class AskedServer:
    """What an administrator typed about the mail server; a password of None keeps the one that is sealed."""

    host: str
    port: int
    security: str
    user: str
    password: str | None = field(repr=False)
    sender: str = ""


@transaction.atomic
def save_channel(
    asked: Asked, channel_id: int | None, *, actor: str, now_ms: int
) -> Channel | ChannelRefusal | Mistake:
    """Add a channel (`channel_id` None) or change one. A new kind, or anything typed of an address, replaces what was sealed."""
    channel = Channel() if channel_id is None else Channel.objects.get(pk=channel_id)
    if channel.person_id is not None:
        return ChannelRefusal.OWN_MAIL
    if Channel.objects.filter(name=asked.name).exclude(pk=channel_id).exists():
        return ChannelRefusal.NAME_TAKEN
    typed = asked.address or asked.secret or asked.onebot_group
    if channel_id is None or typed or asked.kind != channel.kind:
        endpoint = read_address(asked.kind, asked.address, asked.secret, asked.onebot_group)
        if isinstance(endpoint, Mistake):
            return endpoint
        channel.sealed, channel.shown = seal(endpoint.parts) if endpoint.parts else "", endpoint.shown
    channel.name, channel.kind, channel.language = asked.name, asked.kind, asked.language
    channel.office, channel.group = asked.office, "" if asked.office else asked.group
    action = "add-channel" if channel_id is None else "change-channel"
    detail = f"{channel.kind} for {channel.office or channel.group}: {channel.shown}"
    _on_record(actor, action, channel.name, detail, now_ms)
    channel.save()
    return channel


@transaction.atomic
def set_open(channel_id: int, is_open: bool, *, actor: str, now_ms: int) -> Channel | ChannelRefusal:
    """Close a channel (what waits on it is given up, and shown) or open it again."""
    channel = Channel.objects.get(pk=channel_id)
    if channel.person_id is not None:
        return ChannelRefusal.OWN_MAIL
    _on_record(actor, "open-channel" if is_open else "close-channel", channel.name, "", now_ms)
    channel.is_active = is_open
    channel.save(update_fields=["is_active"])
    if not is_open:
        waiting = channel.deliveries.filter(state__in=(*TO_BE_SENT, State.BY_HAND_WAITING))
        waiting.update(state=State.GAVE_UP, trouble=Trouble.CHANNEL_CLOSED, detail="")
    return channel


@transaction.atomic
def send_test(channel_id: int, *, actor: str, now_ms: int) -> Delivery | ChannelRefusal:
    """Queue a test on one channel."""
    channel = Channel.objects.get(pk=channel_id)
    if not channel.is_active:
        return ChannelRefusal.CLOSED
    _on_record(actor, "test-channel", channel.name, "", now_ms)
    at = clock.local(now_ms).strftime("%Y-%m-%d %H:%M:%S")
    notice = Notice.objects.create(
        template="test",
        params={"channel": channel.name, "by": actor, "at": at},
        key=f"test-{channel.pk}-{now_ms}",
        audience=[channel.office or channel.group or channel.name],
        at_ms=now_ms,
    )
    state = State.BY_HAND_WAITING if channel.kind == Kind.BY_HAND else State.QUEUED
    return Delivery.objects.create(
        notice=notice, channel=channel, state=state, since_ms=now_ms, next_ms=now_ms
    )


@transaction.atomic
def set_mail_server(asked: AskedServer, *, actor: str, now_ms: int) -> MailServer | ChannelRefusal:
    """Set the server that all mail goes through. Another host, or one without protection, needs the password typed again."""
    if not is_mail_address(asked.sender):
        return ChannelRefusal.NOT_MAIL
    server = MailServer.objects.filter(pk=1).first() or MailServer(pk=1)
    moves = (asked.host, asked.port) != (server.host, server.port) or (
        asked.security == MailServer.Security.NONE != server.security
    )
    if asked.password is None and server.sealed_password and moves:
        return ChannelRefusal.PASSWORD_FOR_OTHER
    server.host, server.port, server.security = asked.host, asked.port, asked.security
    server.user, server.sender = asked.user, asked.sender
    if asked.password is not None:
        server.sealed_password = seal({"password": asked.password}) if asked.password else ""
    detail = f"{asked.host}:{asked.port} {asked.security} as {asked.user or 'nobody'} from {asked.sender}"
    _on_record(actor, "set-mail-server", "mail", detail, now_ms)
    server.save()
    return server


@transaction.atomic
def set_own_mail(user_id: int, address: str, language: str, *, now_ms: int) -> User | ChannelRefusal:
    """Set where a person gets his own notices, and in which language; an empty address ends it."""
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    if address and not is_mail_address(address):
        return ChannelRefusal.NOT_MAIL
    user.email = address
    user.save(update_fields=["email"])
    _on_record(user.get_username(), "own-mail", user.get_username(), "set" if address else "none", now_ms)
    Channel.objects.update_or_create(
        person=user,
        defaults={"kind": Kind.MAIL, "name": f"@{user.get_username()}", "language": language},
    )
    return user


@transaction.atomic
def try_again(delivery_id: int, *, actor: str, now_ms: int) -> Delivery | ChannelRefusal:
    """Have a delivery tried at once: one that was given up, or that waits for its next try."""
    delivery = Delivery.objects.select_related("channel", "notice").get(pk=delivery_id)
    if not delivery.channel.is_active:
        return ChannelRefusal.CLOSED
    _on_record(actor, "retry-notice", delivery.channel.name, delivery.notice.key, now_ms)
    Channel.objects.filter(pk=delivery.channel_id).update(rest_until_ms=0)
    by_hand = delivery.channel.kind == Kind.BY_HAND
    rows = Delivery.objects.filter(pk=delivery_id, state__in=(State.QUEUED, State.GAVE_UP))
    changed = rows.update(
        state=State.BY_HAND_WAITING if by_hand else State.QUEUED, since_ms=now_ms, next_ms=now_ms, failures=0
    )
    if not changed:
        transaction.set_rollback(True)
        return ChannelRefusal.NOT_GIVEN_UP
    return delivery


@transaction.atomic
def told_by_hand(delivery_id: int, *, actor: str, now_ms: int) -> Delivery | ChannelRefusal:
    """Write down that a person told it: pasted into the group, called, said."""
    delivery = Delivery.objects.select_related("channel", "notice").get(pk=delivery_id)
    _on_record(actor, "told-by-hand", delivery.channel.name, delivery.notice.key, now_ms)
    rows = Delivery.objects.filter(pk=delivery_id, state=State.BY_HAND_WAITING)
    if not rows.update(state=State.BY_HAND_DONE, told_ms=now_ms, told_by=actor):
        transaction.set_rollback(True)
        return ChannelRefusal.ALREADY_TOLD
    return delivery


def _on_record(actor: str, action: str, subject: str, detail: str, now_ms: int) -> None:
    record_audit(actor=actor, action=action, subject=subject[:120], detail=detail[:400], now_ms=now_ms)
