"""Send a grant again that its gateway did not take, once its cause is mended: what a person asks for, by the grant's name (C-5).

A serial that another grant has used up at the gateway (a central restored from a backup gives some twice, C-11) is replaced by a
fresh one. The gateway compares a grant's id first, so that this credits twice only what it credited without keeping the id: what
came as a code, or what the balances of its epoch's opening hold. Those wait for a person's word.
"""

from django.db import transaction

from central.campus.models import Account
from central.ledger.operations import record_audit
from central.link import outbox
from central.link.alarms import GRANT_UNPROVED, clear_alarm
from central.link.configuration import publish_if_changed
from central.link.grants import give_serial, send_grant
from central.link.models import Delivery, Gateway
from central.link.operations import LinkRefusal, Refused
from gateway.contract.facts import CommandOutcome

SERIAL_USED_UP = frozenset({CommandOutcome.EXISTS.value, CommandOutcome.EXISTS_WITH_DIFFERENT.value})


@transaction.atomic
def resend_grant(grant_id: str, *, actor: str, now_ms: int, not_credited: bool = False) -> Delivery | Refused:
    """Number a refused grant's command anew; under a fresh serial where the gateway knows another grant by its serial.

    `not_credited`: the person has made sure that the gateway's balance is without it.
    """
    gateway_id = Delivery.objects.filter(pk=grant_id).values_list("gateway", flat=True).first()
    if gateway_id is None:
        known = Delivery.objects.filter(pk=grant_id).exists()
        return Refused(LinkRefusal.NO_GATEWAY if known else LinkRefusal.UNKNOWN_GRANT, grant_id)
    gateway = outbox.locked(gateway_id)
    delivery = Delivery.objects.select_related("grant__account__pays_from").get(pk=grant_id)
    refused = _why_not(gateway, delivery, not_credited)
    if refused is not None:
        return refused
    if delivery.refused in SERIAL_USED_UP:
        give_serial(gateway, delivery, now_ms)
        clear_alarm(GRANT_UNPROVED, grant_id, now_ms=now_ms, gateway_id=gateway.pk)
    publish_if_changed(gateway.pk, now_ms)
    send_grant(delivery, now_ms)
    record_audit(actor=actor, action="send-grant-again", subject=grant_id, detail="", now_ms=now_ms)
    return delivery


def _why_not(gateway: Gateway, delivery: Delivery, not_credited: bool) -> Refused | None:
    account = delivery.grant.account
    if delivery.applied_ms is not None:
        return Refused(LinkRefusal.GRANT_CREDITED, delivery.grant_id)
    if not delivery.refused:
        return Refused(LinkRefusal.GRANT_UNDER_WAY, delivery.grant_id)
    if not gateway.takes_orders:
        return Refused(LinkRefusal.GATEWAY_BEING_RESTORED, gateway.pk)
    if account.pays_from is not None:
        return Refused(LinkRefusal.PAYS_ELSEWHERE, account.code)
    if account.state != Account.State.OPEN:
        return Refused(LinkRefusal.ACCOUNT_NOT_OPEN, account.code)
    if _may_be_credited(gateway, delivery) and not not_credited:
        return Refused(LinkRefusal.MAY_BE_CREDITED, delivery.grant_id)
    return None


def _may_be_credited(gateway: Gateway, delivery: Delivery) -> bool:
    """EXISTS may mean this very grant where the gateway keeps no id of it: typed as a code, or within its epoch's opening."""
    if delivery.refused != CommandOutcome.EXISTS.value:
        return False
    began_ms = gateway.epochs.values_list("began_ms", flat=True).get(epoch=gateway.epoch)
    return delivery.vouched_ms is not None or delivery.grant.created_ms <= began_ms
