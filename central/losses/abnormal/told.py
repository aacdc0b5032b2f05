"""What a month's list is computed from: each room's use by the hour over the month and the weeks before it, and known vacancies.

A room is told by the meter that it has at the month's end; what its former meters counted before a swap belongs to it as well.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from central.campus.models import Binding, Building, Occupancy, Room
from central.clock import start_of_day_ms
from central.domain.change_rows import REFERENCE_DAYS, RoomsHours
from central.domain.periods import Period
from central.link.telemetry.models import HourlyUse

HOUR_MS, DAY_HOURS = 3_600_000, 24
ASKED_AT_ONCE = 300


@dataclass(frozen=True, slots=True)
class Told:
    """One building's rooms by meter, and their hours by kind of room: peers are compared with peers."""

    first: date
    from_ms: int
    until_ms: int
    rooms: Mapping[str, Room]
    hours: list[RoomsHours]


def told_of(building: Building, month: Period) -> Told:
    """Read a building's hours of a month and the weeks before it."""
    first = month.first - timedelta(days=REFERENCE_DAYS)
    from_ms, until_ms = start_of_day_ms(first), start_of_day_ms(month.after)
    ties = _ties(building, until_ms)
    rooms = {meter: tie[0].account.point.room for meter, tie in ties.items()}
    days = (month.after - first).days
    use = _hours(ties, from_ms, until_ms)
    empty = _empty_days(rooms, first, days)
    kinds: dict[int, list[str]] = {}
    for meter, tie in ties.items():
        kinds.setdefault(tie[0].account.point.customer_class_id, []).append(meter)
    told = [
        RoomsHours(from_ms, {m: use[m] for m in meters}, empty_days={m: empty[m] for m in meters})
        for _kind, meters in sorted(kinds.items())
    ]
    return Told(first, from_ms, until_ms, rooms, told)


def _ties(building: Building, until_ms: int) -> dict[str, list[Binding]]:
    """Give by each room's newest meter all that were tied to it, the newest first."""
    ties = Binding.objects.filter(account__point__room__building=building, from_ms__lt=until_ms)
    by_room: dict[int, list[Binding]] = {}
    related = ("meter", "account__point__room__building")
    for tie in ties.select_related(*related).order_by("-from_ms"):
        by_room.setdefault(tie.account.point.room_id, []).append(tie)
    return {several[0].meter.meter_no: several for several in by_room.values()}


def _hours(ties: Mapping[str, list[Binding]], from_ms: int, until_ms: int) -> dict[str, list[int | None]]:
    """Give each room's hours; None where nothing was heard."""
    every = {tie.meter.meter_no for several in ties.values() for tie in several}
    counted = _counted(sorted(every), from_ms, until_ms)
    count = (until_ms - from_ms) // HOUR_MS
    return {meter: _spliced(several, counted, from_ms, count) for meter, several in ties.items()}


def _spliced(
    ties: Iterable[Binding], counted: Mapping[str, Mapping[int, int]], from_ms: int, count: int
) -> list[int | None]:
    hours: list[int | None] = [None] * count
    ends = count
    for tie in ties:
        begins = max(0, -(-(tie.from_ms - from_ms) // HOUR_MS))
        own = counted.get(tie.meter.meter_no, {})
        for place in range(min(begins, ends), ends):
            hours[place] = own.get(from_ms + place * HOUR_MS)
        ends = min(ends, begins)
    return hours


def _counted(meters: list[str], from_ms: int, until_ms: int) -> dict[str, dict[int, int]]:
    counted: dict[str, dict[int, int]] = {}
    for begin in range(0, len(meters), ASKED_AT_ONCE):
        part = meters[begin : begin + ASKED_AT_ONCE]
        rows = HourlyUse.objects.filter(meter__in=part, hour_ms__gte=from_ms, hour_ms__lt=until_ms)
        for meter, hour_ms, energy_wh in rows.values_list("meter", "hour_ms", "energy_wh"):
            counted.setdefault(meter, {})[hour_ms] = energy_wh
    return counted


def _empty_days(rooms: Mapping[str, Room], first: date, days: int) -> dict[str, frozenset[int]]:
    """Give for each meter the days on which no occupant is known in its room."""
    lived: dict[int, set[int]] = {room.pk: set() for room in rooms.values()}
    last = first + timedelta(days=days - 1)
    there = Occupancy.objects.filter(account__point__room__in=lived, from_day__lte=last)
    there = there.exclude(until_day__lt=first)
    for room, from_day, until_day in there.values_list("account__point__room", "from_day", "until_day"):
        begins, ends = (from_day - first).days, ((until_day or last) - first).days
        lived[room].update(range(max(0, begins), min(days - 1, ends) + 1))
    every = frozenset(range(days))
    return {meter: every - lived[room.pk] for meter, room in rooms.items()}
