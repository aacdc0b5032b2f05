"""Master meters of the simulated building: each counts what its subs count and the cables lose; nobody steals."""

from collections.abc import Sequence

from firmware_tools.virtual_meter.meter import MeterSpec, VirtualMeter
from gateway.contract.rules import GroupKind, GroupRule

LOSS_PPM = 10_000
MASTERS = {"8": "b", "9": "a"}
"""Master and line: 8 stands before the rooms of line b, 9 before the whole building."""
GROUPS = [
    GroupRule("riser-b", GroupKind.RISER, "m8", ["m4", "m5", "m6"], fixed_loss_ppm=LOSS_PPM),
    GroupRule("building", GroupKind.BUILDING, "m9", ["m1", "m2", "m3"], ["riser-b"], fixed_loss_ppm=LOSS_PPM),
]


class MasterMeter(VirtualMeter):
    """A meter without a relay whose energy is the sum of others."""

    def __init__(self, name: str, subs: Sequence[VirtualMeter], at_ms: int) -> None:
        super().__init__(
            MeterSpec(name=f"m{name}", address=name, load="0W", relay=False, turn_round_ms=[20, 60]), at_ms
        )
        self.subs = subs

    def advance(self, to_ms: int) -> None:
        """Whoever asks does so now, and no sub was ever asked later than now."""
        for sub in self.subs:
            sub.advance(to_ms)
        self.energy.total_uws = self._with_loss(sum(sub.energy.total_uws for sub in self.subs))
        self.at_ms = max(self.at_ms, to_ms)
        self.freezes.pass_instant(self.calendar.local_ms(self.at_ms), self.register_centi_kwh())

    def supply_mw(self) -> int:
        return self._with_loss(sum(sub.supply_mw() for sub in self.subs))

    def _with_loss(self, amount: int) -> int:
        return amount + amount * LOSS_PPM // 1_000_000
