"""Which row of one source is which row of the other: by id and document, then by room, day and amount, then by numbers. Pure.

Stage by stage, the strongest keys first; a row that found its partner is out of the game. Where a stage leaves rows over that are
equal to rows it matched (five payments of 50 yuan on a day against four), nothing says which is left: all are kept as `among`.
Rows whose keys contradict each other (two receipt numbers, two rooms) are never matched by day and amount.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from central.domain.agreement_rows import Row, Rules, in_order
from central.domain.gap_findings import Basis

Key = Callable[[Row], Hashable | None]
"""What two rows must have in common in a stage; None: the row can't take part."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two rows that are the same payment or meter, by their keys; amounts, buildings and periods may still differ."""

    left: Row
    right: Row
    basis: Basis


@dataclass(frozen=True, slots=True)
class Surplus:
    """A row without a partner; `among`: the equal rows of its source of which one is left, itself included."""

    row: Row
    among: tuple[Row, ...]
    basis: Basis = Basis.DOCUMENT
    """What the rows in `among` were matched by, when there are several."""


@dataclass(frozen=True, slots=True)
class Matched:
    """Every row is in exactly one pair or surplus."""

    pairs: tuple[Pair, ...]
    left: tuple[Surplus, ...]
    right: tuple[Surplus, ...]


@dataclass(frozen=True, slots=True)
class _Stage:
    basis: Basis
    key: Key
    careful: bool = False
    """Only rows whose documents and places do not contradict each other."""


def _named(key: Key, field: Callable[[Row], str]) -> Key:
    return lambda row: key(row) if field(row) else None


def _document(row: Row) -> str:
    return row.document


def _place(row: Row) -> str:
    return row.place


_BY_KEYS = (
    _Stage(Basis.DOCUMENT, lambda row: row.id),
    _Stage(Basis.DOCUMENT, _named(lambda row: (row.document, row.frame, row.day, row.place, row.amount), _document)),
    _Stage(Basis.DOCUMENT, _named(lambda row: (row.document, row.frame, row.amount), _document)),
    _Stage(Basis.DOCUMENT, _named(lambda row: (row.document, row.amount), _document)),
    _Stage(Basis.DOCUMENT, _named(lambda row: (row.document, row.frame), _document)),
    _Stage(Basis.DOCUMENT, _named(_document, _document)),
    _Stage(Basis.PLACE, _named(lambda row: (row.frame, row.place, row.day, row.amount), _place)),
    _Stage(Basis.PLACE, _named(lambda row: (row.frame, row.place, row.amount), _place)),
)  # fmt: skip
_BY_METER = (
    _Stage(Basis.PLACE, _named(lambda row: (row.frame, row.place), _place)),
    _Stage(Basis.PLACE, _named(lambda row: (row.period, row.place), _place)),
)
_BY_NUMBERS = (
    _Stage(Basis.DAY, lambda row: (row.frame, row.day, row.amount), careful=True),
    _Stage(Basis.NUMBERS, lambda row: (row.frame, row.amount), careful=True),
)


def contradict(a: Row, b: Row) -> bool:
    """Say whether both rows name a document, or both a place, and not the same."""
    return bool(a.document and b.document and a.document != b.document) or bool(
        a.place and b.place and a.place != b.place
    )


class _Open:
    """The rows of one source that have no partner yet, and what they might be exchanged for."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = in_order(rows)
        self.again = _standing_again(self.rows)
        # A row that visibly stands twice is matched last: if one is left over, it is the second of the two.
        self.waiting = dict.fromkeys([at for at in range(len(self.rows)) if at not in self.again])
        self.waiting |= self.again
        self.among: dict[int, dict[int, None]] = {}
        self.basis: dict[int, Basis] = {}

    def groups(self, key: Key) -> dict[Hashable, list[int]]:
        found: dict[Hashable, list[int]] = defaultdict(list)
        for at in self.waiting:
            value = key(self.rows[at])
            if value is not None:
                found[value].append(at)
        return found

    def left_over(self, group: Sequence[int], matched: Sequence[int], basis: Basis) -> None:
        """Remember, for each row of a group that found no partner, the equal ones that did."""
        for at in group:
            if at not in self.waiting or at in self.again:
                continue
            row = self.rows[at]
            equal = [one for one in matched if _is_equal(self.rows[one], row)]
            if equal:
                same = self.among.setdefault(at, {at: None})
                for one in equal:
                    same.update(self.among.get(one, {one: None}))
                self.basis[at] = basis

    def surplus(self) -> tuple[Surplus, ...]:
        found = []
        for at in self.waiting:
            among = sorted(self.among.get(at, {at: None}))
            others = tuple(self.rows[one] for one in among)
            found.append(Surplus(self.rows[at], others, self.basis.get(at, Basis.DOCUMENT)))
        return tuple(found)


def _standing_again(rows: Sequence[Row]) -> dict[int, None]:
    """Find the rows that repeat an earlier one to the letter: its document, place, day and amount."""
    seen: set[tuple[object, ...]] = set()
    found: dict[int, None] = {}
    for at, row in enumerate(rows):
        look = (row.frame, row.document, row.place, row.day, row.amount)
        if row.document and look in seen:
            found[at] = None
        seen.add(look)
    return found


def _is_equal(a: Row, b: Row) -> bool:
    return a.amount == b.amount and a.frame == b.frame


def match_rows(left: Iterable[Row], right: Iterable[Row], rules: Rules) -> Matched:
    """Match the rows of two sources, all buildings and neighbouring periods at once, so that a moved row finds its other half."""
    ours, theirs = _Open(left), _Open(right)
    pairs: list[Pair] = []
    stages = (*_BY_KEYS, *(_BY_METER if rules.one_row_per_place else _BY_NUMBERS))
    for stage in stages:
        _run(stage, ours, theirs, pairs)
    return Matched(tuple(pairs), ours.surplus(), theirs.surplus())


def _run(stage: _Stage, ours: _Open, theirs: _Open, pairs: list[Pair]) -> None:
    others = theirs.groups(stage.key)
    for key, mine in ours.groups(stage.key).items():
        if key in others:
            _match_group(stage, ours, theirs, mine, others[key], pairs)


def _match_group(
    stage: _Stage, ours: _Open, theirs: _Open, mine: list[int], others: list[int], pairs: list[Pair]
) -> None:
    taken_left, taken_right = [], []
    free = list(others)
    for at in mine:
        row = ours.rows[at]
        found = next((o for o in free if not (stage.careful and contradict(row, theirs.rows[o]))), None)
        if found is None:
            continue
        free.remove(found)
        taken_left.append(at)
        taken_right.append(found)
        pairs.append(Pair(row, theirs.rows[found], stage.basis))
        del ours.waiting[at], theirs.waiting[found]
    ours.left_over(mine, taken_left, stage.basis)
    theirs.left_over(others, taken_right, stage.basis)
