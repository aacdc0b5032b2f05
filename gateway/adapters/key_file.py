"""The gateway's Ed25519 private key in its file: 64 hex digits, mode 0600, made once and never shown.

Central knows the gateway by the public half; a new key makes it a stranger. So an existing file is never written over.
"""

import os
import stat
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.adapters.whole_file import sync_folder
from gateway.contract.envelope import KeySigner, key_id_of

KEY_NAME = "gateway.key"


class KeyTrouble(StrEnum):
    """Why there is no key to sign with."""

    MISSING = "missing"
    UNREADABLE = "unreadable"
    TOO_OPEN = "too-open"
    NOT_A_KEY = "not-a-key"
    UNWRITABLE = "unwritable"


@dataclass(frozen=True, slots=True)
class NoKey:
    """The key can't be used; `message` says what to do. It never holds any of the key."""

    trouble: KeyTrouble
    message: str


def load_key(path: Path) -> KeySigner | NoKey:
    """Read the key, refusing a file that others may read."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return NoKey(KeyTrouble.MISSING, f"There is no key at {path}. Make one: cardroom-gateway key")
    except OSError as error:
        return NoKey(
            KeyTrouble.UNREADABLE,
            f"The key {path} can't be read: {error.strerror}. Run as the daemon's user.",
        )
    except UnicodeDecodeError:
        return _not_a_key(path)
    if mode & 0o077:
        return NoKey(
            KeyTrouble.TOO_OPEN, f"The key {path} can be read by others (mode {mode:03o}). chmod 600 {path}"
        )
    try:
        private_key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text))
    except ValueError:
        return _not_a_key(path)
    return KeySigner(key_id_of(private_key.public_key()), private_key)


def load_or_create_key(path: Path) -> KeySigner | NoKey:
    """Read the key; make it first where there is none. Of two daemons that make it at once, both use the one that won."""
    found = load_key(path)
    if isinstance(found, KeySigner) or found.trouble is not KeyTrouble.MISSING:
        return found
    try:
        _create(path)
    except OSError as error:
        return NoKey(
            KeyTrouble.UNWRITABLE,
            f"A key can't be written to {path}: {error.strerror}. Is the disk full or read-only?",
        )
    return load_key(path)


def read_password(path: Path) -> str:
    """The broker's password: the file's text without the line's end. Raises OSError (the configuration was checked before)."""
    return path.read_text(encoding="utf-8").strip("\r\n")


def public_key_hex(signer: KeySigner) -> str:
    """The public half, as central's `gateway add --public-key` takes it."""
    return signer.private_key.public_key().public_bytes_raw().hex()


def _create(path: Path) -> None:
    """Whole or not at all, and never over another: written aside, made durable, then linked to its name."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
    aside = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(Ed25519PrivateKey.generate().private_bytes_raw().hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(aside, path)
        except FileExistsError:
            return
    finally:
        aside.unlink(missing_ok=True)
    sync_folder(path.parent)


def _not_a_key(path: Path) -> NoKey:
    return NoKey(
        KeyTrouble.NOT_A_KEY,
        f"{path} is no key (64 hex digits). Put it back from the backup; a new one (remove the file, then "
        "cardroom-gateway key) must be enrolled at central first.",
    )
