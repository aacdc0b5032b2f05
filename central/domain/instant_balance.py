"""Balances of a group at central: from the totals that a gateway told of simultaneous instants, by its own rule (R-4.2.3, R-B2).

    moments (all meters of a building at one instant) -> pieces between two whole moments -> runs -> figures of any interval

A run is as long as nothing breaks it: within it a meter's use is the difference of its totals at both ends, so that steps and skews
count once. It ends where a meter was swapped or begun anew (another offset), the gateway's store was (another epoch), the rule
changed, or a total fell. What lies between two runs was measured by nobody and is told as missing, never as loss. Pure.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from math import isqrt

from gateway.contract.rules import GroupRule
from gateway.domain.loss import Balance, TotalAt, Use, balance, meters_of, rule_in_force, use_between
from gateway.domain.loss_calibration import Day, with_interval

HOUR_MS = 3_600_000
TOLERANCE_MS = 15 * 60_000
"""An instant so near to an interval's end stands for it: gateways balance a little after the full hour."""


@dataclass(frozen=True, slots=True)
class Total:
    """A meter's running total at a moment, as the gateway told it."""

    total_wh: int
    offset_wh: int
    step_wh: int = 10
    skew_wh: int = 0
    frozen: bool = False

    @property
    def at(self) -> TotalAt:
        """As the gateway's rule takes it."""
        return TotalAt(self.total_wh, self.skew_wh)


@dataclass(frozen=True, slots=True)
class Moment:
    """All meters of a building at one instant; one that was not heard is left out."""

    at_ms: int
    epoch: str
    trusted: bool
    totals: Mapping[str, Total]
    doubled: frozenset[str] = frozenset()
    """Meters that were told twice at this instant, differently: then nothing is known of them."""


class Source(StrEnum):
    """Where figures come from."""

    TOTALS = "totals"
    """Made here from the totals."""
    GATEWAY = "gateway"
    """An older gateway told its balances without the totals behind them."""


class Break(StrEnum):
    """Why nothing can be said between two moments."""

    SWAPPED = "swapped"
    """A meter goes on with another offset."""
    BEGUN_ANEW = "begun-anew"
    """The gateway's store: totals of two epochs aren't compared."""
    UNTRUSTED = "untrusted"
    """The gateway's clock was not to be trusted."""
    OVERLAPPING = "overlapping"
    """An earlier life of the gateway's store speaks again: two sources tell the same meters."""
    FELL = "fell"
    """A total fell: counting backwards, or readings that overlap."""
    REGROUPED = "regrouped"
    """The group's meters changed."""


@dataclass(frozen=True, slots=True)
class Run:
    """A balance between two instants without a break; its rows are the totals of exactly these two."""

    from_ms: int
    until_ms: int
    balance: Balance
    frozen: int = 0
    """Meters that froze at both ends; the others were interpolated at one of them."""
    meters: int = 0


@dataclass(frozen=True, slots=True)
class Gap:
    """Two moments between which nothing was measured, and the meters that it is about."""

    from_ms: int
    until_ms: int
    why: Break
    meters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Night:
    """What was lost in the hours in which least is used: 1 to 5 o'clock of a day that begins with the interval."""

    measured_ms: int = 0
    master_wh: int = 0
    loss_wh: int = 0


NIGHT = (1 * HOUR_MS, 5 * HOUR_MS)


@dataclass(frozen=True, slots=True)
class Figures:
    """One group over one interval. `balance` None: nothing is known. `missing` counts by meter the moments it was not heard at."""

    from_ms: int
    until_ms: int
    runs: tuple[Run, ...] = ()
    gaps: tuple[Gap, ...] = ()
    missing: Mapping[str, int] = field(default_factory=dict)
    source: Source = Source.TOTALS
    day: Day = field(default_factory=Day)
    """The hours' sums, as the calibrated rule learns them."""
    night: Night = field(default_factory=Night)
    doubled: tuple[str, ...] = ()
    """Meters that were told twice at one instant, differently."""

    @property
    def balance(self) -> Balance | None:
        """The runs together."""
        return together(run.balance for run in self.inside)

    @property
    def inside(self) -> tuple[Run, ...]:
        """Its runs without one that began before it."""
        return within(self.runs, self.from_ms, self.until_ms)

    @property
    def known_ms(self) -> int:
        """How much of the interval was measured."""
        return sum(run.until_ms - run.from_ms for run in self.inside)

    @property
    def hours(self) -> tuple[int, int]:
        """Hours that were measured, of how many; one that is still running is not counted."""
        of = (self.until_ms - self.from_ms) // HOUR_MS
        return min(of, round(self.known_ms / HOUR_MS)), of

    @property
    def unknown_hours(self) -> int:
        """Hours that nobody measured."""
        return max(0, self.hours[1] - self.hours[0])


def figures_of(
    rules: Sequence[GroupRule], group: str, moments: Sequence[Moment], from_ms: int, until_ms: int
) -> Figures:
    """Balance a group over an interval. `rules` are all of the building, `moments` in order of time, also some before it.

    A piece that crosses the interval's beginning is kept as a run of its own where the moment of the beginning is not whole: a
    longer interval counts it, this one doesn't (see `within`).
    """
    times = Counter(
        one.at_ms for one in moments
    )  # what two lives of a store tell of one instant is not known
    whole = [one for one in moments if times[one.at_ms] == 1 and _is_whole(rules, group, one)]
    points = _points(whole, from_ms, until_ms)
    pieces, gaps = _pieces(rules, group, points)
    here = [one for one in moments if from_ms - TOLERANCE_MS <= one.at_ms <= until_ms + TOLERANCE_MS]
    return Figures(
        from_ms,
        until_ms,
        tuple(_joined(rules, group, pieces, {one.at_ms: one for one in points}, from_ms)),
        tuple(gaps),
        _missing(rules, group, here),
        day=day_of(within(pieces, from_ms, until_ms)),
        night=_night_of(pieces, from_ms),
        doubled=tuple(sorted(_meters_ever(rules, group, here) & {m for one in here for m in one.doubled})),
    )


def day_of(pieces: Iterable[Run]) -> Day:
    """Add intervals up as the calibrated rule learns them."""
    day = Day()
    for piece in pieces:
        made = piece.balance
        day = with_interval(day, made.master_wh, made.loss_wh, piece.until_ms - piece.from_ms)
    return day


def _night_of(pieces: Iterable[Run], from_ms: int) -> Night:
    night = within(pieces, from_ms + NIGHT[0], from_ms + NIGHT[1])
    return Night(
        sum(one.until_ms - one.from_ms for one in night),
        sum(one.balance.master_wh for one in night),
        sum(one.balance.loss_wh for one in night),
    )


def within(runs: Iterable[Run], from_ms: int, until_ms: int) -> tuple[Run, ...]:
    """Give the runs that lie in an interval."""
    return tuple(
        run
        for run in runs
        if run.from_ms >= from_ms - TOLERANCE_MS and run.until_ms <= until_ms + TOLERANCE_MS
    )


def together(balances: Iterable[Balance]) -> Balance | None:
    """Add balances up; None without any. Steps and skews of different runs are independent, a meter's class errs in all alike."""
    found = list(balances)
    if not found:
        return None
    scatter_squared = sum(one.scatter_wh**2 for one in found)
    classes_wh = sum(isqrt(max(0, one.uncertainty_wh**2 - one.scatter_wh**2)) for one in found)
    return Balance(
        master_wh=sum(one.master_wh for one in found),
        subs_wh=sum(one.subs_wh for one in found),
        own_use_wh=sum(one.own_use_wh for one in found),
        technical_wh=sum(one.technical_wh for one in found),
        uncertainty_wh=_root(scatter_squared + classes_wh**2) if len(found) > 1 else found[0].uncertainty_wh,
        scatter_wh=_root(scatter_squared),
    )


def meters_at(rules: Sequence[GroupRule], group: str, at_ms: int) -> tuple[GroupRule, tuple[str, ...]] | None:
    """Give a group's rule at an instant and its meters, the master first; None before the first."""
    now = {name: rule for name in {one.group for one in rules} if (rule := _in_force(rules, name, at_ms))}
    rule = now.get(group)
    return None if rule is None else (rule, (rule.master, *meters_of(rule, now)))


def nearest(moments: Sequence[Moment], at_ms: int) -> Moment | None:
    """Give the moment that stands for an instant; the same for the interval that ends there and for the one that begins."""
    near = [one for one in moments if abs(one.at_ms - at_ms) <= TOLERANCE_MS]
    return min(near, key=lambda one: (abs(one.at_ms - at_ms), one.at_ms), default=None)


def break_between(
    before: Moment, after: Moment, meters: Iterable[str]
) -> tuple[Break, tuple[str, ...]] | None:
    """Say why the meters' totals of two moments can't be subtracted; None when they can."""
    if before.epoch != after.epoch:
        return Break.BEGUN_ANEW, ()
    if not (before.trusted and after.trusted):
        return Break.UNTRUSTED, ()
    known = [m for m in meters if m in before.totals and m in after.totals]
    if swapped := [m for m in known if before.totals[m].offset_wh != after.totals[m].offset_wh]:
        return Break.SWAPPED, tuple(swapped)
    if fell := [m for m in known if after.totals[m].total_wh < before.totals[m].total_wh]:
        return Break.FELL, tuple(fell)
    return None


def _in_force(rules: Iterable[GroupRule], name: str, at_ms: int) -> GroupRule | None:
    return rule_in_force((rule for rule in rules if rule.group == name), at_ms)


def _is_whole(rules: Sequence[GroupRule], group: str, moment: Moment) -> bool:
    found = meters_at(rules, group, moment.at_ms)
    return found is not None and all(meter in moment.totals for meter in found[1])


def _points(whole: Sequence[Moment], from_ms: int, until_ms: int) -> list[Moment]:
    """Choose the moments that pieces are made between: those of both ends, those inside, and the last one before."""
    begins, ends = nearest(whole, from_ms), nearest(whole, until_ms)
    first_ms = begins.at_ms if begins else from_ms
    last_ms = ends.at_ms if ends else until_ms
    inside = [one for one in whole if first_ms <= one.at_ms <= last_ms]
    before = [one for one in whole if one.at_ms < first_ms][-1:] if begins is None else []
    return [*before, *inside]


def _pieces(rules: Sequence[GroupRule], group: str, points: Sequence[Moment]) -> tuple[list[Run], list[Gap]]:
    """Balance between each two moments, or say why that can't be."""
    pieces, gaps = list[Run](), list[Gap]()
    epochs: set[str] = set()
    for before, after in pairwise(points):
        epochs.add(before.epoch)
        made = _balanced(rules, group, before, after)
        if isinstance(made, Run):
            pieces.append(made)
        elif made.why is Break.BEGUN_ANEW and after.epoch in epochs:
            gaps.append(Gap(made.from_ms, made.until_ms, Break.OVERLAPPING))
        else:
            gaps.append(made)
    return pieces, gaps


def _balanced(rules: Sequence[GroupRule], group: str, before: Moment, after: Moment) -> Run | Gap:
    """Balance one piece by the rule that holds at its beginning."""
    found = meters_at(rules, group, before.at_ms)
    assert found is not None, "a whole moment has a rule"
    rule, meters = found
    if gone := tuple(meter for meter in meters if meter not in after.totals):
        return Gap(before.at_ms, after.at_ms, Break.REGROUPED, gone)
    if broken := break_between(before, after, meters):
        return Gap(before.at_ms, after.at_ms, *broken)
    uses = [_use(before.totals[meter], after.totals[meter]) for meter in meters]
    frozen = sum(before.totals[m].frozen and after.totals[m].frozen for m in meters)
    made = balance(rule, uses[0], uses[1:], after.at_ms - before.at_ms)
    return Run(before.at_ms, after.at_ms, made, frozen, len(meters))


def _use(before: Total, after: Total) -> Use:
    return use_between(before.at, after.at, after.step_wh)


def _joined(
    rules: Sequence[GroupRule], group: str, pieces: Sequence[Run], points: Mapping[int, Moment], from_ms: int
) -> Iterator[Run]:
    """Join pieces that follow each other under one rule: balanced between their outer ends, what lies between cancels out."""
    chain: list[Run] = []
    for piece in pieces:
        if chain and not _goes_on(rules, group, chain[-1], piece, from_ms):
            yield _whole_chain(rules, group, chain, points)
            chain = []
        chain.append(piece)
    if chain:
        yield _whole_chain(rules, group, chain, points)


def _goes_on(rules: Sequence[GroupRule], group: str, last: Run, piece: Run, from_ms: int) -> bool:
    crosses = last.from_ms < from_ms - TOLERANCE_MS
    same = meters_at(rules, group, last.from_ms) == meters_at(rules, group, piece.from_ms)
    return last.until_ms == piece.from_ms and same and not crosses


def _whole_chain(
    rules: Sequence[GroupRule], group: str, chain: Sequence[Run], points: Mapping[int, Moment]
) -> Run:
    made = _balanced(rules, group, points[chain[0].from_ms], points[chain[-1].until_ms])
    assert isinstance(made, Run), "what goes on piece by piece goes on as a whole"
    return made


def _meters_ever(rules: Sequence[GroupRule], group: str, moments: Iterable[Moment]) -> set[str]:
    found = (meters_at(rules, group, one.at_ms) for one in moments)
    return {meter for one in found if one for meter in one[1]}


def _missing(rules: Sequence[GroupRule], group: str, moments: Iterable[Moment]) -> dict[str, int]:
    missing: dict[str, int] = {}
    for moment in moments:
        found = meters_at(rules, group, moment.at_ms)
        for meter in found[1] if found else ():
            if meter not in moment.totals:
                missing[meter] = missing.get(meter, 0) + 1
    return missing


def _root(squared: int) -> int:
    """Rounded up."""
    root = isqrt(squared)
    return root + (root * root < squared)
