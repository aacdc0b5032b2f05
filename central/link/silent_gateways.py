"""Tell who looks after the link that a gateway has been silent for long; once for each silence, and again twice a day."""

from django.db import transaction

from central.clock import local
from central.link.alarms import TOLD
from central.link.models import Gateway
from central.link.pulse import beats
from central.office.dated_settings import number_at
from central.office.notices import notify, was_told

MINUTE_MS = 60_000
BEGINS_MS = 3 * MINUTE_MS
"""So long after its start ingest may not have heard everybody yet."""


def is_heard(gateway: Gateway, now_ms: int) -> bool:
    """Say whether a gateway is there to answer, by what it signed of late; the broker's unsigned word can only deny it (R-G5)."""
    since_ms = now_ms - number_at("link.silent-after", now_ms) * MINUTE_MS
    return gateway.online and (gateway.last_seen_ms or 0) >= since_ms


def tell_of_silent_gateways(now_ms: int) -> int:
    """Queue a notice for each gateway that was heard before, but not within the setting's time; give how many are silent.

    While receiving stands still, has no broker or has only begun, nobody hears any of them: that is told as what it is.
    """
    if not beats.hears(number_at("health.process-still", now_ms) * MINUTE_MS, BEGINS_MS):
        return 0
    since_ms = now_ms - number_at("link.silent-after", now_ms) * MINUTE_MS
    silent = Gateway.objects.filter(last_seen_ms__lt=since_ms).select_related("building").order_by("pk")
    for gateway in silent:
        if was_told(key := f"gateway-{gateway.pk}-{gateway.last_seen_ms}", "gateway-silent", now_ms):
            continue
        with transaction.atomic():
            notify(
                "gateway-silent",
                {
                    "building": gateway.building.name,
                    "last_heard": f"{local(gateway.last_seen_ms):%Y-%m-%d %H:%M}",
                },
                to=TOLD,
                key=key,
                now_ms=now_ms,
            )
    return len(silent)
