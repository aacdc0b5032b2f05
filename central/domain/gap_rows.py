"""Explain gaps between two sources that both give single rows: what differs, row by row, and in how few errors. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from central.domain.agreement_rows import Frame, Row, Rules, in_order
from central.domain.edge_runs import edge_runs
from central.domain.gap_findings import Basis, Error, ErrorKind, Explanation, Part, Side, merged
from central.domain.matched_rows import Matched, match_rows
from central.domain.paired_leftovers import Component, pair_leftovers
from central.domain.row_errors import pair_error, pair_kind, seen_from

Parts = dict[Frame, list[Part]]


def explain_rows(left: Sequence[Row], right: Sequence[Row], rules: Rules) -> Parts:
    """Give the parts of each building's and period's gap; within one frame their deltas add up to it."""
    matched = match_rows(left, right, rules)
    parts: Parts = defaultdict(list)
    _add_facts(matched, rules, parts)
    for component in pair_leftovers(matched, rules):
        _add_component(component, rules, parts)
    for side, rows in ((Side.LEFT, left), (Side.RIGHT, right)):
        _join_runs(side, rows, rules, parts)
    return parts


def _add_facts(matched: Matched, rules: Rules, parts: Parts) -> None:
    """Rows that are the same by their keys and still differ: no search, these are facts."""
    rounded: dict[Frame, list[Error]] = defaultdict(list)
    for pair in matched.pairs:
        kind = pair_kind(pair.left, pair.right, rules)
        if kind is None:
            continue
        error = pair_error(pair.left, pair.right, kind, pair.basis, rules)
        if kind is ErrorKind.ROUNDED:
            rounded[pair.left.frame].append(error)
        else:
            for frame in _frames(error):
                seen = seen_from(error, frame)
                parts[frame].append(Part(seen.delta, ((seen,),)))
    for frame, errors in rounded.items():
        parts[frame].append(_all_rounded(errors))


def _all_rounded(errors: list[Error]) -> Part:
    """Readings cut to whole kWh are one remark about all of them, not hundreds."""
    rows = tuple(row for error in errors for row in error.rows)
    against = tuple(row for error in errors for row in error.against)
    delta = sum(error.delta for error in errors)
    one = Error(ErrorKind.ROUNDED, Side.LEFT, Basis.PLACE, delta, rows, len(rows), against)
    if len(rows) == 1:
        one = errors[0]
    return Part(delta, ((one,),))


def _frames(error: Error) -> list[Frame]:
    """Every building and period whose gap an error is part of."""
    frames = {error.rows[0].frame} | ({error.other} if error.other else set())
    return sorted(frames)


def _add_component(component: Component, rules: Rules, parts: Parts) -> None:
    touched = {row.frame for row in (*component.left, *component.right)}
    for frame in sorted(touched):
        delta = sum(row.amount for row in component.left if row.frame == frame)
        delta -= sum(row.amount for row in component.right if row.frame == frame)
        views = {_view(errors, frame): None for errors in component.explanations}
        shown = tuple(views)[: rules.shown_at_most]
        rows = tuple(row for row in (*component.left, *component.right) if row.frame == frame)
        more = len(views) - len(shown)
        parts[frame].append(Part(delta, shown, more, component.is_complete, steps=component.steps, rows=rows))


def _view(errors: Explanation, frame: Frame) -> Explanation:
    return merged([seen_from(error, frame) for error in errors if frame in _frames(error)])


def _join_runs(side: Side, rows: Iterable[Row], rules: Rules, parts: Parts) -> None:
    """Take all rows behind (or before) some instant at a period's edge that the other side lacks as one error: its cut-off."""
    by_frame: dict[Frame, list[Row]] = defaultdict(list)
    for row in in_order(rows):
        by_frame[row.frame].append(row)
    for frame, found in parts.items():
        lacking = {part.alternatives[0][0].rows[0].id: part for part in found if _is_plain(part, side)}
        if len(lacking) > 1:
            for run in edge_runs(by_frame[frame], frame[1], rules):
                _join_run(side, [row for row in run if row.id in lacking], run, lacking, found)


def _is_plain(part: Part, side: Side) -> bool:
    """Whether it is one row that the other side surely lacks."""
    if part.ways != 1 or len(part.alternatives[0]) != 1:
        return False
    error = part.alternatives[0][0]
    return error.kind is ErrorKind.MISSING and error.side is not side


def _join_run(
    side: Side, lacking_rows: list[Row], run: list[Row], lacking: dict[str, Part], found: list[Part]
) -> None:
    length = next((at for at, row in enumerate(run) if row.id not in lacking), len(run))
    if length < 2 or any(lacking[row.id] not in found for row in run[:length]):
        return
    taken = run[:length]
    errors = [lacking[row.id].alternatives[0][0] for row in taken]
    for row in taken:
        found.remove(lacking[row.id])
    basis = errors[0].basis
    delta = sum(error.delta for error in errors)
    joined = Error(ErrorKind.CUT_OFF, errors[0].side, basis, delta, tuple(taken), length)
    found.append(Part(delta, ((joined,),)))
