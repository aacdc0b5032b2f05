"""What the four-way agreement compares (R-4.1.9): rows of a source, how fine a source is, and where a period's edges lie. Pure.

A row says where ITS source books it (`building`, `period`): another source may have the same payment in another building or month.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from gateway.contract.quantities import MICRO_YUAN_PER_FEN

MS_PER_DAY = 86_400_000


class Grain(StrEnum):
    """How fine a source is; whoever imports it says so, it is not guessed."""

    ROWS = "rows"
    """Each payment or each meter."""
    DAYS = "days"
    """One sum a building and day: a voucher for each day's takings."""
    PLACES = "places"
    """One sum a room."""
    PERIOD = "period"
    """One sum a building and period."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a source; `amount` in its line's unit (fen, Wh, or micro-yuan), below zero for what was given back."""

    id: str
    """Unique within its source."""
    building: str
    period: str
    """The period its source books it in: `period:2026-11`. Names sort by time."""
    day: date
    amount: int
    place: str = ""
    """Room or meter; empty when the source does not say."""
    document: str = ""
    """Receipt or voucher number that the other source may know too; empty when there is none."""
    at_ms: int | None = None
    written: int | None = None
    """The number a person wrote when `amount` was computed from it (a register, in Wh): slips of the pen are looked for here."""
    booked: date | None = None
    """The day it was booked, when that was later than `day`."""
    is_typed: bool = True
    """False for what no person wrote (a charge that the gateway computed): it has no slips of the pen."""
    origin: str = ""
    """Where a reader finds it: a sheet and line, or a page of ours."""

    @property
    def frame(self) -> "Frame":
        """The building and period it is booked in."""
        return (self.building, self.period)


Frame = tuple[str, str]
"""A building and a period."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How far the search goes. All are integers; none is a clock."""

    edges: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """By period: its first instant, and the first that no longer belongs to it. Without them nothing is put on a cut-off."""
    cut_off_window_ms: int = MS_PER_DAY
    """So near an edge a row may have been booked on its other side."""
    most_rows: int = 4
    """The largest set that is looked for where only sums are known."""
    shown_at_most: int = 20
    """So many equal explanations are given whole; the rest are counted."""
    budget_steps: int = 300_000
    """Sets looked at for one gap (or part of one) before the search is given up, by name."""
    slip_rows: int = 12
    """In a group of so few rows a slip of the pen in any one of them is thought of, where only the group's sum is known."""
    one_row_per_place: bool = False
    """Meters: each stands once in a period, so the place alone ties two rows together."""
    both_cover: frozenset[tuple[str, str]] | None = None
    """The buildings and periods that both sources were given for; None: all. Where one is not, every row lacks its partner: day and
    amount alone then never say that a row was moved."""
    reading_step: int = 1
    """The coarser source's last digit (Wh): 1000 when the electrician writes whole kWh."""


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Sort rows so that the order they came in changes nothing."""
    return sorted(rows, key=lambda row: (row.building, row.period, row.day, row.id, row.amount, row.place))


def in_micro_yuan(row: Row) -> Row:
    """Widen a row of fen to the bridge's unit."""
    return _with_amount(row, row.amount * MICRO_YUAN_PER_FEN)


def taken_off(row: Row) -> Row:
    """Turn a row's sign: refunds and consumption on the bridge."""
    return _with_amount(row, -row.amount)


def _with_amount(row: Row, amount: int) -> Row:
    return replace(row, amount=amount, written=None)
