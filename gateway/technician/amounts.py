"""Amounts to the last digit, for tables whose columns must add up: money from micro-yuan, energy from watt-hours."""

from gateway.contract.quantities import Unit
from gateway.words import mark, say

UNITS = {Unit.YUAN: mark("yuan"), Unit.KWH: mark("kWh")}

BUCKETS = {"paid": mark("paid"), "subsidy": mark("subsidy"), "emergency": mark("emergency")}
"""The usual buckets; a configuration may name others, which are shown as they are."""


def exact(amount: int, unit: str) -> str:
    """Give `-0.139575` of micro-yuan or `0.01` of Wh: at least two decimals, and all that there are."""
    places = 6 if unit == Unit.YUAN else 3
    whole, rest = divmod(abs(amount), 10**places)
    decimals = f"{rest:0{places}d}".rstrip("0").ljust(2, "0")
    return f"{'-' if amount < 0 else ''}{whole}.{decimals}"


def with_unit(amount: int, unit: str) -> str:
    """Give an amount to the last digit with its unit."""
    return f"{exact(amount, unit)} {unit_text(unit)}"


def bucket_text(name: str) -> str:
    """Give a bucket's name in the language spoken."""
    return say(BUCKETS.get(name, name))


def unit_text(unit: str) -> str:
    """Give a unit's name in the language spoken."""
    return say(UNITS[Unit(unit)])
