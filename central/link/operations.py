"""What people ask of a gateway: enrolment, relay wishes, credit taken back, accounts closed. One transaction each.

Refusals are named results. Money that a gateway must agree to leave is only asked for here; it leaves when the answer came.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import uuid4

from django.db import transaction

from central.campus.models import Account, Binding, Building, Meter
from central.campus.queries import building_of
from central.ledger import chart_of_accounts as chart
from central.ledger.operations import Draft, book, record_audit
from central.link import outbox
from central.link.alarms import GATEWAY_REVOKED, clear_alarm
from central.link.configuration import publish_if_changed
from central.link.epochs import closing_order, take_back_order
from central.link.grants import deliver_by
from central.link.models import Closing, Command, Delivery, Gateway, TakeBackRequest
from gateway.contract.commands import (
    ApproveCuts,
    BeginSoftwareControl,
    BillGap,
    DrawEmergency,
    ReadNow,
    RelayWish,
    Resend,
    SetRelay,
    decode_command,
)
from gateway.contract.envelope import keyring_from_hex
from gateway.contract.identifiers import AccountId, Epoch, GrantId, MeterNo, NotAnIdentifier, checked

RELAY_WISH_LASTS_MS = 10 * 60_000
"""A relay wish that arrives later than this is not acted on (C-5)."""


class LinkRefusal(StrEnum):
    """Why nothing was asked of a gateway."""

    BAD_ID = "bad-id"
    BAD_KEY = "bad-key"
    UNKNOWN_BUILDING = "unknown-building"
    BUILDING_HAS_GATEWAY = "building-has-gateway"
    GATEWAY_EXISTS = "gateway-exists"
    UNKNOWN_GATEWAY = "unknown-gateway"
    UNKNOWN_ACCOUNT = "unknown-account"
    UNKNOWN_METER = "unknown-meter"
    UNKNOWN_BUCKET = "unknown-bucket"
    UNKNOWN_ALARM = "unknown-alarm"
    ENDS_WITH_ITS_CAUSE = "ends-with-its-cause"
    NO_GATEWAY = "no-gateway"
    GATEWAY_BEING_RESTORED = "gateway-being-restored"
    ACCOUNT_NOT_OPEN = "account-not-open"
    NOT_POSITIVE = "not-positive"
    NO_REASON = "no-reason"
    PAYS_FOR_OTHERS = "pays-for-others"
    """Others pay from this account: their energy up to the end is not billed yet (C-8)."""
    EXISTS_WITH_DIFFERENT = "exists-with-different"
    UNKNOWN_GRANT = "unknown-grant"
    GRANT_CREDITED = "grant-credited"
    GRANT_UNDER_WAY = "grant-under-way"
    PAYS_ELSEWHERE = "pays-elsewhere"
    """The account pays from another one: its gateway refuses credit for it by name (C-4)."""
    NOT_SO_NOW = "not-so-now"
    """It stands already, or no longer: another person's deed, or the gateway's word, came before."""
    MAY_BE_CREDITED = "may-be-credited"
    """The gateway answered that it exists, and keeps no id of what it may mean (C-11)."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A named refusal, with the text that was refused."""

    why: LinkRefusal
    what: str = ""


@transaction.atomic
def enrol_gateway(
    gateway_id: str, building_code: str, public_key: str, *, actor: str, now_ms: int
) -> Gateway | Refused:
    """Name a building's gateway and the key its messages must be signed with; its first birth is answered with its rules.

    The building is locked: credit given while it has no gateway is delivered by the new one, none is left behind.
    """
    try:
        checked(gateway_id)
    except NotAnIdentifier:
        return Refused(LinkRefusal.BAD_ID, gateway_id)
    try:
        keyring_from_hex([public_key])
    except ValueError:
        return Refused(LinkRefusal.BAD_KEY, public_key)
    existing = Gateway.objects.select_for_update().filter(pk=gateway_id).first()
    building = Building.objects.select_for_update(no_key=True).filter(code=building_code).first()
    if building is None:
        return Refused(LinkRefusal.UNKNOWN_BUILDING, building_code)
    if existing is not None:
        return _rekey(existing, building, public_key, actor, now_ms)
    if Gateway.objects.filter(building=building).exists():
        return Refused(LinkRefusal.BUILDING_HAS_GATEWAY, building_code)
    gateway = Gateway.objects.create(
        id=gateway_id, building=building, public_key=public_key.lower(), enrolled_ms=now_ms
    )
    record_audit(actor=actor, action="enrol-gateway", subject=gateway_id, detail=building_code, now_ms=now_ms)
    publish_if_changed(gateway_id, now_ms)
    waiting = Delivery.objects.filter(
        gateway=None, refused="", grant__account__point__room__building=building
    )
    for delivery in waiting.select_related("grant__account").order_by("grant__created_ms", "pk"):
        deliver_by(gateway.pk, delivery, now_ms)
    gateway.refresh_from_db()
    return gateway


def _rekey(
    gateway: Gateway, building: Building, public_key: str, actor: str, now_ms: int
) -> Gateway | Refused:
    if gateway.building_id != building.pk:
        return Refused(LinkRefusal.GATEWAY_EXISTS, gateway.pk)
    if gateway.public_key != public_key.lower():
        gateway.public_key, gateway.revoked_ms = public_key.lower(), None
        gateway.save(update_fields=["public_key", "revoked_ms"])
        clear_alarm(GATEWAY_REVOKED, gateway.pk, now_ms=now_ms, gateway_id=gateway.pk)
        record_audit(actor=actor, action="replace-gateway-key", subject=gateway.pk, detail="", now_ms=now_ms)
    return gateway


@transaction.atomic
def set_relay(
    meter_no: str,
    wish: RelayWish,
    *,
    actor: str,
    why: str,
    now_ms: int,
    lasts_ms: int | None = RELAY_WISH_LASTS_MS,
    ref: str = "",
) -> Command | Refused:
    """Ask for a relay to be opened, closed, locked out or given back to the credit rule; expires after `lasts_ms` (None: never).

    `ref` names the work order; it is shown on site.
    """
    if not why.strip():
        return Refused(LinkRefusal.NO_REASON)
    meter = Meter.objects.filter(meter_no=meter_no).first()
    if meter is None:
        return Refused(LinkRefusal.UNKNOWN_METER, meter_no)
    gateway = gateway_to_ask(meter.building_id)
    if isinstance(gateway, Refused):
        return gateway
    order = SetRelay(meter=MeterNo(meter_no), wish=wish, by=actor, why=why, ref=ref)
    record_audit(actor=actor, action=f"relay-{wish.value}", subject=meter_no, detail=why, now_ms=now_ms)
    expires_ms = None if lasts_ms is None else now_ms + lasts_ms
    return outbox.enqueue(gateway.pk, order, subject=meter_no, now_ms=now_ms, expires_ms=expires_ms)


@transaction.atomic
def read_now(account_code: str, *, now_ms: int) -> Command | Refused:
    """Ask for a reading of an account's meters at the next chance."""
    account = Account.objects.filter(code=account_code).select_related("point__room").first()
    if account is None:
        return Refused(LinkRefusal.UNKNOWN_ACCOUNT, account_code)
    gateway = gateway_to_ask(account.point.room.building_id)
    if isinstance(gateway, Refused):
        return gateway
    meters = Binding.objects.filter(account=account).values_list("meter__meter_no", flat=True)
    return outbox.enqueue(
        gateway.pk, ReadNow([MeterNo(m) for m in meters]), subject=account_code, now_ms=now_ms
    )


@transaction.atomic
def ask_emergency(draw_id: str, account_code: str, *, actor: str, now_ms: int) -> Command | Refused:
    """Let a room be supplied by its class's emergency rule for a while; the gateway refuses what came too early."""
    order = DrawEmergency(GrantId(draw_id), AccountId(account_code), by=actor)
    return ask_once(order, draw_id, account_code, actor=actor, now_ms=now_ms)


@transaction.atomic
def ask_gap(
    gap_id: str,
    account_code: str,
    energy_wh: int,
    from_ms: int,
    to_ms: int,
    *,
    grace_until_ms: int,
    actor: str,
    note: str,
    now_ms: int,
) -> Command | Refused:
    """Have the energy billed that was agreed for a time without a meter, with time to pay it (R-4.3.5)."""
    if energy_wh <= 0:
        return Refused(LinkRefusal.NOT_POSITIVE, account_code)
    gap, account = GrantId(gap_id), AccountId(account_code)
    order = BillGap(gap, account, energy_wh, from_ms, to_ms, grace_until_ms, note)
    return ask_once(order, gap_id, account_code, actor=actor, now_ms=now_ms)


def ask_once(
    order: DrawEmergency | BillGap | BeginSoftwareControl,
    name: str,
    account_code: str,
    *,
    actor: str,
    now_ms: int,
    detail: str = "",
) -> Command | Refused:
    """Send an order that has a name of its own; the same again is the command that was sent, with other content it is refused."""
    account = Account.objects.filter(code=account_code).select_related("point__room").first()
    if account is None:
        return Refused(LinkRefusal.UNKNOWN_ACCOUNT, account_code)
    gateway = gateway_to_ask(account.point.room.building_id)
    if isinstance(gateway, Refused):
        return gateway
    kind = type(order).__struct_config__.tag
    known = Command.objects.filter(gateway=gateway, kind=kind, subject=name).order_by("-pk").first()
    if known is not None:
        same = decode_command(bytes(known.body)) == order
        return known if same else Refused(LinkRefusal.EXISTS_WITH_DIFFERENT, name)
    record_audit(actor=actor, action=str(kind), subject=account_code, detail=detail or name, now_ms=now_ms)
    return outbox.enqueue(gateway.pk, order, subject=name, now_ms=now_ms)


@transaction.atomic
def approve_cuts(
    gateway_id: str,
    count: int,
    until_ms: int,
    *,
    second_key: str,
    second_signature: str,
    actor: str,
    now_ms: int,
) -> Command | Refused:
    """Pass on a second person's signature that lets cuts held by the guard go on (C-10); the gateway checks it."""
    if Gateway.objects.select_for_update().filter(pk=gateway_id).first() is None:
        return Refused(LinkRefusal.UNKNOWN_GATEWAY, gateway_id)
    order = ApproveCuts(
        count=count, until_ms=until_ms, second_key=second_key, second_signature=second_signature
    )
    record_audit(actor=actor, action="approve-cuts", subject=gateway_id, detail=str(count), now_ms=now_ms)
    return outbox.enqueue(gateway_id, order, subject=gateway_id, now_ms=now_ms, expires_ms=until_ms)


@transaction.atomic
def ask_resend(gateway_id: str, epoch: str, from_seq: int, *, actor: str, now_ms: int) -> Command | Refused:
    """Ask a gateway for what it keeps from a sequence on: central was restored from a backup (C-11)."""
    gateway = Gateway.objects.select_for_update().filter(pk=gateway_id).first()
    if gateway is None:
        return Refused(LinkRefusal.UNKNOWN_GATEWAY, gateway_id)
    detail = f"{epoch} from row {from_seq}"
    record_audit(actor=actor, action="ask-resend", subject=gateway_id, detail=detail, now_ms=now_ms)
    return outbox.enqueue(gateway_id, Resend(Epoch(epoch), from_seq), subject=epoch, now_ms=now_ms)


@transaction.atomic
def ask_credit_back(
    request_id: str, account_code: str, bucket: str, amount: int, *, actor: str, why: str, now_ms: int
) -> TakeBackRequest | Refused:
    """Ask the gateway for credit back: booked as pending, settled by its answer (C-7). The same id again is the same request."""
    try:
        checked(request_id)
    except NotAnIdentifier:
        return Refused(LinkRefusal.BAD_ID, request_id)
    building = building_of(account_code)
    if building is None:
        return Refused(LinkRefusal.UNKNOWN_ACCOUNT, account_code)
    outbox.lock_gateway_of(building)
    account = Account.objects.select_related("point__customer_class").get(code=account_code)
    known = TakeBackRequest.objects.filter(pk=request_id).first()
    if known is not None:
        same = (known.account_id, known.bucket, known.asked) == (account.pk, bucket, amount)
        return known if same else Refused(LinkRefusal.EXISTS_WITH_DIFFERENT, request_id)
    rule = account.point.customer_class.buckets.filter(name=bucket).first()
    refusal = _why_not_ask_back(account, rule is None, amount)
    gateway = gateway_to_ask(building)
    if refusal is not None or rule is None:
        return Refused(refusal or LinkRefusal.UNKNOWN_BUCKET, bucket)
    if isinstance(gateway, Refused):
        return gateway
    request = TakeBackRequest.objects.create(
        request_id=request_id,
        account=account,
        bucket=bucket,
        unit=rule.unit,
        asked=amount,
        why=why[:200],
        by=actor,
        asked_ms=now_ms,
    )
    book([pending_memo(request)], now_ms)
    outbox.enqueue(gateway.pk, take_back_order(request), subject=request_id, now_ms=now_ms)
    record_audit(actor=actor, action="ask-credit-back", subject=account_code, detail=why, now_ms=now_ms)
    return request


def pending_memo(request: TakeBackRequest, *, settled: bool = False, at_ms: int | None = None) -> Draft:
    """Give the memorandum transfer of a request: asked and not answered; `settled` gives the one that ends it."""
    asked, pending = chart.take_back_asked(request.unit), chart.take_back_pending(request.unit)
    return Draft(
        id=f"take-back:{request.request_id}:{'settled' if settled else 'asked'}",
        debit=pending if settled else asked,
        credit=asked if settled else pending,
        amount=request.asked,
        kind="take-back-settled" if settled else "take-back-asked",
        at_ms=request.asked_ms if at_ms is None else at_ms,
        reference=request.request_id,
    )


@transaction.atomic
def ask_closing(
    account_code: str, *, actor: str, why: str, now_ms: int, lock_out: bool = True
) -> Closing | Refused:
    """Ask the gateway for the final register and the lock-out of an account (C-8). Asked twice, it is the same closing."""
    if not why.strip():
        return Refused(LinkRefusal.NO_REASON)
    building = building_of(account_code)
    if building is None:
        return Refused(LinkRefusal.UNKNOWN_ACCOUNT, account_code)
    outbox.lock_gateway_of(building)
    account = Account.objects.select_for_update(no_key=True).get(code=account_code)
    if account.state == Account.State.CLOSING:
        return account.closings.exclude(state=Closing.State.REFUSED).latest("asked_ms")
    if account.state != Account.State.OPEN:
        return Refused(LinkRefusal.ACCOUNT_NOT_OPEN, account_code)
    others = account.members.exclude(state=Account.State.CLOSED).values_list("code", flat=True)
    if others:
        return Refused(LinkRefusal.PAYS_FOR_OTHERS, ", ".join(sorted(others)))
    gateway = gateway_to_ask(building)
    if isinstance(gateway, Refused):
        return gateway
    closing = Closing.objects.create(
        request_id=f"close-{uuid4().hex}",
        account=account,
        lock_out=lock_out,
        why=why[:200],
        by=actor,
        asked_ms=now_ms,
    )
    account.state = Account.State.CLOSING
    account.save(update_fields=["state"])
    outbox.enqueue(gateway.pk, closing_order(closing), subject=closing.request_id, now_ms=now_ms)
    record_audit(actor=actor, action="ask-closing", subject=account_code, detail=why, now_ms=now_ms)
    return closing


def _why_not_ask_back(account: Account, no_bucket: bool, amount: int) -> LinkRefusal | None:
    if account.state != Account.State.OPEN:
        return LinkRefusal.ACCOUNT_NOT_OPEN
    if no_bucket:
        return LinkRefusal.UNKNOWN_BUCKET
    return LinkRefusal.NOT_POSITIVE if amount <= 0 else None


def gateway_to_ask(building_id: int) -> Gateway | Refused:
    """Lock a building's gateway before anything is asked of it; refused while there is none, or it begins a new life."""
    gateway = outbox.lock_gateway_of(building_id)
    if gateway is None:
        return Refused(LinkRefusal.NO_GATEWAY)
    if gateway.is_being_restored:
        return Refused(LinkRefusal.GATEWAY_BEING_RESTORED, gateway.pk)
    return gateway
