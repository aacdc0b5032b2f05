"""Central's certificate authority: two files of the data folder. Whom it signs for is decided elsewhere.

The key is made once and never leaves the folder. Who has it can let anybody in at the broker, and nobody into the books: those
believe Ed25519 signatures alone.
"""

from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings

from central.domain import certificates
from central.domain.certificates import Authority, PrivateKey
from central.link.whole_files import write_whole

KEY_FILE, CERTIFICATE_FILE = "ca.key", "ca.pem"


class AuthorityUnreadable(RuntimeError):
    """The authority's files are there and can't be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Made:
    """The authority, and whether it is new."""

    authority: Authority
    is_new: bool


def folder() -> Path:
    """Give the folder of the authority's files: the signing key's."""
    return Path(settings.SIGNING_KEY_FILE).parent


def load_authority() -> Authority | None:
    """Read the authority; None before it was made. Raises AuthorityUnreadable."""
    key_file, certificate_file = folder() / KEY_FILE, folder() / CERTIFICATE_FILE
    if not key_file.exists() and not certificate_file.exists():
        return None
    try:
        key = serialization.load_pem_private_key(key_file.read_bytes(), None)
        certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
    except (OSError, ValueError, TypeError) as error:
        raise AuthorityUnreadable(_unreadable(type(error).__name__)) from error
    if not isinstance(key, PrivateKey) or key.public_key() != certificate.public_key():
        raise AuthorityUnreadable(_unreadable("the key is not the certificate's"))
    if not _is_private(key_file):
        raise AuthorityUnreadable(f"the authority's key can be read by others: chmod 600 {key_file}")
    return Authority(key, certificate)


def make_authority(name: str, now_ms: int) -> Made:
    """Make the authority once; one that is there stays. Raises AuthorityUnreadable and OSError."""
    found = load_authority()
    if found is not None:
        return Made(found, is_new=False)
    span = certificates.span_of_days(now_ms, certificates.AUTHORITY_DAYS)
    made = certificates.make_authority(new_key(), name, x509.random_serial_number(), span)
    write_whole(folder() / KEY_FILE, certificates.key_pem(made.key), mode=0o600)
    write_whole(folder() / CERTIFICATE_FILE, certificates.pem(made.certificate), mode=0o644)
    return Made(made, is_new=True)


def new_key() -> PrivateKey:
    """Make a key of the link's kind."""
    return ec.generate_private_key(ec.SECP256R1())


def _is_private(path: Path) -> bool:
    return not path.stat().st_mode & 0o077


def _unreadable(why: str) -> str:
    return (
        f"the certificate authority in {folder()} can't be used ({why}); put {KEY_FILE} and {CERTIFICATE_FILE} back from the "
        "backup. A new one (remove both, then `cardroom-central ca`) must be brought to every building"
    )
