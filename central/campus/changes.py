"""Tell of a change: the gateways by their building's revision, the audit by the signal. Inside the change's transaction."""

from django.db.models import F, QuerySet

from central.campus.models import Building
from central.campus.signals import changed


def touch(building_codes: set[str]) -> None:
    """Move these buildings' revision, so that their gateways are told."""
    _move(Building.objects.filter(code__in=building_codes))


def touch_all() -> None:
    """Move every building's revision."""
    _move(Building.objects.all())


def _move(buildings: QuerySet[Building]) -> None:
    """Move revisions; rows are locked in the order of their keys, so that two changes never wait for each other.

    Without their own key: rows that name a building may be added meanwhile.
    """
    keys = list(buildings.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    Building.objects.filter(pk__in=keys).update(revision=F("revision") + 1)


def announce(actor: str, action: str, subject: str, detail: str, now_ms: int) -> None:
    """Say who changed what, for the audit."""
    changed.send(sender=Building, actor=actor, action=action, subject=subject, detail=detail, now_ms=now_ms)
