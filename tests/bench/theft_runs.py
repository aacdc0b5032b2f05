"""The runs behind `make bench-theft`: buildings are made, stolen from and watched, and what the rules said is counted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from central.domain.abnormal_use import Abnormal, abnormal_rooms
from central.domain.attribution import Attribution, Verdict, attribute
from central.domain.change_of_use import RoomChange, RoomsHours, judge_changes
from central.domain.usual_loss import learn
from gateway.domain.loss_calibration import LEAST_DAYS
from tests.bench.bench_loss import watch
from tests.bench.simulated_building import BuildingHours, Tap
from tests.bench.stolen_energy import (
    HOURS,
    Array,
    Building,
    Kind,
    Registers,
    Score,
    Shown,
    Theft,
    Thief,
    building_of,
    name_of,
    show,
)
from tests.bench.theft_baselines import BASELINES

ROOMS = 230
QUIET_DAYS, JUDGED_DAYS, ALL_DAYS = 21, 28, 49
LARGE_WH = 1_000
WEEK, FORTNIGHT = 7, 14
THEFT_FROM = 28
LOOKS = (1, 2, 3, 5, 7, 10, 14, 21)
LIST_THIEVES, THIEVES, KIND_THIEVES = 8, 5, 3


def _buildings(
    households: Array, rooms: int, days: int, count: int, seed: int
) -> Iterator[tuple[Building, np.random.Generator]]:
    for number in range(count):
        dice = np.random.default_rng([seed, number])
        yield building_of(households, rooms, days, dice), dice


def _thieves(
    rooms: int, count: int, kinds: Sequence[Kind], from_day: int, dice: np.random.Generator
) -> tuple[Thief, ...]:
    chosen = dice.choice(rooms, count, replace=False)
    return tuple(Thief(int(room), kinds[place % len(kinds)], from_day) for place, room in enumerate(chosen))


@dataclass
class Alarms:
    """Shares of buildings, and false alarms per building-year."""

    soon: float
    fixed_soon: float
    false_per_year: float
    fixed_false_per_year: float
    years: float


def alarms(households: Array, count: int, seed: int) -> Alarms:
    """Let the gateway's rules watch a tap of 0.5 %, and three times as many buildings without one."""
    soon = {"calibrated": 0, "fixed 3 %": 0}
    false = dict.fromkeys(soon, 0)
    years = 0.0
    for number, (building, dice) in enumerate(_buildings(households, ROOMS, ALL_DAYS, 4 * count, seed)):
        tap = Tap(0.005, int(dice.integers(LEAST_DAYS + 4, LEAST_DAYS + 25))) if number < count else Tap()
        raised = watch(_as_hours(building), tap).raised
        for rule in soon:
            if tap.share:
                first = min((day - tap.from_day for day in raised[rule] if day >= tap.from_day), default=99)
                soon[rule] += first < 3
            else:
                false[rule] += len(raised[rule])
        years += 0.0 if tap.share else (building.days - LEAST_DAYS) / 365
    return Alarms(
        soon["calibrated"] / count, soon["fixed 3 %"] / count,
        false["calibrated"] / years, false["fixed 3 %"] / years, years,
    )  # fmt: skip


def _as_hours(building: Building) -> BuildingHours:
    hours = building.true_wh.reshape(-1, 4, building.rooms).sum(axis=1).round().astype(int)
    return BuildingHours(hours.T.tolist(), building.seed, 0.0, [building.master_gain, *building.gains])


@dataclass
class Named:
    """What attribution alone said of several buildings."""

    ranking: Score = field(default_factory=Score)
    beside: dict[str, Score] = field(default_factory=lambda: {name: Score() for name in BASELINES})
    buildings: int = 0
    thieves: int = 0
    large: int = 0
    found: int = 0
    found_large: int = 0
    false: int = 0

    @property
    def recall(self) -> float:
        return self.found / max(1, self.thieves)

    @property
    def recall_large(self) -> float:
        return self.found_large / max(1, self.large)

    @property
    def precision(self) -> float:
        return self.found / max(1, self.found + self.false)

    @property
    def false_per_building(self) -> float:
        return self.false / max(1, self.buildings)

    def add(self, said: Attribution, shown: Shown, thieves: Sequence[Thief], days: int) -> None:
        """Count one building."""
        stolen = {name_of(one.room): shown.stolen_wh[:, one.room].sum() / days for one in thieves}
        large = {room for room, each in stolen.items() if each >= LARGE_WH}
        named = {one.meter for one in said.suspects}
        self.buildings += 1
        self.thieves += len(stolen)
        self.large += len(large)
        self.found += len(named & set(stolen))
        self.found_large += len(named & large)
        self.false += len(named - set(stolen))
        rooms = [name_of(room) for room in range(shown.subs_wh.shape[1])]
        guilty = [room in stolen for room in rooms]
        place = {one.meter: -float(at) for at, one in enumerate(said.ranked)}
        self.ranking.add([place.get(room, -1e9) for room in rooms], guilty)
        loss = shown.master_wh - shown.subs_wh.sum(axis=1)
        for name, rank in BASELINES.items():
            self.beside[name].add(rank(loss, shown.subs_wh).tolist(), guilty)


def attributions(
    households: Array,
    count: int,
    seed: int,
    rooms: int,
    days: int,
    kinds: Sequence[Kind],
    registers: Registers,
    *into: Named,
) -> None:
    """Thieves from the first day on, no history: who does the loss follow?"""
    for building, dice in _buildings(households, rooms, days, count, seed):
        thieves = _thieves(rooms, THIEVES, kinds, 0, dice)
        shown = show(building, Theft(thieves), registers)
        said = attribute(shown.hours(0, days))
        for named in into:
            named.add(said, shown, thieves, days)


@dataclass
class Taps:
    """What was said of buildings without a thief in any room."""

    buildings: int = 0
    named: int = 0
    called: int = 0
    told: list[float] = field(default_factory=list)
    doubt: list[float] = field(default_factory=list)

    @property
    def named_share(self) -> float:
        return self.named / self.buildings

    @property
    def called_share(self) -> float:
        return self.called / self.buildings

    @property
    def told_share(self) -> float:
        return float(np.mean(self.told))

    @property
    def doubt_share(self) -> float:
        return float(np.mean(self.doubt))

    def add(self, said: Attribution, through_wh: float) -> None:
        """Count one building; energies are told as shares of what went through its master."""
        self.buildings += 1
        self.named += len(said.suspects)
        self.called += said.verdict == Verdict.CORRIDOR_TAP
        self.told.append(said.unattributed_wh / through_wh)
        self.doubt.append(said.unattributed_uncertainty_wh / through_wh)


def corridor_taps(
    households: Array, count: int, seed: int, share: float, registers: Registers, *into: Taps
) -> None:
    """A tap from the day on which the quiet days end, every second one in the evenings only; nobody in a room steals."""
    for number, (building, _) in enumerate(_buildings(households, ROOMS, ALL_DAYS, count, seed)):
        theft = Theft(tap_share=share, tap_from_day=QUIET_DAYS, tap_evenings=number % 2 == 1)
        shown = show(building, theft, registers)
        said = attribute(shown.hours(QUIET_DAYS, ALL_DAYS, learn(shown.hours(0, QUIET_DAYS))))
        for taps in into:
            taps.add(said, float(shown.master_wh[QUIET_DAYS * HOURS :].sum()))


@dataclass
class Lists:
    """The monthly list of several buildings, and both its sides alone."""

    loss: Score = field(default_factory=Score)
    change: Score = field(default_factory=Score)
    both: Score = field(default_factory=Score)
    hits: dict[Kind, list[bool]] = field(default_factory=lambda: {kind: [] for kind in Kind})
    false: int = 0

    @property
    def listed(self) -> dict[Kind, float]:
        return {kind: sum(hits) / max(1, len(hits)) for kind, hits in self.hits.items()}

    @property
    def false_per_building(self) -> float:
        return self.false / max(1, len(self.both.scores))

    def add(
        self,
        said: Attribution,
        changes: Sequence[RoomChange],
        list_of: Sequence[Abnormal],
        thieves: Sequence[Thief],
    ) -> None:
        """Count one building."""
        kinds = {name_of(one.room): one.kind for one in thieves}
        rooms = [change.room for change in changes]
        for score, values in (
            (self.loss, {one.meter: -float(at) for at, one in enumerate(said.ranked)}),
            (self.change, {one.room: one.score for one in changes}),
            (self.both, {one.room: one.score for one in list_of}),
        ):
            score.add([values.get(room, -1e9) for room in rooms], [room in kinds for room in rooms])
        on_list = {one.room for one in list_of if one.is_listed}
        for room, kind in kinds.items():
            self.hits[kind].append(room in on_list)
        self.false += len(on_list - set(kinds))


def monthly_lists(households: Array, count: int, seed: int, registers: Registers, *into: Lists) -> None:
    """Three honest weeks, then four in which eight rooms steal, two of each kind."""
    for building, dice in _buildings(households, ROOMS, ALL_DAYS, count, seed):
        thieves = _thieves(ROOMS, LIST_THIEVES, tuple(Kind), QUIET_DAYS, dice)
        shown = show(building, Theft(thieves), registers)
        quiet = shown.hours(0, QUIET_DAYS)
        said = attribute(shown.hours(QUIET_DAYS, ALL_DAYS, learn(quiet)))
        changes = judge_changes(RoomsHours(quiet.from_ms, shown.rooms(0, ALL_DAYS)))
        listed = abnormal_rooms(changes, [said], [attribute(quiet)])
        for lists in into:
            lists.add(said, changes, listed, thieves)


@dataclass
class Days:
    """On which day of the theft each thief was found; None: not within the looks."""

    each: list[int | None] = field(default_factory=list)
    false: int = 0
    looks: int = 0

    def within(self, days: int) -> float:
        return sum(day is not None and day <= days for day in self.each) / max(1, len(self.each))

    @property
    def thieves(self) -> int:
        return len(self.each)

    @property
    def median_days(self) -> str:
        middle = sorted(99 if day is None else day for day in self.each)[len(self.each) // 2]
        return "over 21 days" if middle > LOOKS[-1] else f"{middle} days"

    @property
    def false_per_look(self) -> float:
        return self.false / max(1, self.looks)


def days_to_detect(halves: dict[str, Array], count: int, seed: int, kind: Kind, registers: Registers) -> Days:
    """Look at the last days again and again: their loss over a week and a fortnight, each room's last week beside the three weeks before it.

    Nobody is told when the theft began: the fortnight has honest days at first, the three weeks stolen ones later. Found is who
    stands on the list.
    """
    days = Days()
    for half in halves.values():
        for building, dice in _buildings(half, ROOMS, ALL_DAYS, count, seed):
            thieves = _thieves(ROOMS, KIND_THIEVES, (kind,), THEFT_FROM, dice)
            shown = show(building, Theft(thieves), registers)
            usual = learn(shown.hours(0, QUIET_DAYS))
            first: dict[str, int] = {}
            for look in LOOKS:
                now = THEFT_FROM + look
                said = [attribute(shown.hours(now - days, now, usual)) for days in (WEEK, FORTNIGHT)]
                from_day = now - WEEK - QUIET_DAYS
                rooms = RoomsHours(shown.hours(from_day, now).from_ms, shown.rooms(from_day, now))
                listed = {one.room for one in abnormal_rooms(judge_changes(rooms), said) if one.is_listed}
                for room in listed:
                    first.setdefault(room, look)
                days.looks += 1
                days.false += len(listed - {name_of(one.room) for one in thieves})
                if all(name_of(one.room) in first for one in thieves):
                    break
            days.each += [first.get(name_of(one.room)) for one in thieves]
    return days
