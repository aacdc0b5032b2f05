"""Births and epochs (C-11): a gateway that went back in time begins a new epoch; one that was rebuilt goes on from central's books.

A birth is retained by the broker and may be said again, or replayed: only a boot that was never seen can change anything.
"""

from collections.abc import Iterator
from enum import StrEnum

from django.db.models import Max

from central.link import outbox
from central.link.alarms import clear_alarm, raise_alarm
from central.link.configuration import publish_config
from central.link.control_queries import orders_to_repeat
from central.link.grants import send_grant, serials_above
from central.link.models import (
    Alarm,
    Closing,
    Command,
    Delivery,
    Gateway,
    GatewayEntry,
    GatewayEpoch,
    RestoredGateway,
    TakeBackRequest,
)
from gateway.contract.commands import BeginEpoch, BillGap, CloseAccount, Resend, TakeBack, decode_command
from gateway.contract.envelope import KEY_ID
from gateway.contract.facts import Birth
from gateway.contract.identifiers import AccountId, Epoch, GrantId

BOOTS_KEPT = 100
KEYS_KEPT = 64
BILL_GAP = BillGap.__struct_config__.tag
BEYOND_ANY_ROW = 1 << 53
"""The gateway may have written past the last row we have since its store went back: the order must stand all the same."""


BEYOND_THE_LOST = 1 << 24
"""So many commands no central gave between a backup and its loss: the question's number is none of them."""


class Greeting(StrEnum):
    """What a birth meant."""

    FIRST = "first"
    KNOWN = "known"
    """The epoch goes on."""
    STALE = "stale"
    """Said before: retained by the broker, or replayed."""
    WENT_BACK = "went-back"
    """The store lost rows that central has: a restored card."""
    NEW_EPOCH = "new-epoch"
    BENCH_CLOCK = "bench-clock"
    """Its time is not the world's, and central is no bench."""


def greet(gateway_id: str, birth: Birth, issued_ms: int, now_ms: int, *, on_bench: bool) -> Greeting:
    """Take a birth, inside the caller's transaction; say what it meant."""
    if birth.bench_clock and not on_bench:
        raise_alarm("bench-clock-refused", gateway_id, now_ms=now_ms, gateway_id=gateway_id)
        return Greeting.BENCH_CLOCK
    gateway = outbox.locked(gateway_id)
    if _is_stale(gateway, birth, issued_ms):
        return Greeting.STALE
    is_newest = gateway.birth_issued_ms is None or issued_ms > gateway.birth_issued_ms
    epoch = GatewayEpoch.objects.filter(gateway=gateway, epoch=birth.epoch).first()
    is_former = epoch is not None and birth.epoch != gateway.epoch
    if is_former and not is_newest:
        return Greeting.STALE
    _note_birth(gateway, birth, issued_ms, now_ms)
    if epoch is None and gateway.awaits_word:
        _meet(gateway, birth.epoch, now_ms)
        return Greeting.NEW_EPOCH if gateway.epoch else Greeting.FIRST
    if not gateway.epoch:
        _welcome(gateway, birth, now_ms)
        return Greeting.FIRST
    if epoch is None:
        adopt_epoch(gateway, birth.epoch, birth.last_command, now_ms)
        return Greeting.NEW_EPOCH
    if is_former:
        # The card of an earlier life was set up again: what it knows ends where the life after it began.
        gateway.epoch = birth.epoch
        gateway.save(update_fields=["epoch"])
    if is_former or (birth.last_seq < epoch.received_seq and issued_ms >= epoch.last_batch_issued_ms):
        order_new_epoch(gateway, epoch, now_ms)
        outbox.send_again_from(gateway, birth.last_command + 1)
        return Greeting.WENT_BACK
    if (
        gateway.awaits_word
    ):  # a retained birth may be older than the last command: the answer to our question isn't
        return Greeting.KNOWN
    if outbox.is_out_of_reach(gateway, birth.last_command + 1):
        number_above(gateway, birth.last_command + 1, now_ms)
    outbox.send_again_from(gateway, birth.last_command + 1)
    return Greeting.KNOWN


def order_new_epoch(gateway: Gateway, epoch: GatewayEpoch, now_ms: int) -> None:
    """The store went back: close its epoch and order a new one, before anything else is numbered. Idempotent per boot."""
    if epoch.closed and gateway.awaits_epoch and gateway.next_number > gateway.birth_last_command + 1:
        return
    epoch.closed = True
    epoch.save(update_fields=["closed"])
    outbox.start_stream(gateway, gateway.birth_last_command)
    _order_epoch(gateway, now_ms)
    gateway.refresh_from_db()
    if gateway.awaits_word:
        _note_heard(gateway, gateway.birth_last_command + 1, now_ms)
    gateway.awaits_epoch, gateway.awaits_word = True, False
    gateway.save(update_fields=["awaits_epoch", "awaits_word"])
    detail = f"epoch {epoch.epoch}: central has row {epoch.received_seq}, the gateway's store is older"
    raise_alarm("gateway-went-back", gateway.pk, now_ms=now_ms, gateway_id=gateway.pk, detail=detail)


def adopt_epoch(gateway: Gateway, epoch: str, last_command: int, now_ms: int) -> None:
    """Open a new epoch with central's balances, registers and grants, then send again what was never answered."""
    previous = gateway.epoch
    # The opening holds what was received: what another store of this gateway still says would be booked beside it.
    GatewayEpoch.objects.filter(gateway=gateway).update(closed=True)
    _begin(gateway, epoch, now_ms, opened=False)
    highest = _highest_number(gateway)
    outbox.start_stream(gateway, max(last_command, highest))
    gateway.awaits_epoch = gateway.awaits_word = False
    gateway.save(update_fields=["awaits_epoch", "awaits_word"])
    publish_config(gateway.pk, now_ms)
    issue_again(gateway, now_ms)
    if last_command > highest:  # it took commands that this central doesn't know: so may it have taken grants
        serials_above(gateway.pk, now_ms)
    # A store that is gone will never end its alarms; one that goes on says its standing ones again in the new epoch.
    Alarm.objects.filter(gateway=gateway, by_central=False, cleared_ms=None).update(cleared_ms=now_ms)
    clear_alarm("gateway-went-back", gateway.pk, now_ms=now_ms, gateway_id=gateway.pk)
    detail = f"epoch {epoch} follows {previous}; it was opened with central's balances"
    raise_alarm("gateway-new-epoch", gateway.pk, now_ms=now_ms, gateway_id=gateway.pk, detail=detail)


def _welcome(gateway: Gateway, birth: Birth, now_ms: int) -> None:
    """Begin with a gateway that was never heard. One with commands has had a life that this central was restored without."""
    _begin(gateway, birth.epoch, now_ms, opened=True)
    if birth.last_command > 0:
        number_above(gateway, birth.last_command + 1, now_ms)
        return
    if gateway.next_number > 1:
        outbox.start_stream(gateway, gateway.next_number - 1)
    publish_config(gateway.pk, now_ms)
    issue_again(gateway, now_ms)


def ask_for_word(gateway: Gateway, now_ms: int) -> None:
    """Ask a gateway to say its last command, by a number that it can't expect: it answers with the one that it does (C-11).

    Nothing is taken by it, and no number is used twice.
    """
    outbox.start_stream(gateway, gateway.next_number - 1 + BEYOND_THE_LOST)
    outbox.enqueue(gateway.pk, _resend_order(gateway), subject=gateway.epoch, now_ms=now_ms)
    gateway.refresh_from_db()


def _resend_order(gateway: Gateway) -> Resend:
    received = gateway.epochs.filter(epoch=gateway.epoch).values_list("received_seq", flat=True).first() or 0
    return Resend(Epoch(gateway.epoch), received + 1)


def _meet(gateway: Gateway, epoch: str, now_ms: int) -> None:
    """Meet an epoch that began after the backup: whether the central that was lost opened it, the gateway's answer tells.

    If one was ordered before the backup, it is this one.
    """
    GatewayEpoch.objects.filter(gateway=gateway).update(closed=True)
    gateway.awaits_epoch = False
    gateway.save(update_fields=["awaits_epoch"])
    _begin(gateway, epoch, now_ms, opened=False)
    ask_for_word(gateway, now_ms)


def hear_word(gateway: Gateway, expected: int, now_ms: int, *, is_opened: bool) -> None:
    """Go on above the gateway's last command, and have it send again what the backup lacks (C-11).

    `is_opened`: the gateway has adopted its epoch's opening, from the central that was lost if not from this one.
    """
    gateway.awaits_word = False
    if is_opened:
        gateway.epochs.filter(epoch=gateway.epoch, opened=False).update(opened=True)
        gateway.applied_config_version = max(gateway.applied_config_version, 1)
    gateway.save(update_fields=["awaits_word", "applied_config_version"])
    _note_heard(gateway, expected, now_ms)
    _renumber(gateway, expected, now_ms, asks_rows=True)


def _note_heard(gateway: Gateway, expected: int, now_ms: int) -> None:
    """Note on the restoration's list that a gateway has said which number it expects."""
    question = RestoredGateway.objects.filter(gateway=gateway).order_by("-restoration").first()
    if question is not None:
        question.heard_ms, question.expected = now_ms, expected
        question.save(update_fields=["heard_ms", "expected"])


def _highest_number(gateway: Gateway) -> int:
    """Give the highest number any command of this gateway ever had.

    A new epoch begins above it: the opening is taken out of turn, and whatever was signed for the old life has used its number up.
    """
    highest = Command.objects.filter(gateway=gateway).aggregate(highest=Max("number"))["highest"]
    return int(highest or 0)


def _renumber(gateway: Gateway, expected: int, now_ms: int, *, asks_rows: bool = False) -> None:
    """Number what is unanswered from `expected` on: central was restored and its numbers are behind (C-11).

    What the gateway needs first goes first again: the order of a new epoch, or the opening it hasn't adopted.
    """
    above = _highest_number(gateway) if outbox.opening_is_under_way(gateway) else 0
    outbox.start_stream(gateway, max(expected - 1, above))
    if gateway.awaits_epoch:
        _order_epoch(gateway, now_ms)
    else:
        if asks_rows:
            outbox.enqueue(gateway.pk, _resend_order(gateway), subject=gateway.epoch, now_ms=now_ms)
        publish_config(gateway.pk, now_ms)
        issue_again(gateway, now_ms)
    serials_above(gateway.pk, now_ms)


def number_above(gateway: Gateway, expected: int, now_ms: int) -> None:
    """Do so for a central that wasn't told that it was restored, and say it."""
    _renumber(gateway, expected, now_ms)
    detail = (
        f"the gateway expects command {expected}: central's numbers were behind, is it a restored backup?"
    )
    raise_alarm("central-behind", gateway.pk, now_ms=now_ms, gateway_id=gateway.pk, detail=detail)


def _order_epoch(gateway: Gateway, now_ms: int) -> None:
    order = BeginEpoch(seen_epoch=Epoch(gateway.epoch), seen_seq=BEYOND_ANY_ROW)
    outbox.enqueue(gateway.pk, order, subject=gateway.epoch, now_ms=now_ms)


def issue_again(gateway: Gateway, now_ms: int) -> None:
    """Number anew what has no answer: grants not booked, credit asked back, closings, agreed gaps, software control.

    Relay wishes and emergencies are a person's to repeat.
    """
    unbooked = Delivery.objects.filter(gateway=gateway, applied_ms=None, refused="")
    for delivery in unbooked.select_related("grant__account").order_by("grant__created_ms", "grant_id"):
        send_grant(delivery, now_ms)
    for request in TakeBackRequest.objects.filter(
        account__point__room__building=gateway.building_id, state=TakeBackRequest.State.PENDING
    ).select_related("account"):
        outbox.enqueue(gateway.pk, take_back_order(request), subject=request.request_id, now_ms=now_ms)
    for closing in Closing.objects.filter(
        account__point__room__building=gateway.building_id,
        state__in=[Closing.State.ASKED, Closing.State.PENDING],
    ).select_related("account"):
        outbox.enqueue(gateway.pk, closing_order(closing), subject=closing.request_id, now_ms=now_ms)
    for order in (*_gaps_not_billed(gateway), *orders_to_repeat(gateway)):
        body = decode_command(bytes(order.body))
        if body is not None:
            outbox.enqueue(gateway.pk, body, subject=order.subject, now_ms=now_ms)


def _gaps_not_billed(gateway: Gateway) -> Iterator[Command]:
    """Give the newest command of each agreed gap that was superseded, and that no entry shows to be billed (R-4.3.5)."""
    gaps = {c.subject: c for c in Command.objects.filter(gateway=gateway, kind=BILL_GAP).order_by("pk")}
    billed = GatewayEntry.objects.filter(gateway=gateway, booked=True, source__in=gaps)
    done = set(billed.values_list("source", flat=True))
    yield from (c for c in gaps.values() if c.state == Command.State.SUPERSEDED and c.subject not in done)


def take_back_order(request: TakeBackRequest) -> TakeBack:
    """Give a request for credit as it travels."""
    return TakeBack(
        request=GrantId(request.request_id),
        account=AccountId(request.account.code),
        bucket=request.bucket,
        amount=request.asked,
    )


def closing_order(closing: Closing) -> CloseAccount:
    """Give a closing as it travels."""
    return CloseAccount(account=AccountId(closing.account.code), lock_out=closing.lock_out, why=closing.why)


def _is_stale(gateway: Gateway, birth: Birth, issued_ms: int) -> bool:
    """Within a boot the clock may be mended backwards: an epoch never heard of, or one that has gone on, is not stale."""
    if birth.boot != gateway.boot:
        return birth.boot in gateway.boots_seen or _is_of_forgotten_boot(gateway, birth, issued_ms)
    if gateway.birth_issued_ms is None or issued_ms > gateway.birth_issued_ms:
        return False
    epoch = GatewayEpoch.objects.filter(gateway=gateway, epoch=birth.epoch).first()
    if epoch is None:
        return False
    gone_on = birth.last_seq > epoch.received_seq and birth.last_command >= gateway.birth_last_command
    return epoch.closed or not gone_on


def _is_of_forgotten_boot(gateway: Gateway, birth: Birth, issued_ms: int) -> bool:
    """Say whether a boot that is in no list may have fallen out of it: older by its date, and with fewer rows than are here."""
    if len(gateway.boots_seen) < BOOTS_KEPT or issued_ms > (gateway.birth_issued_ms or 0):
        return False
    return GatewayEpoch.objects.filter(
        gateway=gateway, epoch=birth.epoch, received_seq__gt=birth.last_seq
    ).exists()


def _note_birth(gateway: Gateway, birth: Birth, issued_ms: int, now_ms: int) -> None:
    if birth.boot != gateway.boot:
        gateway.boots_seen = [*gateway.boots_seen, birth.boot][-BOOTS_KEPT:]
    gateway.boot, gateway.software, gateway.birth_issued_ms = birth.boot, birth.software[:64], issued_ms
    gateway.birth_last_command, gateway.applied_config_version = birth.last_command, birth.config_version
    gateway.meters_seen = [[m.meter, m.line, m.model, m.address] for m in birth.meters]
    gateway.central_keys = [key for key in birth.central_keys if len(key) <= KEY_ID][:KEYS_KEPT]
    gateway.online, gateway.last_seen_ms = True, now_ms
    gateway.save()


def _begin(gateway: Gateway, epoch: str, now_ms: int, *, opened: bool) -> None:
    GatewayEpoch.objects.create(gateway=gateway, epoch=epoch, began_ms=now_ms, opened=opened)
    gateway.epoch = epoch
    gateway.save(update_fields=["epoch"])


def unanswered(gateway_id: str) -> int:
    """Count commands without an end."""
    return Command.objects.filter(gateway=gateway_id, state__in=outbox.OPEN_STATES).count()
