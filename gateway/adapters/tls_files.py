"""The gateway's TLS key, its request for a certificate, and what a certificate says. The key is made here and never leaves.

`cryptography.x509` is loaded only inside: the daemon, which looks at dates alone, must not carry it.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.adapters.whole_file import own, write_whole
from gateway.domain.renewal import Validity

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

KEY_NAME = "tls.key"
CERTIFICATE_NAME = "tls.pem"
CA_NAME = "ca.pem"
SECRET = 0o600
BEGIN, END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def make_tls_key(path: Path) -> None:
    """Make the key where there is none that can be used. Raises OSError."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    if load_tls_key(path) is not None:
        own(path, SECRET)
        return
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_whole(path, pem, SECRET)


def load_tls_key(path: Path) -> "EllipticCurvePrivateKey | None":
    """Give the key, or None where there is none that can be used."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError):
        return None
    return key if isinstance(key, ec.EllipticCurvePrivateKey) else None


@dataclass(frozen=True, slots=True)
class Request:
    """A request for a certificate, as it travels and as it is signed."""

    pem: str
    der: bytes


def certificate_request(path: Path, name: str) -> Request | None:
    """Ask for a certificate for the key in a file; None when it can't be used. Whose name it gets is central's to decide."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509.oid import NameOID

    key = load_tls_key(path)
    if key is None:
        return None
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    encode = request.public_bytes
    return Request(encode(serialization.Encoding.PEM).decode(), encode(serialization.Encoding.DER))


def fits(certificate: str, key_path: Path) -> bool:
    """Say whether a certificate (PEM) is for the key in a file: another one would take the link down."""
    from cryptography import x509

    key = load_tls_key(key_path)
    try:
        return key is not None and x509.load_pem_x509_certificate(certificate.encode()).public_key() == (
            key.public_key()
        )
    except ValueError:
        return False


def validity_of(path: Path) -> Validity | None:
    """Read a certificate's dates; None where there is no certificate."""
    try:
        return validity(path.read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError):
        return None


def validity(pem: str) -> Validity | None:
    """Read the dates of a certificate (RFC 5280, 4.1): by hand, which costs no memory; None for what is none."""
    try:
        der = base64.b64decode(pem.partition(BEGIN)[2].partition(END)[0], validate=False)
        tbs = _inside(_inside(der))
        fields = _elements(tbs)
        if fields[0][0] == 0xA0:  # the version, which the first one left out
            del fields[0]
        begins, ends = _elements(fields[3][1])[:2]
        return Validity(_time_ms(*begins), _time_ms(*ends))
    except (IndexError, ValueError, binascii.Error):
        return None


def _elements(der: bytes) -> list[tuple[int, bytes]]:
    """Split DER into tags and contents. Raises IndexError for what breaks off."""
    found, at = [], 0
    while at < len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(der[at : at + size], "big"), at + size
        if at + length > len(der):
            raise IndexError("the element is longer than what there is")
        found.append((tag, der[at : at + length]))
        at += length
    return found


def _inside(der: bytes) -> bytes:
    return _elements(der)[0][1]


def _time_ms(tag: int, text: bytes) -> int:
    """UTCTime has two digits for the year, before 2050; GeneralizedTime has four."""
    form = "%y%m%d%H%M%SZ" if tag == 0x17 else "%Y%m%d%H%M%SZ"
    return int(datetime.strptime(text.decode("ascii"), form).replace(tzinfo=UTC).timestamp()) * 1000
