"""The runs behind `make bench-theft` that look at a group's loss alone: alarms, attribution, taps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from central.domain.attribution import Attribution, Verdict, attribute
from central.domain.usual_loss import learn
from gateway.domain.loss_calibration import LEAST_DAYS
from tests.bench.bench_loss import watch
from tests.bench.rankings import Score
from tests.bench.simulated_building import BuildingHours, Tap
from tests.bench.stolen_energy import (
    HOURS,
    Array,
    Building,
    Kind,
    Registers,
    Shown,
    Theft,
    Thief,
    building_of,
    name_of,
    show,
)
from tests.bench.theft_baselines import BASELINES

ROOMS = 230
QUIET_DAYS, ALL_DAYS = 21, 49
LARGE_WH = 1_000
THIEVES = 5


def drawn(
    households: Array, rooms: int, days: int, count: int, seed: int
) -> Iterator[tuple[Building, np.random.Generator]]:
    """Make buildings, each with the dice that made it."""
    for number in range(count):
        dice = np.random.default_rng([seed, number])
        yield building_of(households, rooms, days, dice), dice


def thieves_of(
    rooms: int, count: int, kinds: Sequence[Kind], from_day: int, dice: np.random.Generator
) -> tuple[Thief, ...]:
    """Choose different rooms, the kinds in turn."""
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
    for number, (building, dice) in enumerate(drawn(households, ROOMS, ALL_DAYS, 4 * count, seed)):
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
    for building, dice in drawn(households, rooms, days, count, seed):
        thieves = thieves_of(rooms, THIEVES, kinds, 0, dice)
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
    for number, (building, _) in enumerate(drawn(households, ROOMS, ALL_DAYS, count, seed)):
        theft = Theft(tap_share=share, tap_from_day=QUIET_DAYS, tap_evenings=number % 2 == 1)
        shown = show(building, theft, registers)
        said = attribute(shown.hours(QUIET_DAYS, ALL_DAYS, learn(shown.hours(0, QUIET_DAYS))))
        for taps in into:
            taps.add(said, float(shown.master_wh[QUIET_DAYS * HOURS :].sum()))
