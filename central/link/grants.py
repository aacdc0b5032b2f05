"""Give credit: the grant, its delivery and its command, in the transaction that booked its cause (C-1, C-5)."""

from central.campus.models import Account
from central.link.configuration import publish_if_changed
from central.link.models import Delivery, Gateway, Grant
from central.link.outbox import enqueue
from gateway.contract import commands
from gateway.contract.identifiers import AccountId, GrantId


def issue_grant(
    *,
    grant_id: str,
    account: Account,
    bucket: str,
    unit: str,
    amount: int,
    source: str,
    note: str,
    now_ms: int,
    expires_ms: int = 0,
) -> Grant:
    """Store a grant and its command. Without a gateway, or while one is being restored, the command follows later.

    The building's configuration goes first when it changed, so that the gateway knows the account.
    """
    gateway = Gateway.objects.filter(building=account.point.room.building_id).first()
    grant = Grant.objects.create(
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
    delivery = Delivery.objects.create(grant=grant, gateway=gateway)
    if gateway is not None:
        publish_if_changed(gateway.pk, now_ms)
        send_grant(delivery, now_ms)
    return grant


def send_grant(delivery: Delivery, now_ms: int) -> None:
    """Number a grant's command (anew), unless its gateway has no epoch yet or waits for one: then it follows the opening."""
    assert delivery.gateway_id is not None
    gateway = Gateway.objects.select_for_update().get(pk=delivery.gateway_id)
    if gateway.awaits_epoch or not gateway.epoch:
        return
    command = enqueue(delivery.gateway_id, order_of(delivery.grant), subject=delivery.grant_id, now_ms=now_ms)
    delivery.command, delivery.refused = command, ""
    delivery.save(update_fields=["command", "refused"])


def order_of(grant: Grant) -> commands.Grant:
    """Give a grant as it travels: the same content by command and by voucher (C-6)."""
    return commands.Grant(
        grant=GrantId(grant.grant_id),
        account=AccountId(grant.account.code),
        bucket=grant.bucket,
        unit=grant.unit,
        amount=grant.amount,
        expires_ms=grant.expires_ms,
        note=grant.note,
    )
