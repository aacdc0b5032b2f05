"""A person resolves an alarm that no later message can end (C-11): a reason is asked for, who and why are on record.

Central's own end here, and the rows they are about stay kept. Of a gateway's, only those that nothing there ends: it is asked, and
ends them itself. None is gone for good: when its cause comes again, it rises again.
"""

from django.db import transaction

from central.ledger.operations import record_audit
from central.link import outbox
from central.link.models import Alarm, Command, QuarantinedRow
from central.link.operations import LinkRefusal, Refused
from gateway.contract.commands import ResolveAlarm

AUDIT = "resolve-alarm"
ASKED_OF_GATEWAYS = ("exists-with-different",)
"""A gateway's alarms that no later event ends."""
REASON_LENGTH = 200


def can_be_resolved(alarm: Alarm) -> bool:
    """Say whether a person's word ends this alarm."""
    return alarm.cleared_ms is None and (alarm.by_central or alarm.what in ASKED_OF_GATEWAYS)


def asked_of_gateway(alarm_ids: list[int]) -> set[int]:
    """Give those whose gateways were asked, and have not answered."""
    asked = Command.objects.filter(kind=AUDIT, subject__in=map(str, alarm_ids), state__in=outbox.OPEN_STATES)
    return {int(subject) for subject in asked.values_list("subject", flat=True)}


def audit_subject(alarm: Alarm) -> str:
    """Name an alarm in the record."""
    return alarm.code[:120]


@transaction.atomic
def resolve_alarm(alarm_id: int, *, actor: str, why: str, now_ms: int) -> Alarm | Refused:
    """End one of central's own alarms, or ask its gateway to; mark the rows it is about as resolved. Done twice it is done once."""
    why = " ".join(why.split())[:REASON_LENGTH]
    if not why:
        return Refused(LinkRefusal.NO_REASON)
    alarm = _locked(alarm_id)
    if alarm is None:
        return Refused(LinkRefusal.UNKNOWN_ALARM, str(alarm_id))
    if alarm.cleared_ms is not None:
        return alarm
    if not can_be_resolved(alarm):
        return Refused(LinkRefusal.ENDS_WITH_ITS_CAUSE, alarm.what)
    if not alarm.by_central:
        return _ask_gateway(alarm, actor, why, now_ms)
    alarm.cleared_ms = now_ms
    alarm.save(update_fields=["cleared_ms"])
    _resolve_rows(alarm, why, now_ms)
    record_audit(actor=actor, action=AUDIT, subject=audit_subject(alarm), detail=why, now_ms=now_ms)
    return alarm


def _locked(alarm_id: int) -> Alarm | None:
    """Lock its gateway first, as ingest does, then the alarm itself."""
    gateway_id = Alarm.objects.filter(pk=alarm_id).values_list("gateway_id", flat=True).first()
    gateway = outbox.locked(gateway_id) if gateway_id is not None else None
    alarm = Alarm.objects.select_for_update().filter(pk=alarm_id).first()
    if alarm is not None and gateway is not None:
        alarm.gateway = gateway
    return alarm


def _ask_gateway(alarm: Alarm, actor: str, why: str, now_ms: int) -> Alarm | Refused:
    gateway = alarm.gateway
    if gateway is None or not gateway.takes_orders:
        return Refused(LinkRefusal.GATEWAY_BEING_RESTORED, str(alarm.gateway_id))
    if not asked_of_gateway([alarm.pk]):
        order = ResolveAlarm(alarm.what, alarm.subject, actor, why)
        outbox.enqueue(gateway.pk, order, subject=str(alarm.pk), now_ms=now_ms)
        record_audit(actor=actor, action=AUDIT, subject=audit_subject(alarm), detail=why, now_ms=now_ms)
    return alarm


def _resolve_rows(alarm: Alarm, why: str, now_ms: int) -> None:
    rows = QuarantinedRow.objects.filter(gateway=alarm.gateway, resolved_ms=None)
    if alarm.what == "rows-of-closed-epoch":
        rows = rows.filter(epoch=alarm.subject)
    elif alarm.what == "row-quarantined":
        epoch, _, seq = alarm.subject.rpartition(".")
        rows = rows.filter(epoch=epoch, seq=int(seq))
    else:
        return
    rows.update(resolved_ms=now_ms, resolution=why)
