"""The release key: signs a package beside it (`FILE.deb.sig`), as `cardroom-gateway update` checks it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

PURPOSE = b"cardroom-release-1:"
"""Before the digest, so that no signature made for something else is one over a package. As `gateway.domain.software_update`."""


@dataclass(frozen=True)
class ReleaseKey:
    """Who signs."""

    private_key: Ed25519PrivateKey

    @property
    def public_hex(self) -> str:
        return self.private_key.public_key().public_bytes_raw().hex()


def release_key(file: str) -> ReleaseKey | None:
    """Read the key; None where none is named. Raises SystemExit with what to do for anything but an Ed25519 key."""
    if not file:
        return None
    try:
        key = load_pem_private_key(Path(file).read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise SystemExit(
            f"make deb: the release key {file} can't be used: {error}. Make one: openssl genpkey -algorithm ed25519"
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise SystemExit(f"make deb: {file} is no Ed25519 key. Make one: openssl genpkey -algorithm ed25519")
    return ReleaseKey(key)


def sign(package: Path, key: ReleaseKey) -> str:
    """Write the signature beside the package; say by whom."""
    signature = key.private_key.sign(PURPOSE + hashlib.sha256(package.read_bytes()).digest())
    package.with_name(package.name + ".sig").write_text(signature.hex() + "\n")
    return f"signed by {key.public_hex[:16]}"
