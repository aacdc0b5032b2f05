"""The runs behind `make bench-theft` that rank rooms by loss and change together: the monthly list, and how soon each kind is
on it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from central.domain.abnormal_use import Abnormal, abnormal_rooms
from central.domain.attribution import Attribution, attribute
from central.domain.change_of_use import RoomChange, RoomsHours, judge_changes
from central.domain.usual_loss import learn
from tests.bench.rankings import Score
from tests.bench.stolen_energy import Array, Kind, Registers, Theft, Thief, name_of, show
from tests.bench.theft_runs import ALL_DAYS, QUIET_DAYS, ROOMS, drawn, thieves_of

WEEK, FORTNIGHT = 7, 14
THEFT_FROM = 28
LOOKS = (1, 2, 3, 5, 7, 10, 14, 21)
LIST_THIEVES, KIND_THIEVES = 8, 3


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
    for building, dice in drawn(households, ROOMS, ALL_DAYS, count, seed):
        thieves = thieves_of(ROOMS, LIST_THIEVES, tuple(Kind), QUIET_DAYS, dice)
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
    """Look at the last days again and again: their loss over a week and a fortnight, each room's last week beside the three
    weeks before it.

    Nobody is told when the theft began: the fortnight has honest days at first, the three weeks stolen ones later. Found is
    who stands on the list.
    """
    days = Days()
    for half in halves.values():
        for building, dice in drawn(half, ROOMS, ALL_DAYS, count, seed):
            thieves = thieves_of(ROOMS, KIND_THIEVES, (kind,), THEFT_FROM, dice)
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
