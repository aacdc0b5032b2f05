"""Gateways, alarms, rows in quarantine: reads of the live pages, to plain data."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Max

from central.link.models import Alarm, Command, Gateway, QuarantinedRow, WatermarkCheck

OPEN_COMMANDS = (Command.State.QUEUED, Command.State.SENT, Command.State.PENDING)


@dataclass(frozen=True)
class GatewayHealth:
    """One line of the health strip. `unanswered` counts commands that the gateway has not answered yet."""

    gateway: Gateway
    unanswered: int
    quarantined: int
    alarms: int
    received_seq: int


def gateway_health() -> list[GatewayHealth]:
    """Give every gateway's line, by building."""
    unanswered = Counter(Command.objects.filter(state__in=OPEN_COMMANDS).values_list("gateway_id", flat=True))
    quarantined = Counter(
        QuarantinedRow.objects.filter(resolved_ms=None).values_list("gateway_id", flat=True)
    )
    alarms = Counter(Alarm.objects.filter(cleared_ms=None).values_list("gateway_id", flat=True))
    gateways = Gateway.objects.select_related("building").annotate(received=Max("epochs__received_seq"))
    return [
        GatewayHealth(g, unanswered[g.pk], quarantined[g.pk], alarms[g.pk], g.received or 0)
        for g in gateways.order_by("building__code")
    ]


def open_alarms() -> list[Alarm]:
    """Give what needs a person now, newest first."""
    return list(Alarm.objects.filter(cleared_ms=None).select_related("gateway__building"))


def cleared_alarms(limit: int) -> list[Alarm]:
    """Give what was settled last."""
    return list(
        Alarm.objects.exclude(cleared_ms=None)
        .select_related("gateway__building")
        .order_by("-cleared_ms")[:limit]
    )


def quarantined_rows(limit: int) -> list[QuarantinedRow]:
    """Give the rows central couldn't take and nobody has settled (C-11)."""
    return list(QuarantinedRow.objects.filter(resolved_ms=None).order_by("-received_ms")[:limit])


def last_watermarks() -> dict[str, WatermarkCheck]:
    """Give each gateway's last comparison of balances (C-2)."""
    return {check.gateway_id: check for check in WatermarkCheck.objects.order_by("checked_ms")}
