"""The signed envelope around everything that crosses the link (R-G5).

On the wire: one line of JSON (what is signed, byte for byte), a newline, the key's id, a space, the Ed25519 signature in hex.
Signing the very bytes that travel needs no canonical form. What is wrong with an envelope is a named refusal, never an
exception: a hostile message must not stop a loop.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gateway.contract.identifiers import KeyId

VERSION = 1
MAX_BYTES = 1_000_000
BEYOND_ANY_COUNT = 1 << 53
"""No row, number or instant is this high; what follows from one still fits 64 bits."""
KEY_ID = 16
"""Hex digits of a key's name: the first of its public half."""

T = TypeVar("T")


class Sealed(msgspec.Struct, frozen=True, rename={"sender": "from", "recipient": "to"}):
    """What is signed. Unknown fields are tolerated: a newer peer may add some."""

    v: int
    kind: str
    """The topic's leaf, so that a batch can't be replayed as a command."""
    sender: str
    recipient: str
    id: str
    number: int
    """Commands: the counter, in order from 1. Other kinds: 0."""
    issued_ms: int
    key: str
    body: msgspec.Raw
    expires_ms: int | None = None


class Refusal(StrEnum):
    """Why an envelope is not opened."""

    TOO_LONG = "too-long"
    MALFORMED = "malformed"
    UNKNOWN_KEY = "unknown-key"
    FORGED = "forged"
    UNSUPPORTED_VERSION = "unsupported-version"
    WRONG_KIND = "wrong-kind"
    WRONG_SENDER = "wrong-sender"
    WRONG_RECIPIENT = "wrong-recipient"


@dataclass(frozen=True, slots=True)
class Keyring:
    """The public keys a side trusts, by id: active and next, so that keys can be rotated."""

    keys: dict[KeyId, Ed25519PublicKey]

    def follow(self, told: Sequence[str], retired: Sequence[str]) -> None:
        """Believe these too (64 hex digits each), and the retired ones no more, at once and for whoever holds the ring."""
        self.keys.update(keyring_from_hex(list(told)).keys)
        for key in retired:
            self.keys.pop(KeyId(key[:KEY_ID]), None)


class Signer(Protocol):
    """Holds a private key; an adapter reads it from its file."""

    @property
    def key_id(self) -> KeyId: ...

    def sign(self, data: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class KeySigner:
    """A signer over a private key in memory."""

    key_id: KeyId
    private_key: Ed25519PrivateKey

    def sign(self, data: bytes) -> bytes:
        return self.private_key.sign(data)


def key_id_of(public_key: Ed25519PublicKey) -> KeyId:
    """Give a key's name, made of the key itself: nothing to configure, nothing to confuse."""
    return KeyId(public_key.public_bytes_raw().hex()[:KEY_ID])


def keyring_from_hex(public_keys: list[str]) -> Keyring:
    """Read public keys of 64 hex digits each. Raises ValueError with the offending text."""
    keys: dict[KeyId, Ed25519PublicKey] = {}
    for text in public_keys:
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(text))
        except ValueError as error:
            raise ValueError(f"{text!r} is not a public key of 64 hex digits") from error
        keys[key_id_of(key)] = key
    return Keyring(keys)


def seal(
    signer: Signer,
    *,
    kind: str,
    sender: str,
    recipient: str,
    message_id: str,
    issued_ms: int,
    body: bytes,
    number: int = 0,
    expires_ms: int | None = None,
) -> bytes:
    """Sign a body (encoded JSON) and give the bytes that travel."""
    sealed = Sealed(
        v=VERSION,
        kind=kind,
        sender=sender,
        recipient=recipient,
        id=message_id,
        number=number,
        issued_ms=issued_ms,
        key=signer.key_id,
        body=msgspec.Raw(body),
        expires_ms=expires_ms,
    )
    signed = msgspec.json.encode(sealed)
    return signed + b"\n" + signer.key_id.encode() + b" " + signer.sign(signed).hex().encode()


def unseal(
    data: bytes, keyring: Keyring, *, kind: str, sender: str | None, recipient: str
) -> Sealed | Refusal:
    """Open an envelope, or name why not. `sender` None accepts any sender whose key is in the ring.

    Checked in this order: size, form, key, signature, version, kind, sender, recipient. Expiry and numbers are the
    receiver's business: they need its clock and its store.
    """
    if len(data) > MAX_BYTES:
        return Refusal.TOO_LONG
    signed, newline, trailer = data.partition(b"\n")
    key_text, space, signature_hex = trailer.partition(b" ")
    if not newline or not space:
        return Refusal.MALFORMED
    signature = _signature(signature_hex)
    if signature is None or not key_text.isascii():
        return Refusal.MALFORMED
    public_key = keyring.keys.get(KeyId(key_text.decode("ascii")))
    if public_key is None:
        return Refusal.UNKNOWN_KEY
    try:
        public_key.verify(signature, signed)
    except InvalidSignature:
        return Refusal.FORGED
    return _checked(signed, key_text.decode("ascii"), kind, sender, recipient)


def _signature(written: bytes) -> bytes | None:
    """Read a signature: 128 small hex digits and nothing else, so that no envelope can be written in two ways."""
    try:
        signature = bytes.fromhex(written.decode("ascii"))
    except ValueError:
        return None
    return signature if signature.hex().encode() == written else None


def _checked(signed: bytes, key_text: str, kind: str, sender: str | None, recipient: str) -> Sealed | Refusal:
    try:
        sealed = msgspec.json.decode(signed, type=Sealed)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Refusal.MALFORMED
    if sealed.v != VERSION:
        return Refusal.UNSUPPORTED_VERSION
    if sealed.key != key_text or not _can_be(sealed):
        return Refusal.MALFORMED
    if sealed.kind != kind:
        return Refusal.WRONG_KIND
    if sender is not None and sealed.sender != sender:
        return Refusal.WRONG_SENDER
    if sealed.recipient != recipient:
        return Refusal.WRONG_RECIPIENT
    return sealed


def _can_be(sealed: Sealed) -> bool:
    """Say whether its numbers are such as somebody can count to: what goes on with them must fit any store."""
    dates = (sealed.issued_ms, sealed.expires_ms or 0)
    return 0 <= sealed.number < BEYOND_ANY_COUNT and all(abs(date) < BEYOND_ANY_COUNT for date in dates)


def body_of(sealed: Sealed, kind: type[T]) -> T | Refusal:
    """Decode the body as one type of message; MALFORMED when it is not one."""
    try:
        return msgspec.json.decode(sealed.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Refusal.MALFORMED
