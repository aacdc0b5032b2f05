"""Alarms that central raises itself: one row per matter, raised again when it comes back."""

from central.link.models import Alarm
from central.office.roles import Role

TOLD = (Role.DIRECTOR, Role.TECHNICIAN, Role.ADMIN)
"""Who looks after the link."""
GATEWAY_REVOKED = "gateway-revoked"
GRANT_UNPROVED = "grant-unproved"


def raise_alarm(
    what: str, subject: str, *, now_ms: int, gateway_id: str | None = None, detail: str = ""
) -> Alarm:
    """Raise central's own alarm `what` about a subject; one that stands keeps its first instant and takes the new detail."""
    alarm, made = Alarm.objects.get_or_create(
        gateway_id=gateway_id,
        code=f"central:{what}:{subject}"[:128],
        defaults={
            "by_central": True,
            "what": what,
            "subject": subject[:120],
            "detail": detail[:500],
            "raised_ms": now_ms,
        },
    )
    if not made:
        if alarm.cleared_ms is not None:
            alarm.raised_ms, alarm.cleared_ms = now_ms, None
        alarm.detail = detail[:500]
        alarm.save(update_fields=["raised_ms", "cleared_ms", "detail"])
    return alarm


def clear_alarm(what: str, subject: str, *, now_ms: int, gateway_id: str | None = None) -> bool:
    """Clear central's own alarm; say whether it stood."""
    standing = Alarm.objects.filter(
        gateway_id=gateway_id, code=f"central:{what}:{subject}"[:128], cleared_ms=None
    )
    return standing.update(cleared_ms=now_ms) > 0
