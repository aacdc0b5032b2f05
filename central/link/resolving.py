"""A person resolves what central itself raised and no later message can end (C-11): a reason is asked for, the rows stay kept."""

from django.db import transaction

from central.ledger.operations import record_audit
from central.link.models import Alarm, QuarantinedRow
from central.link.operations import LinkRefusal, Refused


@transaction.atomic
def resolve_alarm(alarm_id: int, *, actor: str, why: str, now_ms: int) -> Alarm | Refused:
    """End one of central's own alarms, and mark the rows it is about as resolved. A gateway's alarm is the gateway's to end."""
    if not why.strip():
        return Refused(LinkRefusal.NO_REASON)
    alarm = Alarm.objects.select_for_update().filter(pk=alarm_id, by_central=True).first()
    if alarm is None:
        return Refused(LinkRefusal.UNKNOWN_ALARM, str(alarm_id))
    if alarm.cleared_ms is None:
        alarm.cleared_ms = now_ms
        alarm.save(update_fields=["cleared_ms"])
        _resolve_rows(alarm, why, now_ms)
        record_audit(actor=actor, action="resolve-alarm", subject=alarm.code, detail=why, now_ms=now_ms)
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
    rows.update(resolved_ms=now_ms, resolution=why[:200])
