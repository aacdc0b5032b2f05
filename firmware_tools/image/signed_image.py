"""The signed image: 128 bytes of header, 64 of Ed25519 signature, the payload. Byte by byte in docs/firmware-image.md. Pure.

The signature covers the header, and the header holds the payload's SHA-256: who changes any byte breaks one of the two. The key's
name stands in the header too, so that an unknown key is named before anything is computed with it.
"""

import hashlib
import struct
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from firmware_tools.image.versions import Version

MAGIC = b"\x89CRFW\r\n\x1a"
"""As PNG's: a byte beyond ASCII, then line ends; a copy in text mode destroys it visibly."""
FORMAT = 1
HEADER_BYTES = 128
SIGNATURE_BYTES = 64
PAYLOAD_AT = HEADER_BYTES + SIGNATURE_BYTES
MAX_PAYLOAD_BYTES = 4 * 1024 * 1024
"""No module of this class has more flash; a header that claims more is hostile or damaged."""
PRODUCT_CHARACTERS = 12
HIGHEST_HARDWARE = 0xFFFF
KEY_NAME_BYTES = 16
DOMAIN = b"cardroom-firmware-1\0"
"""Before the header when it is signed: a signature made for anything else never fits."""

_HEADER = struct.Struct(">8sHH12sH3H3HHII32s16s32s")
_RESERVED = bytes(32)


class Manner(IntEnum):
    """How the payload goes to the bootloader."""

    NUMBERED = 1
    """The whole signed file in numbered blocks of 128 bytes: our bootloader checks it itself, and resumes."""
    AS_MADE = 2
    """A maker's file: its first 32 bytes are the info block, the rest goes in blocks of 136 bytes as they are."""


class ImageRefusal(StrEnum):
    """Why bytes are no image to be used."""

    NOT_SIGNED = "not-signed"
    """No image of this kind: another magic."""
    TEXT_DAMAGED = "text-damaged"
    """It was one; a copy in text mode changed its line ends."""
    UNKNOWN_FORMAT = "unknown-format"
    BAD_HEADER = "bad-header"
    WRONG_SIZE = "wrong-size"
    """The file is shorter or longer than its header says."""
    WRONG_HASH = "wrong-hash"
    UNKNOWN_KEY = "unknown-key"
    FORGED = "forged"


@dataclass(frozen=True, slots=True)
class Header:
    """What the signer said of the payload."""

    product: str
    """What the module calls itself (its signature at 0122H), up to 12 ASCII characters."""
    hardware: int
    version: Version
    minimum: Version
    """The oldest firmware that this one may replace; 0.0.0 replaces any."""
    manner: Manner
    load_address: int
    size: int
    sha256: bytes
    key_name: bytes

    def packed(self) -> bytes:
        """Give the 128 bytes that are signed."""
        return _HEADER.pack(
            MAGIC,
            FORMAT,
            HEADER_BYTES,
            self.product.encode("ascii"),
            self.hardware,
            *self.version,
            *self.minimum,
            self.manner,
            self.load_address,
            self.size,
            self.sha256,
            self.key_name,
            _RESERVED,
        )


@dataclass(frozen=True, slots=True)
class SignedImage:
    """A whole image whose header fits its payload. That it is signed by a key one trusts, `signed_by` says."""

    header: Header
    signature: bytes
    payload: bytes

    @property
    def raw(self) -> bytes:
        """The file."""
        return self.header.packed() + self.signature + self.payload

    @property
    def sha256(self) -> bytes:
        """Name this very file, signature and all."""
        return hashlib.sha256(self.raw).digest()


def key_name(key: Ed25519PublicKey) -> bytes:
    """Name a key: the first 16 bytes of its SHA-256."""
    return hashlib.sha256(key.public_bytes_raw()).digest()[:KEY_NAME_BYTES]


def sign(
    payload: bytes,
    key: Ed25519PrivateKey,
    *,
    product: str,
    hardware: int,
    version: Version,
    minimum: Version,
    manner: Manner = Manner.NUMBERED,
    load_address: int = 0,
) -> SignedImage:
    """Sign a payload. Raises ValueError when it is empty, too large, or a field has no room: ask `field_mistakes` first."""
    if mistakes := field_mistakes(payload, product, hardware, manner):
        raise ValueError(", ".join(mistakes))
    header = Header(
        product,
        hardware,
        version,
        minimum,
        manner,
        load_address,
        len(payload),
        hashlib.sha256(payload).digest(),
        key_name(key.public_key()),
    )
    return SignedImage(header, key.sign(DOMAIN + header.packed()), payload)


def field_mistakes(payload: bytes, product: str, hardware: int, manner: Manner) -> list[str]:
    """Name what can't stand in an image: `product`, `hardware`, `size`, `manner`."""
    found = []
    if not is_product(product):
        found.append("product")
    if not 0 <= hardware <= HIGHEST_HARDWARE:
        found.append("hardware")
    if not 0 < len(payload) <= MAX_PAYLOAD_BYTES:
        found.append("size")
    if manner is Manner.AS_MADE and (len(payload) < 34 or len(payload) % 2):
        found.append("manner")
    return found


def is_product(text: str) -> bool:
    """Tell whether a text can be a product: 1 to 12 printing ASCII characters, no space."""
    return 0 < len(text) <= PRODUCT_CHARACTERS and all("!" <= character <= "~" for character in text)


def read_image(content: bytes) -> SignedImage | ImageRefusal:
    """Read a signed image and check all but its signature. Never raises."""
    if content[:4] == MAGIC[:4] and content[:8] != MAGIC:
        return ImageRefusal.TEXT_DAMAGED
    if content[:8] != MAGIC:
        return ImageRefusal.NOT_SIGNED
    header = _header(content[:HEADER_BYTES])
    if isinstance(header, ImageRefusal):
        return header
    payload = content[PAYLOAD_AT:]
    if len(payload) != header.size:
        return ImageRefusal.WRONG_SIZE
    if hashlib.sha256(payload).digest() != header.sha256:
        return ImageRefusal.WRONG_HASH
    return SignedImage(header, content[HEADER_BYTES:PAYLOAD_AT], payload)


def _header(raw: bytes) -> Header | ImageRefusal:
    if len(raw) < HEADER_BYTES:
        return ImageRefusal.WRONG_SIZE
    (_, form, length, product, hardware, *numbers, manner, load, size, digest, name, reserved) = (
        _HEADER.unpack(raw)
    )
    if form != FORMAT:
        return ImageRefusal.UNKNOWN_FORMAT
    text = product.rstrip(b"\0").decode("ascii", errors="replace")
    good = (
        length == HEADER_BYTES
        and is_product(text)
        and manner in tuple(Manner)
        and 0 < size <= MAX_PAYLOAD_BYTES
        and reserved == _RESERVED
    )
    if not good:
        return ImageRefusal.BAD_HEADER
    versions = Version(*numbers[:3]), Version(*numbers[3:])
    return Header(text, hardware, *versions, Manner(manner), load, size, digest, name)


def signed_by(image: SignedImage, keys: list[Ed25519PublicKey]) -> ImageRefusal | None:
    """Say why none of these keys signed the image; None when one did."""
    for key in keys:
        if key_name(key) == image.header.key_name:
            try:
                key.verify(image.signature, DOMAIN + image.header.packed())
            except InvalidSignature:
                return ImageRefusal.FORGED
            return None
    return ImageRefusal.UNKNOWN_KEY
