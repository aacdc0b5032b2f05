"""The single errors that a wrong sum may come from: a row missing, twice, or with its sign reversed; slips; the cut-off. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from central.domain.agreement_rows import Row, Rules
from central.domain.edge_runs import Run
from central.domain.gap_findings import Basis, Error, ErrorKind, Side
from central.domain.written_slips import slip_between


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible error; candidates of one `owner` use up its `capacity` rows together."""

    error: Error
    owner: int
    capacity: int = 1


def classes(rows: Iterable[Row]) -> list[tuple[Row, ...]]:
    """Put rows of one amount together: a sum can't tell them apart."""
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        if row.amount:
            found[row.amount].append(row)
    return [tuple(found[amount]) for amount in sorted(found)]


def missing_only(rows: Iterable[Row], basis: Basis) -> list[Candidate]:
    """Give each class of rows as missing on the side of the sums."""
    return [
        Candidate(Error(ErrorKind.MISSING, Side.RIGHT, basis, same[0].amount, same), owner, len(same))
        for owner, same in enumerate(classes(rows))
    ]


def twins_by_document(rows: Sequence[Row]) -> list[Candidate]:
    """Give the rows that stand twice with one document number: the rows' own side has them once too often."""
    seen: dict[tuple[str, int, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row.document:
            seen[(row.document, row.amount, row.place)].append(row)
    return [
        Candidate(
            Error(ErrorKind.DOUBLED, Side.LEFT, Basis.DOCUMENT, same[0].amount, same[1:]),
            owner,
            len(same) - 1,
        )
        for owner, same in enumerate(tuple(same) for same in seen.values())
        if len(same) > 1
    ]


def single_errors(
    rows: Sequence[Row], sums: Sequence[Row], runs: Sequence[Run], basis: Basis, rules: Rules
) -> list[Candidate]:
    """Give every single error by which these sums could differ from these rows.

    Slips and cut-offs explain a gap alone or not at all: joined to other errors they would fit nearly any number.
    """
    found: list[Candidate] = []
    for owner, same in enumerate(classes(rows)):
        amount = same[0].amount
        found += [
            Candidate(Error(ErrorKind.MISSING, Side.RIGHT, basis, amount, same), owner, len(same)),
            Candidate(Error(ErrorKind.DOUBLED, Side.RIGHT, basis, -amount, same), owner, len(same)),
            Candidate(Error(ErrorKind.SIGN_REVERSED, Side.RIGHT, basis, 2 * amount, same), owner, len(same)),
        ]
    gap = sum(row.amount for row in rows) - sum(row.amount for row in sums)
    alone = [
        *_no_sum(rows, sums, gap, basis),
        *_doubled_sums(sums, gap, basis),
        *_slips(sums, gap, gap, basis),
        *(_slips(rows, -gap, gap, basis) if len(rows) <= rules.slip_rows else ()),
        *cut_offs(runs, gap, basis),
    ]
    return found + [Candidate(error, -1 - at) for at, error in enumerate(alone)]


def _no_sum(rows: Sequence[Row], sums: Sequence[Row], gap: int, basis: Basis) -> list[Error]:
    """The whole sum is not there: that is one error, however many rows it has."""
    if sums:
        return []
    return [Error(ErrorKind.TOTAL_MISSING, Side.RIGHT, basis, gap, tuple(rows), len(rows))]


def _doubled_sums(sums: Sequence[Row], gap: int, basis: Basis) -> list[Error]:
    """The same sum stands twice, and once would close the gap."""
    same = tuple(row for row in sums if row.amount == -gap)
    if len(same) < 2:
        return []
    return [Error(ErrorKind.DOUBLED, Side.RIGHT, basis, gap, same)]


def _slips(rows: Sequence[Row], differs_by: int, gap: int, basis: Basis) -> list[Error]:
    """A slip of the pen in one of these numbers that would make just this gap: what is off stands on the side of the sums."""
    found = []
    for row in rows:
        kind = slip_between(row.amount, row.amount + differs_by) if row.is_typed else None
        # A row's reversed sign is thought of as such; a sum's is a slip like the others.
        if kind is not None and not (kind is ErrorKind.SIGN_REVERSED and differs_by == -gap):
            found.append(Error(kind, Side.RIGHT, basis, gap, (row,)))
    return found


def cut_offs(runs: Sequence[Run], gap: int, basis: Basis) -> list[Error]:
    """All rows of a period's edge behind (or before) one instant, when together they make just this gap."""
    found = []
    for run in runs:
        total = 0
        for length, row in enumerate(run.rows, 1):
            total += row.amount
            if run.sign * total == gap:
                rows = tuple(run.rows[:length])
                error = Error(ErrorKind.CUT_OFF, Side.RIGHT, basis, gap, rows, length, (), run.other)
                found.append(error)
    return found
