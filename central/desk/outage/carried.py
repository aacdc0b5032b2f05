"""Credit that waits for buildings out of reach, and who took it there: the files and codes of R-B5, as the record has them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Max, Min

from central.ledger.models import AuditEntry
from central.link.models import Delivery, Gateway

TAKEN = ("take-voucher-file", "show-voucher-codes")
_GRANTS = re.compile(r"\d+ grants: (.+)")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A building with credit that its gateway has not booked."""

    gateway: Gateway
    count: int
    oldest_ms: int
    carried_ms: int | None


@dataclass(frozen=True, slots=True)
class Carried:
    """Somebody took a building's credit along: as a file or as codes; how much of it has arrived since, by whatever way."""

    at_ms: int
    by: str
    gateway: str
    is_file: bool
    grants: int
    arrived: int


def waiting_buildings() -> list[Waiting]:
    """Give the buildings with credit under way, those out of reach first."""
    waiting = Delivery.objects.filter(applied_ms=None, gateway__isnull=False).values("gateway").order_by()
    counted = waiting.annotate(n=Count("pk"), oldest=Min("grant__created_ms"), carried=Max("vouched_ms"))
    gateways = Gateway.objects.select_related("building").in_bulk([row["gateway"] for row in counted])
    found = [Waiting(gateways[r["gateway"]], r["n"], r["oldest"], r["carried"]) for r in counted]
    return sorted(found, key=lambda one: (one.gateway.online, one.gateway.building.code))


def carried(limit: int) -> list[Carried]:
    """Give who took credit along last, newest first."""
    rows = list(AuditEntry.objects.filter(action__in=TAKEN).order_by("-position")[:limit])
    grants = {row.pk: _grants_of(row.detail) for row in rows}
    arrived = _arrived(name for names in grants.values() for name in names)
    return [
        Carried(
            row.at_ms,
            row.actor,
            row.subject,
            row.action == TAKEN[0],
            len(grants[row.pk]),
            sum(name in arrived for name in grants[row.pk]),
        )
        for row in rows
    ]


def _grants_of(detail: str) -> list[str]:
    match = _GRANTS.fullmatch(detail)
    return match[1].split() if match else []


def _arrived(names: Iterable[str]) -> set[str]:
    wanted, found = list(dict.fromkeys(names)), set()
    for start in range(0, len(wanted), 500):
        part = Delivery.objects.filter(pk__in=wanted[start : start + 500], applied_ms__isnull=False)
        found |= set(part.values_list("pk", flat=True))
    return found
