"""Give credit: the grant, its delivery and its command, in the transaction that booked its cause (C-1, C-5)."""

import re
from collections.abc import Sequence

from central.campus.models import Account
from central.link.configuration import publish_if_changed
from central.link.models import Delivery, Gateway, Grant
from central.link.outbox import enqueue, enqueue_on, locked
from central.prepared import Prepared, insert
from gateway.contract import commands
from gateway.contract.identifiers import AccountId, GrantId
from gateway.contract.voucher_code import short_name

SERIALS_FROM_MS = 1_704_067_200_000
"""2024-01-01 UTC."""
MS_PER_MINUTE = 60_000
NEVER_AHEAD = 1 << 17
"""Serials run ahead of the minute while more than one grant a minute is given, as by a subsidy for all rooms: never so far."""
CODED = re.compile(r"n-(\d{1,15})-[0-9a-f]{4}")


def issue_grant(
    *,
    grant_id: str,
    account: Account,
    gateway: Gateway | None,
    bucket: str,
    unit: str,
    amount: int,
    source: str,
    note: str,
    now_ms: int,
    expires_ms: int = 0,
    serial: int = 0,
) -> Grant:
    """Store a grant and its command. Without a gateway, or while one is being restored, the command follows later.

    `serial` is the one that a voucher of the stock was signed with; 0: the next one.

    `gateway` is the building's, locked by the caller before he read the account. The building's configuration goes first when it
    changed, so that the gateway knows the account: the building was read with it.
    """
    grant = Grant(
        grant_id=grant_id,
        account=account,
        bucket=bucket,
        unit=unit,
        amount=amount,
        expires_ms=expires_ms,
        source=source,
        note=note[:200],
        created_ms=now_ms,
    )
    insert(grant)
    if gateway is None:
        Delivery.objects.create(grant=grant)
        return grant
    if gateway.published_revision != account.point.room.building.revision:
        publish_if_changed(gateway.pk, now_ms)
        gateway = locked(gateway.pk)
    _deliver_first(gateway, grant, now_ms, serial)
    return grant


def _deliver_first(gateway: Gateway, grant: Grant, now_ms: int, serial: int) -> None:
    """Store a new grant's delivery with its serial and its command at once; the gateway's row is locked and as it stands."""
    if not serial:
        serial = gateway.last_grant_serial = _next_serial(gateway, now_ms)
    delivery = Delivery(grant=grant, gateway=gateway, serial=serial)
    if not gateway.takes_orders:
        gateway.save(update_fields=["last_grant_serial"])
    else:
        delivery.command = enqueue_on(
            gateway, order_of(delivery), subject=grant.pk, now_ms=now_ms, also=("last_grant_serial",)
        )
    insert(delivery)


def deliver_by(gateway_id: str, delivery: Delivery, now_ms: int) -> None:
    """Give a grant its gateway and its serial there, before anything is signed, and number its command.

    A serial is the minute it was given in, or one more than the last. A central restored from a backup may give one again that ran
    ahead of its minute, until the gateway is heard: `serials_above` follows then.
    """
    gateway = locked(gateway_id)
    give_serial(gateway, delivery, now_ms)
    send_grant(delivery, now_ms)


def give_serial(gateway: Gateway, delivery: Delivery, now_ms: int) -> None:
    """Give a grant the next serial of its gateway, whose row is locked."""
    gateway.last_grant_serial = _next_serial(gateway, now_ms)
    gateway.save(update_fields=["last_grant_serial"])
    delivery.gateway, delivery.serial = gateway, gateway.last_grant_serial
    delivery.save(update_fields=["gateway", "serial"])


def _next_serial(gateway: Gateway, now_ms: int) -> int:
    return max(gateway.last_grant_serial + 1, _minute(now_ms))


def reserve_serials(gateway_id: str, count: int, now_ms: int) -> list[int]:
    """Take serials for grants that are signed now and given later: no other grant of this gateway gets them."""
    gateway, serials = locked(gateway_id), []
    for _one in range(count):
        gateway.last_grant_serial = _next_serial(gateway, now_ms)
        serials.append(gateway.last_grant_serial)
    gateway.save(update_fields=["last_grant_serial"])
    return serials


def give_serials(gateway_id: str, deliveries: Sequence[Delivery], now_ms: int) -> Gateway:
    """Give many unstored deliveries their gateway and its next serials; the caller stores them. Give the gateway, locked."""
    gateway = locked(gateway_id)
    for delivery in deliveries:
        gateway.last_grant_serial = _next_serial(gateway, now_ms)
        delivery.gateway, delivery.serial = gateway, gateway.last_grant_serial
    gateway.save(update_fields=["last_grant_serial"])
    return gateway


def serials_above(gateway_id: str, now_ms: int) -> None:
    """Go on above any serial that a lost central can have given this gateway (C-11).

    What was numbered before keeps its serial: the gateway may have credited it by that name alone.
    """
    gateway = locked(gateway_id)
    gateway.last_grant_serial = max(gateway.last_grant_serial, _minute(now_ms) + NEVER_AHEAD)
    gateway.save(update_fields=["last_grant_serial"])


def _minute(now_ms: int) -> int:
    return (now_ms - SERIALS_FROM_MS) // MS_PER_MINUTE


def send_grant(delivery: Delivery, now_ms: int) -> None:
    """Number a grant's command (anew), unless nothing may be numbered yet: then it follows the opening, or the gateway's word."""
    assert delivery.gateway_id is not None
    gateway = Gateway.objects.select_for_update().get(pk=delivery.gateway_id)
    if not gateway.takes_orders:
        return
    command = enqueue(delivery.gateway_id, order_of(delivery), subject=delivery.grant_id, now_ms=now_ms)
    delivery.command, delivery.refused = command, ""
    delivery.save(update_fields=["command", "refused"])


def order_of(delivery: Delivery) -> commands.Grant:
    """Give a grant as it travels: the same content by command and by voucher (C-6)."""
    grant = delivery.grant
    return commands.Grant(
        grant=GrantId(grant.grant_id),
        account=AccountId(grant.account.code),
        bucket=grant.bucket,
        unit=grant.unit,
        amount=grant.amount,
        expires_ms=grant.expires_ms,
        note=grant.note,
        serial=delivery.serial or 0,
    )


_DELIVERY = Prepared(lambda name: Delivery.objects.filter(pk=name).select_related("grant__account"), str)


def delivery_named(gateway_id: str, name: str) -> Delivery | None:
    """Find the delivery that a gateway's entry names: by the grant's id, or as a code names it (`n-SERIAL-TAG`)."""
    by_id = _DELIVERY.first(name)
    if by_id is not None:
        return by_id
    coded = CODED.fullmatch(name)
    deliveries = Delivery.objects.select_related("grant__account")
    found = deliveries.filter(gateway=gateway_id, serial=int(coded[1])).first() if coded else None
    return found if found is not None and short_name(order_of(found)) == name else None
