"""What a good Modbus RTU frame says without a register map: start, quantity, bytes, and the one float that two registers can be."""

import math
import struct
from decimal import Decimal
from typing import Any

from gateway.protocols.modbus.frame import (
    READ_COILS,
    READ_DISCRETE_INPUTS,
    WRITE_COIL,
    WRITE_COILS,
    WRITE_REGISTER,
    WRITE_REGISTERS,
    Frame,
    Role,
)

EXCEPTIONS = {
    0x01: "illegal-function",
    0x02: "illegal-address",
    0x03: "illegal-value",
    0x04: "device-failure",
    0x05: "acknowledged",
    0x06: "busy",
    0x07: "negative-acknowledge",
    0x08: "memory-parity",
    0x0A: "no-gateway-path",
    0x0B: "no-gateway-answer",
}
"""Exception codes (Modbus application protocol V1.1b3, clause 7)."""

_READ_BITS = frozenset({READ_COILS, READ_DISCRETE_INPUTS})
_SMALLEST_NORMAL = 2.0**-126


def float32(data: bytes) -> float | None:
    """Read four bytes as a big-endian float; None for NaN, infinities and denormals, which are no measurement."""
    if len(data) != 4:
        return None
    value: float = struct.unpack(">f", data)[0]
    if math.isfinite(value) and (value == 0 or abs(value) >= _SMALLEST_NORMAL):
        return value
    return None


def float_text(value: float) -> str:
    """Return seven significant digits, what a float32 can hold: 230.2 for 43663334, whose exact value is 230.2000122."""
    text = f"{Decimal(f'{value:.7g}') + 0:f}"
    return text if "." in text else f"{text}.0"


def read_fields(frame: Frame) -> dict[str, Any]:
    """Return the frame's fields by name, `value` always among them (None: it takes a register map to say)."""
    if frame.is_exception:
        return {"value": None, "exception": frame.body[0], "name": EXCEPTIONS.get(frame.body[0], "unknown")}
    if frame.function in (WRITE_COIL, WRITE_REGISTER):
        return {"value": None, "start": _word(frame.body, 0), "raw": _word(frame.body, 2)}
    if frame.role is Role.REQUEST or frame.function in (WRITE_COILS, WRITE_REGISTERS):
        return _range_fields(frame)
    data = frame.body[1:]
    if frame.function in _READ_BITS:
        return {"value": data.hex().upper() if frame.function == READ_COILS else None, "data_hex": data.hex()}
    if len(data) == 2:
        return {"value": f"0x{data.hex().upper()}", "data_hex": data.hex()}
    number = float32(data)
    fields = {"value": None if number is None else float_text(number), "data_hex": data.hex()}
    return fields | (
        {"float32_be": None if number is None else float(float_text(number))} if len(data) == 4 else {}
    )


def _range_fields(frame: Frame) -> dict[str, Any]:
    """The start and quantity of a read request or of either side of a block write, and what a write carries."""
    fields: dict[str, Any] = {
        "value": None,
        "start": _word(frame.body, 0),
        "quantity": int.from_bytes(frame.body[2:4], "big"),
    }
    if frame.role is Role.REQUEST and frame.function in (WRITE_COILS, WRITE_REGISTERS):
        data = frame.body[5:]
        number = float32(data) if frame.function == WRITE_REGISTERS else None
        fields |= {"value": None if number is None else float_text(number), "data_hex": data.hex()}
    return fields


def _word(body: bytes, position: int) -> str:
    return body[position : position + 2].hex().upper()
