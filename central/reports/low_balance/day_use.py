"""Reads what each building used on a day, beside the days that it is compared with. Hours not read are not hours without use."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Sum

from central.campus.models import Binding, Building, Occupancy
from central.clock import start_of_day_ms
from central.desk.low_balance import links_of
from central.domain.building_check import Checked, DayUse, check
from central.link.telemetry.models import HourlyUse
from central.office.dated_settings import Where, number_at

DAY_HOURS, WEEK, WEEKS = 24, 7, 4
ASKED_AT_ONCE = 300


@dataclass(frozen=True, slots=True)
class BuildingDay:
    """One building's day with what it is compared with."""

    building: Building
    checked: Checked
    occupied: int
    """Rooms in which somebody is known to live."""
    is_silent: bool
    """Its gateway is not heard now: what it read is still to come."""
    heard_ms: int | None


@dataclass(frozen=True, slots=True)
class _Tie:
    """A meter in a room, from an instant until its next tie."""

    building: int
    room: int
    meter: str
    from_ms: int


def building_days(day: date, buildings: Iterable[Building], now_ms: int) -> list[BuildingDay]:
    """Judge a day of buildings, in their order."""
    buildings = list(buildings)
    days = [
        day,
        day - timedelta(days=1),
        *(day - timedelta(days=WEEK * back) for back in range(1, WEEKS + 1)),
    ]
    ties = _ties([building.pk for building in buildings], start_of_day_ms(day + timedelta(days=1)))
    used = {one: _uses(one, ties) for one in days}
    occupied = _occupied(day, [building.pk for building in buildings])
    links = links_of(buildings, now_ms)
    found = []
    for building in buildings:
        own = [used[one].get(building.pk, DayUse(None, 0, 0)) for one in days]
        percent = number_at("balance.outlier-percent", start_of_day_ms(day), Where(building=building.code))
        lived_in = occupied.get(building.pk, 0)
        checked = check(own[0], own[1], own[2:], lived_in, percent)
        found.append(BuildingDay(building, checked, lived_in, *links[building.pk]))
    return found


def _ties(buildings: list[int], until_ms: int) -> list[_Tie]:
    """Read which meter was in which room, each meter's ties in order."""
    here = Binding.objects.filter(account__point__room__building__in=buildings).values("meter")
    rows = Binding.objects.filter(meter__in=here, from_ms__lt=until_ms).order_by("meter", "from_ms")
    names = ("account__point__room__building", "account__point__room", "meter__meter_no", "from_ms")
    return [_Tie(*row) for row in rows.values_list(*names)]


def _uses(day: date, ties: Iterable[_Tie]) -> dict[int, DayUse]:
    """Add up a day by building. A room counts its hours once, whichever of its meters was read.

    A meter counts once, where it was when the day ended: who moves in on the day ties the room's own meter anew.
    """
    from_ms, until_ms = start_of_day_ms(day), start_of_day_ms(day + timedelta(days=1))
    there = {tie.meter: tie for tie in ties if tie.from_ms < until_ms}
    counted = _counted(sorted(there), from_ms, until_ms)
    rooms: dict[tuple[int, int], tuple[int, int]] = {}
    for tie in there.values():
        used_wh, hours = rooms.get((tie.building, tie.room), (0, 0))
        own_wh, own_hours = counted.get(tie.meter, (0, 0))
        rooms[tie.building, tie.room] = used_wh + own_wh, min(DAY_HOURS, hours + own_hours)
    return _by_building(rooms)


def _by_building(rooms: Mapping[tuple[int, int], tuple[int, int]]) -> dict[int, DayUse]:
    found: dict[int, DayUse] = {}
    for (building, _room), (used_wh, hours) in rooms.items():
        before = found.get(building, DayUse(None, 0, 0))
        heard_wh = used_wh + (before.used_wh or 0) if hours else before.used_wh
        found[building] = DayUse(
            heard_wh,
            before.covered_hours + hours,
            before.of_hours + DAY_HOURS,
            before.rooms_without + (not hours),
        )
    return found


def _counted(meters: list[str], from_ms: int, until_ms: int) -> dict[str, tuple[int, int]]:
    """Give each meter's use and the hours that it was read in."""
    counted: dict[str, tuple[int, int]] = {}
    for begin in range(0, len(meters), ASKED_AT_ONCE):
        part = meters[begin : begin + ASKED_AT_ONCE]
        rows = HourlyUse.objects.filter(meter__in=part, hour_ms__gte=from_ms, hour_ms__lt=until_ms)
        for meter, used_wh, hours in rows.values_list("meter").annotate(Sum("energy_wh"), Count("pk")):
            counted[meter] = used_wh, hours
    return counted


def _occupied(day: date, buildings: list[int]) -> dict[int, int]:
    there = Occupancy.objects.filter(account__point__room__building__in=buildings, from_day__lte=day)
    rows = there.exclude(until_day__lt=day).values_list("account__point__room__building")
    return dict(rows.annotate(Count("account__point__room", distinct=True)))
