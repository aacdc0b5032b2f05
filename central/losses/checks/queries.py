"""Reads daily checks: how each party stands on each day, by building for wardens. A round that ended is its building's check."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Min

from central.campus.models import Building
from central.clock import campus_day, start_of_day_ms
from central.domain.daily_checks import NAMES, Due, Part, Party, Standing, is_owed, minutes_of, standing
from central.losses.checks.check_models import DailyCheck
from central.losses.rounds.round_models import RoundEnd
from central.office.dated_settings import number_at, value_at

HOUR_MS = 3_600_000
Key = tuple[Party, int | None, date]


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of one party: how it stands, and the minutes that were checked."""

    day: date
    standing: Standing
    minutes: int


@dataclass(frozen=True, slots=True)
class Row:
    """One party, of wardens one building, over the days asked for."""

    party: Party
    building: Building | None
    cells: tuple[Cell, ...]

    @property
    def name(self) -> str:
        """As the procedure names it, with the building."""
        return f"{NAMES[self.party]}（{self.building.name}）" if self.building else NAMES[self.party]


def matrix(
    days: Sequence[date], parties: Iterable[Party], buildings: Sequence[Building], now_ms: int
) -> list[Row]:
    """Give a row for each party, for wardens for each building. Days before the first check on record owe none."""
    began = _began()
    parts = _parts(days)
    return [
        Row(party, building, tuple(_cell(party, building, day, parts, began, now_ms) for day in days))
        for party in parties
        for building in (buildings if party is Party.WARDENS else (None,))
    ]


def checks_on(day: date, parties: Iterable[Party], buildings: Iterable[Building]) -> list[DailyCheck]:
    """Give a day's records of parties, of wardens those of the buildings, the newest first."""
    found = DailyCheck.objects.filter(day=day, party__in=parties).select_related("by", "building")
    here = {building.pk for building in buildings}
    return [one for one in found if one.building_id is None or one.building_id in here]


def points_of(party: Party, at_ms: int) -> list[str]:
    """Give what a party looks at, as the dated setting says."""
    return [str(point) for point in _list(f"check.points-{party}", at_ms)]


def _cell(
    party: Party,
    building: Building | None,
    day: date,
    parts: dict[Key, list[Part]],
    began: date | None,
    now_ms: int,
) -> Cell:
    here = parts.get((party, building.pk if building else None, day), [])
    return Cell(day, standing(_due(party, day, began), here, now_ms), minutes_of(here))


def _due(party: Party, day: date, began: date | None) -> Due:
    begins_ms, next_ms = start_of_day_ms(day), start_of_day_ms(day + timedelta(days=1))
    owed = (
        began is not None
        and day >= began
        and is_owed(
            party,
            day,
            _list("check.parties", begins_ms),
            _list("check.days-off", begins_ms),
            on_weekends=value_at("check.on-weekends", begins_ms) is True,
        )
    )
    return Due(
        owed,
        number_at("check.minutes", begins_ms),
        begins_ms + number_at("check.late-hour", begins_ms) * HOUR_MS,
        next_ms + number_at("check.missing-hour", begins_ms) * HOUR_MS,
    )


def _parts(days: Sequence[date]) -> dict[Key, list[Part]]:
    found: dict[Key, list[Part]] = {}
    for check in DailyCheck.objects.filter(day__in=days):
        key = (Party(check.party), check.building_id, check.day)
        found.setdefault(key, []).append(Part(check.from_ms, check.until_ms, check.told_ms))
    first_ms, last_ms = start_of_day_ms(min(days)), start_of_day_ms(max(days) + timedelta(days=1))
    ended = RoundEnd.objects.filter(round__started_ms__gte=first_ms, round__started_ms__lt=last_ms)
    for end in ended.select_related("round"):
        key = (Party.WARDENS, end.round.building_id, campus_day(end.round.started_ms))
        found.setdefault(key, []).append(Part(end.round.started_ms, end.at_ms, end.at_ms))
    return found


def _began() -> date | None:
    checked = DailyCheck.objects.aggregate(first=Min("day"))["first"]
    walked_ms = RoundEnd.objects.aggregate(first=Min("round__started_ms"))["first"]
    walked = campus_day(walked_ms) if walked_ms is not None else None
    return min((one for one in (checked, walked) if one is not None), default=None)


def _list(code: str, at_ms: int) -> list[object]:
    value = value_at(code, at_ms)
    return value if isinstance(value, list) else []
