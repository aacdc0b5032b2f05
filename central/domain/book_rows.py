"""The rows of one account's books in one unit: a row for each period in which something changed, each lasting until the next. Pure.

A row that comes late changes its own period and what is carried into every later one.
"""

from bisect import bisect_right
from dataclasses import dataclass

from central.domain.account_moves import Move, Part

OPEN_END = 2_000_000_000
"""As `until` of the newest row: no later one is there yet."""


@dataclass(slots=True)
class Change:
    """What a period gains: by part, each counted its own way; energy; and how much of it lies outside the credit."""

    takings: int = 0
    subsidies: int = 0
    refunds: int = 0
    consumption: int = 0
    other: int = 0
    energy_wh: int = 0
    outside: int = 0

    def add(self, move: Move, sign: int = 1) -> None:
        """Add what a transfer does; with -1 take it off again."""
        grows = move.grows * sign
        match move.part:
            case Part.CONSUMPTION:
                self.consumption -= grows
            case Part.TAKINGS:
                self.takings += grows
            case Part.SUBSIDIES:
                self.subsidies += grows
            case Part.REFUNDS:
                self.refunds -= grows
            case Part.OTHER:
                self.other += grows
        self.outside += move.outside * sign

    @property
    def grows(self) -> int:
        """By how much the balance grows."""
        return self.takings + self.subsidies - self.refunds - self.consumption + self.other


@dataclass(slots=True)
class Row:
    """A period of an account. `outside` is as of its end, like `closing`."""

    ordinal: int
    until: int = OPEN_END
    opening: int = 0
    takings: int = 0
    subsidies: int = 0
    refunds: int = 0
    consumption: int = 0
    other: int = 0
    closing: int = 0
    energy_wh: int = 0
    outside: int = 0
    is_new: bool = False
    is_changed: bool = False
    is_followed: bool = False
    """`until` is another one than before."""

    def take(self, change: Change) -> None:
        """Add what the period gains."""
        self.takings += change.takings
        self.subsidies += change.subsidies
        self.refunds += change.refunds
        self.consumption += change.consumption
        self.other += change.other
        self.closing += change.grows
        self.energy_wh += change.energy_wh
        self.outside += change.outside
        self.is_changed = True


def add_change(rows: list[Row], ordinal: int, change: Change) -> None:
    """Add a change to an account's rows, in order of their periods; they must reach back to the last one before `ordinal`."""
    place = bisect_right(rows, ordinal, key=lambda row: row.ordinal)
    if place and rows[place - 1].ordinal == ordinal:
        row = rows[place - 1]
    else:
        row = _row_between(rows, place, ordinal)
        rows.insert(place, row)
        place += 1
    row.take(change)
    for later in rows[place:]:
        later.opening += change.grows
        later.closing += change.grows
        later.outside += change.outside
        later.is_changed = True


def _row_between(rows: list[Row], place: int, ordinal: int) -> Row:
    row = Row(ordinal, is_new=True)
    if place:
        before = rows[place - 1]
        before.until, before.is_followed = ordinal, True
        row.opening = row.closing = before.closing
        row.outside = before.outside
    if place < len(rows):
        row.until = rows[place].ordinal
    return row
