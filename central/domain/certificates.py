"""What the link's certificates say: the authority's own, the broker's, ingest's, each gateway's; and the list of those revoked.

Pure: keys, serial numbers and the time are arguments. All keys are EC P-256: small, fast on a Pi, and known to every broker.
A gateway's certificate is for clients alone, so that none can pass as the broker; its common name is the gateway's id, by which
the broker's access list knows it.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from central.domain.shares import MOST_WORKERS

DAY_MS = 86_400_000
AUTHORITY_DAYS = 20 * 365
BROKER_DAYS = 2 * 365
GATEWAY_DAYS = 90
BACKDATED_MS = DAY_MS
"""A clock that is a little behind believes a certificate that was made this minute."""
INGEST = "_central"
"""Ingest's name at the broker. It begins with what no gateway's id can begin with."""
MOST_CSR = 8_192

PrivateKey = ec.EllipticCurvePrivateKey
PublicKey = ec.EllipticCurvePublicKey
UNSOUND = (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm)
"""What the library raises for a stranger's request or signature, by its form and the kind of its key."""


def ingest_name(worker: int = 0) -> str:
    """Give the broker's name for ingest, or for one of several workers: two of one name would throw each other out."""
    return f"{INGEST}-{worker}" if worker else INGEST


def ingest_names() -> list[str]:
    """Give every name that ingest may come by."""
    return [ingest_name(worker) for worker in range(MOST_WORKERS + 1)]


@dataclass(frozen=True, slots=True)
class Authority:
    """The authority's key and certificate: who has them makes gateways."""

    key: PrivateKey
    certificate: x509.Certificate


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when a certificate holds, in ms since 1970."""

    from_ms: int
    until_ms: int


def span_of_days(now_ms: int, days: int) -> Span:
    """Give the span of a certificate that is made now."""
    return Span(now_ms - BACKDATED_MS, now_ms + days * DAY_MS)


def make_authority(key: PrivateKey, name: str, serial: int, span: Span) -> Authority:
    """Sign the authority's own certificate; it may sign certificates and their revocation, and no further authority."""
    subject = _named(f"cardroom {name}"[:64])
    public = key.public_key()
    builder = _begun(subject, subject, public, serial, span)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    return Authority(key, builder.sign(key, hashes.SHA256()))


def broker_certificate(
    by: Authority, public: PublicKey, hosts: Sequence[str], serial: int, span: Span
) -> x509.Certificate:
    """Sign the broker's certificate for its names and addresses; the first is its common name, too."""
    names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
    builder = _leaf(by, hosts[0][:64], public, serial, span, ExtendedKeyUsageOID.SERVER_AUTH)
    return builder.add_extension(names, critical=False).sign(by.key, hashes.SHA256())


def client_certificate(
    by: Authority, public: PublicKey, name: str, serial: int, span: Span
) -> x509.Certificate:
    """Sign a client's certificate: a gateway's by its id, or ingest's."""
    return _leaf(by, name, public, serial, span, ExtendedKeyUsageOID.CLIENT_AUTH).sign(
        by.key, hashes.SHA256()
    )


def revocation_list(
    by: Authority, revoked: Sequence[tuple[int, int]], number: int, now_ms: int
) -> x509.CertificateRevocationList:
    """Sign the list of revoked certificates, each with its serial and instant.

    It lapses with the authority and not earlier: a broker lets nobody in by a list that has lapsed, and every revocation writes a
    new one anyway.
    """
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(by.certificate.subject)
        .last_update(_instant(now_ms - BACKDATED_MS))
        .next_update(by.certificate.not_valid_after_utc)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key()), critical=False
        )
    )
    for serial, at_ms in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(_instant(at_ms))
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(by.key, hashes.SHA256())


def key_of_request(csr: str) -> tuple[PublicKey, bytes] | None:
    """Give the key that a request for a certificate is for, and the request's DER; None for anything else.

    Its key is EC P-256 and signed it. What it says of names counts for nothing: central knows whom it speaks with.
    """
    if len(csr) > MOST_CSR:
        return None
    try:
        request = x509.load_pem_x509_csr(csr.encode())
        key = request.public_key()
        sound = request.is_signature_valid
        der = request.public_bytes(serialization.Encoding.DER)
    except UNSOUND:
        return None
    if not sound or not isinstance(key, PublicKey) or not isinstance(key.curve, ec.SECP256R1):
        return None
    return key, der


def key_digest(public: PublicKey) -> str:
    """Give a public key's SHA-256 in hex: whether a certificate is for the same key."""
    encoded = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return sha256(encoded).hexdigest()


def pem(certificate: x509.Certificate | x509.CertificateRevocationList) -> str:
    """Give the text that travels and that the broker reads."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


def key_pem(key: PrivateKey) -> str:
    """Give a private key's text, unencrypted: what guards it is the file's mode."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode("ascii")


def until_ms(certificate: x509.Certificate) -> int:
    """Give when a certificate ends."""
    return int(certificate.not_valid_after_utc.timestamp()) * 1000


def fingerprint(certificate: x509.Certificate) -> str:
    """Give the SHA-256 that people compare, in groups of four."""
    digits = certificate.fingerprint(hashes.SHA256()).hex()
    return " ".join(digits[first : first + 4] for first in range(0, len(digits), 4))


def renew_from_ms(made_ms: int, ends_ms: int) -> int:
    """Give from when on a certificate is to be renewed: with a third of its life left."""
    return ends_ms - (ends_ms - made_ms) // 3


def is_of(by: Authority, certificate: x509.Certificate) -> bool:
    """Say whether this very authority signed a certificate; another of the same name did not."""
    try:
        certificate.verify_directly_issued_by(by.certificate)
    except UNSOUND:
        return False
    return True


def is_fresh(span: Span, now_ms: int) -> bool:
    """Say whether what was made for a span is far from its end; what a clock that ran ahead has made is not."""
    return span.from_ms <= now_ms < renew_from_ms(span.from_ms, span.until_ms)


def is_host(text: str) -> bool:
    """Say whether a text can name the broker's machine: an address, or letters, digits, `-` and `.`."""
    try:
        return bool(_general_name(text).value)
    except ValueError:
        return False


def _leaf(
    by: Authority, name: str, public: PublicKey, serial: int, span: Span, purpose: x509.ObjectIdentifier
) -> x509.CertificateBuilder:
    builder = _begun(_named(name), by.certificate.subject, public, serial, span)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    return builder.add_extension(issuer, critical=False)


def _begun(
    subject: x509.Name, issuer: x509.Name, public: PublicKey, serial: int, span: Span
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(serial)
        .not_valid_before(_instant(span.from_ms))
        .not_valid_after(_instant(span.until_ms))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general_name(host: str) -> x509.IPAddress | x509.DNSName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        labels = host.split(".")
        if not host.isascii() or len(host) > 253 or not all(_is_label(label) for label in labels):
            raise ValueError(f"{host!r} names no machine") from None
        return x509.DNSName(host.lower())


def _is_label(label: str) -> bool:
    return 0 < len(label) <= 63 and label.replace("-", "a").isalnum() and label.strip("-") == label


def _instant(ms: int) -> datetime:
    return datetime.fromtimestamp(ms // 1000, UTC)
