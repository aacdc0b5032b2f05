"""A card that proves a building's code becomes its gateway: key and certificate in one transaction, the former ones revoked (R-G6).

Nothing here believes what was sent before the code's HMAC fits it. Wrong tries are kept for a day, and slow down who makes them.
"""

from dataclasses import dataclass
from typing import TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import transaction

from central.domain.certificates import Authority, PublicKey, key_of_request, pem
from central.ledger.operations import record_audit
from central.link import certificate_rows
from central.link.authority import load_authority
from central.link.broker_files import write_again
from central.link.enrolment_codes import letters_of
from central.link.models import BrokerFiles, EnrolmentCode, EnrolmentTry, Gateway, GatewayCertificate
from central.link.operations import Refused, enrol_gateway
from central.link.registry_copy import registry_of
from central.link.revoking import revoke_certificates
from central.link.signing_keys import believed_keys
from central.office.dated_settings import list_at
from gateway.contract.enrolment import (
    MOST_BYTES,
    NONCE_BYTES,
    BrokerPlace,
    EnrolAnswer,
    EnrolRefusal,
    EnrolRequest,
    SealedAnswer,
    SealedText,
    answer_mac,
    enrolment_key,
    is_proved,
    request_mac,
)
from gateway.contract.envelope import KEY_ID

MINUTE_MS = 60_000
ALIVE_MS = 60 * MINUTE_MS
"""A gateway that was heard so lately is not replaced without a person's word."""
TRIES, TRIES_WITHIN_MS, TRIES_KEPT_MS = 10, 15 * MINUTE_MS, 24 * 60 * MINUTE_MS
COUNTED = (EnrolRefusal.BAD_REQUEST, EnrolRefusal.UNKNOWN_CODE, EnrolRefusal.BAD_MAC)
REPLACED = "replaced by another card"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request whose code is proved and whose parts are whole."""

    code: EnrolmentCode
    key: bytes
    said: EnrolRequest
    tls: PublicKey
    """The key that its certificate is to be for."""


def enrol(sent: bytes, address: str, now_ms: int) -> bytes | EnrolRefusal:
    """Enrol whoever sent this, or say why not. The same key again, in the same opening, gets the same answer."""
    since_ms = now_ms - TRIES_WITHIN_MS
    if EnrolmentTry.objects.filter(address=address, at_ms__range=(since_ms, now_ms)).count() >= TRIES:
        return EnrolRefusal.TOO_MANY
    done = _enrolled(sent, now_ms)
    if isinstance(done, EnrolRefusal):
        if done in COUNTED:
            _count(address, done, now_ms)
        return done
    write_again(now_ms)
    return done


def _enrolled(sent: bytes, now_ms: int) -> bytes | EnrolRefusal:
    outer = _read(sent, SealedText) if len(sent) <= MOST_BYTES else None
    if outer is None:
        return EnrolRefusal.BAD_REQUEST
    by, broker = load_authority(), BrokerFiles.objects.first()
    if by is None or broker is None:
        return EnrolRefusal.NO_CA
    with transaction.atomic():
        asked = _proved(outer, now_ms)
        if isinstance(asked, EnrolRefusal):
            return asked
        before = Gateway.objects.filter(pk=asked.code.gateway_id).first()
        gateway = _let_in(asked, now_ms)
        if isinstance(gateway, EnrolRefusal):
            return gateway
        return _answer(asked, gateway, by, broker, before, now_ms)


def _proved(outer: SealedText, now_ms: int) -> Asked | EnrolRefusal:
    """Name the first reason that applies, as the contract orders them."""
    name = outer.name.upper() if outer.name.isalnum() else ""  # PostgreSQL takes no NUL
    code = EnrolmentCode.objects.select_for_update().filter(name=name).first()
    letters = letters_of(code) if code is not None else None
    if code is None or letters is None:
        return EnrolRefusal.UNKNOWN_CODE
    if now_ms >= code.open_until_ms:
        return EnrolRefusal.CODE_NOT_OPEN
    key = enrolment_key(letters)
    if not is_proved(outer.mac, request_mac(key, outer.body)):
        return EnrolRefusal.BAD_MAC
    said = _read(outer.body.encode(), EnrolRequest)
    tls = _key_of(said) if said is not None else None
    if said is None or tls is None:
        return EnrolRefusal.BAD_REQUEST
    if code.used_key and code.used_key != said.public_key.lower():
        return EnrolRefusal.CODE_NOT_OPEN
    return Asked(code, key, said, tls)


def _key_of(said: EnrolRequest) -> PublicKey | None:
    """Give the key that a certificate is asked for; None unless that key and the new one have signed the request for it."""
    found = key_of_request(said.csr)
    try:
        nonce, signature = bytes.fromhex(said.nonce), bytes.fromhex(said.signature_over_csr)
        public_key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(said.public_key))
        if found is None or len(nonce) != NONCE_BYTES or len(said.public_key) != 64:
            return None
        public_key.verify(signature, found[1])
    except (ValueError, InvalidSignature):
        return None
    return found[0]


def _let_in(asked: Asked, now_ms: int) -> Gateway | EnrolRefusal:
    code, said = asked.code, asked.said
    key = said.public_key.lower()
    before = Gateway.objects.select_for_update().filter(pk=code.gateway_id).first()
    if _is_barred(asked.tls, key, code.gateway_id):
        return EnrolRefusal.REVOKED_KEY
    if before is not None and code.approved_key != key and _is_alive_with_another(before, key, now_ms):
        code.waiting_key, code.waiting_ms = key, now_ms
        code.save(update_fields=["waiting_key", "waiting_ms"])
        return EnrolRefusal.GATEWAY_IS_ALIVE
    # The key that it has already uses up no opening: a recorded request, sent again, must not shut out who replaces it.
    is_same = before is not None and before.public_key == key
    actor = f"code {code.name}"
    gateway = enrol_gateway(code.gateway_id, code.building.code, key, actor=actor, now_ms=now_ms)
    if isinstance(gateway, Refused):
        return EnrolRefusal.CODE_NOT_OPEN
    gateway.central_keys = [one[:KEY_ID] for one in believed_keys()]
    gateway.software = "".join(filter(str.isprintable, said.software))[:64]
    gateway.save(update_fields=["central_keys", "software"])
    if code.used_key != key and not is_same:
        code.used_key, code.used_ms, code.waiting_key = key, now_ms, ""
        code.save(update_fields=["used_key", "used_ms", "waiting_key"])
        record_audit(
            actor=actor,
            action="use-enrolment-code",
            subject=gateway.pk,
            detail=key[:KEY_ID],
            now_ms=now_ms,
        )
    return gateway


def _is_alive_with_another(before: Gateway, key: str, now_ms: int) -> bool:
    return before.public_key not in ("", key) and now_ms - (before.last_seen_ms or 0) < ALIVE_MS


def _is_barred(tls: PublicKey, key: str, gateway_id: str) -> bool:
    """Say whether one of its keys was revoked, or is another gateway's: it may be a copy of a card."""
    if Gateway.objects.filter(public_key=key).exclude(pk=gateway_id).exists():
        return True
    if certificate_rows.is_revoked(tls):
        return True
    if Gateway.objects.filter(pk=gateway_id, public_key=key).exists():
        return False
    return GatewayCertificate.objects.filter(gateway_key=key).exclude(revoked_ms=None).exists()


def _answer(
    asked: Asked, gateway: Gateway, by: Authority, broker: BrokerFiles, before: Gateway | None, now_ms: int
) -> bytes:
    certificate = certificate_rows.give(gateway, asked.tls, by, now_ms)
    revoke_certificates(gateway, REPLACED, now_ms, but=certificate.key_digest)
    body = EnrolAnswer(
        gateway=gateway.pk,
        building=gateway.building.code,
        building_name=gateway.building.name,
        central_keys=believed_keys(),
        approver_keys=[str(text) for text in list_at("link.approver-keys", now_ms)],
        ca=pem(by.certificate),
        certificate=certificate.pem,
        broker=BrokerPlace(broker.hosts[0], broker.port),
        central_ms=now_ms,
        had_gateway=before is not None,
        registry=registry_of(gateway),
        is_same=before is not None and before.public_key == gateway.public_key,
    )
    text = msgspec.json.encode(body).decode()
    return msgspec.json.encode(SealedAnswer(text, answer_mac(asked.key, asked.said.nonce, text)))


def _count(address: str, outcome: EnrolRefusal, now_ms: int) -> None:
    with transaction.atomic():
        EnrolmentTry.objects.filter(at_ms__lt=now_ms - TRIES_KEPT_MS).delete()
        EnrolmentTry.objects.create(address=address, outcome=outcome.value, at_ms=now_ms)
        tries = EnrolmentTry.objects.filter(address=address, at_ms__gt=now_ms - TRIES_WITHIN_MS).count()
        if tries == TRIES:
            record_audit(
                actor=address[:60], action="enrolment-tries", subject="", detail=outcome.value, now_ms=now_ms
            )


def _read(sent: bytes, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(sent, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
