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
from central.domain.written_slips import slip_between

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


Rule = Callable[[Row, Row], bool]
"""Whether two rows with the same key may be taken for the same one."""


@dataclass(frozen=True, slots=True)
class _Stage:
    basis: Basis
    key: Key
    may_pair: Rule = lambda _left, _right: True


def _documented(*fields: str) -> Key:
    return lambda row: (row.document, *(getattr(row, name) for name in fields)) if row.document else None


def _placed(*fields: str) -> Key:
    return lambda row: (row.place, *(getattr(row, name) for name in fields)) if row.place else None


def is_plausible(left: Row, right: Row) -> bool:
    """A number alone is not enough: one that is mistyped is often that of another receipt, of another day and sum."""
    if left.day == right.day or (left.place and left.place == right.place):
        return True
    is_near = abs((left.day - right.day).days) <= DAYS_LATE
    return is_near and (left.amount == right.amount or slip_between(left.amount, right.amount) is not None)


def is_mistyped_document(left: Row, right: Row) -> bool:
    """Say whether the two document numbers differ by one slip of the pen, and no room speaks against it."""
    if left.place and right.place and left.place != right.place:
        return False
    are_numbers = left.document.isdecimal() and right.document.isdecimal()
    return are_numbers and slip_between(int(left.document), int(right.document)) is not None


def contradict(a: Row, b: Row) -> bool:
    """Say whether both rows name a document, or both a place, and not the same."""
    return bool(a.document and b.document and a.document != b.document) or bool(
        a.place and b.place and a.place != b.place
    )


def _agree(left: Row, right: Row) -> bool:
    return not contradict(left, right)


DAYS_LATE = 7
"""So many days apart the two sources may have the same document."""
_DAY_SUM = ("frame", "day", "amount")
_BY_KEYS = (
    _Stage(Basis.DOCUMENT, lambda row: row.id),
    _Stage(Basis.DOCUMENT, _documented(*_DAY_SUM, "place")),
    _Stage(Basis.DOCUMENT, _documented(*_DAY_SUM)),
    _Stage(Basis.PLACE, _placed(*_DAY_SUM)),
    _Stage(Basis.DOCUMENT, _documented("frame", "amount"), is_plausible),
    _Stage(Basis.PLACE, _placed("frame", "amount"), _agree),
)
_BY_METER = (_Stage(Basis.PLACE, _placed("frame")), _Stage(Basis.PLACE, _placed("period")))
_BY_DAY = _Stage(Basis.DAY, lambda row: (row.frame, row.day, row.amount), _agree)
_BY_SUM = _Stage(Basis.NUMBERS, lambda row: (row.frame, row.amount), _agree)


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

    def documents(self) -> set[str]:
        """Give the numbers of the rows that still wait."""
        return {self.rows[at].document for at in self.waiting} - {""}

    def left_over(self, group: Sequence[int], matched: Sequence[tuple[int, Row]], stage: _Stage) -> None:
        """Remember, for each row of a group that found no partner, the equal ones that got one it might have had."""
        joined: list[dict[int, None]] = []
        for at in group:
            if at not in self.waiting or at in self.again:
                continue
            row = self.rows[at]
            same = dict(self.among.get(at, {at: None}))
            for one, partner in matched:
                if _is_equal(self.rows[one], row) and _may_be_its(row, partner, stage):
                    same |= self.among.get(one, {one: None})
            if len(same) > 1:
                # Two rows left over that may each be one of the same are exchangeable too.
                apart = [other for other in joined if not other.keys() & same.keys()]
                for other in joined:
                    if other.keys() & same.keys():
                        same |= other
                joined = [*apart, same]
        for same in joined:
            for at in same.keys() & self.waiting.keys():
                self.among[at], self.basis[at] = same, stage.basis

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


def _may_be_its(row: Row, partner: Row, stage: _Stage) -> bool:
    """Say whether a row may be what another one's partner stands for: also when its number is a slip of the partner's."""
    return stage.may_pair(row, partner) or (stage.basis is Basis.DAY and is_mistyped_document(row, partner))


def _is_equal(a: Row, b: Row) -> bool:
    return a.amount == b.amount and a.frame == b.frame


def match_rows(left: Iterable[Row], right: Iterable[Row], rules: Rules) -> Matched:
    """Match the rows of two sources, all buildings and neighbouring periods at once, so that a moved row finds its other half."""
    ours, theirs = _Open(left), _Open(right)
    pairs: list[Pair] = []
    for stage in (*_BY_KEYS, *(_BY_METER if rules.one_row_per_place else (_BY_DAY,))):
        _run(stage, ours, theirs, pairs)
    if not rules.one_row_per_place:
        _match_mistyped(ours, theirs, pairs)
        _run(_BY_SUM, ours, theirs, pairs)
    return Matched(tuple(pairs), ours.surplus(), theirs.surplus())


def _run(stage: _Stage, ours: _Open, theirs: _Open, pairs: list[Pair]) -> None:
    others = theirs.groups(stage.key)
    for key, mine in ours.groups(stage.key).items():
        if key in others:
            _match_group(stage, ours, theirs, mine, others[key], pairs)


def _match_group(
    stage: _Stage, ours: _Open, theirs: _Open, mine: list[int], others: list[int], pairs: list[Pair]
) -> None:
    taken_left: list[tuple[int, Row]] = []
    taken_right: list[tuple[int, Row]] = []
    free = list(others)
    for at in mine:
        row = ours.rows[at]
        found = next((other for other in free if stage.may_pair(row, theirs.rows[other])), None)
        if found is None:
            continue
        partner = theirs.rows[found]
        free.remove(found)
        taken_left.append((at, partner))
        taken_right.append((found, row))
        pairs.append(Pair(row, partner, stage.basis))
        del ours.waiting[at], theirs.waiting[found]
    ours.left_over(mine, taken_left, stage)
    theirs.left_over(others, taken_right, stage)


def _match_mistyped(ours: _Open, theirs: _Open, pairs: list[Pair]) -> None:
    """Match rows of one day and sum whose numbers differ by a slip: one left over, or any of the rows equal to it.

    A row whose very number still waits on the other side, in another building or period, is that one: no slip is looked for.
    """
    elsewhere = theirs.documents()
    groups = theirs.groups(_BY_DAY.key)
    for key, mine in ours.groups(_BY_DAY.key).items():
        for at in mine:
            if ours.rows[at].document in elsewhere:
                continue
            found = _mistyped(ours, theirs, at, [one for one in groups.get(key, ()) if one in theirs.waiting])
            if found is None:
                continue
            left, right, other = found
            _exchange(ours, theirs, (at, left), (other, right), pairs)
            pairs.append(Pair(ours.rows[left], theirs.rows[right], Basis.DAY))
            del ours.waiting[at], theirs.waiting[other]


def _mistyped(ours: _Open, theirs: _Open, at: int, others: list[int]) -> tuple[int, int, int] | None:
    for other in others:
        for left in sorted(ours.among.get(at, {at: None})):
            for right in sorted(theirs.among.get(other, {other: None})):
                if is_mistyped_document(ours.rows[left], theirs.rows[right]):
                    return left, right, other
    return None


def _exchange(
    ours: _Open, theirs: _Open, mine: tuple[int, int], others: tuple[int, int], pairs: list[Pair]
) -> None:
    """Let the rows that were left over take the partners of those that are needed."""
    (left_over, left), (right_over, right) = mine, others
    for at, pair in enumerate(pairs):
        if left != left_over and pair.left is ours.rows[left]:
            pairs[at] = pair = Pair(ours.rows[left_over], pair.right, pair.basis)
        if right != right_over and pair.right is theirs.rows[right]:
            pairs[at] = Pair(pair.left, theirs.rows[right_over], pair.basis)
