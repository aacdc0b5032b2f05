"""What a run is made of: its size and its troubles, all from one seed; each trouble has a number, so that one can be left out.

The troubles stand here as data, with dice of their own each: leaving one out changes nothing of what the others do themselves.
"""

import random
from dataclasses import dataclass, replace

from tests.sim.timeline import DAY_MS, HOUR_MS, START_MS

FIRST_MS = START_MS + 12 * HOUR_MS
"""Before this the campus is set up in peace."""
QUIET_MS = 14 * HOUR_MS
"""At the end everything comes to rest: no new trouble begins, standing ones are mended."""
PER_BUILDING_DAY = {
    "gateway-power-cut": 0.25,
    "gateway-killed-in-commit": 0.35,
    "link-split": 0.3,
    "line-noise": 0.4,
    "line-gone": 0.1,
    "meter-dead": 0.2,
    "zero-reading": 0.1,
    "clock-jump": 0.12,
    "disk-full": 0.08,
    "forged": 0.4,
    "replayed": 0.4,
    "meter-swap": 0.1,
    "lock-out": 0.12,
    "theft": 0.1,
    "books-damaged": 0.06,
    "gateway-restored": 0.04,
    "voucher": 0.5,
    "take-back": 0.3,
    "departure": 0.05,
    "price-change": 0.04,
    "resend": 0.05,
    "cuts-approved": 0.5,
    "one-signature": 0.1,
}
PER_DAY = {
    "central-killed-in-commit": 0.6,
    "central-down": 0.15,
    "central-restored": 0.05,
    "correction-at-23:59": 0.5,
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that goes wrong, or that somebody does beside the daily round."""

    number: int
    at_ms: int
    kind: str
    building: int

    @property
    def said(self) -> str:
        return f"#{self.number} {self.kind} (building {self.building})"


@dataclass(frozen=True, slots=True)
class Shape:
    """How big a run is. The same shape is the same run. `only`: of the troubles, these; `kinds`: troubles of these kinds."""

    seed: int
    buildings: int = 3
    rooms: int = 40
    days: int = 20
    only: tuple[int, ...] | None = None
    kinds: tuple[str, ...] | None = None
    often: float = 1.0
    """How often troubles come, beside the usual: small worlds that look for one fault have more of it."""

    @property
    def meter_days(self) -> int:
        return self.buildings * self.rooms * self.days

    @property
    def command(self) -> str:
        """What replays it."""
        said = f"make sim SEED={self.seed} BUILDINGS={self.buildings} ROOMS={self.rooms} DAYS={self.days}"
        if self.only is not None:
            said += f" ONLY={','.join(map(str, self.only)) or 'none'}"
        if self.kinds is not None:
            said += f" KINDS={','.join(self.kinds)}"
        return said if self.often == 1.0 else f"{said} OFTEN={self.often:g}"

    def with_only(self, numbers: tuple[int, ...]) -> "Shape":
        """The same run with these troubles alone."""
        return replace(self, only=numbers)


def troubles_of(shape: Shape) -> list[Trouble]:
    """Give the troubles of a run in the order of time. A smaller run of the same seed has those of its buildings and days."""
    found = []
    end_ms = START_MS + shape.days * DAY_MS - QUIET_MS
    for building in range(shape.buildings + 1):
        often = PER_DAY if building == 0 else PER_BUILDING_DAY
        for day in range(shape.days):
            for place, (kind, per_day) in enumerate(often.items()):
                found += _of_day(shape, building, day, place, kind, per_day)
    return sorted(
        (
            one
            for one in found
            if FIRST_MS <= one.at_ms < end_ms
            and (shape.only is None or one.number in shape.only)
            and (shape.kinds is None or one.kind in shape.kinds)
        ),
        key=lambda one: (one.at_ms, one.number),
    )


def _of_day(shape: Shape, building: int, day: int, place: int, kind: str, per_day: float) -> list[Trouble]:
    dice = random.Random(f"{shape.seed}:{building}:{day}:{kind}")
    expected = per_day * shape.often
    count = int(expected) + (dice.random() < expected % 1)
    number = ((building * 1_000 + day) * 40 + place) * 10
    return [
        Trouble(number + n, START_MS + day * DAY_MS + dice.randrange(DAY_MS), kind, building)
        for n in range(min(count, 10))
    ]
