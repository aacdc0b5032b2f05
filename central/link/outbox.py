"""The command outbox: numbers in order per gateway, sealed bytes stored in the transaction of the act that needs them (C-5).

Sending is ingest's; here a command is made, answered, or numbered anew.
"""

from collections.abc import Sequence
from uuid import uuid4

from django.db.models import F, Func, IntegerField, Q, QuerySet
from django.db.models.functions import Mod

from central.campus.models import Building
from central.domain.shares import Share
from central.link.models import Command, Gateway, GatewayEpoch
from central.link.signing import signer
from central.prepared import Prepared, insert, update
from gateway.contract import topics
from gateway.contract.commands import CENTRAL, BeginEpoch, Resend, encode_command
from gateway.contract.commands import Command as Order
from gateway.contract.envelope import seal
from gateway.contract.facts import CommandOutcome

SLOWER_WHILE_SILENT = 24
"""Every two minutes instead of every five seconds: a building that is cut off costs the broker little."""
UNANSWERED = (Command.State.QUEUED, Command.State.SENT)
OUT_OF_TURN = (Resend.__struct_config__.tag, BeginEpoch.__struct_config__.tag)
"""What a restored central may send to a gateway that has not said its last number: the question, and the order that has no turn."""
EVERYBODY = Share()
MOST_AT_ONCE = 200
OPEN_STATES = (*UNANSWERED, Command.State.PENDING)


def locked(gateway_id: str) -> Gateway:
    """Lock a gateway's row for the rest of the transaction: numbers are given one after the other.

    Ingest holds it while it books, so it comes before the chain's head and before any row that ingest settles.
    """
    gateway = _GATEWAY.first(gateway_id)
    if gateway is None:
        raise Gateway.DoesNotExist(gateway_id)
    return gateway


def lock_building(building_id: int) -> None:
    """Lock a building's own row, which changes of the campus lock before they ask for the chain's head: so does who books a swap.

    After the gateway's row. Not its key: rows that name the building are checked at their commit, which holds the chain's head.
    """
    if not _BUILDING.rows(building_id):
        raise Building.DoesNotExist(building_id)


def lock_gateway_of(building_id: int) -> Gateway | None:
    """Lock the row of a building's gateway; None while it has none. Called before anything is booked about the building."""
    return _GATEWAY_OF.first(building_id)


def lock_gateway_or_building(building_id: int) -> Gateway | None:
    """Lock a building's gateway; while it has none, the building itself: who enrols one waits, and finds what was given then."""
    gateway = lock_gateway_of(building_id)
    if gateway is None:
        lock_building(building_id)
        gateway = lock_gateway_of(building_id)  # who enrolled it held the building until now
    return gateway


def _without_lists() -> QuerySet[Gateway]:
    """Rows to lock, without what the gateway counts and sees on its lines: long lists that no command needs."""
    return Gateway.objects.select_for_update().order_by().defer("counters", "meters_seen", "public_key")


_GATEWAY = Prepared(lambda gateway: _without_lists().filter(pk=gateway), str)
_GATEWAY_OF = Prepared(lambda building: _without_lists().filter(building=building), int)
_BUILDING = Prepared(
    lambda building: (
        Building.objects.select_for_update(no_key=True).filter(pk=building).order_by().values_list("pk")
    ),
    int,
)


_NUMBER_OF = Prepared(
    lambda command: Command.objects.filter(command_id=command).values_list("gateway", "stream", "number"), str
)
_FIRST_OF_STREAM = Prepared(
    lambda gateway: (
        Command.objects.filter(gateway=gateway, stream=F("gateway__stream"))
        .order_by("number")
        .values_list("number", flat=True)[:1]
    ),
    str,
)
_IS_OPENED = Prepared(
    lambda gateway, epoch: GatewayEpoch.objects.filter(gateway=gateway, epoch=epoch).values_list(
        "opened", flat=True
    ),
    str,
    str,
)


def enqueue(
    gateway_id: str, order: Order, *, subject: str, now_ms: int, expires_ms: int | None = None
) -> Command:
    """Give a command its number, seal it and store it, inside the caller's transaction.

    `expires_ms` is for relay and approval commands only: credit never expires (C-5).
    """
    return enqueue_on(locked(gateway_id), order, subject=subject, now_ms=now_ms, expires_ms=expires_ms)


def enqueue_on(
    gateway: Gateway,
    order: Order,
    *,
    subject: str,
    now_ms: int,
    expires_ms: int | None = None,
    also: tuple[str, ...] = (),
) -> Command:
    """Do the same on a row that the caller has locked and read; `also` are fields of it that he changed, saved with it."""
    command = _numbered(gateway, order, subject, now_ms, expires_ms)
    insert(command)
    update(gateway, "next_number", *also)
    return command


def enqueue_many(gateway_id: str, orders: Sequence[tuple[Order, str]], *, now_ms: int) -> list[Command]:
    """Number many commands that never expire, each with its subject, in one statement: as a go-live gives credit to all rooms."""
    gateway = locked(gateway_id)
    commands = [_numbered(gateway, order, subject, now_ms, None) for order, subject in orders]
    gateway.save(update_fields=["next_number"])
    return Command.objects.bulk_create(commands, batch_size=500)


def _numbered(gateway: Gateway, order: Order, subject: str, now_ms: int, expires_ms: int | None) -> Command:
    """Seal an order under the gateway's next number, which is used up; the caller stores both."""
    command_id, body = f"c-{uuid4().hex}", encode_command(order)
    sealed = _sealed(gateway, command_id, gateway.next_number, body, now_ms, expires_ms)
    command = Command(
        gateway=gateway,
        stream=gateway.stream,
        number=gateway.next_number,
        command_id=command_id,
        kind=type(order).__struct_config__.tag,
        subject=subject,
        body=body,
        sealed=sealed,
        created_ms=now_ms,
        expires_ms=expires_ms,
    )
    gateway.next_number += 1
    return command


def _sealed(
    gateway: Gateway, command_id: str, number: int, body: bytes, now_ms: int, expires_ms: int | None
) -> bytes:
    return seal(
        signer(gateway.central_keys),
        kind=topics.DOWN,
        sender=CENTRAL,
        recipient=gateway.pk,
        message_id=command_id,
        issued_ms=now_ms,
        body=body,
        number=number,
        expires_ms=expires_ms,
    )


def seal_anew(key_id: str, now_ms: int) -> int:
    """Seal what has no answer and bears a key that is retired with the one that signs now; give how many.

    Number, name and content stay: to a gateway that took it already it is the same command.
    """
    anew = 0
    for command in Command.objects.filter(state__in=OPEN_STATES).select_related("gateway"):
        if f'"key":"{key_id}"'.encode() not in bytes(command.sealed).partition(b'"body":')[0]:
            continue
        body = bytes(command.body)
        command.sealed = _sealed(
            command.gateway, command.command_id, command.number, body, now_ms, command.expires_ms
        )
        command.save(update_fields=["sealed"])
        anew += 1
    return anew


def is_unanswered(gateway: Gateway, number: int) -> bool:
    """Say whether the present command of a number has no answer yet."""
    return Command.objects.filter(
        gateway=gateway, stream=gateway.stream, number=number, state__in=UNANSWERED
    ).exists()


def is_present(gateway: Gateway, number: int, command_id: str) -> bool:
    """Say whether a number of the present stream is this very command: an answer to another one was said long ago."""
    return _NUMBER_OF.first(command_id) == (gateway.pk, gateway.stream, number)


def opening_is_under_way(gateway: Gateway) -> bool:
    """Say whether the gateway has not taken the opening of its epoch: no number is too high for one, it is taken out of turn."""
    return gateway.applied_config_version == 0 or _IS_OPENED.first(gateway.pk, gateway.epoch) is False


def is_out_of_reach(gateway: Gateway, expected: int) -> bool:
    """Say whether the gateway will never take a number of this stream: it has passed the last, or is before the first.

    Before its epoch is opened no number is too high for it: the opening is taken out of turn.
    """
    if expected > gateway.next_number:
        return True
    if gateway.awaits_epoch or opening_is_under_way(gateway):
        return False
    first = _FIRST_OF_STREAM.first(gateway.pk)
    return expected < (gateway.next_number if first is None else first)


def start_stream(gateway: Gateway, last_number: int) -> None:
    """Go on numbering after what the gateway has stored; what it never answered is superseded and must be issued again."""
    Command.objects.filter(gateway=gateway, state__in=OPEN_STATES).update(state=Command.State.SUPERSEDED)
    gateway.stream += 1
    gateway.next_number = last_number + 1
    gateway.save(update_fields=["stream", "next_number"])


def answer(command: Command, outcome: CommandOutcome, detail: str, at_ms: int) -> None:
    """Store what became of a command; PENDING keeps it open for its end (C-8)."""
    pending = outcome == CommandOutcome.PENDING
    command.state = Command.State.PENDING if pending else Command.State.ANSWERED
    command.outcome, command.detail, command.answered_ms = outcome.value, detail[:500], at_ms
    update(command, "state", "outcome", "detail", "answered_ms")


def to_send(now_ms: int, resend_after_ms: int, share: Share = EVERYBODY) -> list[Command]:
    """Give what must be published now, in order of gateway and number; of a share's gateways, where there are several workers.

    New commands always; unanswered ones again after `resend_after_ms`, and at a slower pace while the gateway has not been heard:
    what it signed says so, never the broker's word, and silence slows but never stops. One that was sent in the future was so by a
    clock that has been mended since.
    """
    long_ago_ms, a_while_ago_ms = now_ms - resend_after_ms * SLOWER_WHILE_SILENT, now_ms - resend_after_ms
    if share.is_whole:
        return _DUE.rows(long_ago_ms, a_while_ago_ms, now_ms)
    # Asked of the database: a share whose worker is down must not fill the first 200.
    due = _due(long_ago_ms, a_while_ago_ms, now_ms)
    return list(due.annotate(worker=_worker(share)).filter(worker=share.number - 1)[:MOST_AT_ONCE])


def _due(long_ago_ms: int, a_while_ago_ms: int, now_ms: int) -> QuerySet[Command]:
    sent, queued = Q(state=Command.State.SENT), Q(state=Command.State.QUEUED)
    heard = Q(gateway__last_seen_ms__gt=long_ago_ms, sent_ms__lte=a_while_ago_ms)
    heard_since = Q(gateway__awaits_word=False) | Q(kind__in=OUT_OF_TURN)
    ahead = Q(sent_ms__gt=now_ms)
    due = heard_since & queued | heard_since & sent & (heard | Q(sent_ms__lte=long_ago_ms) | ahead)
    return Command.objects.filter(due).order_by("gateway_id", "number")


_DUE = Prepared(
    lambda long_ago_ms, lately_ms, now_ms: _due(long_ago_ms, lately_ms, now_ms)[:MOST_AT_ONCE], int, int, int
)
"""Ingest asks it thirty times a second."""


def _worker(share: Share) -> Mod:
    """`shares.slot` in PostgreSQL's words: workers are many on PostgreSQL alone."""
    digest = "encode(sha256(convert_to(%(expressions)s, 'UTF8')), 'hex')"
    slot = Func(
        "gateway_id", template=f"('x' || substr({digest}, 1, 4))::bit(16)::int", output_field=IntegerField()
    )
    return Mod(slot, share.of, output_field=IntegerField())


def mark_sent(commands: list[Command], now_ms: int) -> None:
    """Remember that commands were published; those answered meanwhile stay answered."""
    unanswered = Command.objects.filter(pk__in=[command.pk for command in commands], state__in=UNANSWERED)
    unanswered.update(state=Command.State.SENT, sent_ms=now_ms, sends=F("sends") + 1)


def send_again_from(gateway: Gateway, number: int) -> int:
    """Queue everything unanswered from a number on, once more; give how many."""
    return Command.objects.filter(
        gateway=gateway,
        stream=gateway.stream,
        number__gte=number,
        state=Command.State.SENT,
    ).update(state=Command.State.QUEUED)
