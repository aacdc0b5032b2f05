"""What a Modbus RTU sub-meter answers: Eastron SDM120/SDM630 (FC04, floats) and Hiking DDS238-2 (FC03, integers, relay at 001A).

The meter must have been advanced to the present instant. Broadcasts (unit 0) are obeyed in silence; other units' requests aren't
heard at all.
"""

import struct
from enum import IntEnum

from firmware_tools.virtual_meter.meter import VirtualMeter
from firmware_tools.virtual_meter.modbus_wire import ModbusRequest, build
from firmware_tools.virtual_meter.relay import Action
from firmware_tools.virtual_meter.supply import UWS_PER_WH

EXCEPTION_BIT = 0x80
READ_HOLDING, READ_INPUT, WRITE_MULTIPLE = 3, 4, 16
LONGEST_READ = 125


class Refusal(IntEnum):
    """Modbus exception codes."""

    ILLEGAL_FUNCTION = 1
    ILLEGAL_ADDRESS = 2
    ILLEGAL_VALUE = 3


class ModbusServer:
    """The protocol face of one Modbus meter."""

    def __init__(self, meter: VirtualMeter) -> None:
        self._meter = meter
        self._answer_pdu = self._answer_sdm if meter.model.address_map == "sdm" else self._answer_dds238

    def hears(self, request: ModbusRequest) -> bool:
        """Return whether the request concerns this meter."""
        return request.unit in (0, int(self._meter.identity.address))

    def answer(self, request: ModbusRequest) -> bytes | None:
        """Return the reply's bytes, or None for silence."""
        answer = self._answer_pdu(request)
        if request.unit == 0:
            return None
        if isinstance(answer, Refusal):
            return build(request.unit, request.function | EXCEPTION_BIT, bytes([answer]))
        return build(request.unit, request.function, answer)

    def _answer_sdm(self, request: ModbusRequest) -> bytes | Refusal:
        if request.function == WRITE_MULTIPLE:
            return self._write_sdm(request.body)
        if request.function != READ_INPUT:
            return Refusal.ILLEGAL_FUNCTION
        start, count = struct.unpack(">HH", request.body)
        if not 1 <= count <= LONGEST_READ or count % 2 or start % 2:
            return Refusal.ILLEGAL_VALUE
        if start + count > SDM_END:
            return Refusal.ILLEGAL_ADDRESS
        asked = range(start, start + count, 2)
        values = sdm_values(self._meter, energy_asked=0x0048 in asked or 0x0156 in asked)
        floats = (values.get(address, 0.0) for address in asked)
        return bytes([2 * count]) + b"".join(struct.pack(">f", value) for value in floats)

    def _write_sdm(self, body: bytes) -> bytes | Refusal:
        """Take another unit number (holding register 0014) in set-up mode; the reply still comes from the old one."""
        start, count, length = struct.unpack(">HHB", body[:5])
        if length != 2 * count or len(body) != 5 + length:
            return Refusal.ILLEGAL_VALUE
        if start != SDM_NODE or count != 2 or not self._meter.spec.programming_key:
            return Refusal.ILLEGAL_ADDRESS
        (unit,) = struct.unpack(">f", body[5:9])
        if not 1 <= unit <= 247 or unit != int(unit):
            return Refusal.ILLEGAL_VALUE
        self._meter.identity.address = str(int(unit))
        self._meter.announce("address")
        return body[:4]

    def _answer_dds238(self, request: ModbusRequest) -> bytes | Refusal:
        if request.function == READ_HOLDING:
            start, count = struct.unpack(">HH", request.body)
            if not 1 <= count <= LONGEST_READ:
                return Refusal.ILLEGAL_VALUE
            registers = dds238_registers(self._meter, energy_asked=start < 0x0C)
            if start + count > len(registers):
                return Refusal.ILLEGAL_ADDRESS
            return bytes([2 * count]) + struct.pack(f">{count}H", *registers[start : start + count])
        if request.function == WRITE_MULTIPLE:
            return self._write_dds238(request.body)
        return Refusal.ILLEGAL_FUNCTION

    def _write_dds238(self, body: bytes) -> bytes | Refusal:
        start, count, length = struct.unpack(">HHB", body[:5])
        if length != 2 * count or len(body) != 5 + length:
            return Refusal.ILLEGAL_VALUE
        if start != DDS_RELAY or count != 1 or not self._meter.has_relay:
            return Refusal.ILLEGAL_ADDRESS
        wanted = int.from_bytes(body[5:7], "big")
        if wanted > 1:
            return Refusal.ILLEGAL_VALUE
        self._meter.command_relay(Action.CLOSE if wanted else Action.TRIP)
        return body[:4]


SDM_END = 0x0182
SDM_NODE = 0x0014
DDS_RELAY = 0x001A


def sdm_values(meter: VirtualMeter, energy_asked: bool) -> dict[int, float]:
    """Return the input registers of an SDM120 or SDM630 by address, two registers each; energy in steps of 1 Wh."""
    phases, three = meter.phases(), meter.model.phases == 3
    total_w = sum(phase.power_mw for phase in phases) / 1000
    values = {0x0046: meter.frequency_centi_hz() / 100}
    if energy_asked:
        values[0x0048] = values[0x0156] = meter.shown_register_uws() // UWS_PER_WH / 1000
    for index, phase in enumerate(phases):
        quantities = (
            phase.voltage_mv / 1000,
            phase.current_ma / 1000,
            phase.power_mw / 1000,
            phase.apparent_mva / 1000,
            phase.reactive_mvar / 1000,
            phase.power_factor_milli / 1000,
        )
        for order, quantity in enumerate(quantities):
            values[6 * order + (2 * index if three else 0)] = quantity
    if three:
        values |= {0x0034: total_w, 0x003E: phases[0].power_factor_milli / 1000}
    return values


def dds238_registers(meter: VirtualMeter, energy_asked: bool) -> list[int]:
    """Return the holding registers 0000..001A of a DDS238-2 ZN."""
    phase = meter.phases()[0]
    total = meter.shown_register_centi_kwh() if energy_asked else 0
    registers = [0] * (DDS_RELAY + 1 if meter.has_relay else 0x16)
    registers[0x00], registers[0x01] = divmod(total, 0x10000)
    registers[0x0A], registers[0x0B] = divmod(total, 0x10000)
    registers[0x0C] = phase.voltage_mv // 100
    registers[0x0D] = phase.current_ma // 10
    registers[0x0E] = phase.power_mw // 1000
    registers[0x0F] = phase.reactive_mvar // 1000
    registers[0x10] = phase.power_factor_milli
    registers[0x11] = meter.frequency_centi_hz()
    registers[0x15] = int(meter.identity.address) << 8 | 1
    if meter.has_relay:
        registers[DDS_RELAY] = int(meter.relay.reported_closed)
    return registers
