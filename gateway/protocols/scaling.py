"""From what a meter shows to integers: thousandths of its unit (Wh, mV, mA, W, mHz), times the transformer ratio, exactly."""

from collections.abc import Callable
from types import MappingProxyType

from gateway.protocols.driver import Item, Values

TRANSFORMED = frozenset(
    {
        Item.ENERGY,
        Item.REVERSE_ENERGY,
        Item.FROZEN_ENERGY,
        Item.SETTLED_ENERGY,
        Item.POWER,
        Item.CURRENT,
    }
)
"""What the current transformers in front of a meter divide."""

PER_PHASE = frozenset({Item.VOLTAGE, Item.CURRENT})
"""What a meter shows for each phase it has; of the others a block's first number is the total, which no part may stand for."""

UNITS = MappingProxyType(
    {
        Item.ENERGY: "kWh",
        Item.REVERSE_ENERGY: "kWh",
        Item.FROZEN_ENERGY: "kWh",
        Item.SETTLED_ENERGY: "kWh",
        Item.POWER: "kW",
        Item.CURRENT: "A",
        Item.VOLTAGE: "V",
        Item.POWER_FACTOR: "",
        Item.FREQUENCY: "Hz",
        Item.COVER_OPENINGS: "times",
    }
)
"""Items that are numbers, and the unit a meter shows them in; the others are words, digits and moments."""


_TENS: list[int] = [10**power for power in range(10)]


def thousandths(scaled: int, decimals: int, ratio: int = 1) -> int:
    """Return `scaled` x 10^-decimals x `ratio` in thousandths, halves rounded to even: (12345678, 2) is 123,456,780."""
    if decimals <= 3:
        return scaled * ratio * _TENS[3 - decimals]
    divisor = _TENS[decimals - 3]
    whole, rest = divmod(scaled * ratio, divisor)
    return whole + (rest * 2 > divisor or (rest * 2 == divisor and whole % 2 == 1))


_FIRST_OF: dict[Item, Callable[[int], Values]] = {
    Item.ENERGY: lambda wh: Values(energy_wh=wh),
    Item.REVERSE_ENERGY: lambda wh: Values(reverse_wh=wh),
    Item.FROZEN_ENERGY: lambda wh: Values(frozen_wh=wh),
    Item.SETTLED_ENERGY: lambda wh: Values(settled_wh=wh),
    Item.COVER_OPENINGS: lambda thousandths: Values(cover_openings=thousandths // 1000),
    Item.POWER: lambda watts: Values(power_w=watts),
    Item.VOLTAGE: lambda mv: Values(voltage_mv=mv),
    Item.POWER_FACTOR: lambda milli: Values(power_factor_milli=milli),
    Item.FREQUENCY: lambda mhz: Values(frequency_mhz=mhz),
}


def numbers_to_values(item: Item, numbers: list[int]) -> Values:
    """Put an item's thousandths (one per phase that is there) where they belong. Raises KeyError for an item that is no number."""
    if item is Item.CURRENT:
        return Values(current_ma=max(map(abs, numbers)))
    return _FIRST_OF[item](numbers[0])
