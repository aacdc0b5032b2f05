"""What the journal keeps of groups and balances: a restart loses neither a mark nor what was learnt. Knows no table."""

import msgspec

from gateway.contract.facts import Instant
from gateway.contract.identifiers import MeterNo
from gateway.contract.rules import GroupRule
from gateway.domain.loss import TotalAt
from gateway.domain.loss_calibration import Calibration, Day


class GroupRules(msgspec.Struct, frozen=True):
    """All dated rules of one group; keyed by the group."""

    rules: tuple[GroupRule, ...]


class MeterMark(msgspec.Struct, frozen=True, array_like=True):
    """One meter's running total at a balance's instant. `offset_wh` is the total less the register: it changes when the meter was
    swapped or begun anew, and energy in between was counted by nobody."""

    total_wh: int
    skew_wh: int
    offset_wh: int

    @property
    def total(self) -> TotalAt:
        """As the rules take it."""
        return TotalAt(self.total_wh, self.skew_wh)


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """All meters of a group at one instant."""

    at: Instant
    meters: dict[MeterNo, MeterMark]


class GroupState(msgspec.Struct, frozen=True, array_like=True):
    """How far one group was balanced, and what loss is usual in it; keyed by the group."""

    rule: GroupRule
    last: Mark | None = None
    period: Mark | None = None
    """Where the period that is judged next began."""
    day: Day = Day()
    """What the period's intervals add up to so far."""
    calibration: Calibration = Calibration()


class Freezes(msgspec.Struct, frozen=True, array_like=True):
    """Whether a meter was found to freeze by broadcast; keyed by the meter."""

    able: bool
    since: Instant
    failures: int = 0
    """In a row, while it is still thought able."""
