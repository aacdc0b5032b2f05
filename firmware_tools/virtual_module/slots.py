"""Where a module keeps its images and how far a transfer has come: all of it in flash, so that no power cut is forgotten.

    progress   magic, tag (16), stream size (4), target slot (4), CRC-32 (4); from byte 32 on one word per block, FF.. until written
    marker     per slot: stream size (4), rank (4), SHA-256 of the stream (32), CRC-32 (4), and last of all the magic
    slots      the streams themselves; one slot (the bootloader stays, the application is replaced) or two (A/B)

A marker's magic is its last write: an image is either whole and marked, or not there.
"""

import hashlib
import zlib
from dataclasses import dataclass

from firmware_tools.virtual_module.flash_memory import PAGE, Flash

BLOCK = 128
MAGIC = b"CRMK"
WRITTEN = bytes(4)
WORDS_AT = 32


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer that was begun."""

    tag: bytes
    size: int
    slot: int

    @property
    def blocks(self) -> int:
        """How many blocks the stream has."""
        return -(-self.size // BLOCK)


@dataclass(frozen=True, slots=True)
class Stored:
    """A marked image."""

    slot: int
    rank: int
    stream: bytes


class Slots:
    """The areas of one chip. `capacity` is the largest stream; `count` the number of slots."""

    def __init__(self, flash: Flash, capacity: int, count: int) -> None:
        self._flash = flash
        self.capacity = capacity
        self.count = count
        self._progress_bytes = _pages(WORDS_AT + 4 * (-(-capacity // BLOCK)))
        self._markers_at = self._progress_bytes
        self._slots_at = self._markers_at + PAGE * count
        self._slot_bytes = _pages(capacity)

    @staticmethod
    def size_of(capacity: int, count: int) -> int:
        """How large the chip must be."""
        return _pages(WORDS_AT + 4 * (-(-capacity // BLOCK))) + PAGE * count + _pages(capacity) * count

    # -- a transfer ----------

    def transfer(self) -> Transfer | None:
        """Give the transfer that was begun, None when there is none or its record is torn."""
        raw = self._flash.read(0, WORDS_AT)
        body = raw[:28]
        if raw[:4] != MAGIC or zlib.crc32(body) != int.from_bytes(raw[28:32], "big"):
            return None
        return Transfer(raw[4:20], int.from_bytes(raw[20:24], "big"), int.from_bytes(raw[24:28], "big"))

    def begin(self, tag: bytes, size: int, slot: int) -> None:
        """Forget what the slot held and get ready. In this order: a cut at any point leaves no transfer, or a whole record."""
        self.forget_transfer()
        self._flash.erase(self._markers_at + PAGE * slot, PAGE)
        self._flash.erase(self._at(slot), self._slot_bytes)
        body = MAGIC + tag + size.to_bytes(4, "big") + slot.to_bytes(4, "big")
        self._flash.write(0, body + zlib.crc32(body).to_bytes(4, "big"))

    def forget_transfer(self) -> None:
        """End a transfer, done or refused."""
        self._flash.erase(0, self._progress_bytes)

    def next_block(self, transfer: Transfer) -> int:
        """Give the first block that is not written."""
        words = self._flash.read(WORDS_AT, 4 * transfer.blocks)
        for number in range(transfer.blocks):
            if words[4 * number : 4 * number + 4] != WRITTEN:
                return number
        return transfer.blocks

    def write_block(self, transfer: Transfer, number: int, data: bytes) -> None:
        """Write a block, then its word. A cut between both writes the same bytes over themselves the next time."""
        self._flash.write(self._at(transfer.slot) + BLOCK * number, data)
        self._flash.write(WORDS_AT + 4 * number, WRITTEN)

    def received(self, transfer: Transfer) -> bytes:
        """Give the stream as it lies there."""
        return self._flash.read(self._at(transfer.slot), transfer.size)

    # -- images ----------

    def mark(self, transfer: Transfer) -> None:
        """Make a received stream the image with the highest rank."""
        rank = 1 + max((one.rank for one in self.images()), default=0)
        stream = self.received(transfer)
        body = len(stream).to_bytes(4, "big") + rank.to_bytes(4, "big") + hashlib.sha256(stream).digest()
        at = self._markers_at + PAGE * transfer.slot
        self._flash.erase(at, PAGE)
        self._flash.write(at + 4, body + zlib.crc32(body).to_bytes(4, "big"))
        self._flash.write(at, MAGIC)

    def images(self) -> list[Stored]:
        """Give the marked images whose bytes are what was marked, the highest rank first."""
        found = [image for slot in range(self.count) if (image := self._image(slot)) is not None]
        return sorted(found, key=lambda one: -one.rank)

    def _image(self, slot: int) -> Stored | None:
        raw = self._flash.read(self._markers_at + PAGE * slot, 48)
        body = raw[4:44]
        if raw[:4] != MAGIC or zlib.crc32(body) != int.from_bytes(raw[44:48], "big"):
            return None
        stream = self._flash.read(self._at(slot), int.from_bytes(body[:4], "big"))
        if hashlib.sha256(stream).digest() != body[8:40]:
            return None
        return Stored(slot, int.from_bytes(body[4:8], "big"), stream)

    def _at(self, slot: int) -> int:
        return self._slots_at + self._slot_bytes * slot


def _pages(count: int) -> int:
    return -(-count // PAGE) * PAGE
