"""The keys that sign images: a private one in PEM (mode 0600), public ones as 64 hex digits or PEM, in files or folders."""

import re
import stat
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from firmware_tools.terminal.files import read_bounded, unreadable
from firmware_tools.terminal.trouble import USAGE, Trouble
from gateway.words import say

TRUSTED = Path("/etc/cardroom/firmware-keys")
"""Where a machine keeps the public keys it trusts, one `*.pub` each."""
LARGEST_BYTES = 16_384
_HEX = re.compile(r"[0-9A-Fa-f]{64}")


def private_pem(key: Ed25519PrivateKey) -> bytes:
    """Give a private key as PKCS#8 PEM, as openssl writes it."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_line(key: Ed25519PublicKey) -> bytes:
    """Give a public key as a file's content: 64 hex digits."""
    return key.public_bytes_raw().hex().encode("ascii") + b"\n"


def load_private(path: Path) -> Ed25519PrivateKey | Trouble:
    """Read a private key; refuse one that others may read."""
    content = read_bounded(path, LARGEST_BYTES)
    if isinstance(content, Trouble):
        return content
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return _no_private_key(path)
    if not isinstance(key, Ed25519PrivateKey):
        return _no_private_key(path)
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return Trouble(
            "key-too-open",
            say("The key {path} can be read by others (mode {mode}).", path=path, mode=f"{mode:03o}"),
            say("Whoever has it can sign images that every module takes."),
            say("Close it: chmod 600 {path}. If others may have read it, make a new one.", path=path),
            USAGE,
        )
    return key


def _no_private_key(path: Path) -> Trouble:
    return Trouble(
        "not-a-private-key",
        say("{path} is no private Ed25519 key.", path=path),
        say("Images are signed by a key in PEM without a password; a .pub file only checks."),
        say("Make one: cardroom-firmware keygen {path}", path=path.with_suffix(".new")),
        USAGE,
    )


def load_publics(asked: list[str]) -> list[Ed25519PublicKey] | Trouble:
    """Read the keys that are trusted: each `asked` is 64 hex digits, a file, or a folder of *.pub; none: the machine's own."""
    if not asked:
        return _of_folder(TRUSTED) if TRUSTED.is_dir() else _no_keys()
    keys: list[Ed25519PublicKey] = []
    for one in asked:
        found = _publics_of(one)
        if isinstance(found, Trouble):
            return found
        keys += found
    return keys


def _publics_of(asked: str) -> list[Ed25519PublicKey] | Trouble:
    if _HEX.fullmatch(asked):
        return [_public(bytes.fromhex(asked))]
    path = Path(asked)
    if path.is_dir():
        return _of_folder(path)
    content = read_bounded(path, LARGEST_BYTES)
    if isinstance(content, Trouble):
        return content
    key = _parsed(content)
    return [key] if key is not None else _not_a_public_key(path)


def _parsed(content: bytes) -> Ed25519PublicKey | None:
    text = content.decode("ascii", errors="replace").strip()
    if _HEX.fullmatch(text):
        return _public(bytes.fromhex(text))
    try:
        key = load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, Ed25519PublicKey) else None


def _public(raw: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(raw)


def _of_folder(folder: Path) -> list[Ed25519PublicKey] | Trouble:
    try:
        paths = sorted(folder.glob("*.pub"))
    except OSError as error:
        return unreadable(folder, error.strerror or str(error))
    keys: list[Ed25519PublicKey] = []
    for path in paths:
        found = _publics_of(str(path))
        if isinstance(found, Trouble):
            return found
        keys += found
    return keys or _no_keys()


def _not_a_public_key(path: Path) -> Trouble:
    return Trouble(
        "not-a-public-key",
        say("{path} is no public Ed25519 key.", path=path),
        say("A public key is 64 hex digits, as keygen writes them into a .pub file, or a PEM."),
        say("Ask whoever signs your images for the .pub file of their key."),
        USAGE,
    )


def _no_keys() -> Trouble:
    return Trouble(
        "no-trusted-key",
        say("There is no key to check the image with."),
        say("Without one, anybody's image would be taken."),
        say("Name one with --key FILE.pub, or put the .pub files into {folder}.", folder=TRUSTED),
        USAGE,
    )
