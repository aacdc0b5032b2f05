"""Our balances beside the old system's: equal within what can be known, or by how much they differ and what it looks like. Pure.

Ours is the opening balance, plus what the old system says was paid, less what the register moved at one price: exact. What can't be
known is the register at the instant of the list, between two readings, its last digit, and the old system's rounding.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gateway.adapters.shadow_book import Listed, Opening, Reading, Terms
from gateway.contract.quantities import MicroYuanPerKwh, NanoYuan, Unit, WattHours, charge

READ_WITHIN_MS = 3_600_000
REGISTER_STEP_WH = 10
ROUNDED_TO = {Unit.YUAN: 10_000, Unit.KWH: 10}
"""The old system shows a fen, or 0.01 kWh."""
WHOLE = {Unit.YUAN: 1_000_000, Unit.KWH: 1_000}
"""Payments are whole yuan, or whole kWh."""
LEAST_PAID = 5
RATIOS = (5, 8, 10, 15, 20, 30, 40, 50, 60, 80, 100, 120)
"""Current transformers as they are sold."""
PARTS = 100
PRICE_AGREES_IN = 3
READY_LISTS = 3
DAY_MS = 86_400_000


class Reason(StrEnum):
    """What a row is, or what its difference looks like."""

    EQUAL = "equal"
    NO_METER = "no-meter"
    NOT_READ = "not-read"
    NOT_LISTED = "not-listed"
    PAYMENT = "payment"
    RATIO = "ratio"
    STANDS_STILL = "stands-still"
    PRICE = "price"
    SWAPPED = "swapped"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Row:
    """One room on one list. `ours` None: nothing could be computed; `within`: how far off it may be and still agree."""

    room: str
    old: int | None
    ours: int | None
    within: int
    reason: Reason
    old_use: int = 0
    our_use: int = 0

    @property
    def difference(self) -> int | None:
        """Old less ours."""
        return None if self.old is None or self.ours is None else self.old - self.ours


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the new system may take over; `why_not` are stable words with how often."""

    ready: bool
    why_not: Mapping[str, int]


def compare(
    terms: Terms,
    openings: Sequence[Opening],
    readings: Mapping[str, Sequence[Reading]],
    listed: Mapping[str, Listed],
    at_ms: int,
) -> list[Row]:
    """Compare each room of one list, in the order of the openings; rooms that only the list has come last."""
    rows = [_row(terms, one, readings.get(one.meter, ()), listed.get(one.room), at_ms) for one in openings]
    known = {one.room for one in openings}
    rows += [
        Row(one.room, one.balance, None, 0, Reason.NO_METER)
        for one in listed.values()
        if one.room not in known
    ]
    return _explained_together(rows)


def _row(
    terms: Terms, opening: Opening, readings: Sequence[Reading], listed: Listed | None, at_ms: int
) -> Row:
    old = listed.balance if listed else None
    if not opening.meter:
        return Row(opening.room, old, None, 0, Reason.NO_METER)
    used = _used(readings, at_ms)
    if used is None:
        return Row(opening.room, old, None, 0, Reason.NOT_READ)
    wh, unsure_wh = used
    paid = (listed.paid or 0) if listed else 0
    our_use, within = _amount(terms, wh), _amount(terms, unsure_wh) + ROUNDED_TO[Unit(terms.unit)]
    ours = opening.balance + paid - our_use
    if listed is None:
        return Row(opening.room, None, ours, within, Reason.NOT_LISTED, 0, our_use)
    old_use = opening.balance + paid - listed.balance
    reason = _reason(terms, listed, ours, within, old_use, our_use)
    return Row(opening.room, listed.balance, ours, within, reason, old_use, our_use)


def _used(readings: Sequence[Reading], at_ms: int) -> tuple[int, int] | None:
    """Give the Wh since the first reading as of an instant, and how much of that is not known; None without readings near it.

    Between two readings all that moved is in doubt; behind the last one, what its pace moves until the instant.
    """
    before = [one for one in readings if one.at_ms <= at_ms]
    if not before or at_ms - before[-1].at_ms > READ_WITHIN_MS:
        return None
    first, last = before[0], before[-1]
    after = next((one for one in readings if one.at_ms > at_ms), None)
    if after is not None:
        if after.at_ms - last.at_ms > READ_WITHIN_MS:
            return None
        doubt_wh = abs(after.energy_wh - last.energy_wh)
    else:
        doubt_wh = _moves_wh(before[-2:], at_ms - last.at_ms)
    return last.energy_wh - first.energy_wh, doubt_wh + 2 * REGISTER_STEP_WH


def _moves_wh(last_two: Sequence[Reading], for_ms: int) -> int:
    """How far a register goes in this time at the pace of its last two readings, rounded up; 0 of a single one."""
    moved, passed_ms = last_two[-1].energy_wh - last_two[0].energy_wh, last_two[-1].at_ms - last_two[0].at_ms
    return -(-abs(moved) * for_ms // passed_ms) if passed_ms else 0


def _amount(terms: Terms, wh: int) -> int:
    if terms.unit == Unit.KWH:
        return wh
    return charge(WattHours(wh), MicroYuanPerKwh(terms.price), NanoYuan(0))[0]


def _reason(terms: Terms, listed: Listed, ours: int, within: int, old_use: int, our_use: int) -> Reason:
    difference, whole = listed.balance - ours, WHOLE[Unit(terms.unit)]
    if abs(difference) <= within:
        return Reason.EQUAL
    if abs(old_use) <= ROUNDED_TO[Unit(terms.unit)]:
        return Reason.STANDS_STILL
    nearest = (difference + whole // 2) // whole * whole
    if listed.paid is None and nearest >= LEAST_PAID * whole and abs(difference - nearest) <= within:
        return Reason.PAYMENT
    if any(_is_times(old_use, our_use, ratio) or _is_times(our_use, old_use, ratio) for ratio in RATIOS):
        return Reason.RATIO
    return Reason.UNKNOWN


def _is_times(more: int, less: int, ratio: int) -> bool:
    """Whether one use is the other times a ratio, to two parts in a hundred."""
    return less > 0 and abs(PARTS * more - PARTS * ratio * less) <= 2 * ratio * less


def _explained_together(rows: list[Row]) -> list[Row]:
    """Look at what single rows can't show: two meters swapped, one factor for all."""
    open_ones = [row for row in rows if row.reason is Reason.UNKNOWN]
    reasons: dict[str, Reason] = {}
    for row in open_ones:
        for other in open_ones:
            if row.room < other.room and _near(row.old_use, other) and _near(other.old_use, row):
                reasons[row.room] = reasons[other.room] = Reason.SWAPPED
    left = [row for row in open_ones if row.room not in reasons and row.our_use > 0]
    for row in left:
        alike = [one for one in left if _same_factor(row, one)]
        if len(alike) >= PRICE_AGREES_IN:
            reasons.update({one.room: Reason.PRICE for one in alike})
    return [_with(row, reasons.get(row.room, row.reason)) for row in rows]


def _near(use: int, other: Row) -> bool:
    return abs(use - other.our_use) <= 2 * other.within


def _same_factor(one: Row, other: Row) -> bool:
    """Whether old use / our use is the same in both, to one part in a hundred."""
    left, right = one.old_use * other.our_use, other.old_use * one.our_use
    return PARTS * abs(left - right) <= abs(left)


def _with(row: Row, reason: Reason) -> Row:
    return Row(row.room, row.old, row.ours, row.within, reason, row.old_use, row.our_use)


def judge(compared: Mapping[int, Sequence[Row]]) -> Verdict:
    """Say whether all rooms agreed on the last READY_LISTS lists, each of another day."""
    last = sorted(compared)[-READY_LISTS:]
    why_not: dict[str, int] = {}
    for at_ms in last:
        for row in compared[at_ms]:
            if row.reason is not Reason.EQUAL:
                why_not[row.reason.value] = why_not.get(row.reason.value, 0) + 1
    days = {at_ms // DAY_MS for at_ms in last}
    if len(days) < READY_LISTS:
        why_not["too-few-days"] = READY_LISTS - len(days)
    return Verdict(not why_not, why_not)
