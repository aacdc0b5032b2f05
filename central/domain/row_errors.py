"""From matched rows to errors: what each differing pair and each row without a partner means. Pure."""

from collections.abc import Iterable

from central.domain.agreement_rows import Row, Rules
from central.domain.gap_findings import RANK, Basis, Error, ErrorKind, Side
from central.domain.matched_rows import Surplus, contradict, is_mistyped_document, is_plausible
from central.domain.written_slips import slip_between

Twins = dict[tuple[object, ...], list[Row]]
"""The rows of a source that found a partner, by what tells them apart: a surplus row that is equal to one of them stands twice."""


def pair_kind(left: Row, right: Row, rules: Rules) -> ErrorKind | None:
    """Say what is wrong between two rows that are the same by their keys; None: nothing."""
    if left.building != right.building:
        return ErrorKind.WRONG_BUILDING
    if left.period != right.period:
        return period_kind(left, right, rules)
    if left.amount == right.amount:
        is_same = not (left.document and right.document) or left.document == right.document
        return None if is_same else ErrorKind.OTHER_DOCUMENT
    return _amount_kind(left, right, rules)


def _amount_kind(left: Row, right: Row, rules: Rules) -> ErrorKind:
    if rules.reading_step > 1 and abs(left.amount - right.amount) < rules.reading_step:
        return ErrorKind.ROUNDED
    slip = written_slip(left, right, rules)
    if slip is not None:
        return slip
    return ErrorKind.CUT_OFF if _read_at_another_instant(left, right, rules) else ErrorKind.AMOUNT_DIFFERS


def written_slip(left: Row, right: Row, rules: Rules) -> ErrorKind | None:
    """Say which slip of the pen tells two rows apart: in what was written down if both know it, else in the amounts."""
    if left.written is None or right.written is None:
        return slip_between(left.amount, right.amount)
    step = rules.reading_step
    slip = slip_between(left.written, right.written)
    if slip is None and step > 1:
        slip = slip_between(left.written // step, right.written // step)
    return slip


def _read_at_another_instant(left: Row, right: Row, rules: Rules) -> bool:
    """A meter read later shows more: that is no mistake of the number but of the moment."""
    if not rules.one_row_per_place or left.at_ms is None or right.at_ms is None:
        return False
    apart_ms = left.at_ms - right.at_ms
    is_near = 0 < abs(apart_ms) <= rules.cut_off_window_ms
    return is_near and (apart_ms > 0) == (left.amount > right.amount)


def period_kind(left: Row, right: Row, rules: Rules) -> ErrorKind:
    """Say why the two sources book a row in different periods: near the edge, arrived late, or simply wrong."""
    earlier, later = (left, right) if left.period < right.period else (right, left)
    for row in (left, right):
        if is_near_edge(row, (earlier.period, later.period), rules):
            return ErrorKind.CUT_OFF
    return ErrorKind.LATE if later.booked and later.booked > later.day else ErrorKind.WRONG_PERIOD


def is_near_edge(row: Row, periods: tuple[str, str], rules: Rules) -> bool:
    """Say whether a row's instant lies within the cut-off window of the edge between two periods that follow each other."""
    edges = [rules.edges[period] for period in periods if period in rules.edges]
    if row.at_ms is None or not edges:
        return False
    edge_ms = edges[0][1] if periods[0] in rules.edges else edges[0][0]
    if len(edges) == 2 and edges[0][1] != edges[1][0]:
        return False
    return abs(row.at_ms - edge_ms) <= rules.cut_off_window_ms


def pair_error(left: Row, right: Row, kind: ErrorKind, basis: Basis, rules: Rules) -> Error:
    """Make the error of two rows that are one, seen from the left row's building and period."""
    moved = left.frame != right.frame
    delta = left.amount if moved else left.amount - right.amount
    # Of meters the left source is what a person wrote; of money the right one was copied from the left.
    side = Side.LEFT if rules.one_row_per_place else Side.RIGHT
    return Error(kind, side, basis, delta, (left,), 1, (right,), right.frame if moved else None)


def seen_from(error: Error, frame: tuple[str, str]) -> Error:
    """Give a moved row's error as the other building or period sees it: what is missing there is too much here."""
    if not error.other or error.rows[0].frame == frame:
        return error
    delta = -error.against[0].amount
    return Error(
        error.kind, error.side, error.basis, delta, error.rows, error.take, error.against, error.other
    )


def twins_of(rows: Iterable[Row]) -> Twins:
    """Put the matched rows of a source where a second one would look for them: by document, and by day and sum."""
    found: Twins = {}
    for row in rows:
        for look in (_by_document(row), _by_day(row)):
            found.setdefault(look, []).append(row)
    return found


def _by_document(row: Row) -> tuple[object, ...]:
    return (row.frame, row.amount, row.document)


def _by_day(row: Row) -> tuple[object, ...]:
    return (row.frame, row.amount, row.day)


def _has_twin(row: Row, twins: Twins, rules: Rules) -> bool:
    if row.document:
        return _by_document(row) in twins
    return any(
        one.place == row.place or not (rules.one_row_per_place or contradict(one, row))
        for one in twins.get(_by_day(row), ())
    )


def alone_errors(one: Surplus, side: Side, twins: Twins, rules: Rules) -> list[Error]:
    """Say what a row without a partner can mean: the other side lacks it, or its own side has it twice. Both may be possible.

    A twin with the same document is the same row again. So is a meter's second reading. A twin without any document
    may be a second payment: then both are said.
    """
    row = one.row
    delta, other = (row.amount, Side.RIGHT) if side is Side.LEFT else (-row.amount, Side.LEFT)
    missing = Error(ErrorKind.MISSING, other, _basis_alone(one), delta, one.among)
    doubled = Error(ErrorKind.DOUBLED, side, _basis_alone(one), delta, one.among)
    if not _has_twin(row, twins, rules) and (row.document or len(one.among) == 1):
        return [missing]
    return [doubled] if row.document or rules.one_row_per_place else [missing, doubled]


def _basis_alone(one: Surplus) -> Basis:
    """A row that nothing equals is known by itself: by its number, its room, or its day."""
    if len(one.among) > 1:
        return one.basis
    if one.row.document:
        return Basis.DOCUMENT
    return Basis.PLACE if one.row.place else Basis.DAY


def can_be_one(left: Row, right: Row, rules: Rules) -> tuple[ErrorKind, Basis] | None:
    """Say by which single error two rows without partners could be the same one; None: they are two."""
    basis = _basis_of(left, right)
    if basis is None:
        return None
    if left.frame != right.frame:
        # Moved and mistyped are two errors: weaker than a mistyped number where the row belongs.
        return _moved(left, right, Basis.NUMBERS if contradict(left, right) else basis, rules)
    if left.amount == right.amount:
        return (ErrorKind.OTHER_DOCUMENT, basis) if contradict(left, right) else None
    slip = written_slip(left, right, rules)
    if slip is not None:
        return slip, basis
    is_sure = basis is Basis.DOCUMENT or (basis is Basis.PLACE and left.day == right.day)
    return (ErrorKind.AMOUNT_DIFFERS, basis) if is_sure else None


def _basis_of(left: Row, right: Row) -> Basis | None:
    """Say what ties two rows together that were not matched; None: nothing, or their keys contradict each other.

    A mistyped number contradicts nothing when day and sum are the same; it is the slip itself.
    """
    if left.document and left.document == right.document and is_plausible(left, right):
        return Basis.DOCUMENT
    same_day = left.day == right.day
    if contradict(left, right):
        if not same_day or not is_mistyped_document(left, right):
            return None
        if left.amount == right.amount:
            return Basis.DAY
        # A mistyped number and a mistyped sum are two errors on one row: it fits, and is never certain.
        return Basis.NUMBERS if slip_between(left.amount, right.amount) is not None else None
    if left.place and left.place == right.place:
        return Basis.PLACE
    return Basis.DAY if same_day else None


def _moved(left: Row, right: Row, basis: Basis, rules: Rules) -> tuple[ErrorKind, Basis] | None:
    one_step = (left.building == right.building) != (left.period == right.period)
    if not one_step or left.amount != right.amount:
        return None
    # Only with its number, and in its building, a row may have another day too: that of the late booking.
    if left.day != right.day and (basis is not Basis.DOCUMENT or left.building != right.building):
        return None
    cover, is_by_numbers = rules.both_cover, RANK[basis] >= RANK[Basis.DAY]
    if is_by_numbers and cover is not None and not {left.frame, right.frame} <= cover:
        return None
    kind = pair_kind(left, right, rules)
    return (kind, basis) if kind is not None else None
