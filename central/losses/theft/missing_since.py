"""What was missing behind the master that counts a room, since the day a penalty counts from: the whole group's loss.

It holds what any room of the group took and what leaked; it is shown beside a penalty and never charged by itself (R-4.2.4, R-B2).
"""

from dataclasses import dataclass
from typing import Any

from central.campus.meter_groups import groups_of
from central.campus.models import Account, Binding
from central.domain.theft_penalty import Interval
from central.losses.balances.groups import groups_with_meter
from central.losses.balances.queries import balance_of


@dataclass(frozen=True, slots=True)
class Missing:
    """The innermost group that counts the room's meter, the loss nothing explains, how many hours of how many are known."""

    group: str
    loss: Interval
    known_hours: int
    hours: int

    def content(self) -> dict[str, Any]:
        """Write it down as JSON."""
        said = {"group": self.group, "least": self.loss.least_wh, "most": self.loss.most_wh}
        return said | {"known": self.known_hours, "hours": self.hours}


def missing_since(account: Account, from_ms: int, until_ms: int) -> Missing | None:
    """Give what was missing from one instant to another; None where no group counts the room, or nothing was measured."""
    building = account.point.room.building
    tie = Binding.objects.filter(account=account, from_ms__lte=until_ms).select_related("meter")
    meter = tie.order_by("-from_ms").first()
    if meter is None or until_ms <= from_ms:
        return None
    for group in groups_with_meter(groups_of(building), meter.meter.meter_no, until_ms):
        figures = balance_of(building, group.group, from_ms, until_ms)
        if (found := figures.balance) is None:
            continue
        least = max(0, found.unexplained_wh - found.uncertainty_wh)
        most = max(0, found.unexplained_wh + found.uncertainty_wh)
        known, hours = figures.hours
        return Missing(group.group, Interval(least, most), known, hours)
    return None
