"""Which rooms are low on credit, in which order they are told, and when a room is told of it again (R-4.1.6).

Pure. A list tells rooms and balances, never a name. Amounts are micro-yuan or watt-hours, each with its unit; limits likewise.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.contract.quantities import Unit

MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
HEARD_WITHIN_MS: Final = 30 * MINUTE_MS
"""A meter that was heard longer before the list's instant makes its room's figure an old one."""
LEAST_BETWEEN_MS: Final = DAY_MS
"""A balance that swings around its limit is not told each time."""
Amounts = Sequence[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Limits:
    """Below which a balance is low, in each unit that it may be kept in."""

    micro_yuan: int
    energy_wh: int

    def of(self, unit: str) -> int:
        """Give the limit of a unit."""
        return self.energy_wh if unit == Unit.KWH else self.micro_yuan


@dataclass(frozen=True, slots=True)
class LowRoom:
    """A room on the list. `label` is the room's own, without its building; `amounts` begin with the account's unit."""

    label: str
    floor: int
    amounts: tuple[tuple[int, str], ...]
    limit: int
    """In the account's unit."""
    days: int | None = None
    """How long it lasts at the use of the last days; None where that can't be told."""
    is_protected: bool = False
    """It is not cut off, whatever its balance."""
    is_shared: bool = False
    """Other rooms use the same balance up: each of them stands on the list, once."""
    heard_ms: int | None = None
    """When its meter was read last; None: never, or it has none."""

    @property
    def is_spent(self) -> bool:
        """Say whether nothing is left."""
        return all(amount <= 0 for amount, _unit in self.amounts)


@dataclass(frozen=True, slots=True)
class Data:
    """How old a building's figures are: `as_of_ms` is when its gateway was heard last, where it is not heard now."""

    at_ms: int
    as_of_ms: int | None
    """None: no gateway was ever heard; the books alone speak."""
    is_silent: bool
    rooms: int
    """Looked at: prepaid, open, with a balance."""
    unheard: int
    """Not on the list, but their meters were not heard lately: they may be lower than is known."""


def is_low(amounts: Amounts, limits: Limits) -> bool:
    """Say whether a balance is low: below the limit in every unit in which it holds something.

    Who has no yuan but free kWh enough is not low. Nothing known is not low either.
    """
    return bool(amounts) and all(amount < limits.of(unit) for amount, unit in amounts)


def is_old(heard_ms: int | None, at_ms: int) -> bool:
    """Say whether a figure rests on a meter that was not heard lately before an instant."""
    return heard_ms is None or heard_ms < at_ms - HEARD_WITHIN_MS


def in_order(rooms: Iterable[LowRoom]) -> list[LowRoom]:
    """Put rooms in the order in which people look for theirs: by floor, then by number (99 before 101)."""
    return sorted(rooms, key=lambda room: (room.floor, natural(room.label)))


def natural(label: str) -> list[tuple[int, int, str]]:
    """Give the key by which labels are sorted as people count: their digits as numbers."""
    return [
        (0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part)
        for part in re.split(r"(\d+)", label)
        if part
    ]


def group_of(building_code: str) -> str:
    """Give the code of the groups that a building's list goes to: `building-1`; what no group's code may hold becomes a dash."""
    plain = re.sub(r"[^a-z0-9]+", "-", building_code.lower()).strip("-")
    return f"building-{plain}"[:40]


@dataclass(frozen=True, slots=True)
class Told:
    """How a room that wants to be told stands: whether it was below its limit when it was looked at last, and told when."""

    is_below: bool
    told_ms: int | None


def crossing(before: Told, *, is_below: bool, again_days: int, now_ms: int) -> bool:
    """Say whether a room is told now: once when it falls below, again after it rose and fell, or when it stays so for days.

    `again_days` 0: not again while it stays below. Never twice within a day.
    """
    if not is_below:
        return False
    if before.told_ms is None:
        return True
    since_ms = now_ms - before.told_ms
    if since_ms < LEAST_BETWEEN_MS:
        return False
    return not before.is_below or (again_days > 0 and since_ms >= again_days * DAY_MS)
