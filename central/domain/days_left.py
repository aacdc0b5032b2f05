"""How long credit lasts at the use of the last days. Pure: integers in, whole days out, and None where nothing can be said."""

from collections.abc import Sequence

from gateway.contract.quantities import Unit

FEWEST_DAYS, MOST_DAYS_SHOWN = 3, 365


def energy_left_wh(amounts: Sequence[tuple[int, str]], micro_yuan_per_kwh: int | None) -> int | None:
    """Give what amounts (micro-yuan or watt-hours, each with its unit) buy in all; None when yuan have no price."""
    energy_wh = 0
    for amount, unit in amounts:
        if unit == Unit.KWH:
            energy_wh += amount
        elif not micro_yuan_per_kwh or micro_yuan_per_kwh < 0:
            return None
        else:
            energy_wh += amount * 1000 // micro_yuan_per_kwh
    return energy_wh


def days_left(left_wh: int | None, used_wh: Sequence[int | None]) -> int | None:
    """Give the whole days that energy lasts at the average of measured days; at most MOST_DAYS_SHOWN.

    `used_wh` are whole days, None where nothing was measured: they don't count as days without use. None with fewer than
    FEWEST_DAYS measured, or without any use. What is spent already lasts 0 days.
    """
    measured = [used for used in used_wh if used is not None]
    total_wh = sum(measured)
    if left_wh is None or len(measured) < FEWEST_DAYS or total_wh <= 0:
        return None
    return max(0, min(MOST_DAYS_SHOWN, left_wh * len(measured) // total_wh))
