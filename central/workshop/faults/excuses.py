"""Meters with planned work on them: what is locked out, estimated or under a work order is no fault that anybody must be told of.

Rooms above add what they know with `add_excuse` when the app starts.
"""

from collections.abc import Callable, Collection

from central.campus.models import Binding, Building
from central.link.control_queries import locked_out
from central.link.models import Alarm

Excuse = Callable[[Building, int], Collection[str]]
_EXCUSES: list[Excuse] = []
SOFTWARE_CONTROL = "software-control"


def add_excuse(excuse: Excuse) -> None:
    """Add what gives the meters of a building that are not to be judged at an instant; call it in `AppConfig.ready`."""
    if excuse not in _EXCUSES:
        _EXCUSES.append(excuse)


def excused(building: Building, now_ms: int) -> frozenset[str]:
    """Give the numbers of a building's meters that open no fault now."""
    locked = locked_out().filter(gateway__building=building).values_list("meter", flat=True)
    found = {*locked, *under_software(building)}
    for excuse in _EXCUSES:
        found.update(excuse(building, now_ms))
    return frozenset(found)


def under_software(building: Building) -> set[str]:
    """Give the meters that were tied to rooms which are supplied by an estimate now."""
    accounts = Alarm.objects.filter(gateway__building=building, what=SOFTWARE_CONTROL, cleared_ms=None)
    codes = accounts.values_list("subject", flat=True)
    ties = Binding.objects.filter(account__code__in=list(codes))
    return set(ties.values_list("meter__meter_no", flat=True))
