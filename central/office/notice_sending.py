"""The sender: takes one waiting delivery at a time, hands its next message to the carrier, and writes down what became of it.

Three steps, each committed: taken (with a lease), sent, marked. A sender that is killed between sending and marking leaves its
lease; when that is over the message is sent again. So it may come twice; it is never lost. Several senders may run: each delivery
is taken by one of them, by an update that only one of two can make. A channel that failed rests: its queue doesn't hold up others.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F, Q, QuerySet

from central import clock
from central.domain.notice import (
    REACH,
    TO_BE_SENT,
    Kind,
    State,
    Trouble,
    is_given_up,
    split,
    wait_ms,
)
from central.ledger.operations import record_audit
from central.office import notice_templates
from central.office.carrier import Failure, Smtp, carry
from central.office.models import Channel, Delivery, MailServer
from central.office.notice_models import PRIVATE
from central.office.notice_templates import Picture, WrongParameters
from central.office.sealing import unseal

LEASE_MS = 3 * 60_000
"""Longer than any one message takes: the carrier's time-outs add up to less than a minute."""
REST_AFTER_FAILURE_MS = 60_000
REST_WHEN_TOO_OFTEN_MS = 10 * 60_000
"""DingTalk is silent for ten minutes after more than twenty messages in one."""
SENDER = "notices"
"""The actor in the audit chain."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message that is ready: which part of how many, and its words."""

    part: int
    parts: int
    title: str
    text: str
    pictures: list[Picture] = field(default_factory=list)


def send_next(now_ms: Callable[[], int] = clock.now_ms) -> bool:
    """Send the next message that is due; False when nothing is. A text of several parts goes one part at a time, in order."""
    delivery = take_next(now_ms())
    if delivery is None:
        return False
    try:
        message = message_of(delivery)
        failure = message if isinstance(message, Failure) else _carried(delivery, message)
    except DatabaseError:
        raise
    except (
        Exception
    ) as error:  # whatever one notice meets, the others go on; an exception's text may hold an address
        message = failure = Failure(Trouble.UNFORESEEN, type(error).__name__)
    if failure is not None:
        mark_failed(delivery, failure, now_ms())
    elif isinstance(message, Message):
        mark_sent(delivery, message, now_ms())
    return True


def take_next(now_ms: int) -> Delivery | None:
    """Take the delivery that has waited longest and whose channel doesn't rest; None when none is due."""
    due = Q(state=State.QUEUED, next_ms__lte=now_ms) | Q(state=State.SENDING, lease_until_ms__lte=now_ms)
    waiting = Delivery.objects.filter(due, channel__rest_until_ms__lte=now_ms).order_by("next_ms", "pk")
    seen_as = ("pk", "state", "next_ms", "lease_until_ms", "parts_told")
    for seen in waiting.values(*seen_as)[:20]:
        until_ms = now_ms + clock.on_bench_ms(LEASE_MS)
        if Delivery.objects.filter(**seen).update(state=State.SENDING, lease_until_ms=until_ms):
            return Delivery.objects.select_related("notice", "channel__person").get(pk=seen["pk"])
    return None


def message_of(delivery: Delivery) -> Message | Failure:
    """Make the words of a delivery's next message."""
    channel, notice = delivery.channel, delivery.notice
    if not channel.is_active:
        return Failure(Trouble.CHANNEL_CLOSED)
    try:
        words = notice_templates.render(
            notice.template, notice.params, channel.language, settings.SITE_ADDRESS, for_sending=True
        )
        pictures = _pictures(delivery)
    except (WrongParameters, TypeError, ValueError) as error:
        return Failure(Trouble.NO_TEMPLATE, str(error)[:160])
    reach = REACH[Kind(channel.kind)]
    if reach.has_title:
        return Message(1, 1, words.title, words.text or words.title, pictures)
    texts = split(words.in_one(), reach.limit_bytes)
    count = len(texts) + len(pictures)
    at = delivery.parts_told if delivery.parts in (0, count) else 0
    if at < len(texts):
        return Message(at + 1, count, "", texts[at])
    return Message(at + 1, count, "", "", [pictures[at - len(texts)]])


def _pictures(delivery: Delivery) -> list[Picture]:
    """Give the pictures that the channel can carry; one that is too large for it stays out."""
    most_bytes = REACH[Kind(delivery.channel.kind)].picture_bytes
    if not most_bytes:
        return []
    notice, language = delivery.notice, delivery.channel.language
    drawn = notice_templates.pictures(notice.template, notice.params, language)
    return [one for one in drawn if len(one.content) <= most_bytes]


def _carried(delivery: Delivery, message: Message) -> Failure | None:
    channel = delivery.channel
    parts = {"to": channel.person.email} if channel.person is not None else unseal(channel.sealed)
    if parts is None:
        return Failure(Trouble.ADDRESS_UNREADABLE)
    if not any(parts.values()):
        return Failure(Trouble.NO_ADDRESS)
    smtp = _smtp() if channel.kind == Kind.MAIL else None
    if isinstance(smtp, Failure):
        return smtp
    return carry(Kind(channel.kind), parts, message.title, message.text, smtp, message.pictures)


def _smtp() -> Smtp | Failure:
    server = MailServer.objects.filter(pk=1).first()
    if server is None:
        return Failure(Trouble.NO_MAIL_SERVER)
    opened = unseal(server.sealed_password)
    if opened is None:
        return Failure(Trouble.ADDRESS_UNREADABLE)
    return Smtp(
        server.host, server.port, server.security, server.user, opened.get("password", ""), server.sender
    )


@transaction.atomic
def mark_sent(delivery: Delivery, message: Message, now_ms: int) -> None:
    """Write down that a message went; the last one of its text ends the delivery."""
    _rest(delivery, REACH[Kind(delivery.channel.kind)].rest_ms, now_ms)
    is_last = message.part == message.parts
    _mine(delivery).update(
        state=State.SENT if is_last else State.QUEUED,
        told_ms=now_ms if is_last else None,
        lease_until_ms=0,
        failures=0,
        parts_told=message.part,
        parts=message.parts,
        trouble="",
        detail="",
    )


@transaction.atomic
def mark_failed(delivery: Delivery, failure: Failure, now_ms: int) -> None:
    """Write down why a message did not go, and when it is tried again; after some days, or on a closed channel, it is given up."""
    closed = failure.trouble == Trouble.CHANNEL_CLOSED
    give_up = closed or is_given_up(delivery.since_ms, now_ms)
    if give_up:
        record_audit(
            actor=SENDER,
            action="notice-given-up",
            subject=delivery.channel.name[:120],
            detail=f"{delivery.notice.template} {delivery.notice.key}: {failure.trouble}",
            now_ms=now_ms,
        )
    too_often = failure.trouble == Trouble.TOO_OFTEN
    _rest(delivery, REST_WHEN_TOO_OFTEN_MS if too_often else REST_AFTER_FAILURE_MS, now_ms)
    _mine(delivery).update(
        state=State.GAVE_UP if give_up else State.QUEUED,
        lease_until_ms=0,
        failures=F("failures") + 1,
        next_ms=now_ms + wait_ms(delivery.failures + 1),
        trouble=failure.trouble,
        detail=_said_of(delivery.channel, failure),
    )


def _said_of(channel: Channel, failure: Failure) -> str:
    """Give what the other side said; a mail server repeats the address, and a resident's own stays sealed."""
    return "" if channel.group.startswith(PRIVATE) else failure.detail[:200]


def _rest(delivery: Delivery, rest_ms: int, now_ms: int) -> None:
    until_ms = now_ms + clock.on_bench_ms(rest_ms)
    Channel.objects.filter(pk=delivery.channel_id).update(rest_until_ms=until_ms)


def _mine(delivery: Delivery) -> QuerySet[Delivery]:
    """The row while it is still to be told: what a person has ended meanwhile stays ended."""
    return Delivery.objects.filter(pk=delivery.pk, state__in=TO_BE_SENT)
