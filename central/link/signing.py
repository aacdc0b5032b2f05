"""Central's signing key: the only place that reads it. It signs commands, acks and vouchers (R-G5)."""

from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from gateway.contract.envelope import KeySigner, key_id_of


class SigningKeyMissing(RuntimeError):
    """There is no readable signing key; the message says what to do."""


@cache
def _load(path: Path) -> KeySigner:
    try:
        private_key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text("ascii").strip()))
    except (OSError, ValueError) as error:
        raise SigningKeyMissing(
            f"the signing key {path} can't be read ({type(error).__name__}); "
            "run `cardroom-central init`, or put the key back from the backup"
        ) from error
    return KeySigner(key_id_of(private_key.public_key()), private_key)


def signer() -> KeySigner:
    """Give central's signer. Raises SigningKeyMissing."""
    return _load(Path(settings.SIGNING_KEY_FILE))


def public_key_hex() -> str:
    """Give what a gateway must be told to trust this central: 64 hex digits."""
    return signer().private_key.public_key().public_bytes_raw().hex()
