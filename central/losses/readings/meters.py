"""Which meters stand on a building's sheet, in the order in which an electrician walks: the board first, then floor by floor.

Every meter that hangs there: bound to a room (lived in or not), named by a group of the balances, or bound to nothing at all.
A meter that was replaced is gone from the wall.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from central.campus.meter_groups import groups_of
from central.campus.models import Binding, Building, Meter, Room
from central.link.models import MeterSwap
from gateway.contract.rules import GroupRule
from gateway.domain.loss import rule_in_force


@dataclass(frozen=True, slots=True)
class SheetMeter:
    """One meter to be read; `room` None: at a board, or where nobody said."""

    meter: str
    room: Room | None
    masters_of: tuple[str, ...] = ()
    """The groups whose master it is."""

    @property
    def floor(self) -> int | None:
        """The floor it hangs on."""
        return self.room.floor if self.room else None


def sheet_meters(building: Building, at_ms: int) -> list[SheetMeter]:
    """Give the meters that hang in a building at an instant, in walking order."""
    rules = rules_at(groups_of(building), at_ms)
    masters: dict[str, list[str]] = {}
    for rule in rules.values():
        masters.setdefault(rule.master, []).append(rule.group)
    rooms, gone = _bound(building, at_ms)
    known = set(Meter.objects.filter(building=building).values_list("meter_no", flat=True))
    known |= {meter for rule in rules.values() for meter in (rule.master, *rule.subs)}
    replaced = MeterSwap.objects.filter(old_meter__in=known, from_ms__lte=at_ms)
    gone |= {one for one in replaced.values_list("old_meter", flat=True) if one not in rooms}
    found = [
        SheetMeter(meter, rooms.get(meter), tuple(masters.get(meter, ())))
        for meter in known - gone | masters.keys()
    ]
    return sorted(found, key=_walked)


def sheet_meter(building: Building, number: str, at_ms: int) -> SheetMeter | None:
    """Give one meter of the sheet, as `sheet_meters` would, without the others: an entry costs the same in a large building."""
    rules = rules_at(groups_of(building), at_ms)
    masters_of = tuple(rule.group for rule in rules.values() if rule.master == number)
    bindings = Binding.objects.filter(meter__building=building, from_ms__lte=at_ms)
    newest_first = bindings.select_related("account__point__room__building").order_by("-from_ms", "-pk")
    own = newest_first.filter(meter__meter_no=number).first()
    if own is not None:
        of_point = newest_first.filter(account__point=own.account.point_id).first()
        is_bound = of_point is not None and of_point.meter_id == own.meter_id
        room = own.account.point.room if is_bound else None
        return SheetMeter(number, room, masters_of) if is_bound or masters_of else None
    is_named = any(number in (rule.master, *rule.subs) for rule in rules.values())
    is_known = is_named or Meter.objects.filter(building=building, meter_no=number).exists()
    is_gone = MeterSwap.objects.filter(old_meter=number, from_ms__lte=at_ms).exists()
    return SheetMeter(number, None, masters_of) if (is_known and not is_gone) or masters_of else None


def rules_at(rules: Iterable[GroupRule], at_ms: int) -> dict[str, GroupRule]:
    """Give the rule of each group that is in force at an instant."""
    by_group: dict[str, list[GroupRule]] = {}
    for rule in rules:
        by_group.setdefault(rule.group, []).append(rule)
    found = {group: rule_in_force(dated, at_ms) for group, dated in by_group.items()}
    return {group: rule for group, rule in found.items() if rule is not None}


def _bound(building: Building, at_ms: int) -> tuple[dict[str, Room], set[str]]:
    """Give by meter the room it measures, and the meters that measured one and were replaced."""
    bindings = Binding.objects.filter(meter__building=building, from_ms__lte=at_ms)
    of_meter: dict[int, Binding] = {}
    of_point: dict[int, Binding] = {}
    for one in bindings.select_related("meter", "account__point__room__building").order_by("from_ms", "pk"):
        of_meter[one.meter_id] = one
        of_point[one.account.point_id] = one
    rooms: dict[str, Room] = {}
    gone: set[str] = set()
    for one in of_meter.values():
        if of_point[one.account.point_id].meter_id == one.meter_id:
            rooms[one.meter.meter_no] = one.account.point.room
        else:
            gone.add(one.meter.meter_no)
    return rooms, gone


def _walked(one: SheetMeter) -> tuple[bool, bool, int, str, str]:
    """Masters first, then meters without a room, then floor, room, number."""
    room = one.room
    floor, label = (room.floor, room.label) if room else (0, "")
    return room is not None, not one.masters_of, floor, label, one.meter
