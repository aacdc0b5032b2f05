"""Vouchers: a building's pending credit as one signed file, for when its link is down (C-6, R-B5).

A voucher carries the same grant as the command: delivered both ways, in either order, it credits once. The file is text: for
each grant the two lines of its envelope and a blank line.
"""

from central.link.grants import order_of
from central.link.models import Delivery
from central.link.signing import signer
from gateway.contract.commands import CENTRAL, encode_command
from gateway.contract.envelope import seal

VOUCHER = "voucher"
"""The envelope's kind: a voucher can't be replayed as a command, nor the other way round."""


def voucher_file(gateway_id: str, now_ms: int) -> bytes:
    """Seal every grant the gateway has not booked, inside the caller's transaction. Empty when nothing is pending."""
    pending = (
        Delivery.objects.filter(gateway=gateway_id, applied_ms=None)
        .select_related("grant__account")
        .order_by("grant__created_ms", "grant_id")
    )
    sealed = [_sealed_voucher(gateway_id, delivery, now_ms) for delivery in pending]
    pending.update(vouched_ms=now_ms)
    return b"".join(line + b"\n\n" for line in sealed)


def _sealed_voucher(gateway_id: str, delivery: Delivery, now_ms: int) -> bytes:
    return seal(
        signer(),
        kind=VOUCHER,
        sender=CENTRAL,
        recipient=gateway_id,
        message_id=f"v-{delivery.grant_id}"[:64],
        issued_ms=now_ms,
        body=encode_command(order_of(delivery.grant)),
    )
