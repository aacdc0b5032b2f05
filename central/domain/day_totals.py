"""The day's totals (R-4.1.7) by payment item, and their sums: days make months, months make years, whatever the order. Pure.

Dormitories, owners (merchants and staff households, together and apart), repair fees collected, sums collected on behalf of others,
penalties for stolen power.
Subsidies have no item: they are never takings.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import reduce


class Item(StrEnum):
    """What was paid for, as the day's table tells it apart. Each is a field of `Totals`."""

    DORMITORY = "dormitory"
    MERCHANT = "merchant"
    STAFF = "staff"
    REPAIR = "repair"
    ON_BEHALF = "on_behalf"
    PENALTY = "penalty"


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums in fen, and the number of receipts; `card` is the part of the total that was no cash."""

    dormitory: int = 0
    merchant: int = 0
    staff: int = 0
    repair: int = 0
    on_behalf: int = 0
    card: int = 0
    receipts: int = 0
    paid_out: int = 0
    difference: int = 0
    """What was counted above (below zero: under) what the books say."""
    voids: int = 0
    """Receipts made void by a correction (R-4.1.5): their sums are taken off again."""
    penalty: int = 0
    """Paid of penalties for stolen power (R-4.2.4): never takings of energy."""

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(Totals)))

    @property
    def owners(self) -> int:
        """Merchants and staff households together."""
        return self.merchant + self.staff

    @property
    def total(self) -> int:
        """Everything taken."""
        return self.dormitory + self.owners + self.repair + self.on_behalf + self.penalty

    @property
    def cash(self) -> int:
        """Cash taken, before anything was paid out."""
        return self.total - self.card

    @property
    def cash_due(self) -> int:
        """The cash that must be there: taken, less paid out, with what was counted too much or too little."""
        return self.cash - self.paid_out + self.difference


@dataclass(frozen=True, slots=True)
class Taken:
    """A payment, a line of it, or a receipt made void (then below zero): what for, fen, and whether it was cash."""

    item: Item
    fen: int
    is_cash: bool = True
    receipts: int = 1
    """One for each receipt: of several lines only the first counts it."""
    voids: int = 0


def tally(payments: Iterable[Taken], *, paid_out: int = 0, difference: int = 0) -> Totals:
    """Sum a day's payments."""
    sums = dict.fromkeys(Item, 0)
    card = receipts = voids = 0
    for payment in payments:
        sums[payment.item] += payment.fen
        card += 0 if payment.is_cash else payment.fen
        receipts += payment.receipts
        voids += payment.voids
    named = {item.value: amount for item, amount in sums.items()}
    counts = {"card": card, "receipts": receipts, "voids": voids}
    return Totals(**named, **counts, paid_out=paid_out, difference=difference)


def sum_of(parts: Iterable[Totals]) -> Totals:
    """Sum days to a month, months to a year."""
    return reduce(Totals.__add__, parts, Totals())


@dataclass(frozen=True, slots=True)
class TieOut:
    """A day or a batch tied three ways: payments, receipts, and the cash that was really moved to the safe. All in fen."""

    totals: Totals
    receipts_fen: int
    moved_fen: int
    float_change_fen: int
    """What the drawers' floats grew by: it stayed in the drawers."""

    def mistakes(self) -> tuple[str, ...]:
        """Name what does not tie; empty when all does."""
        found = []
        if self.receipts_fen != self.totals.total:
            found.append("receipts")
        if self.moved_fen + self.float_change_fen != self.totals.cash_due:
            found.append("cash")
        return tuple(found)
