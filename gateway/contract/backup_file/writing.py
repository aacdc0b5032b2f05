"""Writes a backup into a file that is open: members one after the other, and the signed index at the end."""

import zlib
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import IO, Protocol

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from gateway.contract.backup_file.layout import (
    CHUNK_BYTES,
    LENGTH_BYTES,
    MAGIC,
    SIGNED_AS,
    VERSION,
    FileKey,
    Head,
    Index,
    MemberIndex,
    SignedIndex,
    writing_key,
)
from gateway.contract.envelope import KeySigner

READ_BYTES = 262_144
Progress = Callable[[int], None]
"""Told how many more plain bytes were taken."""


class Readable(Protocol):
    """What a member's bytes come from."""

    def read(self, count: int, /) -> bytes:
        """Give the next bytes, at most so many; none at the end."""


class BackupWriter:
    """Writes members one after the other. `key` decrypts what was written, as long as this object lives: for the trial."""

    def __init__(
        self,
        file: IO[bytes],
        gateway: str,
        made_ms: int,
        software: str,
        recipient: X25519PublicKey,
        ephemeral: X25519PrivateKey,
    ) -> None:
        """`ephemeral` is made for this one file, and forgotten with it."""
        head = Head(
            VERSION,
            gateway,
            made_ms,
            software,
            recipient.public_bytes_raw().hex(),
            ephemeral.public_key().public_bytes_raw().hex(),
        )
        self._file = file
        self._head = msgspec.json.encode(head)
        self.key: FileKey = writing_key(ephemeral, recipient, self._head)
        self._members: list[MemberIndex] = []
        self._digests: list[str] = []
        self._held: bytes | None = None
        """The newest chunk, until it is known whether it is the last."""
        file.write(MAGIC + _counted(self._head))

    def add(self, name: str, content: Readable, progress: Progress = lambda _: None) -> None:
        """Compress and encrypt one member."""
        before = len(self._digests) + (self._held is not None)
        for chunk in _chunks(content, progress):
            self._put()
            self._held = chunk
        self._members.append(MemberIndex(name, len(self._digests) + 1 - before))

    def _put(self, *, last: bool = False) -> None:
        if self._held is None:
            return
        sealed = self.key.seal(len(self._digests), self._held, last=last)
        self._digests.append(sha256(sealed).hexdigest())
        self._file.write(_counted(sealed))
        self._held = None

    def finish(self, signer: KeySigner) -> None:
        """Write what is held and the signed index."""
        self._put(last=True)
        index = msgspec.json.encode(Index(sha256(self._head).hexdigest(), self._members, self._digests))
        signed = SignedIndex(
            index.decode(),
            signer.private_key.public_key().public_bytes_raw().hex(),
            signer.private_key.sign(SIGNED_AS + index).hex(),
        )
        self._file.write(bytes(LENGTH_BYTES) + _counted(msgspec.json.encode(signed)))


def _counted(part: bytes) -> bytes:
    return len(part).to_bytes(LENGTH_BYTES, "big") + part


def _chunks(content: Readable, progress: Progress) -> Iterator[bytes]:
    """The compressed content in pieces; at least one, so that an empty member is there, too."""
    packer = zlib.compressobj(6)
    packed = bytearray()
    while part := content.read(READ_BYTES):
        packed += packer.compress(part)
        progress(len(part))
        while len(packed) >= CHUNK_BYTES:
            yield bytes(packed[:CHUNK_BYTES])
            del packed[:CHUNK_BYTES]
    packed += packer.flush()
    yield bytes(packed)
