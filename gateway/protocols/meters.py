"""From a model row and an address to a driver: the one place that knows all protocols."""

from gateway.protocols.dlt645.driver import ADDRESS_DIGITS, Dlt645Driver
from gateway.protocols.dlt645.frame import BROADCAST_ADDRESS
from gateway.protocols.driver import Driver
from gateway.protocols.modbus.driver import HIGHEST_ADDRESS, ModbusDriver
from gateway.protocols.models import ModelRow
from gateway.words import say

MAX_CT_RATIO = 10_000


def make_driver(
    model_row: ModelRow,
    address: str,
    ct_ratio: int = 1,
    *,
    baud: int | None = None,
    password: str | None = None,
    operator: str | None = None,
) -> Driver:
    """Return the driver of one meter. `password` and `operator` (8 hex digits each, wire order) replace the model's; `baud` is the
    line's speed where it isn't the model's. Raises ValueError with what is wrong: ask `address_mistake` first where people type.
    """
    mistake = address_mistake(model_row, address) or _ratio_mistake(ct_ratio)
    if mistake is not None:
        raise ValueError(mistake)
    if model_row.protocol == "modbus-rtu":
        return ModbusDriver(model_row, address, ct_ratio, baud)
    return Dlt645Driver(model_row, address, ct_ratio, password, operator)


def address_mistake(model_row: ModelRow, address: str) -> str | None:
    """Say what is wrong with an address for this model, None when it is good. DL/T 645 takes `AA` for a wildcard byte, high bytes
    first, and fills short numbers with zeros; Modbus takes 1 to 247.
    """
    if model_row.protocol == "modbus-rtu":
        short = len(address) <= len(str(HIGHEST_ADDRESS))
        good = short and address.isascii() and address.isdecimal() and 1 <= int(address) <= HIGHEST_ADDRESS
        return (
            None
            if good
            else say(
                "a Modbus address is a number from 1 to {highest}, not {found}",
                highest=HIGHEST_ADDRESS,
                found=repr(address[:20]),
            )
        )
    low = address.upper()
    while low.startswith("AA"):
        low = low[2:]
    wild = len(address) != len(low)
    digits = low.isascii() and (low.isdecimal() or not low)
    fits = len(address) == ADDRESS_DIGITS if wild else 0 < len(address) <= ADDRESS_DIGITS
    if digits and fits:
        return None
    return say(
        "a DL/T 645 address has up to 12 digits (or AA bytes first, 12 in all), not {found}",
        found=repr(address),
    )


def names_one_meter(address: str) -> bool:
    """Tell whether only one meter on a line can feel spoken to: no wildcard byte, no broadcast. A relay is told by such an address
    alone, and only such a one is entered for a room (DL/T 645-2007, clause 5.2.3: wildcards are for reading)."""
    return "AA" not in address.upper() and address != BROADCAST_ADDRESS


def _ratio_mistake(ct_ratio: int) -> str | None:
    if 1 <= ct_ratio <= MAX_CT_RATIO:
        return None
    return say(
        "a CT ratio is a whole number from 1 to {most}, not {found}", most=MAX_CT_RATIO, found=repr(ct_ratio)
    )
