"""How a meter is given another address on its line: what is sent, and who answers from where. Talks to nobody."""

from dataclasses import dataclass

from gateway.protocols.dlt645.driver import ADDRESS_DIGITS, Dlt645Driver
from gateway.protocols.driver import Driver, Exchange
from gateway.protocols.modbus.driver import ModbusDriver
from gateway.protocols.models import ModelRow

WILDCARD = "AA" * (ADDRESS_DIGITS // 2)
_ADDRESS_AT = slice(1, 7)
"""A0 to A5 behind the first 68H (2007, clause 5.2.1)."""


@dataclass(frozen=True, slots=True)
class Readdressing:
    """One exchange; `driver` hears its answer. `alone`: every meter on the line would take it, so there must be one only."""

    driver: Driver
    exchange: Exchange
    alone: bool


def readdressing(row: ModelRow, old: str, new: str, baud: int) -> Readdressing | None:
    """Give what moves a meter from one address to another; None for models that are set by hand: 1997, rows without a register.

    DL/T 645-2007 (15H) is heard by every meter on the line and answered from the new address; Modbus names the old one.
    """
    if row.protocol == "dlt645-2007":
        there = Dlt645Driver(row, new)
        return Readdressing(there, there.take_address(), alone=True)
    if row.protocol == "modbus-rtu":
        here = ModbusDriver(row, old, baud=baud)
        exchange = here.give_address(int(new))
        return None if exchange is None else Readdressing(here, exchange, alone=False)
    return None


def who_answered(raw: bytes) -> str:
    """Give the address in a DL/T 645 reply's frame, twelve digits."""
    return raw[_ADDRESS_AT][::-1].hex().upper()
