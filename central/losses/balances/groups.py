"""A building's groups at an instant: which stands behind which, which counts a meter, which rooms are behind it."""

from collections.abc import Iterable, Sequence

from central.campus.models import Binding, Building, Room
from central.domain.instant_balance import meters_at
from gateway.contract.rules import GroupKind, GroupRule
from gateway.domain.loss import rule_in_force

ORDER = {GroupKind.BUILDING: 0, GroupKind.RISER: 1, GroupKind.FLOOR: 2}


def groups_at(rules: Sequence[GroupRule], at_ms: int) -> list[GroupRule]:
    """Give the rules in force, the building's own first, then risers and floors by name."""
    names = {rule.group for rule in rules}
    found = (rule_in_force((one for one in rules if one.group == name), at_ms) for name in names)
    return sorted((rule for rule in found if rule), key=lambda rule: (ORDER[rule.kind], rule.group))


def top_groups(rules: Sequence[GroupRule], at_ms: int) -> list[GroupRule]:
    """Give the groups that stand for the whole building: of its kind, else all that are behind no other."""
    now = groups_at(rules, at_ms)
    behind = {name for rule in now for name in rule.sub_groups}
    outer = [rule for rule in now if rule.group not in behind]
    return [rule for rule in outer if rule.kind is GroupKind.BUILDING] or outer


def groups_with_meter(rules: Sequence[GroupRule], meter: str, at_ms: int) -> list[GroupRule]:
    """Give the groups that count a meter, the innermost first: the fewest meters behind the master."""
    sizes = {}
    for rule in groups_at(rules, at_ms):
        reached = _reached(rules, rule.group, at_ms, set())
        if meter in reached:
            sizes[rule.group] = (len(reached), rule)
    return [rule for _size, rule in sorted(sizes.values(), key=lambda one: (one[0], one[1].group))]


def _reached(rules: Sequence[GroupRule], group: str, at_ms: int, seen: set[str]) -> set[str]:
    """Give every meter behind a master, also through sub groups."""
    found = meters_at(rules, group, at_ms)
    if found is None or group in seen:
        return set()
    seen.add(group)
    rule, meters = found
    return set(meters[1:]).union(*(_reached(rules, name, at_ms, seen) for name in rule.sub_groups))


def rooms_of_meters(building: Building, meters: Iterable[str], at_ms: int) -> dict[str, Room]:
    """Give the room that each meter is tied to at an instant; one that is tied to none is left out."""
    ties = Binding.objects.filter(
        meter__meter_no__in=list(meters), meter__building=building, from_ms__lte=at_ms
    ).select_related("meter", "account__point__room__building")
    return {tie.meter.meter_no: tie.account.point.room for tie in ties.order_by("from_ms")}


def room_meters(building: Building, at_ms: int) -> dict[str, Room]:
    """Give the meter that each room of a building is measured by at an instant, with the room."""
    ties = Binding.objects.filter(account__point__room__building=building, from_ms__lte=at_ms)
    by_room: dict[int, tuple[str, Room]] = {}
    for tie in ties.select_related("meter", "account__point__room__building").order_by("from_ms"):
        by_room[tie.account.point.room_id] = (tie.meter.meter_no, tie.account.point.room)
    return dict(by_room.values())
