"""Reads a backup file: is it whole and whose, which chunk of what is damaged, and, with the key, what is in it.

The file is open already; it is read from wherever it is asked to be.
"""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import IO, TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from gateway.contract.backup_file.layout import (
    LENGTH_BYTES,
    MAGIC,
    MANIFEST,
    MOST_CHUNK_BYTES,
    MOST_TEXT_BYTES,
    SIGNED_AS,
    VERSION,
    FileKey,
    Head,
    Index,
    Manifest,
    ManifestRow,
    SignedIndex,
    member_of,
    reading_key,
)

T = TypeVar("T")
KEY_BYTES = 32


class Damage(StrEnum):
    """What is wrong with a file."""

    NOT_A_BACKUP = "not-a-backup"
    OTHER_VERSION = "other-version"
    HEAD = "head-damaged"
    CUT_SHORT = "cut-short"
    """It ends before its index."""
    INDEX = "index-damaged"
    CHUNK = "chunk-damaged"
    CONTENT = "content-damaged"
    """Decrypted, but not what the manifest says."""


class Damaged(Exception):
    """A file that can't be used; `part` names the member, `at` the chunk's place in the file, both where they are known."""

    def __init__(self, damage: Damage, part: str = "", at: int = 0) -> None:
        self.damage, self.part, self.at = damage, part, at
        super().__init__(f"{damage} {part} {at}")


class OtherKey(Exception):
    """The file was written for another recovery key."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Where a chunk lies in the file."""

    at: int
    length: int


@dataclass(frozen=True, slots=True)
class Envelope:
    """A file's outside: readable without any key."""

    head: Head
    raw_head: bytes
    chunks: list[Chunk]
    index: Index
    signer: str


def read_envelope(file: IO[bytes]) -> Envelope:
    """Read head, layout and index, and check the index's signature. Raises Damaged."""
    file.seek(0)
    if file.read(len(MAGIC)) != MAGIC:
        raise Damaged(Damage.NOT_A_BACKUP)
    raw_head = _counted(file, MOST_TEXT_BYTES, Damage.HEAD)
    head = _decoded(raw_head, Head, Damage.HEAD)
    if head.version != VERSION:
        raise Damaged(Damage.OTHER_VERSION, str(head.version))
    if not (_is_key(head.recipient) and _is_key(head.ephemeral)):
        raise Damaged(Damage.HEAD)
    chunks = list(_walk(file))
    signed = _decoded(_counted(file, MOST_TEXT_BYTES, Damage.CUT_SHORT), SignedIndex, Damage.INDEX)
    index = _decoded(signed.index.encode(), Index, Damage.INDEX)
    if not _is_signed(signed) or index.head != sha256(raw_head).hexdigest():
        raise Damaged(Damage.INDEX)
    if len(index.digests) != len(chunks) or sum(member.chunks for member in index.members) != len(chunks):
        raise Damaged(Damage.CUT_SHORT)
    return Envelope(head, raw_head, chunks, index, signed.signer)


def _walk(file: IO[bytes]) -> Iterator[Chunk]:
    begin = file.tell()
    size = file.seek(0, 2)
    end = file.seek(begin)
    while True:
        raw = file.read(LENGTH_BYTES)
        length = int.from_bytes(raw, "big")
        if len(raw) < LENGTH_BYTES or length > MOST_CHUNK_BYTES or end + LENGTH_BYTES + length > size:
            raise Damaged(Damage.CUT_SHORT, at=end)
        if not length:
            return
        yield Chunk(end + LENGTH_BYTES, length)
        end = file.seek(end + LENGTH_BYTES + length)


def _counted(file: IO[bytes], most: int, damage: Damage) -> bytes:
    length = int.from_bytes(file.read(LENGTH_BYTES), "big")
    raw = file.read(length) if 0 < length <= most else b""
    if not raw or len(raw) != length:
        raise Damaged(damage)
    return raw


def _decoded(raw: bytes, kind: type[T], damage: Damage) -> T:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Damaged(damage) from error


def _is_key(text: str) -> bool:
    try:
        return len(bytes.fromhex(text)) == KEY_BYTES
    except ValueError:
        return False


def _is_signed(signed: SignedIndex) -> bool:
    try:
        signer = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signed.signer))
        signer.verify(bytes.fromhex(signed.signature), SIGNED_AS + signed.index.encode())
    except (ValueError, InvalidSignature):
        return False
    return True


def check_chunks(
    file: IO[bytes], envelope: Envelope, progress: Callable[[int], None] = lambda _: None
) -> None:
    """Read every chunk and compare it with the signed index: no key is needed. Raises Damaged with the part and its place."""
    for number, chunk in enumerate(envelope.chunks):
        file.seek(chunk.at)
        sealed = file.read(chunk.length)
        if sha256(sealed).hexdigest() != envelope.index.digests[number]:
            raise Damaged(Damage.CHUNK, member_of(envelope.index.members, number), chunk.at)
        progress(chunk.length)


def key_for(envelope: Envelope, private_key: X25519PrivateKey) -> FileKey:
    """Make the file's key. Raises OtherKey for a right recovery key of another backup, Damaged for a head that holds none."""
    if private_key.public_key().public_bytes_raw().hex() != envelope.head.recipient:
        raise OtherKey
    try:
        ephemeral = X25519PublicKey.from_public_bytes(bytes.fromhex(envelope.head.ephemeral))
        return reading_key(private_key, ephemeral, envelope.raw_head)
    except ValueError as error:
        raise Damaged(Damage.HEAD) from error


def read_member(file: IO[bytes], envelope: Envelope, key: FileKey, name: str) -> Iterator[bytes]:
    """Give a member's plain bytes in pieces. Raises Damaged."""
    unpacker = zlib.decompressobj()
    first = 0
    for member in envelope.index.members:
        if member.name == name:
            break
        first += member.chunks
    else:
        raise Damaged(Damage.CONTENT, name)
    for number in range(first, first + member.chunks):
        chunk = envelope.chunks[number]
        file.seek(chunk.at)
        try:
            packed = key.open(number, file.read(chunk.length), last=number == len(envelope.chunks) - 1)
            while packed:
                yield unpacker.decompress(packed, MOST_CHUNK_BYTES)
                packed = unpacker.unconsumed_tail
        except (InvalidTag, zlib.error) as error:
            raise Damaged(Damage.CHUNK, name, chunk.at) from error
    yield unpacker.flush()
    if not unpacker.eof:
        raise Damaged(Damage.CONTENT, name)


def read_manifest(file: IO[bytes], envelope: Envelope, key: FileKey) -> Manifest:
    """Read what is in it. Raises Damaged."""
    raw = bytearray()
    for part in read_member(file, envelope, key, MANIFEST):
        raw += part
        if len(raw) > MOST_TEXT_BYTES:
            raise Damaged(Damage.CONTENT, MANIFEST)
    return _decoded(bytes(raw), Manifest, Damage.CONTENT)


def checked_member(file: IO[bytes], envelope: Envelope, key: FileKey, row: ManifestRow) -> Iterator[bytes]:
    """Give a member's plain bytes, and hold them against the manifest. Raises Damaged, at the latest at its end.

    Anybody who saw a backup can make one for the same paper: what grows beyond its manifest fills no disk.
    """
    digest, length = sha256(), 0
    for part in read_member(file, envelope, key, row.name):
        digest.update(part)
        length += len(part)
        if length > row.bytes:
            raise Damaged(Damage.CONTENT, row.name)
        yield part
    if (length, digest.hexdigest()) != (row.bytes, row.sha256):
        raise Damaged(Damage.CONTENT, row.name)


def steps_of(name: str) -> list[str]:
    """Give a member's name as steps below a folder. A name that leads out of it is no name of ours: raises Damaged."""
    steps = name.split("/")
    if name.startswith("/") or any(step in ("", ".", "..") or "\x00" in step for step in steps):
        raise Damaged(Damage.CONTENT, name)
    return steps
