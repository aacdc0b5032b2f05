"""Central's data folder: where databases and keys lie, and how the keys are made. It knows no model.

Everything central keeps is below one folder, so that a backup is a copy of it: `central.db`, `telemetry.db`, `secret.key`
(sessions and forms), `signing.key` (Ed25519, signs what goes to the gateways). Keys are readable by their owner alone.
"""

import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central.link.whole_files import write_new

VARIABLE = "CARDROOM_DATA"
DEFAULT = Path("/var/lib/cardroom")
SECRET_KEY_FILE = "secret.key"  # noqa: S105 - a file's name
SIGNING_KEY_FILE = "signing.key"


def folder() -> Path:
    """Give the data folder: `CARDROOM_DATA`, or /var/lib/cardroom."""
    return Path(os.environ.get(VARIABLE) or DEFAULT).expanduser().absolute()


def secret_key() -> str:
    """Read the key that signs sessions; before `init` a random one that dies with the process."""
    try:
        return (folder() / SECRET_KEY_FILE).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return secrets.token_urlsafe(50)


def is_initialised() -> bool:
    """Say whether `cardroom-central init` has made the keys of this folder."""
    return all((folder() / name).exists() for name in (SECRET_KEY_FILE, SIGNING_KEY_FILE))


def has_lost_signing_key() -> bool:
    """Say whether this folder had its keys once and lacks the one that signs."""
    return (folder() / SECRET_KEY_FILE).exists() and not (folder() / SIGNING_KEY_FILE).exists()


def make_keys() -> list[Path]:
    """Write the keys that are missing, mode 0600; give the files written. Existing keys are never replaced."""
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    wanted = {
        SECRET_KEY_FILE: secrets.token_urlsafe(50),
        SIGNING_KEY_FILE: Ed25519PrivateKey.generate().private_bytes_raw().hex(),
    }
    return [path for name, text in wanted.items() if write_new(path := folder() / name, text + "\n")]
