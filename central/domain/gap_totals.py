"""Explain gaps where one source gives sums only: a day's voucher, a room's balance, a month's total. Pure.

Rows stand left, sums right. Each group (a day, a room, the period) whose sum differs is a part of the gap. Tried in this order, the
first that fits wins: rows that visibly stand twice; rows moved to another group whose gap closes at the same time; the smallest set
of single errors (`sum_items.py`). What is known only by its sum is never called certain: it fits, or several sets fit.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from central.domain.agreement_rows import Frame, Grain, Row, Rules, in_order
from central.domain.edge_runs import Run, edge_runs
from central.domain.gap_findings import Basis, Error, ErrorKind, Explanation, Part, Side, merged
from central.domain.row_errors import period_kind
from central.domain.smallest_sets import Item, smallest_sets
from central.domain.sum_items import (
    Candidate,
    cut_offs,
    missing_only,
    single_errors,
    twins_by_document,
)

GroupKey = tuple[Frame, Hashable]


@dataclass
class Group:
    """What is compared as one sum."""

    frame: Frame
    of: Hashable
    rows: list[Row]
    sums: list[Row]

    @property
    def gap(self) -> int:
        """Rows minus sums."""
        return sum(row.amount for row in self.rows) - sum(row.amount for row in self.sums)


_GROUPED_BY: dict[Grain, Callable[[Row], Hashable]] = {
    Grain.DAYS: lambda row: row.day,
    Grain.PLACES: lambda row: row.place,
    Grain.PERIOD: lambda row: "",
}


def explain_totals(
    rows: Iterable[Row], sums: Iterable[Row], grain: Grain, rules: Rules
) -> dict[Frame, list[Part]]:
    """Give the parts of each building's and period's gap, one for each group that differs."""
    groups = _groups(in_order(rows), in_order(sums), grain)
    by_gap: dict[int, list[Group]] = defaultdict(list)
    for group in groups.values():
        by_gap[group.gap].append(group)
    parts: dict[Frame, list[Part]] = defaultdict(list)
    for group in groups.values():
        if group.gap:
            parts[group.frame].append(_part(group, by_gap[-group.gap], groups, grain, rules))
    return parts


def _groups(rows: Sequence[Row], sums: Sequence[Row], grain: Grain) -> dict[GroupKey, Group]:
    of = _GROUPED_BY[grain]
    groups: dict[GroupKey, Group] = {}
    for row in rows:
        groups.setdefault((row.frame, of(row)), Group(row.frame, of(row), [], [])).rows.append(row)
    for row in sums:
        groups.setdefault((row.frame, of(row)), Group(row.frame, of(row), [], [])).sums.append(row)
    return groups


def _part(
    group: Group, others: list[Group], groups: dict[GroupKey, Group], grain: Grain, rules: Rules
) -> Part:
    if not group.sums and grain is not Grain.DAYS:
        missing = Error(
            ErrorKind.TOTAL_MISSING, Side.RIGHT, Basis.SUMS, group.gap, tuple(group.rows), len(group.rows)
        )
        return Part(group.gap, ((missing,),))
    twins = _searched(group, twins_by_document(group.rows), rules)
    if twins.alternatives:
        return twins
    moved = _moves(group, others, grain, rules)
    if moved is not None:
        return moved
    basis = Basis.NUMBERS if grain is Grain.PERIOD else Basis.SUMS
    runs = _open_runs(group, groups, grain, rules)
    return _searched(group, single_errors(group.rows, group.sums, runs, basis, rules), rules)


def _searched(group: Group, candidates: list[Candidate], rules: Rules) -> Part:
    """Find the smallest sets of candidates that close a group's gap."""
    items = [Item(one.error.delta, one.owner, one.capacity) for one in candidates]
    found = smallest_sets(items, group.gap, rules.most_rows, rules.shown_at_most, rules.budget_steps)
    alternatives = [merged([candidates[at].error for at in chosen]) for chosen in found.sets]
    alternatives.sort(key=repr)
    return Part(
        group.gap,
        tuple(alternatives),
        found.more,
        found.is_complete,
        found.is_crowded,
        found.steps,
        (*group.rows, *group.sums),
    )


def _moves(group: Group, others: list[Group], grain: Grain, rules: Rules) -> Part | None:
    """Find rows of this group that the other source counts in another one, whose gap is the same with the other sign."""
    found: list[tuple[int, Explanation]] = []
    more = steps = 0
    is_complete = True
    for other in others:
        giver, taker = (group, other) if group.gap > 0 else (other, group)
        if not taker.sums or not _may_move(group, other, grain):
            continue
        part = _searched(giver, _movable(giver, taker, rules), rules)
        steps, more = steps + part.steps, more + part.more
        is_complete = is_complete and part.is_complete
        found += [
            (
                len(errors) if errors[0].kind is ErrorKind.CUT_OFF else sum(error.take for error in errors),
                moved,
            )
            for errors in part.alternatives
            for moved in [_as_moves(errors, giver, taker, group)]
        ]
    if not found:
        return None
    least = min(size for size, _errors in found)
    shown = [errors for size, errors in found if size == least]
    return Part(group.gap, tuple(shown), more, is_complete, steps=steps, rows=tuple(group.rows))


def _movable(giver: Group, taker: Group, rules: Rules) -> list[Candidate]:
    """Any rows; or, over an edge between periods, all those on the wrong side of one instant as one error."""
    by_kind: dict[ErrorKind, list[Row]] = defaultdict(list)
    for row in giver.rows:
        by_kind[_move_kind(row, giver, taker, rules)].append(row)
    found: list[Candidate] = []
    for kind, rows in by_kind.items():
        # Two errors of one size on days beside each other look the same as a row on the wrong day: by its numbers, never certain.
        basis = Basis.SUMS if kind is ErrorKind.WRONG_DAY else Basis.TWO_GAPS
        for one in missing_only(rows, basis):
            found.append(replace(one, error=replace(one.error, kind=kind), owner=len(found)))
    if giver.frame[1] != taker.frame[1]:
        last, first = edge_runs(giver.rows, giver.frame[1], rules) or ([], [])
        run = Run(tuple(last if giver.frame[1] < taker.frame[1] else first), 1, taker.frame)
        cut = cut_offs([run], giver.gap, Basis.TWO_GAPS)
        found += [Candidate(error, -1 - at) for at, error in enumerate(cut) if error.take > 1]
    return found


def _may_move(group: Group, other: Group, grain: Grain) -> bool:
    """Rows move one step: to another building, another room, the day before or after, or into another period."""
    (building, period), (other_building, other_period) = group.frame, other.frame
    if isinstance(group.of, date) and isinstance(other.of, date) and group.of != other.of:
        is_beside = abs((group.of - other.of).days) == 1
        return building == other_building and (period != other_period or is_beside)
    if grain is Grain.PLACES:
        return period == other_period or (building == other_building and group.of == other.of)
    return (building == other_building) != (period == other_period)


def _size(error: Error) -> int:
    """Count an error's rows; all rows behind one instant are one error."""
    return 1 if error.kind is ErrorKind.CUT_OFF and error.take == len(error.rows) else error.take


def _as_moves(errors: Explanation, giver: Group, taker: Group, seen: Group) -> Explanation:
    sign = 1 if seen is giver else -1
    return merged(
        [
            replace(error, delta=sign * error.delta, other=taker.frame, against=tuple(taker.sums[-1:]))
            for error in errors
        ]
    )


def _move_kind(row: Row, giver: Group, taker: Group, rules: Rules) -> ErrorKind:
    if giver.frame[0] != taker.frame[0]:
        return ErrorKind.WRONG_BUILDING
    if giver.frame[1] == taker.frame[1]:
        return ErrorKind.WRONG_DAY if isinstance(giver.of, date) else ErrorKind.WRONG_PLACE
    kind = period_kind(row, taker.sums[0], rules)
    is_late = giver.frame[1] < taker.frame[1] and giver.of != taker.of
    return ErrorKind.LATE if is_late and kind is ErrorKind.WRONG_PERIOD else kind


def _open_runs(group: Group, groups: dict[GroupKey, Group], grain: Grain, rules: Rules) -> list[Run]:
    """Give what another cut-off would take over at this group's edges, where the sum behind the edge is not known.

    Where it is known, its own gap says whether anything moved: `_moves`.
    """
    building, period = group.frame
    beside = [
        one
        for one in groups.values()
        if one.frame[0] == building
        and one.frame[1] != period
        and (grain is not Grain.PLACES or one.of == group.of)
    ]
    runs = []
    for is_last, inside in zip((True, False), edge_runs(group.rows, period, rules), strict=False):
        behind = [one for one in beside if (one.frame[1] > period) == is_last]
        if any(one.sums for one in behind):
            continue
        runs.append(Run(tuple(inside), 1, None))
        if grain is Grain.DAYS and not inside:
            continue
        for frame in sorted({one.frame for one in behind}):
            rows = [row for one in behind if one.frame == frame for row in one.rows]
            outside = edge_runs(rows, frame[1], rules)
            if outside:
                runs.append(Run(tuple(outside[1 if is_last else 0]), -1, frame))
    return runs
