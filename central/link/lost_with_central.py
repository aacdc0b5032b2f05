"""What only the central that was lost knew, as the gateways' rows show it: named for a person, never guessed at (C-11).

Credit that the lost central gave is in the gateway's entries, booked against suspense; the rest of its commands is kept as it was
answered. Who paid, and which receipt he got, is on paper alone.
"""

from dataclasses import dataclass

import msgspec
from django.db.models import Exists, OuterRef

from central.link.grants import delivery_named
from central.link.models import (
    Delivery,
    Gateway,
    GatewayEntry,
    QuarantinedRow,
    Restoration,
    RestoredGateway,
    StockVoucher,
)
from central.office.words import OUTCOMES, Words, badge_of
from gateway.contract.facts import CommandResult, EntryKind

LOST_COMMAND = "lost-command"
"""The reason of a kept row: the answer to a command of the central that was lost."""


@dataclass(frozen=True, slots=True)
class LostCredit:
    """Credit that a gateway has and no payment here explains; amounts in micro-yuan or Wh."""

    gateway: str
    account: str
    bucket: str
    unit: str
    amount: int
    name: str
    """The grant's name at the gateway: what the lost central called it."""
    at_ms: int
    entry: str


@dataclass(frozen=True, slots=True)
class LostCommand:
    """The answer to a command that this central never gave."""

    gateway: str
    number: int
    outcome: str
    detail: str
    at_ms: int

    @property
    def word(self) -> Words:
        """The outcome in the reader's words."""
        return badge_of(OUTCOMES, self.outcome).word


def newest_restoration() -> Restoration | None:
    """Give the restoration that this central lives by; None for one that was never restored."""
    return Restoration.objects.order_by("-pk").first()


def keep_lost_command(gateway: Gateway, epoch: str, seq: int, result: CommandResult, now_ms: int) -> bool:
    """Keep the answer to a command that the lost central gave; False when it can't be one of those."""
    asked = RestoredGateway.objects.filter(gateway=gateway, last_number__lt=result.number)
    if not any(one.expected is None or result.number < one.expected for one in asked):
        return False
    QuarantinedRow.objects.get_or_create(
        gateway=gateway,
        epoch=epoch,
        seq=seq,
        reason=LOST_COMMAND,
        defaults={
            "fact": msgspec.json.encode(result).decode(),
            "received_ms": now_ms,
            "resolved_ms": now_ms,
            "resolution": "a command of the central that was lost: page Restored from a backup",
        },
    )
    return True


def lost_credit(restoration: Restoration) -> list[LostCredit]:
    """List credit that gateways told of since the restoration and that nothing here gave, the oldest first."""
    sold = StockVoucher.objects.filter(redeemed__entry=OuterRef("entry"))
    told = GatewayEntry.objects.filter(
        kind=EntryKind.GRANT.value, received_ms__gte=restoration.restored_ms
    ).exclude(Exists(sold) | Exists(Delivery.objects.filter(pk=OuterRef("source"))))
    return [
        LostCredit(one.gateway_id, one.account, bucket, unit, amount, one.source, one.at_ms, one.entry)
        for one in told.order_by("at_ms", "entry")
        if delivery_named(one.gateway_id, one.source) is None
        for bucket, unit, amount, _after in one.lines
    ]


def lost_commands(restoration: Restoration) -> list[LostCommand]:
    """List the answers to commands of the lost central but grants, which `lost_credit` shows with their amounts."""
    kept = QuarantinedRow.objects.filter(reason=LOST_COMMAND, received_ms__gte=restoration.restored_ms)
    found = []
    for row in kept.order_by("gateway_id", "seq"):
        result = msgspec.json.decode(row.fact, type=CommandResult)
        found.append(
            LostCommand(row.gateway_id, result.number, result.outcome.value, result.detail, result.at.wall_ms)
        )
    return found
