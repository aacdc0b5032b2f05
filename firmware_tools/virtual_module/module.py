"""The module: its bootloader (which is never written) and the application it starts. One request in, one reply or silence out.

Registers after the Wiren Board manner, one character in each; 0152H, 1100H and 1110H are this house's (docs/firmware-image.md).
"""

import hashlib
import zlib
from dataclasses import dataclass
from enum import IntEnum

from firmware_tools.virtual_module.flash_memory import Flash
from firmware_tools.virtual_module.slots import BLOCK, Slots, Transfer
from firmware_tools.virtual_module.stored_image import Fault, Maker, fault_of, version_of

READ, WRITE_ONE, WRITE_MANY = 3, 6, 16
NO_FUNCTION, NO_ADDRESS, BAD_VALUE, DEVICE_FAILURE = 1, 2, 3, 4
EXCEPTION_BIT = 0x80

MODEL, VERSION, SERIAL, SIGNATURE, BOOTLOADER, HARDWARE = 0x00C8, 0x00FA, 0x010E, 0x0122, 0x014A, 0x0152
TO_BOOTLOADER, TO_BOOTLOADER_KEEPING = 0x0081, 0x0083
INFO, DATA, PROGRESS, DIGEST = 0x1000, 0x2000, 0x1100, 0x1110
INFO_MAGIC = b"CRI1"
INFO_BYTES, DATA_BYTES = 32, 136
STARTS_MS = 300
"""From a restart to the first answer."""
ERASE_MS_PER_PAGE = 4


class State(IntEnum):
    """The first register of PROGRESS."""

    IDLE = 0
    RECEIVING = 1
    REFUSED = 3


@dataclass(frozen=True, slots=True)
class ModuleSpec:
    """How a module is built."""

    product: str = "relay-6c"
    hardware: int = 3
    key: bytes = b""
    serial: int = 4_200_001
    model: str = "RELAY-6C"
    bootloader_version: str = "1.1.0"
    capacity: int = 64 * 1024
    slots: int = 1
    """1: the bootloader stays and the application is replaced; 2: A/B, the old one runs until the new one is whole."""
    keeps_settings: bool = True
    """Register 131 is there: the bootloader keeps the line's speed."""
    tells_progress: bool = True
    """PROGRESS and DIGEST are there; without them it is a bootloader of the bare manner, which forgets at a power cut."""
    tells_hardware: bool = True
    erase_ms: int | None = None
    """How long an info block takes; by default as long as its pages need."""

    @property
    def maker(self) -> Maker:
        """What its bootloader believes."""
        return Maker(self.product, self.hardware, self.key)

    @property
    def flash_bytes(self) -> int:
        """How large its chip is."""
        return Slots.size_of(self.capacity, self.slots)


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: the bytes between address and CRC, and how long the module needed; None is silence."""

    function: int
    body: bytes
    after_ms: int = 0


class Module:
    """One module under power. Making it is switching it on: it decides at once what runs."""

    def __init__(self, spec: ModuleSpec, flash: Flash) -> None:
        self.spec = spec
        self.runs: list[bytes] = []
        """SHA-256 of every image that was started, in order: a test looks for one that should never have been."""
        self.in_bootloader = False
        self.factory_line = False
        """The bootloader speaks 9600 8N2 now, whatever the application was set to."""
        self.not_before_ms = 0
        """A restart or an erase makes it deaf until then."""
        self._slots = Slots(flash, spec.capacity, spec.slots)
        self._fault = Fault.NONE
        self._running = b""
        self._running_slot = -1
        self._switch_on()

    def _switch_on(self) -> None:
        transfer = self._slots.transfer()
        if not self.spec.tells_progress and transfer is not None:
            self._slots.forget_transfer()
        elif transfer is not None and self._slots.next_block(transfer) == transfer.blocks:
            self._finish(transfer)
        self._start()

    def _start(self) -> None:
        """Run the image of the highest rank that stands every check; none: stay in the bootloader."""
        for image in self._slots.images():
            if fault_of(image.stream, self.spec.maker) is Fault.NONE:
                self._running, self._running_slot = image.stream, image.slot
                self.runs.append(hashlib.sha256(image.stream).digest())
                self.in_bootloader = self.factory_line = False
                return
        self._running, self._running_slot = b"", -1
        self.in_bootloader = self.factory_line = True

    # -- requests ----------

    def answer(self, function: int, body: bytes, at_ms: int = 0) -> Reply | None:
        """Answer one request to this unit; None while it is deaf, and where the manner has no reply."""
        if at_ms < self.not_before_ms:
            return None
        if function == READ and len(body) == 4:
            return self._read(int.from_bytes(body[:2], "big"), int.from_bytes(body[2:], "big"))
        if function == WRITE_ONE and len(body) == 4:
            return self._write_one(body, at_ms)
        if function == WRITE_MANY and len(body) >= 5 and len(body) == 5 + body[4]:
            return self._write_many(body, at_ms)
        return _exception(function, NO_FUNCTION)

    def _read(self, register: int, count: int) -> Reply:
        words = self._words(register, count)
        if words is None:
            return _exception(READ, NO_ADDRESS)
        return Reply(READ, bytes((len(words),)) + words)

    def _words(self, register: int, count: int) -> bytes | None:
        whole = self._registers(register)
        if whole is None or not 1 <= count <= len(whole) // 2:
            return None
        if register == BOOTLOADER and self.in_bootloader and count != len(whole) // 2:
            return None  # the bootloader gives its version only as a whole
        return whole[: 2 * count]

    def _registers(self, register: int) -> bytes | None:
        spec = self.spec
        known = {
            SIGNATURE: characters(spec.product, 12),
            BOOTLOADER: characters(spec.bootloader_version, 8),
        }
        if self._running:
            known[VERSION] = characters(version_of(self._running), 16)
        if not self.in_bootloader:
            known |= {MODEL: characters(spec.model, 20), SERIAL: spec.serial.to_bytes(4, "big")}
            if spec.keeps_settings:
                known[TO_BOOTLOADER_KEEPING] = bytes(2)
        if spec.tells_hardware:
            known[HARDWARE] = spec.hardware.to_bytes(2, "big")
        if spec.tells_progress and self._running:
            known[DIGEST] = hashlib.sha256(self._running).digest()
        if spec.tells_progress and self.in_bootloader:
            known[PROGRESS] = self._progress()
        return known.get(register)

    def _progress(self) -> bytes:
        """State, tag (8 registers), next block (2), fault."""
        transfer = self._slots.transfer()
        if transfer is None:
            state = State.REFUSED if self._fault else State.IDLE
            return state.to_bytes(2, "big") + bytes(20) + self._fault.to_bytes(2, "big")
        position = self._slots.next_block(transfer).to_bytes(4, "big")
        return State.RECEIVING.to_bytes(2, "big") + transfer.tag + position + bytes(2)

    def _write_one(self, body: bytes, at_ms: int) -> Reply | None:
        register, value = int.from_bytes(body[:2], "big"), int.from_bytes(body[2:], "big")
        known = {TO_BOOTLOADER, TO_BOOTLOADER_KEEPING} if self.spec.keeps_settings else {TO_BOOTLOADER}
        if self.in_bootloader or register not in known:
            return _exception(WRITE_ONE, NO_ADDRESS)
        if value != 1:
            return _exception(WRITE_ONE, BAD_VALUE)
        self.in_bootloader = True
        self.not_before_ms = at_ms + STARTS_MS
        self.factory_line = register == TO_BOOTLOADER
        return None if self.factory_line else Reply(WRITE_ONE, body)

    def _write_many(self, body: bytes, at_ms: int) -> Reply:
        register, data = int.from_bytes(body[:2], "big"), body[5:]
        if not self.in_bootloader:
            return _exception(WRITE_MANY, NO_ADDRESS)
        if register == INFO and len(data) == INFO_BYTES:
            return self._take_info(body, data, at_ms)
        if register == DATA and len(data) == DATA_BYTES:
            return self._take_data(body, data, at_ms)
        return _exception(WRITE_MANY, NO_ADDRESS)

    # -- the bootloader ----------

    def _take_info(self, body: bytes, data: bytes, at_ms: int) -> Reply:
        """Info block: magic, stream size (4), hardware (2), 6 of zero, tag (16). The same again goes on; another begins anew."""
        size, hardware, tag = int.from_bytes(data[4:8], "big"), int.from_bytes(data[8:10], "big"), data[16:32]
        if data[:4] != INFO_MAGIC or hardware != self.spec.hardware or not 0 < size <= self.spec.capacity:
            return _exception(WRITE_MANY, BAD_VALUE)
        self._fault = Fault.NONE
        begun = self._slots.transfer()
        again = begun is not None and (begun.tag, begun.size) == (tag, size) and self.spec.tells_progress
        if not again:
            slot = (self._running_slot + 1) % self.spec.slots if self._running else 0
            if slot == self._running_slot:
                self._running, self._running_slot = b"", -1
            self._slots.begin(tag, size, slot)
        busy_ms = 0 if again else self._erase_ms()
        self.not_before_ms = at_ms + busy_ms
        return Reply(WRITE_MANY, body[:4], busy_ms)

    def _erase_ms(self) -> int:
        return (
            ERASE_MS_PER_PAGE * (self.spec.capacity // 1024)
            if self.spec.erase_ms is None
            else self.spec.erase_ms
        )

    def _take_data(self, body: bytes, data: bytes, at_ms: int) -> Reply:
        """Data block: number (4), CRC-32 over number and content (4), content (128)."""
        transfer = self._slots.transfer()
        if transfer is None:
            return _exception(WRITE_MANY, NO_ADDRESS)
        number, content = int.from_bytes(data[:4], "big"), data[8:]
        if zlib.crc32(data[:4] + content) != int.from_bytes(data[4:8], "big"):
            return _exception(WRITE_MANY, BAD_VALUE)
        following = self._slots.next_block(transfer)
        if number < following:
            return _exception(WRITE_MANY, DEVICE_FAILURE)  # written already
        if number > following or number >= transfer.blocks:
            return _exception(WRITE_MANY, BAD_VALUE)
        self._slots.write_block(transfer, number, content)
        if number == transfer.blocks - 1:
            self._finish(transfer)
            if self._fault is Fault.NONE:
                self._start()
                self.not_before_ms = at_ms + STARTS_MS
        return Reply(WRITE_MANY, body[:4])

    def _finish(self, transfer: Transfer) -> None:
        """All blocks are there: mark the image if it stands every check, else forget it."""
        stream = self._slots.received(transfer)
        whole = hashlib.sha256(stream).digest()[:16] == transfer.tag
        self._fault = fault_of(stream, self.spec.maker) if whole else Fault.DIGEST
        if self._fault is Fault.NONE:
            self._slots.mark(transfer)
        self._slots.forget_transfer()


def install(spec: ModuleSpec, flash: Flash, stream: bytes) -> None:
    """Put an image into a module as its factory does."""
    slots = Slots(flash, spec.capacity, spec.slots)
    transfer = Transfer(hashlib.sha256(stream).digest()[:16], len(stream), 0)
    slots.begin(transfer.tag, transfer.size, 0)
    for number in range(transfer.blocks):
        slots.write_block(transfer, number, stream[BLOCK * number : BLOCK * number + BLOCK])
    slots.mark(transfer)
    slots.forget_transfer()


def characters(text: str, count: int) -> bytes:
    """One character in each register, the rest zero."""
    return b"".join(bytes((0, byte)) for byte in text.encode("ascii")[:count].ljust(count, b"\0"))


def _exception(function: int, code: int) -> Reply:
    return Reply(function | EXCEPTION_BIT, bytes((code,)))
