"""Vouchers: a building's pending credit as one signed file, or one grant as a code, for when its link is down (C-6, R-B5).

A voucher carries the same grant as the command: delivered both ways, in either order, it credits once. Giving one out changes
nothing but the record of who took it. The file is text: for each envelope its two lines and a blank line; the first one lists the
grants, so that a file which was cut short is noticed. Neither expires.
"""

from dataclasses import dataclass

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import transaction
from django.db.models import QuerySet

from central.clock import local
from central.ledger.operations import record_audit
from central.link.grants import order_of
from central.link.models import Delivery, Gateway
from central.link.signing import signer
from gateway.contract.commands import CENTRAL, VoucherList, encode_command
from gateway.contract.envelope import seal
from gateway.contract.identifiers import GrantId
from gateway.contract.voucher_code import shared_key, write_code

VOUCHER = "voucher"
"""The envelope's kind: a voucher can't be replayed as a command, nor the other way round."""
SUFFIX = ".voucher"


@dataclass(frozen=True, slots=True)
class CodedGrant:
    """A pending grant and its code; None where only the file can carry it."""

    delivery: Delivery
    code: str | None


def pending(gateway_id: str) -> QuerySet[Delivery]:
    """Give every grant the gateway has not booked, oldest first."""
    waiting = Delivery.objects.filter(gateway=gateway_id, applied_ms=None)
    return waiting.select_related("grant__account__point__room__building").order_by(
        "grant__created_ms", "grant_id"
    )


def file_name(gateway_id: str, now_ms: int) -> str:
    """Name a voucher file for its gateway and the minute it was saved in."""
    return f"cardroom-{gateway_id.replace(':', '_')}-{local(now_ms):%Y%m%d-%H%M}{SUFFIX}"


@transaction.atomic
def voucher_file(gateway_id: str, *, actor: str, now_ms: int) -> bytes:
    """Seal every pending grant, and note who took the file. Empty when nothing is pending."""
    deliveries = list(pending(gateway_id))
    if not deliveries:
        return b""
    listed = VoucherList([GrantId(delivery.grant_id) for delivery in deliveries])
    sealed = [_seal(gateway_id, f"list-{now_ms}", msgspec.json.encode(listed), now_ms)]
    for delivery in deliveries:
        body = encode_command(order_of(delivery))
        sealed.append(_seal(gateway_id, f"v-{delivery.grant_id}"[:64], body, now_ms))
    _note_taken(gateway_id, "take-voucher-file", deliveries, actor, now_ms)
    return b"".join(envelope + b"\n\n" for envelope in sealed)


@transaction.atomic
def voucher_codes(gateway: Gateway, *, actor: str, now_ms: int, only: str | None = None) -> list[CodedGrant]:
    """Give a code for each pending grant (or `only` one) that can have one, and note who saw them."""
    waiting = pending(gateway.pk)
    deliveries = list(waiting if only is None else waiting.filter(pk=only))
    key = code_key(gateway)
    coded = [CodedGrant(one, key and write_code(key, gateway.pk, order_of(one))) for one in deliveries]
    shown = [one.delivery for one in coded if one.code is not None]
    if shown:
        _note_taken(gateway.pk, "show-voucher-codes", shown, actor, now_ms)
    return coded


def code_key(gateway: Gateway) -> bytes | None:
    """Give the key that this gateway and this central share; None where the enrolled key is none."""
    try:
        public_key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(gateway.public_key))
        return shared_key(signer(gateway.central_keys).private_key, public_key, gateway.pk)
    except ValueError:
        return None


def _note_taken(gateway_id: str, action: str, deliveries: list[Delivery], actor: str, now_ms: int) -> None:
    Delivery.objects.filter(pk__in=[delivery.pk for delivery in deliveries]).update(vouched_ms=now_ms)
    detail = f"{len(deliveries)} grants: " + " ".join(delivery.grant_id for delivery in deliveries)
    record_audit(actor=actor, action=action, subject=gateway_id, detail=detail, now_ms=now_ms)


def _seal(gateway_id: str, message_id: str, body: bytes, now_ms: int) -> bytes:
    return seal(
        signer(Gateway.objects.only("central_keys").get(pk=gateway_id).central_keys),
        kind=VOUCHER,
        sender=CENTRAL,
        recipient=gateway_id,
        message_id=message_id,
        issued_ms=now_ms,
        body=body,
    )
