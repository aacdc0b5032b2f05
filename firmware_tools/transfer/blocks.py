"""An image as the bootloader takes it: one info block and the data blocks behind it. Pure; docs/firmware-image.md has the bytes."""

import zlib
from dataclasses import dataclass

from firmware_tools.image.signed_image import Manner, SignedImage

INFO_REGISTER, DATA_REGISTER = 0x1000, 0x2000
INFO_BYTES, DATA_BYTES = 32, 136
CONTENT_BYTES = 128
"""What a numbered block carries behind its number and CRC-32."""
INFO_MAGIC = b"CRI1"
TAG_BYTES = 16
FILL = b"\xff"


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is sent for one image."""

    info: bytes
    blocks: tuple[bytes, ...]
    tag: bytes
    """Names the stream to a bootloader that can be asked how far it is; empty where it can't."""

    @property
    def total_bytes(self) -> int:
        """Bytes of all data blocks."""
        return sum(len(block) for block in self.blocks)


def plan_of(image: SignedImage) -> Plan:
    """Cut an image into blocks, in the manner that its header names."""
    return _as_made(image.payload) if image.header.manner is Manner.AS_MADE else _numbered(image)


def _as_made(payload: bytes) -> Plan:
    rest = payload[INFO_BYTES:]
    cut = tuple(rest[at : at + DATA_BYTES] for at in range(0, len(rest), DATA_BYTES))
    return Plan(payload[:INFO_BYTES], cut, b"")


def _numbered(image: SignedImage) -> Plan:
    stream, tag = image.raw, image.sha256[:TAG_BYTES]
    size, hardware = len(stream).to_bytes(4, "big"), image.header.hardware.to_bytes(2, "big")
    info = INFO_MAGIC + size + hardware + bytes(6) + tag
    starts = range(0, len(stream), CONTENT_BYTES)
    cut = tuple(_block(number, stream[at : at + CONTENT_BYTES]) for number, at in enumerate(starts))
    return Plan(info, cut, tag)


def _block(number: int, content: bytes) -> bytes:
    head, content = number.to_bytes(4, "big"), content.ljust(CONTENT_BYTES, FILL)
    return head + zlib.crc32(head + content).to_bytes(4, "big") + content
