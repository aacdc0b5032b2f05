"""Counts by gateway and name, kept in the database so that pages and `status` show them."""

from collections.abc import Mapping

from django.db.models import F

from central.link.models import LinkCounter

UNKNOWN_GATEWAY = "-"
"""Counts of messages whose gateway isn't enrolled: its name is not trusted enough to become a row."""


def add(gateway_id: str, counts: Mapping[str, int]) -> None:
    """Add to a gateway's counters."""
    for name, count in counts.items():
        changed = LinkCounter.objects.filter(gateway_id=gateway_id, name=name).update(
            count=F("count") + count
        )
        if not changed:
            LinkCounter.objects.create(gateway_id=gateway_id, name=name, count=count)


def of(gateway_id: str) -> dict[str, int]:
    """Give a gateway's counters by name."""
    return dict(LinkCounter.objects.filter(gateway_id=gateway_id).values_list("name", "count"))
