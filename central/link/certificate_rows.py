"""Certificates that gateways were given: made, given again, renewed. Whom to give one to is decided before."""

import msgspec
from cryptography import x509
from django.db import transaction

from central.domain import certificates
from central.domain.certificates import Authority, PublicKey, Span
from central.link.authority import load_authority
from central.link.models import Gateway, GatewayCertificate
from central.link.signing import signer
from central.link.signing_keys import believed_keys
from gateway.contract.commands import CENTRAL
from gateway.contract.enrolment import CERTIFICATE, RENEW, EnrolRefusal, RenewAnswer, RenewRequest
from gateway.contract.envelope import Refusal, Sealed, body_of, keyring_from_hex, seal, unseal
from gateway.contract.identifiers import NotAnIdentifier, checked

HOUR_MS = 3_600_000
MOST_AN_HOUR = 20
"""A gateway renews each two months; one that asks all the time has a fault, and costs rows."""


def give(gateway: Gateway, public: PublicKey, by: Authority, now_ms: int) -> GatewayCertificate:
    """Give a gateway's certificate for a key: the one that it has, while that is far from its end and of this authority; else a
    new one."""
    digest = certificates.key_digest(public)
    rows = GatewayCertificate.objects.filter(gateway=gateway, key_digest=digest, revoked_ms=None)
    found = rows.order_by("-expires_ms").first()
    if found is not None:
        span = Span(found.issued_ms - certificates.BACKDATED_MS, found.expires_ms)
        is_ours = certificates.is_of(by, x509.load_pem_x509_certificate(found.pem.encode()))
        if is_ours and certificates.is_fresh(span, now_ms):
            return found
    span = certificates.span_of_days(now_ms, certificates.GATEWAY_DAYS)
    made = certificates.client_certificate(by, public, gateway.pk, x509.random_serial_number(), span)
    return GatewayCertificate.objects.create(
        gateway=gateway,
        serial=f"{made.serial_number:x}",
        key_digest=digest,
        gateway_key=gateway.public_key,
        pem=certificates.pem(made),
        issued_ms=now_ms,
        expires_ms=certificates.until_ms(made),
    )


def is_revoked(public: PublicKey) -> bool:
    """Say whether a certificate for this key was revoked: the key may be on a stolen card."""
    digest = certificates.key_digest(public)
    return GatewayCertificate.objects.filter(key_digest=digest).exclude(revoked_ms=None).exists()


def renew(sent: bytes, now_ms: int) -> bytes | EnrolRefusal:
    """Give the next certificate to who signed for it, also where the last one has lapsed. Sent again, it gets the same one."""
    sender = _sender(sent)
    by = load_authority()
    if sender is None:
        return EnrolRefusal.BAD_REQUEST
    if by is None:
        return EnrolRefusal.NO_CA
    with transaction.atomic():
        gateway = Gateway.objects.select_for_update().filter(pk=sender).first()
        if gateway is None or not gateway.public_key:
            return EnrolRefusal.UNKNOWN_GATEWAY
        keyring = keyring_from_hex([gateway.public_key])
        opened = unseal(sent, keyring, kind=RENEW, sender=gateway.pk, recipient=CENTRAL)
        if isinstance(opened, Refusal):
            return EnrolRefusal.UNKNOWN_GATEWAY if opened is Refusal.UNKNOWN_KEY else EnrolRefusal.BAD_REQUEST
        return _renewed(gateway, opened, by, now_ms)


def _renewed(gateway: Gateway, opened: Sealed, by: Authority, now_ms: int) -> bytes | EnrolRefusal:
    body = body_of(opened, RenewRequest)
    found = certificates.key_of_request(body.csr) if isinstance(body, RenewRequest) else None
    if found is None:
        return EnrolRefusal.BAD_REQUEST
    public, _der = found
    if is_revoked(public):
        return EnrolRefusal.REVOKED_KEY
    lately = GatewayCertificate.objects.filter(
        gateway=gateway, issued_ms__range=(now_ms - HOUR_MS, now_ms)
    ).count()
    if lately >= MOST_AN_HOUR:
        return EnrolRefusal.TOO_MANY
    given = give(gateway, public, by, now_ms)
    answer = RenewAnswer(given.pem, certificates.pem(by.certificate), believed_keys())
    return seal(
        signer(gateway.central_keys),
        kind=CERTIFICATE,
        sender=CENTRAL,
        recipient=gateway.pk,
        message_id=f"t-{given.serial}",
        issued_ms=now_ms,
        body=msgspec.json.encode(answer),
    )


def _sender(sent: bytes) -> str | None:
    """Give whose name is on an envelope; nothing of it is believed yet."""
    try:
        return checked(msgspec.json.decode(sent.partition(b"\n")[0], type=Sealed).sender)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, NotAnIdentifier):
        return None
