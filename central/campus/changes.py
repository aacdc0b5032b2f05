"""Tell of a change: the gateways by their building's revision, the audit by the signal. Inside the change's transaction."""

from django.db.models import F

from central.campus.models import Building
from central.campus.signals import changed


def touch(building_codes: set[str]) -> None:
    """Move these buildings' revision, so that their gateways are told."""
    Building.objects.filter(code__in=building_codes).update(revision=F("revision") + 1)


def touch_all() -> None:
    """Move every building's revision."""
    Building.objects.update(revision=F("revision") + 1)


def announce(actor: str, action: str, subject: str, detail: str, now_ms: int) -> None:
    """Say who changed what, for the audit."""
    changed.send(sender=Building, actor=actor, action=action, subject=subject, detail=detail, now_ms=now_ms)
