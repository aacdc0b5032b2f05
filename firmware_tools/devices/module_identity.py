"""What a module says of itself: product, version, bootloader, hardware. The registers after the Wiren Board manner.

One ASCII character in each register. A bootloader gives its version only as a whole, a firmware answers a read of any number of
those registers: that tells which of them is running (wb-mqtt-serial, rpc_fw_update_task).
"""

from dataclasses import dataclass

from firmware_tools.devices.modbus_port import ModbusPort, Refused, read_registers
from firmware_tools.image.versions import Version, said_version
from firmware_tools.line.serial_line import LineGone, Silence

SIGNATURE, SIGNATURE_COUNT = 0x0122, 12
VERSION, VERSION_COUNT = 0x00FA, 16
BOOTLOADER, BOOTLOADER_PART, BOOTLOADER_WHOLE = 0x014A, 7, 8
KEEPS_SETTINGS = 0x0083
MODEL, MODEL_COUNT = 0x00C8, 20
SERIAL, SERIAL_COUNT = 0x010E, 2
HARDWARE = 0x0152
"""This house's: the hardware revision, one register."""


@dataclass(frozen=True, slots=True)
class ModuleIdentity:
    """One module as it answered. What it does not tell is empty or None."""

    unit: int
    product: str
    in_bootloader: bool
    version_text: str = ""
    bootloader: str = ""
    model: str = ""
    serial: int | None = None
    hardware: int | None = None
    keeps_settings: bool = False

    @property
    def version(self) -> Version | None:
        """The running firmware as numbers; None when it is not told, or not told as numbers."""
        return said_version(self.version_text) if self.version_text else None


@dataclass(frozen=True, slots=True)
class NotAModule:
    """A Modbus device answers here, and has no such registers: a meter, most likely."""

    unit: int
    code: int


def read_identity(
    port: ModbusPort, unit: int, tries: int = 3, timeout_ms: int = 500
) -> ModuleIdentity | NotAModule | Silence | LineGone:
    """Ask a unit who it is."""
    signature = read_registers(port, unit, SIGNATURE, SIGNATURE_COUNT, tries, timeout_ms)
    if isinstance(signature, Refused):
        return NotAModule(unit, signature.code)
    if not isinstance(signature, bytes):
        return signature
    part = read_registers(port, unit, BOOTLOADER, BOOTLOADER_PART)
    if isinstance(part, Silence | LineGone):
        return part
    in_bootloader = not isinstance(part, bytes)
    rows = (
        (BOOTLOADER, BOOTLOADER_WHOLE),
        (VERSION, VERSION_COUNT),
        (MODEL, MODEL_COUNT),
        (KEEPS_SETTINGS, 1),
    )
    told: list[object] = [] if in_bootloader else [part]
    for register, count in (*(rows if in_bootloader else rows[1:]), (SERIAL, SERIAL_COUNT), (HARDWARE, 1)):
        answer = read_registers(port, unit, register, count)
        if isinstance(answer, LineGone):
            return answer
        told.append(answer)
    bootloader, version, model, keeps, serial, hardware = told
    return ModuleIdentity(
        unit,
        text_of(signature),
        in_bootloader,
        text_of(version),
        text_of(bootloader),
        text_of(model),
        _number(serial),
        _number(hardware),
        keeps == bytes(2),
    )


def text_of(registers: object) -> str:
    """Read one character from the low byte of each register; what can't be printed is left out, and no answer is no text."""
    if not isinstance(registers, bytes):
        return ""
    return "".join(chr(byte) for byte in registers[1::2] if 0x20 < byte < 0x7F)


def _number(registers: object) -> int | None:
    return int.from_bytes(registers, "big") if isinstance(registers, bytes) else None
