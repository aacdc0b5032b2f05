"""What a meter after DL/T 645-1997 answers: reads (01H) by two-byte identifiers; all else is refused or left unanswered.

The frame is that of 2007. The meter must have been advanced to the present instant.
"""

from collections.abc import Callable
from dataclasses import dataclass

from firmware_tools.virtual_meter.dlt645_items import bcd, read_item
from firmware_tools.virtual_meter.dlt645_wire import BROADCAST, WILDCARD, Request, address_bytes, build_reply
from firmware_tools.virtual_meter.meter import VirtualMeter

READ = 0x01
DONE, FAILED = 0x80, 0xC0
NO_DATA, PASSWORD = 0x02, 0x04
WRITES = frozenset({0x04, 0x0A, 0x0C, 0x0F, 0x10})

SAME_AS_2007 = {
    0x9010: 0x00010000,
    0x9020: 0x00020000,
    0xC010: 0x04000101,
    0xC011: 0x04000102,
    0xC032: 0x04000402,
}
"""Identifiers whose bytes are those of a 2007 item."""


@dataclass(slots=True)
class Dlt645Server1997:
    """The protocol face of one virtual meter of the old edition."""

    meter: VirtualMeter

    def hears(self, request: Request) -> bool:
        """Return whether the request concerns this meter; abbreviated addresses are no part of 1997, many makes know them."""
        if request.address == BROADCAST:
            return self.meter.spec.discovery == "broadcast" and request.control == READ
        opened = request.address.count(WILDCARD)
        if self.meter.spec.discovery in ("unabbreviated", "broadcast") and 0 < opened < len(request.address):
            return False
        return request.is_for(self._address())

    def answer(self, request: Request) -> bytes | None:
        """Return the reply's bytes, or None for silence: a function of the other edition is not understood."""
        if request.control in WRITES:
            return self._reply(request, FAILED, bytes([PASSWORD]))
        if request.control != READ or len(request.data) != 2:
            return None
        value = self._value(int.from_bytes(request.data, "little"))
        if value is None:
            return self._reply(request, FAILED, bytes([NO_DATA]))
        return self._reply(request, DONE, request.data + value)

    def _address(self) -> bytes:
        return address_bytes(self.meter.identity.address)

    def _reply(self, request: Request, mark: int, data: bytes) -> bytes:
        echoes = self.meter.spec.discovery == "echo" and WILDCARD in request.address
        address = request.address if echoes else self._address()
        return build_reply(address, request.control | mark, data, self.meter.spec.preamble_fe)

    def _value(self, di: int) -> bytes | None:
        if di in SAME_AS_2007:
            return read_item(self.meter, SAME_AS_2007[di])
        instantaneous = INSTANTANEOUS.get(di)
        return instantaneous(self.meter) if instantaneous else None


INSTANTANEOUS: dict[int, Callable[[VirtualMeter], bytes]] = {
    0xB611: lambda meter: bcd(meter.phases()[0].voltage_mv // 1000, 2),
    0xB621: lambda meter: bcd(meter.phases()[0].current_ma // 10, 2),
    0xB630: lambda meter: bcd(meter.phases()[0].power_mw // 100, 3),
    0xB650: lambda meter: bcd(meter.phases()[0].power_factor_milli, 2),
}
"""Volts in whole ones, amperes in hundredths, kilowatts in tenths of a watt, the power factor in thousandths."""
