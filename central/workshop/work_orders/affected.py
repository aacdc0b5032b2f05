"""Which rooms lose their power: found by the topology from what is switched off, and who lives there (R-4.3.4).

Rooms and floors are the campus's; which meter hangs on which line is what the gateway told last; which meters are counted behind
which is the building's dated groups.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from central.campus.meter_groups import groups_of
from central.campus.models import Account, Binding, Building, Meter, MeteringPoint, Occupancy, Room
from central.clock import campus_day
from central.link.models import Gateway, MeterSwap
from central.link.registry_copy import registry_of
from central.workshop.work_orders.models import Scope
from gateway.contract.rules import GroupRule
from gateway.domain.loss import rule_in_force


@dataclass(frozen=True, slots=True)
class Household:
    """One room as the people of a work order see it."""

    room: Room
    account: str = ""
    group: str = ""
    """The customer class's group: `dormitory`, `merchant`, `staff`; empty where nothing is metered."""
    is_protected: bool = False
    names: tuple[str, ...] = ()
    meters: tuple[str, ...] = ()

    @property
    def people(self) -> int:
        """How many live there."""
        return len(self.names)


def rooms_off(building: Building, scope: str, place: str, now_ms: int) -> list[Room]:
    """Give the rooms that lose their power when a part of a building is switched off; none where there is no such part.

    `place` is the room's or floor's number, the line's or group's name; rooms by their numbers are apart by commas.
    """
    rooms = Room.objects.filter(building=building).select_related("building").order_by("floor", "label")
    match scope:
        case Scope.ROOM | Scope.ROOMS:
            labels = labels_of(building, place)
            return [room for room in rooms if room.label.lower() in labels]
        case Scope.FLOOR:
            return [room for room in rooms if str(room.floor) == place.strip()]
        case Scope.BUILDING:
            return list(rooms)
    meters = meters_off(building, scope, place, now_ms)
    behind = {room for meter, room in rooms_of_meters(building, now_ms).items() if meter in meters}
    return [room for room in rooms if room.pk in behind]


def meters_off(building: Building, scope: str, place: str, now_ms: int) -> set[str]:
    """Give the meters that are switched off with a part of a building, masters too; of rooms and floors only rooms are known."""
    match scope:
        case Scope.BUILDING:
            return set(Meter.objects.filter(building=building).values_list("meter_no", flat=True))
        case Scope.LINE:
            return meters_of_line(building, place.strip())
        case Scope.GROUP:
            return meters_of_group(building, place.strip(), now_ms)
    return set()


def labels_of(building: Building, typed: str) -> list[str]:
    """Read rooms' numbers, `301, 1-302、303`: as on their doors, in small letters."""
    text = typed.replace("，", ",").replace("、", ",").replace(";", ",").replace(" ", ",")
    return [one.strip().removeprefix(f"{building.code}-").lower() for one in text.split(",") if one.strip()]


def lines_of(building: Building) -> list[str]:
    """Name the lines of a building's gateway, as it told them last."""
    return sorted({str(line["name"]) for line in _registry(building)["lines"]})


def floors_of(building: Building) -> list[int]:
    """Name a building's floors."""
    return sorted(set(Room.objects.filter(building=building).values_list("floor", flat=True)))


def groups_now(building: Building, now_ms: int) -> dict[str, GroupRule]:
    """Give a building's groups of meters in force, by name."""
    every = groups_of(building)
    names = sorted({rule.group for rule in every})
    found = {name: rule_in_force([rule for rule in every if rule.group == name], now_ms) for name in names}
    return {name: rule for name, rule in found.items() if rule is not None}


def meters_of_line(building: Building, line: str) -> set[str]:
    """Give the meters that hang on a line."""
    return {str(one["meter_number"]) for one in _registry(building)["meters"] if one["line"] == line}


def meters_of_group(building: Building, group: str, now_ms: int) -> set[str]:
    """Give the meters that are counted behind a master, those behind the masters below it as well."""
    rules, found, seen, waiting = groups_now(building, now_ms), set[str](), set[str](), [group]
    while waiting:
        name = waiting.pop()
        if name in seen or name not in rules:
            continue
        seen.add(name)
        found |= {str(meter) for meter in (rules[name].master, *rules[name].subs)}
        waiting += rules[name].sub_groups
    return found


def rooms_of_meters(building: Building, now_ms: int) -> dict[str, int]:
    """Give each meter's room by its newest tie; one that another meter was put in the place of since is no longer there."""
    ties = Binding.objects.filter(meter__building=building, from_ms__lte=now_ms).order_by("from_ms", "pk")
    newest = {
        meter: (room, from_ms)
        for meter, room, from_ms in ties.values_list("meter__meter_no", "account__point__room_id", "from_ms")
    }
    gone = dict(
        MeterSwap.objects.filter(old_meter__in=newest).order_by("from_ms").values_list("old_meter", "from_ms")
    )
    return {meter: room for meter, (room, from_ms) in newest.items() if gone.get(meter, -1) < from_ms}


def households(rooms: Iterable[Room], now_ms: int) -> list[Household]:
    """Give who lives in rooms of one building and what is metered there, in their order; a fixed number of queries."""
    wanted: Sequence[Room] = list(rooms)
    if not wanted:
        return []
    points = {
        one.room_id: one
        for one in MeteringPoint.objects.filter(room__in=wanted).select_related("customer_class")
    }
    accounts = {
        one.point.room_id: one
        for one in Account.objects.filter(point__room__in=wanted)
        .exclude(state=Account.State.CLOSED)
        .select_related("point")
    }
    names = _names([one.pk for one in accounts.values()], now_ms)
    meters: dict[int, list[str]] = {}
    for meter, room in sorted(rooms_of_meters(wanted[0].building, now_ms).items()):
        meters.setdefault(room, []).append(meter)
    return [
        _household(room, points.get(room.pk), accounts.get(room.pk), names, meters.get(room.pk, []))
        for room in wanted
    ]


def _household(
    room: Room,
    point: MeteringPoint | None,
    account: Account | None,
    names: dict[int, tuple[str, ...]],
    meters: list[str],
) -> Household:
    return Household(
        room,
        account.code if account else "",
        point.customer_class.group if point else "",
        point is not None and point.protected,
        names.get(account.pk, ()) if account else (),
        tuple(meters),
    )


def _names(accounts: list[int], now_ms: int) -> dict[int, tuple[str, ...]]:
    today, named = campus_day(now_ms), dict[int, tuple[str, ...]]()
    lasting = Occupancy.objects.filter(account__in=accounts, from_day__lte=today).exclude(until_day__lt=today)
    for account, name in lasting.order_by("customer__number").values_list("account", "customer__name"):
        named[account] = (*named.get(account, ()), name)
    return named


def _registry(building: Building) -> dict[str, list[dict[str, object]]]:
    gateway = Gateway.objects.filter(building=building).first()
    return (registry_of(gateway) if gateway else None) or {"lines": [], "meters": []}
