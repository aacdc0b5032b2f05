"""Finds what answers on a port: at which speed, in which protocol, at which address. Asks only what every device may be asked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from firmware_tools.devices.meter_identity import MeterIdentity, find_meter
from firmware_tools.devices.modbus_port import SerialModbusPort
from firmware_tools.devices.module_identity import ModuleIdentity, NotAModule, read_identity
from firmware_tools.line.serial_line import LineGone, SerialLine, Silence

Speed = tuple[int, str, int]
MODULE_SPEEDS: tuple[Speed, ...] = ((9600, "N", 2), (19200, "N", 1), (115200, "N", 1), (9600, "E", 1))
METER_SPEEDS: tuple[Speed, ...] = ((2400, "E", 1), (9600, "E", 1), (1200, "E", 1), (4800, "E", 1))
FIRST_UNIT, LAST_UNIT = 1, 247
SCAN_MS = 120
"""A unit that is there answers within this at 9600; 247 of them take half a minute."""

Device = ModuleIdentity | MeterIdentity | NotAModule


@dataclass(frozen=True, slots=True)
class Found:
    """A device and where it is."""

    port: str
    speed: Speed
    device: Device


@dataclass(frozen=True, slots=True)
class Several:
    """Bytes came that are no answer: two devices at once, or another speed."""

    port: str
    speed: Speed
    damage: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for. None: anything."""

    address: str | None = None
    speed: Speed | None = None
    modules_only: bool = False
    scan: bool = True
    """Ask all 247 units when the likely ones are silent."""

    @property
    def units(self) -> tuple[int, ...]:
        """Modbus units to be asked first."""
        if self.address is None:
            return (FIRST_UNIT,)
        short = (
            len(self.address) <= len(str(LAST_UNIT)) and self.address.isascii() and self.address.isdecimal()
        )
        number = int(self.address) if short else 0  # twelve digits are a meter's, whatever they begin with
        return (number,) if FIRST_UNIT <= number <= LAST_UNIT else ()


def search(
    line: SerialLine, wanted: Wanted, told: Callable[[Speed], None] = lambda speed: None
) -> Iterator[Found | Several | LineGone]:
    """Give what is found, at the first speed at which anything answers. The line is left at that speed."""
    strange: Several | None = None
    for speed, ask in _questions(wanted):
        told(speed)
        gone = line.use(*speed)
        reply = gone if gone is not None else ask(line)
        if isinstance(reply, LineGone):
            yield reply
            return
        if not isinstance(reply, Silence):
            yield Found(line.settings.path, speed, reply)
            return
        if reply.heard and reply.damage and strange is None:
            strange = Several(line.settings.path, speed, reply.damage)
    if strange is not None:
        yield strange
    elif wanted.scan and wanted.address is None:
        yield from _scan(line, wanted, told)


Question = Callable[[SerialLine], Device | Silence | LineGone]


def _questions(wanted: Wanted) -> Iterator[tuple[Speed, Question]]:
    # A bootloader that lost its power has forgotten the line's speed: its own is looked at, too.
    for speed in dict.fromkeys((wanted.speed, MODULE_SPEEDS[0])) if wanted.speed else MODULE_SPEEDS:
        for unit in wanted.units:
            yield speed, _ask_module(unit)
    if wanted.modules_only or (wanted.address is not None and wanted.units):
        return
    for speed in (wanted.speed,) if wanted.speed else METER_SPEEDS:
        yield speed, _ask_meter(wanted.address)


def _ask_module(unit: int) -> Question:
    return lambda line: read_identity(SerialModbusPort(line), unit, tries=1)


def _ask_meter(address: str | None) -> Question:
    if address is None:
        return find_meter
    return lambda line: find_meter(line, address.zfill(12))


def _scan(line: SerialLine, wanted: Wanted, told: Callable[[Speed], None]) -> Iterator[Found | LineGone]:
    speed = wanted.speed or MODULE_SPEEDS[0]
    if (gone := line.use(*speed)) is not None:
        yield gone
        return
    for unit in range(FIRST_UNIT, LAST_UNIT + 1):
        told(speed)
        reply = read_identity(SerialModbusPort(line), unit, tries=1, timeout_ms=SCAN_MS)
        if isinstance(reply, LineGone):
            yield reply
            return
        if not isinstance(reply, Silence):
            yield Found(line.settings.path, speed, reply)
