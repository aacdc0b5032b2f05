"""Rooms put under software control, and metered again: asked of their gateways (R-4.3.5). Bills nothing.

A gateway's word is the state: what comes back makes the row (`control_queries`). On site it begins and ends without us.
"""

from django.db import transaction

from central.campus.models import Account
from central.ledger.operations import record_audit
from central.link import outbox
from central.link.control_queries import END, of_account
from central.link.models import Command, SoftwareControl
from central.link.operations import LinkRefusal, Refused, ask_once, gateway_to_ask
from gateway.contract.commands import BeginSoftwareControl, EndSoftwareControl
from gateway.contract.identifiers import AccountId, NotAnIdentifier, checked

TEXT = 200
SHORT = 64


@transaction.atomic
def begin_software_control(
    control: str,
    account_code: str,
    *,
    actor: str,
    why: str,
    now_ms: int,
    wh_per_day: int = 0,
    ref: str = "",
) -> Command | Refused:
    """Have a room supplied whatever its credit and billed nothing, because its meter is faulty. The same id again changes nothing.

    `wh_per_day` is what is shown on site meanwhile; `ref` the fault or work order.
    """
    why = " ".join(why.split())[:TEXT]
    if not why:
        return Refused(LinkRefusal.NO_REASON)
    try:
        checked(control)
    except NotAnIdentifier:
        return Refused(LinkRefusal.BAD_ID, control)
    if wh_per_day < 0:
        return Refused(LinkRefusal.NOT_POSITIVE, account_code)
    account = Account.objects.filter(code=account_code).first()
    if account is not None and account.state != Account.State.OPEN:
        return Refused(LinkRefusal.ACCOUNT_NOT_OPEN, account_code)
    stands = of_account(account_code).filter(ended=None).exclude(pk=control).first()
    if stands is not None:
        return Refused(LinkRefusal.NOT_SO_NOW, stands.control)
    order = BeginSoftwareControl(
        control, AccountId(account_code), actor, why, wh_per_day, " ".join(ref.split())[:SHORT]
    )
    return ask_once(order, control, account_code, actor=actor, now_ms=now_ms, detail=why)


@transaction.atomic
def end_software_control(control: str, *, actor: str, why: str, now_ms: int) -> Command | Refused:
    """Have a room billed by the same meter again, which is good now. One that was refused may be asked again.

    A meter that was replaced on site ends the control by itself.
    """
    why = " ".join(why.split())[:TEXT]
    if not why:
        return Refused(LinkRefusal.NO_REASON)
    known = SoftwareControl.objects.filter(pk=control, ended=None).select_related("gateway").first()
    if known is None:
        return Refused(LinkRefusal.NOT_SO_NOW, control)
    gateway = gateway_to_ask(known.gateway.building_id)
    if isinstance(gateway, Refused):
        return gateway
    asked = Command.objects.filter(gateway=gateway, kind=END, subject=control[:SHORT])
    under_way = asked.filter(state__in=outbox.OPEN_STATES).order_by("-pk").first()
    if under_way is not None:
        return under_way
    record_audit(actor=actor, action="end-software-control", subject=known.account, detail=why, now_ms=now_ms)
    order = EndSoftwareControl(control, actor, why)
    return outbox.enqueue(gateway.pk, order, subject=control[:SHORT], now_ms=now_ms)
