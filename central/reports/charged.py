"""What was taken in a span, line by line with its building, method and energy: what the charge reports are summed from.

A line belongs to the same day as in the desk's tables (`day_sums`), so that a report by building and one by day tie. Receipts that
were made void take off again, on the day of the shift that gave the money back (R-4.1.5).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import QuerySet

from central.clock import campus_day
from central.desk.day_sums import is_of_whole_days, payments_in, voids_in
from central.desk.models import Payment
from central.desk.taken import TakenAt, taken_by, voided_by
from central.domain.day_totals import Item
from central.domain.periods import Period
from gateway.contract.quantities import Unit


@dataclass(frozen=True, slots=True)
class Charged:
    """One line taken, or given back (below zero): sums in fen, energy as it was sold at the price of its day."""

    day: date
    building: int
    method: str
    item: Item
    fen: int
    receipts: int
    voids: int
    energy_wh: int


@dataclass(slots=True)
class Sums:
    """Lines added up. `void_fen` is what void receipts took off; it is in all other sums already."""

    items: dict[Item, int] = field(default_factory=lambda: dict.fromkeys(Item, 0))
    methods: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Payment.Method.values, 0))
    receipts: int = 0
    voids: int = 0
    void_fen: int = 0
    energy_wh: int = 0

    @property
    def total(self) -> int:
        """Everything taken, in fen."""
        return sum(self.items.values())

    def add(self, one: Charged) -> None:
        """Add a line."""
        self.items[one.item] += one.fen
        self.methods[one.method] += one.fen
        self.receipts += one.receipts
        self.voids += one.voids
        self.void_fen += min(one.fen, 0)
        self.energy_wh += one.energy_wh


def charged_in(period: Period) -> list[Charged]:
    """Give every line that is booked on the period's days."""
    payments, voids = payments_in(period), voids_in(period)
    facts = _facts(payments) | _facts(Payment.objects.filter(receipt__void__in=voids))
    by_booked_day = is_of_whole_days(period)
    return [_line(one, facts, by_booked_day) for one in (*taken_by(payments), *voided_by(voids))]


def sums_of(lines: Iterable[Charged]) -> Sums:
    """Add lines up."""
    sums = Sums()
    for one in lines:
        sums.add(one)
    return sums


def by_day(lines: Iterable[Charged]) -> dict[date, Sums]:
    """Add lines up by the day they are booked on."""
    found: dict[date, Sums] = {}
    for one in lines:
        found.setdefault(one.day, Sums()).add(one)
    return found


def by_building(lines: Iterable[Charged]) -> dict[int, Sums]:
    """Add lines up by the building of their room."""
    found: dict[int, Sums] = {}
    for one in lines:
        found.setdefault(one.building, Sums()).add(one)
    return found


def energy_sold(purpose: str, credited: int, unit: str, micro_yuan_per_kwh: int) -> int:
    """Give how much energy a payment bought, in Wh; credit in yuan at the price of its receipt, rounded down."""
    if purpose != Payment.Purpose.ENERGY:
        return 0
    if unit == Unit.KWH:
        return credited
    return credited * 1000 // micro_yuan_per_kwh if micro_yuan_per_kwh > 0 else 0


def _facts(payments: QuerySet[Payment]) -> dict[str, tuple[int, str, int]]:
    """Give by payment its building, its method and the energy it bought."""
    rows = payments.order_by().values_list(
        "pk",
        "account__point__room__building",
        "method",
        "purpose",
        "receipt__credited",
        "receipt__unit",
        "receipt__micro_yuan_per_kwh",
    )
    return {pk: (building, method, energy_sold(*bought)) for pk, building, method, *bought in rows}


def _line(one: TakenAt, facts: dict[str, tuple[int, str, int]], by_booked_day: bool) -> Charged:
    building, method, energy_wh = facts[one.payment]
    taken = one.taken
    return Charged(
        one.day if by_booked_day and one.day else campus_day(one.at_ms),
        building,
        method,
        taken.item,
        taken.fen,
        taken.receipts,
        taken.voids,
        energy_wh * (taken.receipts - taken.voids),
    )
