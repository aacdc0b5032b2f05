"""Money and energy as integers, with the one rounding rule of the house.

Money in ledgers is micro-yuan, at the desk fen; energy is watt-hours. A price of four decimals of a yuan per kWh is exact in
micro-yuan. What one charge leaves over below a micro-yuan is carried to the next one, so that a month of charges equals the
charge of the month.
"""

from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import NewType

WattHours = NewType("WattHours", int)
MicroYuan = NewType("MicroYuan", int)
Fen = NewType("Fen", int)
MicroYuanPerKwh = NewType("MicroYuanPerKwh", int)
NanoYuan = NewType("NanoYuan", int)
"""What a charge leaves over: 0 <= n < 1000 nano-yuan."""

MICRO_YUAN_PER_FEN = 10_000
MICRO_YUAN_PER_YUAN = 1_000_000
WH_PER_KWH = 1_000


class Unit(StrEnum):
    """A bucket's unit; amounts in `YUAN` buckets are micro-yuan, in `KWH` buckets watt-hours."""

    YUAN = "yuan"
    KWH = "kwh"


class NotAnAmount(ValueError):
    """The text is not a plain decimal of the allowed number of places."""


def _scaled(text: str, places: int) -> int:
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise NotAnAmount(f"{text!r} is not a number") from error
    if not number.is_finite():
        raise NotAnAmount(f"{text!r} is not a finite number")
    scaled = number.scaleb(places)
    if scaled != scaled.to_integral_value():
        raise NotAnAmount(f"{text!r} has more than {places} decimals")
    return int(scaled)


def wh_from_kwh(text: str) -> WattHours:
    """Read `"123456.78"` kWh exactly; at most three decimals."""
    return WattHours(_scaled(text, 3))


def micro_yuan_from_yuan(text: str) -> MicroYuan:
    """Read `"12.34"` yuan exactly; at most six decimals."""
    return MicroYuan(_scaled(text, 6))


def fen_from_yuan(text: str) -> Fen:
    """Read `"12.34"` yuan exactly; at most two decimals."""
    return Fen(_scaled(text, 2))


def price_from_yuan_per_kwh(text: str) -> MicroYuanPerKwh:
    """Read a tariff such as `"0.5583"` exactly; at most four decimals (the procedure's price lists)."""
    return MicroYuanPerKwh(_scaled(text, 4) * 100)


def micro_yuan_from_fen(fen: Fen) -> MicroYuan:
    """Widen desk money to ledger money; never loses anything."""
    return MicroYuan(fen * MICRO_YUAN_PER_FEN)


def charge(energy: WattHours, price: MicroYuanPerKwh, carried: NanoYuan) -> tuple[MicroYuan, NanoYuan]:
    """Price an amount of energy; give the whole micro-yuan and the remainder to carry to the account's next charge.

    Exact: the sum of any split of the same energy at the same price is the same money. `energy` may be negative (a
    reversal); the remainder stays in 0..999 because the division rounds down.
    """
    total_nano_yuan = energy * price + carried
    return MicroYuan(total_nano_yuan // 1000), NanoYuan(total_nano_yuan % 1000)


def energy_for(money: MicroYuan, price: MicroYuanPerKwh) -> WattHours:
    """Give the whole watt-hours that money buys at a price, rounded down. Raises ValueError for a price of zero or less."""
    if price <= 0:
        raise ValueError("a price must be above zero to buy energy with money")
    return WattHours(money * WH_PER_KWH // price)


def yuan_text(amount: MicroYuan) -> str:
    """Show money with two decimals, rounded half away from zero: `"-3.05"`. For screens; ledgers keep the integer."""
    sign = "-" if amount < 0 else ""
    fen = (abs(amount) + MICRO_YUAN_PER_FEN // 2) // MICRO_YUAN_PER_FEN
    return f"{sign if fen else ''}{fen // 100}.{fen % 100:02d}"


def kwh_text(energy: WattHours) -> str:
    """Show energy with two decimals of a kWh, rounded half away from zero: `"123.45"`."""
    sign = "-" if energy < 0 else ""
    hundredths = (abs(energy) + 5) // 10
    return f"{sign if hundredths else ''}{hundredths // 100}.{hundredths % 100:02d}"
