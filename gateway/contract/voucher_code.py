"""One grant as a code that a person can read out over the phone and type: 40 letters and digits in groups of five (C-6, R-B5).

What travels, in bytes: the building's tag (1), the grant's serial and amount as varints, a tag of the grant's id (2), and a
truncated HMAC-SHA256 that fills up to a multiple of five, at least ten bytes. Account and bucket are not written: the receiver
tries its own, and only the one that the code was made for fits. Four characters of every group are data, the fifth checks them
and their place, so that a slip is named by its group before any key is asked. Nothing here limits tries: the receiver does.

The key belongs to one central and one gateway. Both have it without a message: it is their X25519 secret, from the Ed25519 keys
that they know of each other since enrolment. A replaced key makes every earlier code a stranger's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256, sha512
from hmac import compare_digest, digest

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from gateway.contract.checked_groups import NoGroups, grouped, is_of_letters, plain, ungrouped
from gateway.contract.commands import Grant
from gateway.contract.identifiers import AccountId, GrantId
from gateway.contract.quantities import Unit

LEAST_MAC_BYTES = 10
"""80 bits, the floor of RFC 2104; the receiver tries a few hundred places, and limits the tries."""
BLOCK_BYTES = 5
MOST_BYTES = 30
MICRO_YUAN_PER_FEN = 10_000
MS_PER_MINUTE = 60_000
_FIELD_PRIME = 2**255 - 19


class CodeRefusal(StrEnum):
    """Why a code credits nothing."""

    NOT_A_CODE = "not-a-code"
    MISTYPED = "mistyped"
    """The groups that are named don't check."""
    WRONG_BUILDING = "wrong-building"
    CODE_DOES_NOT_FIT = "code-does-not-fit"
    """Forged, made for a former key, or for an account that is not known here."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """A code that credits nothing; `groups` are the mistyped ones, counted from 1."""

    why: CodeRefusal
    groups: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a code's credit may belong: a bucket of an account."""

    account: AccountId
    bucket: str
    unit: str


def shared_key(own: Ed25519PrivateKey, other: Ed25519PublicKey, gateway: str) -> bytes:
    """Give the 32 bytes that only this gateway and its central know. Raises ValueError for a public key that is no point."""
    secret = X25519PrivateKey.from_private_bytes(sha512(own.private_bytes_raw()).digest()[:32])
    y = int.from_bytes(other.public_bytes_raw(), "little") & (2**255 - 1)
    u = (1 + y) * pow(1 - y, -1, _FIELD_PRIME) % _FIELD_PRIME
    shared = secret.exchange(X25519PublicKey.from_public_bytes(u.to_bytes(32, "little")))
    return digest(shared, f"cardroom voucher code 1 {gateway}".encode(), "sha256")


def short_name(grant: Grant) -> GrantId:
    """Name a grant as a code does: `n-SERIAL-TAG`. A grant that came by a code has no other name."""
    prefix = f"n-{grant.serial}-"
    if grant.grant.startswith(prefix):
        return grant.grant
    return GrantId(prefix + sha256(grant.grant.encode()).hexdigest()[:4])


def write_code(key: bytes, gateway: str, grant: Grant) -> str | None:
    """Give a grant's code in groups, `XXXXX-XXXXX-...`; None where it can't be one: no serial, or parts of a fen or a minute."""
    steps = _steps(grant)
    if grant.serial <= 0 or steps is None:
        return None
    amount, minutes = steps
    tag = bytes.fromhex(short_name(grant)[-4:])
    expiry = _varint(minutes) if minutes else b""
    head = _building_tag(gateway) + _varint(grant.serial) + _varint(amount * 2 + bool(minutes)) + expiry + tag
    length = -(-(len(head) + LEAST_MAC_BYTES) // BLOCK_BYTES) * BLOCK_BYTES
    return grouped(head + _mac(key, gateway, head, _place_of(grant), length - len(head)))


def read_code(text: str, keys: Iterable[bytes], gateway: str, places: Iterable[Place]) -> Grant | Unfit:
    """Read a code as it was typed. Anything may be typed; what is no code of this gateway is named, never raised."""
    raw = ungrouped(text)
    if isinstance(raw, NoGroups):
        why = CodeRefusal.MISTYPED if raw.mistyped else CodeRefusal.NOT_A_CODE
        return Unfit(why, raw.mistyped)
    if len(raw) > MOST_BYTES:
        return Unfit(CodeRefusal.NOT_A_CODE)
    if raw[:1] != _building_tag(gateway):
        return Unfit(CodeRefusal.WRONG_BUILDING)
    parts = _parts(raw)
    if parts is None:
        return Unfit(CodeRefusal.NOT_A_CODE)
    listed = list(places)
    found = [
        place
        for key in keys
        for place in listed
        if compare_digest(_mac(key, gateway, parts.head, place, len(parts.mac)), parts.mac)
    ]
    return _grant(parts, found[0]) if found else Unfit(CodeRefusal.CODE_DOES_NOT_FIT)


def looks_like_code(text: str) -> bool:
    """Say whether somebody may have meant a code, well typed or not: only its letters, and about as many."""
    return 20 <= len(plain(text)) <= 100 and is_of_letters(text)


class _Parts(msgspec.Struct, frozen=True):
    head: bytes
    mac: bytes
    serial: int
    amount: int
    minutes: int
    tag: str


def _parts(raw: bytes) -> _Parts | None:
    serial, at = _take_varint(raw, 1)
    doubled, at = _take_varint(raw, at)
    minutes, at = _take_varint(raw, at) if doubled & 1 else (0, at)
    head, mac = raw[: at + 2], raw[at + 2 :]
    if serial <= 0 or doubled < 2 or not LEAST_MAC_BYTES <= len(mac) < LEAST_MAC_BYTES + BLOCK_BYTES:
        return None
    return _Parts(head, mac, serial, doubled >> 1, minutes, head[-2:].hex())


def _grant(parts: _Parts, place: Place) -> Grant:
    step = MICRO_YUAN_PER_FEN if place.unit == Unit.YUAN else 1
    return Grant(
        grant=GrantId(f"n-{parts.serial}-{parts.tag}"),
        account=place.account,
        bucket=place.bucket,
        unit=place.unit,
        amount=parts.amount * step,
        expires_ms=parts.minutes * MS_PER_MINUTE,
        serial=parts.serial,
    )


def _place_of(grant: Grant) -> Place:
    return Place(grant.account, grant.bucket, grant.unit)


def _steps(grant: Grant) -> tuple[int, int] | None:
    """The amount in fen or Wh and the expiry in minutes; None when either is not whole."""
    amount, part = divmod(grant.amount, MICRO_YUAN_PER_FEN if grant.unit == Unit.YUAN else 1)
    minutes, rest = divmod(grant.expires_ms, MS_PER_MINUTE)
    return (amount, minutes) if amount > 0 and not part and not rest and minutes >= 0 else None


def _building_tag(gateway: str) -> bytes:
    return sha256(gateway.encode()).digest()[:1]


def _mac(key: bytes, gateway: str, head: bytes, place: Place, length: int) -> bytes:
    said = msgspec.json.encode([gateway, head.hex(), place.account, place.bucket, place.unit])
    return digest(key, said, "sha256")[:length]


def _varint(number: int) -> bytes:
    """Seven bits a byte, lowest first; the high bit says that more follow."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _take_varint(raw: bytes, at: int) -> tuple[int, int]:
    """The number and where it ends; 0 when it doesn't end."""
    number = 0
    for place in range(at, min(at + 8, len(raw))):
        number |= (raw[place] & 0x7F) << 7 * (place - at)
        if raw[place] < 0x80:
            return number, place + 1
    return 0, len(raw)
