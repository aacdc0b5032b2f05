"""Let several rooms use up one balance, or each its own again (C-4, R-B1). One transaction each; refusals are named results.

The gateway is told before anything else is asked of it: a payment that follows finds the same rooms on both sides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from central.campus.changes import touch
from central.campus.models import Account, Building
from central.ledger import chart_of_accounts as chart
from central.ledger.operations import record_audit
from central.ledger.queries import balances
from central.link.configuration import publish_if_changed
from central.link.models import Delivery, Gateway
from central.link.outbox import lock_gateway_of
from central.link.silent_gateways import is_heard
from gateway.contract.rules import Billing


class SharingRefusal(StrEnum):
    """Why no balance was merged or split."""

    NO_ROOMS = "no-rooms"
    NO_ACCOUNT = "no-account"
    ITSELF = "itself"
    ACROSS_GATEWAYS = "across-gateways"
    """A merged balance lives on one gateway, and a building has one (C-4)."""
    PAYER_PAYS_ELSEWHERE = "payer-pays-elsewhere"
    PAYS_FOR_OTHERS = "pays-for-others"
    UNIT_DIFFERS = "unit-differs"
    NOT_PREPAID = "not-prepaid"
    OWES = "owes"
    """Its own debt would stay behind where nobody pays it."""
    CREDIT_UNDER_WAY = "credit-under-way"
    """Credit for the room itself, which the gateway would refuse once another room pays."""
    NOT_SHARED = "not-shared"
    GATEWAY_OFFLINE = "gateway-offline"
    GATEWAY_BEHIND = "gateway-behind"
    """It has not taken the newest rules yet: credit brought by hand meanwhile would meet the older ones (C-6)."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A named refusal, with the room or gateway it is about."""

    why: SharingRefusal
    what: str = ""


@transaction.atomic
def merge(payer_room: str, rooms: Sequence[str], *, actor: str, now_ms: int) -> list[Account] | Refused:
    """Let rooms (`1-302`) pay from another one's balance from now on; all or none. Named again, a room stays as it is.

    What a room holds itself stays its own: it is untouched until the room pays for itself again, or is asked back.
    """
    if not rooms:
        return Refused(SharingRefusal.NO_ROOMS)
    accounts = _locked([payer_room, *rooms])
    if isinstance(accounts, Refused):
        return accounts
    payer, members = accounts[0], accounts[1:]
    for member in members:
        why = _why_not(payer, member)
        if why is not None:
            return Refused(why, member.point.code)
    deaf = _not_following(payer, now_ms)
    if deaf is not None:
        return deaf
    for member in members:
        member.pays_from = payer
        member.save(update_fields=["pays_from"])
    _touch([payer])
    _publish(payer, "merge-balance", members, actor, now_ms)
    return members


@transaction.atomic
def split(rooms: Sequence[str], *, actor: str, now_ms: int) -> list[Account] | Refused:
    """Let rooms use up their own balances again from now on; all or none. What was paid stays with the room that paid for all."""
    if not rooms:
        return Refused(SharingRefusal.NO_ROOMS)
    accounts = _locked(rooms)
    if isinstance(accounts, Refused):
        return accounts
    for account in accounts:
        if account.pays_from is None:
            return Refused(SharingRefusal.NOT_SHARED, account.point.code)
        deaf = _not_following(account, now_ms)
        if deaf is not None:
            return deaf
    _touch(accounts)
    for account in accounts:
        account.pays_from = None
        account.save(update_fields=["pays_from"])
        _publish(account, "split-balance", [account], actor, now_ms)
    return accounts


def _locked(rooms: Sequence[str]) -> list[Account] | Refused:
    """Give the open accounts of rooms in this order, behind their gateways' locks, which every sale takes first.

    Several are locked in the order of their keys, as a go-live does.
    """
    buildings = Account.objects.filter(point__code__in=rooms).values("point__room__building")
    gateways = Gateway.objects.select_for_update().filter(building__in=buildings).order_by("pk")
    list(gateways.values_list("pk", flat=True))
    live = Account.objects.filter(point__code__in=rooms, state=Account.State.OPEN)
    found = {
        one.point.code: one
        for one in live.select_related("point__room", "point__customer_class", "pays_from")
    }
    missing = [room for room in rooms if room not in found]
    return Refused(SharingRefusal.NO_ACCOUNT, missing[0]) if missing else [found[room] for room in rooms]


def _why_not(payer: Account, member: Account) -> SharingRefusal | None:
    one, other = payer.point, member.point
    reasons = (
        (SharingRefusal.ITSELF, payer.pk == member.pk),
        (SharingRefusal.ACROSS_GATEWAYS, one.room.building_id != other.room.building_id),
        (SharingRefusal.PAYER_PAYS_ELSEWHERE, payer.pays_from_id is not None),
        (SharingRefusal.PAYS_FOR_OTHERS, member.members.exclude(state=Account.State.CLOSED).exists()),
        (SharingRefusal.UNIT_DIFFERS, one.customer_class.unit != other.customer_class.unit),
        (SharingRefusal.NOT_PREPAID, {one.billing, other.billing} != {Billing.PREPAID.value}),
        (SharingRefusal.OWES, member.pays_from_id is None and _owes(member)),
        (SharingRefusal.CREDIT_UNDER_WAY, _has_credit_under_way(member)),
    )
    return next((reason for reason, holds in reasons if holds), None)


def _not_following(account: Account, now_ms: int) -> Refused | None:
    """Say why the building's gateway would not learn of it now: a voucher would meet the rooms that it knows."""
    gateway = lock_gateway_of(account.point.room.building_id)
    if gateway is None:
        return None
    if not is_heard(gateway, now_ms):
        return Refused(SharingRefusal.GATEWAY_OFFLINE, gateway.pk)
    behind = gateway.is_being_restored or gateway.applied_config_version < gateway.config_version
    return Refused(SharingRefusal.GATEWAY_BEHIND, gateway.pk) if behind else None


def _owes(account: Account) -> bool:
    rules = account.point.customer_class.buckets.all()
    sides = [chart.customer(account.code, rule.name, rule.unit) for rule in rules]
    return any(amount < 0 for amount in balances(sides).values())


def _has_credit_under_way(account: Account) -> bool:
    waiting = Delivery.objects.filter(grant__account=account, applied_ms=None)
    return waiting.exclude(refused=Delivery.WITHDRAWN).exists()


def _touch(accounts: Sequence[Account]) -> None:
    """Move the revision of all their buildings before anything is put on record: the chain's head comes last."""
    touch(
        set(
            Building.objects.filter(pk__in=[one.point.room.building_id for one in accounts]).values_list(
                "code", flat=True
            )
        )
    )


def _publish(where: Account, action: str, members: Sequence[Account], actor: str, now_ms: int) -> None:
    building_id = where.point.room.building_id
    gateway = lock_gateway_of(building_id)
    if gateway is not None:
        publish_if_changed(gateway.pk, now_ms)
    named = ", ".join(member.code for member in members)
    record_audit(actor=actor, action=action, subject=where.code, detail=named[:200], now_ms=now_ms)
