"""The penalty for stolen power by R-4.2.4, and beside it what was probably taken. Pure: days, watt-hours, integers in and out.

penalty    so many watt-hours a day, from the day of the last own payment to the day of the discovery; a dated setting says
           whether both end days count
estimate   what the load that was found can have taken in the hours it is believed to have run, as an interval: it is shown
           beside the penalty and never charged by itself
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from gateway.contract.quantities import MICRO_YUAN_PER_FEN

LOW_VOLT, HIGH_VOLT = 198, 236
"""220 V, 10 % below to 7 % above: what the supply may have (GB/T 12325)."""
CLAMP_PER_MILLE = 30
"""How wrong a clamp meter may be."""
LOW_POWER_FACTOR_PER_MILLE = 800
"""The least of what is usually found: heaters have 1000, chargers and motors less."""


class Since(StrEnum):
    """What the first day of a penalty is taken from; the later one when several are known."""

    PAYMENT = "payment"
    """The last own payment: subsidies, void receipts and payments of former occupants don't count."""
    OCCUPANCY = "occupancy"
    """Never paid: when they moved in."""
    RECORDS = "records"
    """Never paid here, and what was paid in the former system isn't known: when our records begin. In doubt for the accused."""
    ACCOUNT = "account"
    """Nobody is named as the occupant: when the account was opened."""


@dataclass(frozen=True, slots=True)
class Penalty:
    """The days counted, the energy and the money of a penalty."""

    days: int
    energy_wh: int
    amount_fen: int


def days_counted(first: date, last: date, *, both_days: bool) -> int:
    """Count the days from `first` to `last`; with both end days one more than lie between them. Never below zero."""
    between = (last - first).days
    return max(0, between + 1 if both_days else between) if between >= 0 else 0


def penalty_of(
    first: date, last: date, *, both_days: bool, wh_per_day: int, micro_yuan_per_kwh: int
) -> Penalty:
    """Give the penalty of R-4.2.4: energy in whole watt-hours, money rounded to the fen (half a fen up)."""
    days = days_counted(first, last, both_days=both_days)
    energy_wh = days * wh_per_day
    return Penalty(days, energy_wh, money_of(energy_wh, micro_yuan_per_kwh))


def money_of(energy_wh: int, micro_yuan_per_kwh: int) -> int:
    """Give what energy costs, in fen; half a fen is rounded up."""
    thousandths = energy_wh * micro_yuan_per_kwh
    per_fen = 1000 * MICRO_YUAN_PER_FEN
    return (thousandths + per_fen // 2) // per_fen


@dataclass(frozen=True, slots=True)
class Interval:
    """At least and at most, in watt-hours."""

    least_wh: int
    most_wh: int


def estimate_of(current_ma: int, least_hours: int, most_hours: int) -> Interval | None:
    """Give what a load of this current took in so many hours, by the voltage the supply may have, the clamp meter's error and the
    usual power factors; None where no current was measured.
    """
    if current_ma <= 0 or most_hours <= 0:
        return None
    low_mw = current_ma * (1000 - CLAMP_PER_MILLE) * LOW_VOLT * LOW_POWER_FACTOR_PER_MILLE // 1_000_000
    high_mw = -(-current_ma * (1000 + CLAMP_PER_MILLE) * HIGH_VOLT // 1000)
    return Interval(low_mw * min(least_hours, most_hours) // 1000, -(-high_mw * most_hours // 1000))
