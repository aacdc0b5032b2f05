"""What may be paid, and what it buys. Pure: prices and limits are given."""

from enum import StrEnum

from gateway.contract.quantities import (
    MICRO_YUAN_PER_FEN,
    Fen,
    MicroYuan,
    MicroYuanPerKwh,
    Unit,
    WattHours,
    energy_for,
    micro_yuan_from_fen,
)


class AmountRefusal(StrEnum):
    """Why an amount can't be paid."""

    NOT_POSITIVE = "not-positive"
    BELOW_MINIMUM = "below-minimum"
    ABOVE_CEILING = "above-ceiling"


def check_amount(amount_fen: int, minimum_fen: int, ceiling_fen: int) -> AmountRefusal | None:
    """Check an amount against the class's limits (R-4.1.1b); None when it may be paid."""
    if amount_fen <= 0:
        return AmountRefusal.NOT_POSITIVE
    if amount_fen < minimum_fen:
        return AmountRefusal.BELOW_MINIMUM
    if amount_fen > ceiling_fen:
        return AmountRefusal.ABOVE_CEILING
    return None


def credit_for(amount_fen: Fen, unit: Unit, price: MicroYuanPerKwh) -> int:
    """Give what money buys in a bucket's unit: micro-yuan, or whole watt-hours rounded down. A kWh bucket needs a price > 0."""
    money = micro_yuan_from_fen(amount_fen)
    return money if unit == Unit.YUAN else energy_for(money, price)


def charge_for(price_fen: Fen, quantity_milli: int) -> Fen:
    """Give what a quantity costs at a price per unit, half a fen rounded up. `quantity_milli`: thousandths of the unit."""
    return Fen((price_fen * quantity_milli + 500) // 1000)


def fen_for_energy(energy: WattHours, price: MicroYuanPerKwh) -> Fen:
    """Give the whole fen that energy costs, a part of a fen rounded up: what is paid buys at least that much."""
    micro_yuan = -(-energy * price // 1000)
    return Fen(-(-micro_yuan // MICRO_YUAN_PER_FEN))


def money_back(amount: int, unit: Unit, price: MicroYuanPerKwh) -> tuple[Fen, MicroYuan]:
    """Give the whole fen that credit pays out, and the micro-yuan below a fen that stay (never negative)."""
    money = amount if unit == Unit.YUAN else WattHours(amount) * price // 1000
    return Fen(money // MICRO_YUAN_PER_FEN), MicroYuan(money % MICRO_YUAN_PER_FEN)
