"""From what a meter shows to integers: thousandths of its unit (Wh, mV, mA, W, mHz), times the transformer ratio, exactly."""

from types import MappingProxyType

from gateway.protocols.driver import Item, Values

TRANSFORMED = frozenset({Item.ENERGY, Item.REVERSE_ENERGY, Item.FROZEN_ENERGY, Item.POWER, Item.CURRENT})
"""What the current transformers in front of a meter divide."""

PER_PHASE = frozenset({Item.VOLTAGE, Item.CURRENT})
"""What a meter shows for each phase it has; of the others a block's first number is the total, which no part may stand for."""

UNITS = MappingProxyType(
    {
        Item.ENERGY: "kWh",
        Item.REVERSE_ENERGY: "kWh",
        Item.FROZEN_ENERGY: "kWh",
        Item.POWER: "kW",
        Item.CURRENT: "A",
        Item.VOLTAGE: "V",
        Item.POWER_FACTOR: "",
        Item.FREQUENCY: "Hz",
        Item.COVER_OPENINGS: "times",
    }
)
"""Items that are numbers, and the unit a meter shows them in; the others are words, digits and moments."""


def thousandths(scaled: int, decimals: int, ratio: int = 1) -> int:
    """Return `scaled` x 10^-decimals x `ratio` in thousandths, halves rounded to even: (12345678, 2) is 123,456,780."""
    if decimals <= 3:
        return scaled * ratio * int(10 ** (3 - decimals))
    divisor = int(10 ** (decimals - 3))
    whole, rest = divmod(scaled * ratio, divisor)
    return whole + (rest * 2 > divisor or (rest * 2 == divisor and whole % 2 == 1))


def numbers_to_values(item: Item, numbers: list[int]) -> Values:
    """Put an item's thousandths (one per phase that is there) where they belong."""
    match item:
        case Item.ENERGY:
            return Values(energy_wh=numbers[0])
        case Item.REVERSE_ENERGY:
            return Values(reverse_wh=numbers[0])
        case Item.FROZEN_ENERGY:
            return Values(frozen_wh=numbers[0])
        case Item.COVER_OPENINGS:
            return Values(cover_openings=numbers[0] // 1000)
        case Item.POWER:
            return Values(power_w=numbers[0])
        case Item.CURRENT:
            return Values(current_ma=max(abs(number) for number in numbers))
        case Item.VOLTAGE:
            return Values(voltage_mv=numbers[0])
        case Item.POWER_FACTOR:
            return Values(power_factor_milli=numbers[0])
        case Item.FREQUENCY:
            return Values(frequency_mhz=numbers[0])
        case _:
            raise KeyError(item)
