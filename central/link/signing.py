"""Central's signing keys: the only place that reads them. They sign commands, acks and vouchers (R-G5).

`signing.key` signs. A key that signed before stays beside it as `signing-ID.key` until it is retired: a building that was out of
reach while the keys changed is still spoken to by the one that it believes.
"""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from gateway.contract.envelope import KeySigner, key_id_of


class SigningKeyMissing(RuntimeError):
    """There is no readable signing key; the message says what to do."""


def signer(believed: Iterable[str] = ()) -> KeySigner:
    """Give central's signer; of a gateway that says which keys it believes, one of those, where we have it.

    The file is looked at each time, so that every process signs with the new key once it was switched. Raises SigningKeyMissing.
    """
    path = Path(settings.SIGNING_KEY_FILE)
    try:
        active = _of_file(path)
    except (OSError, ValueError) as error:
        raise SigningKeyMissing(
            f"the signing key {path} can't be read ({type(error).__name__}); run `cardroom-central init`, put the key back "
            "from the backup, or go on with the next key: `cardroom-central signing-key recover FILE`"
        ) from error
    known = list(believed)
    if known and active.key_id not in known:
        return next(filter(None, map(_former, known)), active)
    return active


def public_key_hex(believed: Iterable[str] = ()) -> str:
    """Give what a gateway must be told to trust this central: 64 hex digits."""
    return hex_of(signer(believed).private_key)


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """Read a private key of 64 hex digits. Raises OSError and ValueError."""
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text("ascii").strip()))


def hex_of(private_key: Ed25519PrivateKey) -> str:
    """Give the public half."""
    return private_key.public_key().public_bytes_raw().hex()


def former_file(key_id: str) -> Path:
    """Give where a key that signed before lies."""
    return Path(settings.SIGNING_KEY_FILE).with_name(f"signing-{key_id}.key")


def _former(key_id: str) -> KeySigner | None:
    try:
        return _of_file(former_file(key_id)) if key_id.isalnum() else None
    except (OSError, ValueError):
        return None


def _of_file(path: Path) -> KeySigner:
    seen = path.stat()
    return _loaded(path, seen.st_mtime_ns, seen.st_ino)


@lru_cache(maxsize=16)
def _loaded(path: Path, _changed_ns: int, _node: int) -> KeySigner:
    private_key = read_private_key(path)
    return KeySigner(key_id_of(private_key.public_key()), private_key)
