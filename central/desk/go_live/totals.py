"""Sums of opening balances by building, class and unit: what two people sign, and what the list's own foot must say."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from central.desk.go_live.models import OpeningBalance
from central.desk.go_live.plan import PlannedBalance
from central.domain.opening_rows import PAID


@dataclass(slots=True)
class Sums:
    """One group's sums in one unit: rooms, what is credited (of it in other buckets than paid), what is owed."""

    building: str
    class_name: str
    unit: str
    rooms: set[str] = field(default_factory=set)
    credit: int = 0
    subsidy: int = 0
    debt: int = 0

    @property
    def net(self) -> int:
        """What the list's own column adds up to."""
        return self.credit - self.debt

    def add(self, room: str, bucket: str, amount: int) -> None:
        """Count one bucket of a room."""
        self.rooms.add(room)
        self.credit += max(amount, 0)
        self.debt += max(-amount, 0)
        if bucket != PAID:
            self.subsidy += amount


def planned_sums(balances: Iterable[PlannedBalance]) -> list[Sums]:
    """Sum a plan by building, class and unit."""
    rows = (
        (b.room.building, b.room.class_name, b.room.unit, b.room.label, b.bucket, b.amount) for b in balances
    )
    return _sums(rows)


def asked_sums(rows: Iterable[OpeningBalance]) -> list[Sums]:
    """Sum the rows of a batch; of a correction or a way back, what changes. `building` is loaded."""
    return _sums((r.building.code, r.class_name, r.unit, r.room, r.bucket, r.after - r.before) for r in rows)


def by_unit(sums: Iterable[Sums]) -> list[Sums]:
    """Add up what is in one unit: yuan and kWh never mix."""
    totals: dict[str, Sums] = {}
    for one in sums:
        total = totals.setdefault(one.unit, Sums("", "", one.unit))
        total.rooms |= one.rooms
        total.credit += one.credit
        total.subsidy += one.subsidy
        total.debt += one.debt
    return list(totals.values())


def _sums(rows: Iterable[tuple[str, str, str, str, str, int]]) -> list[Sums]:
    found: dict[tuple[str, str, str], Sums] = {}
    for building, class_name, unit, room, bucket, amount in rows:
        key = (building, class_name, unit)
        found.setdefault(key, Sums(*key)).add(room, bucket, amount)
    return [found[key] for key in sorted(found)]
