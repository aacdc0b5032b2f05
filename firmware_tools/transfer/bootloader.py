"""What the bootloader is told and asked: go there, begin, take a block, how far are you, what do you hold."""

from dataclasses import dataclass
from enum import IntEnum

from firmware_tools.devices.modbus_port import ModbusPort, Refused, Reply, Said, ask_again, read_registers
from firmware_tools.devices.module_identity import ModuleIdentity
from firmware_tools.line.serial_line import LineGone, Silence
from firmware_tools.transfer.blocks import DATA_REGISTER, INFO_REGISTER
from gateway.protocols.modbus import frame as modbus

TO_BOOTLOADER, TO_BOOTLOADER_KEEPING = 0x0081, 0x0083
FACTORY_LINE = (9600, "N", 2)
"""Where a bootloader listens that doesn't keep the line's settings."""
REBOOT_MS = 1000
AFTER_REBOOT_MS = 500
INFO_MS = 1000
"""The info block may erase flash: more patience than for a data block (wb-mqtt-serial)."""
DATA_MS = 500
WRITTEN_ALREADY = 4
"""Exception 04 in answer to a data block: it is in flash, only its reply was lost."""

PROGRESS, PROGRESS_COUNT = 0x1100, 12
DIGEST, DIGEST_COUNT = 0x1110, 16


class State(IntEnum):
    """What a bootloader says of itself in the first register of PROGRESS."""

    IDLE = 0
    RECEIVING = 1
    REFUSED = 3


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a bootloader is."""

    state: int
    tag: bytes
    next_block: int
    fault: int
    """Why it refused what it received (docs/firmware-image.md); 0 for nothing."""


def enter(port: ModbusPort, module: ModuleIdentity) -> LineGone | None:
    """Send a module to its bootloader and follow it to the speed at which that listens. Silence is no refusal: old ones say
    nothing as they go."""
    register = TO_BOOTLOADER_KEEPING if module.keeps_settings else TO_BOOTLOADER
    body = register.to_bytes(2, "big") + (1).to_bytes(2, "big")
    reply = port.ask(module.unit, modbus.WRITE_REGISTER, body, REBOOT_MS)
    if isinstance(reply, LineGone):
        return reply
    port.pause_ms(AFTER_REBOOT_MS)
    return None if module.keeps_settings else port.use(*FACTORY_LINE)


def begin(port: ModbusPort, unit: int, info: bytes, timeout_ms: int = INFO_MS) -> Reply:
    """Send the info block once."""
    return port.ask(unit, modbus.WRITE_REGISTERS, _registers(INFO_REGISTER, info), timeout_ms)


def write_block(port: ModbusPort, unit: int, block: bytes, tries: int) -> Said | Refused | Silence | LineGone:
    """Send one data block until it is taken, refused, or nothing is said `tries` times. Written already counts as taken."""
    body = _registers(DATA_REGISTER, block)
    reply: Reply = Silence()
    for _ in range(tries):
        reply = ask_again(port, unit, modbus.WRITE_REGISTERS, body, tries, DATA_MS)
        if isinstance(reply, Refused) and reply.code == WRITTEN_ALREADY:
            return Said(body[:4])
        if not isinstance(reply, Refused):
            return reply
    return reply


def progress_of(port: ModbusPort, unit: int) -> Progress | Refused | Silence | LineGone:
    """Ask a bootloader how far it is. Refused: it is one of the bare manner and can't be asked."""
    words = read_registers(port, unit, PROGRESS, PROGRESS_COUNT)
    if not isinstance(words, bytes):
        return words
    numbers = int.from_bytes(words[:2], "big"), int.from_bytes(words[18:22], "big")
    return Progress(numbers[0], words[2:18], numbers[1], int.from_bytes(words[22:24], "big"))


def digest_of(port: ModbusPort, unit: int) -> bytes | LineGone | None:
    """Ask for the SHA-256 of the stream that a module runs; None when it doesn't tell."""
    words = read_registers(port, unit, DIGEST, DIGEST_COUNT)
    return words if isinstance(words, bytes | LineGone) else None


def _registers(start: int, content: bytes) -> bytes:
    even = content + bytes(len(content) % 2)
    return start.to_bytes(2, "big") + (len(even) // 2).to_bytes(2, "big") + bytes((len(even),)) + even
