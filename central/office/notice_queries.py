"""Notices as pages and the command line show them: plain lines, with words in the reader's language.

What goes to a resident's own address stands on none of them: who asked to be told is his own business.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count, Max, Q, QuerySet
from django.utils.translation import get_language

from central.domain.notice import DAY_MS, REACH, TO_BE_SENT, Kind, State, split
from central.office.models import Channel, Delivery, Notice, User
from central.office.notice_models import PRIVATE
from central.office.notice_templates import (
    Picture,
    Words,
    WrongParameters,
    name_of_template,
    pictures,
    render,
)
from central.office.notice_words import STATES, TRYING_AGAIN, trouble_words
from central.office.words import Badge, badge_of

OVERDUE_MS = 10 * 60_000
"""What is due so long that no sender seems to run."""
LATELY_MS = 14 * DAY_MS
NEVER_TOLD = 20


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """A delivery for a table."""

    delivery: Delivery
    kind: str
    words: Words
    badge: Badge
    trouble: str
    may_retry: bool


@dataclass(frozen=True, slots=True)
class ByHand:
    """A notice that a person tells: its texts, cut to what one message holds."""

    delivery: Delivery
    texts: list[str]
    pictures: list[str]
    """Names of what goes with it, to be downloaded."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which deliveries of the log are shown; empty: all."""

    audience: str = ""
    template: str = ""
    state: str = ""


def deliveries(choice: Choice) -> QuerySet[Delivery]:
    """Give the log's deliveries, newest first."""
    found = Delivery.objects.exclude(channel__group__startswith=PRIVATE)
    found = found.select_related("notice", "channel__person")
    if choice.audience:
        found = found.filter(Q(channel__office=choice.audience) | Q(channel__group=choice.audience))
    if choice.template:
        found = found.filter(notice__template=choice.template)
    if choice.state:
        found = found.filter(state=choice.state)
    return found


def lines(rows: Iterable[Delivery]) -> list[DeliveryLine]:
    """Put deliveries into the reader's words."""
    return [_line(row) for row in rows]


def _line(row: Delivery) -> DeliveryLine:
    failing = row.state == State.QUEUED and row.failures
    return DeliveryLine(
        delivery=row,
        kind=name_of_template(row.notice.template),
        words=words_of(row.notice, get_language() or settings.LANGUAGE_CODE),
        badge=TRYING_AGAIN if failing else badge_of(STATES, row.state),
        trouble=trouble_words(row.trouble, row.detail),
        may_retry=row.channel.is_active and bool(failing or row.state == State.GAVE_UP),
    )


def words_of(notice: Notice, language: str) -> Words:
    """Put a notice into a language; what this version has no words for is shown by its code."""
    try:
        return render(notice.template, notice.params, language, settings.SITE_ADDRESS)
    except (WrongParameters, TypeError, ValueError):
        return Words(notice.template, notice.key)


def by_hand() -> list[ByHand]:
    """Give what waits for a person to tell it, the oldest first."""
    waiting = Delivery.objects.filter(state=State.BY_HAND_WAITING).select_related("notice", "channel__person")
    return [
        ByHand(row, texts_of(row), [one.name for one in pictures_of(row)])
        for row in waiting.order_by("since_ms", "pk")
    ]


def pictures_of(row: Delivery) -> list[Picture]:
    """Give the pictures that go with a delivery."""
    return pictures(row.notice.template, row.notice.params, row.channel.language)


def texts_of(row: Delivery) -> list[str]:
    """Give the messages of a delivery as they are told."""
    text = words_of(row.notice, row.channel.language).in_one()
    return split(text, REACH[Kind(row.channel.kind)].limit_bytes)


def waiting_by_hand() -> int:
    """Count what waits for a person."""
    return Delivery.objects.filter(state=State.BY_HAND_WAITING).count()


def given_up(now_ms: int) -> int:
    """Count what was given up lately on channels that are open: it asks for a person."""
    lately = Q(notice__at_ms__gt=now_ms - LATELY_MS, channel__is_active=True)
    lost = Delivery.objects.filter(lately, state=State.GAVE_UP)
    return lost.exclude(channel__group__startswith=PRIVATE).count()


def can_be_told(offices: Iterable[str]) -> bool:
    """Say whether anybody of some offices has an open channel, or an address of his own. Nothing is written."""
    names = list(offices)
    people = User.objects.filter(role__in=names, is_active=True).exclude(email="")
    return Channel.objects.filter(office__in=names, is_active=True).exists() or people.exists()


def overdue(now_ms: int) -> int:
    """Count what should have been sent long ago: no sender runs, or it can't keep up."""
    due = Q(
        state=State.QUEUED, next_ms__lt=now_ms - OVERDUE_MS, channel__rest_until_ms__lt=now_ms - OVERDUE_MS
    )
    return Delivery.objects.filter(due).count()


def told_nobody() -> list[Notice]:
    """Give the last notices that reached nobody: an office without a channel and without people who have mail."""
    return list(Notice.objects.filter(deliveries__isnull=True).order_by("-at_ms")[:NEVER_TOLD])


def channels() -> QuerySet[Channel]:
    """Give every channel with what waits on it, what was given up, and when it last told."""
    shown = Channel.objects.exclude(group__startswith=PRIVATE)
    return shown.select_related("person").annotate(
        waiting=Count("deliveries", filter=Q(deliveries__state__in=TO_BE_SENT)),
        lost=Count("deliveries", filter=Q(deliveries__state=State.GAVE_UP)),
        last_told_ms=Max("deliveries__told_ms"),
    )


def audiences() -> list[tuple[str, str]]:
    """Give the offices and groups that have channels: (code, word)."""
    rows = Channel.objects.filter(person=None).exclude(group__startswith=PRIVATE).order_by("office", "group")
    return list({row.office or row.group: row.audience for row in rows}.items())
