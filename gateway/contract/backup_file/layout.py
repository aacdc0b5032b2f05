"""What stands in a backup file, byte for byte. Opens no file."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"cardroom-backup\n"
VERSION = 1
CHUNK_BYTES = 1_000_000
MOST_CHUNK_BYTES = 2_000_000
MOST_TEXT_BYTES = 20_000_000
"""Of head and index: a hostile file can't fill the memory."""
LENGTH_BYTES = 4
MANIFEST = "manifest.json"
"""The first member: it alone names sizes, digests and places of what follows, so it is encrypted like the rest."""
SIGNED_AS = b"cardroom backup index 1 "


class Head(msgspec.Struct, frozen=True):
    """What anybody may know of a backup. Keys in hex."""

    version: int
    gateway: str
    made_ms: int
    software: str
    recipient: str
    """Public half of the recovery key."""
    ephemeral: str


class MemberIndex(msgspec.Struct, frozen=True):
    """A member's name and how many chunks are its."""

    name: str
    chunks: int


class Index(msgspec.Struct, frozen=True):
    """What the file holds. `digests`: SHA-256 of each chunk as it lies there, in hex."""

    head: str
    """SHA-256 of the head."""
    members: list[MemberIndex]
    digests: list[str]


class SignedIndex(msgspec.Struct, frozen=True):
    """The index's very text with the gateway's Ed25519 signature over it, in hex."""

    index: str
    signer: str
    signature: str


class ManifestRow(msgspec.Struct, frozen=True):
    """One member: its plain size and SHA-256, and where it belongs."""

    name: str
    bytes: int
    sha256: str
    place: str
    mode: int


class Manifest(msgspec.Struct, frozen=True):
    """What is in a backup, and what the store in it says of itself."""

    version: int
    gateway: str
    made_ms: int
    is_time_trusted: bool
    software: str
    data: str
    config: str
    members: list[ManifestRow]
    facts: dict[str, int | str]
    """Epoch, last row, last command, accounts, entries: what a person compares."""


@dataclass(frozen=True, slots=True)
class FileKey:
    """The key of one file: a chunk's number is its nonce, so that chunks can't change places, and the last one says that it is."""

    cipher: ChaCha20Poly1305
    head_digest: bytes

    def seal(self, number: int, plain: bytes, *, last: bool) -> bytes:
        """Encrypt a chunk."""
        return self.cipher.encrypt(_nonce(number), plain, self._said(last))

    def open(self, number: int, sealed: bytes, *, last: bool) -> bytes:
        """Decrypt a chunk. Raises cryptography.exceptions.InvalidTag."""
        return self.cipher.decrypt(_nonce(number), sealed, self._said(last))

    def _said(self, last: bool) -> bytes:
        return self.head_digest + (b"\x01" if last else b"\x00")


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def writing_key(ephemeral: X25519PrivateKey, recipient: X25519PublicKey, head: bytes) -> FileKey:
    """Make the file's key as its writer does."""
    return _file_key(ephemeral.exchange(recipient), ephemeral.public_key(), recipient, head)


def reading_key(private_key: X25519PrivateKey, ephemeral: X25519PublicKey, head: bytes) -> FileKey:
    """Make the same key from the private half."""
    return _file_key(private_key.exchange(ephemeral), ephemeral, private_key.public_key(), head)


def _file_key(secret: bytes, ephemeral: X25519PublicKey, recipient: X25519PublicKey, head: bytes) -> FileKey:
    salt = ephemeral.public_bytes_raw() + recipient.public_bytes_raw()
    key = HKDF(SHA256(), length=32, salt=salt, info=b"cardroom backup file 1").derive(secret)
    return FileKey(ChaCha20Poly1305(key), sha256(head).digest())


def member_of(members: Sequence[MemberIndex], chunk: int) -> str:
    """Name the member that a chunk, counted from 0, belongs to."""
    for member in members:
        if chunk < member.chunks:
            return member.name
        chunk -= member.chunks
    return "?"
