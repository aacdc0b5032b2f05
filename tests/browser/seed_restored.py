"""A server that was restored from a backup: heard by its gateways, most of its list done, some credit that it never gave."""

import msgspec

from central import clock
from central.link.models import (
    Gateway,
    GatewayEntry,
    NumberLeap,
    QuarantinedRow,
    Restoration,
    RestorationTick,
    RestoredGateway,
)
from central.link.restored import Point
from gateway.contract.facts import CommandOutcome, CommandResult, Instant
from gateway.contract.identifiers import CommandId

HOUR_MS = 3_600_000
OPEN = (Point.MONEY, Point.PAPERS)


def restored() -> None:
    """Write the records alone: nothing is held back, no number leaps in this site's books."""
    now_ms = clock.now_ms()
    restoration = Restoration.objects.create(
        incarnation="seeded", backup_ms=now_ms - 9 * HOUR_MS, restored_ms=now_ms, software="1"
    )
    for gateway in Gateway.objects.order_by("pk"):
        RestoredGateway.objects.create(
            restoration=restoration,
            gateway=gateway,
            epoch=gateway.epoch,
            from_seq=4_211,
            last_number=80,
            heard_ms=now_ms,
            expected=103,
        )
    for series, after, first in (
        ("main", 0, 1),
        ("shift", 3, 1_001),
        ("device-M", 40, 2_001),
        ("losses_round", 2, 1_001),
    ):
        NumberLeap.objects.create(restoration=restoration, series=series, after=after, first=first)
    for point in Point:
        if point not in OPEN:
            RestorationTick.objects.create(
                restoration=restoration, point=point.value, by="manager", at_ms=now_ms, note="b7, 12-01"
            )
    one_of_each(Gateway.objects.order_by("pk").first(), now_ms)


def one_of_each(gateway: Gateway, now_ms: int) -> None:
    """Credit and a command that nobody here gave."""
    GatewayEntry.objects.create(
        entry=f"{gateway.pk}.seeded.1",
        gateway=gateway,
        epoch="seeded",
        seq=1,
        account="1-101.1",
        kind="grant",
        cause="grant",
        at_ms=now_ms - HOUR_MS,
        at_trusted=True,
        energy_wh=0,
        boot="b",
        monotonic_ms=1,
        carried_nano_yuan=0,
        source="p-7d9f6c1e5a554a0e9a390a5a0f4e1c11",
        lines=[["paid", "yuan", 50_000_000, 90_000_000]],
        booked=False,
        received_ms=now_ms,
    )
    at = Instant("b", 1, now_ms - HOUR_MS, trusted=True)
    said = CommandResult(82, CommandId("c-1"), CommandOutcome.APPLIED, at)
    QuarantinedRow.objects.create(
        gateway=gateway,
        epoch="seeded",
        seq=2,
        reason="lost-command",
        fact=msgspec.json.encode(said).decode(),
        received_ms=now_ms,
        resolved_ms=now_ms,
    )
