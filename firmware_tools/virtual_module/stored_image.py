"""What the bootloader checks of a stored image before it runs it. From docs/firmware-image.md, not from the signer's code."""

import hashlib
from dataclasses import dataclass
from enum import IntEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MAGIC = bytes.fromhex("89435246570d0a1a")
HEADER, SIGNATURE = 128, 64
SIGNED_AS = b"cardroom-firmware-1\x00"


class Fault(IntEnum):
    """Why an image is not run; the number stands in register 110AH."""

    NONE = 0
    DIGEST = 1
    """The stream is not the one that the info block announced."""
    HEADER = 2
    PRODUCT = 3
    HARDWARE = 4
    SIZE = 5
    PAYLOAD = 6
    SIGNATURE = 7


@dataclass(frozen=True, slots=True)
class Maker:
    """What is burnt into the bootloader."""

    product: str
    hardware: int
    key: bytes
    """The public key of the only signer it believes; empty: it checks no signature."""


def fault_of(stream: bytes, maker: Maker) -> Fault:
    """Check a whole stored stream; NONE when it may run."""
    if stream[:8] != MAGIC or len(stream) <= HEADER + SIGNATURE:
        return Fault.HEADER
    if int.from_bytes(stream[8:10], "big") != 1 or int.from_bytes(stream[10:12], "big") != HEADER:
        return Fault.HEADER
    if stream[12:24].rstrip(b"\0") != maker.product.encode("ascii"):
        return Fault.PRODUCT
    if int.from_bytes(stream[24:26], "big") != maker.hardware:
        return Fault.HARDWARE
    payload = stream[HEADER + SIGNATURE :]
    if int.from_bytes(stream[44:48], "big") != len(payload):
        return Fault.SIZE
    if hashlib.sha256(payload).digest() != stream[48:80]:
        return Fault.PAYLOAD
    return Fault.NONE if _is_signed(stream, maker.key) else Fault.SIGNATURE


def _is_signed(stream: bytes, key: bytes) -> bool:
    if not key:
        return True
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(
            stream[HEADER : HEADER + SIGNATURE], SIGNED_AS + stream[:HEADER]
        )
    except InvalidSignature:
        return False
    return True


def version_of(stream: bytes) -> str:
    """Read a checked image's version."""
    return ".".join(str(int.from_bytes(stream[at : at + 2], "big")) for at in (26, 28, 30))
