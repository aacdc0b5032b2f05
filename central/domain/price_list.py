"""What a price list says and what it changes: pure rules of draft, comparison and beginning (R-4.1.3, C-9).

Amounts are micro-yuan per kWh; windows and steps are JSON by the message's own names (`PriceWindow`, `PriceStep`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

PPM = 1_000_000
WITH_LAST_SIGNATURE = 0
"""An instant that was not said: the list begins when it is approved."""


@dataclass(frozen=True, slots=True)
class ClassPrice:
    """One class's price, as a draft or a published list has it."""

    customer_class: str
    micro_yuan_per_kwh: int
    windows: list[dict[str, Any]] = field(default_factory=list)
    steps: list[dict[str, int]] = field(default_factory=list)

    def content(self) -> dict[str, Any]:
        """Give it as JSON."""
        return {
            "class": self.customer_class,
            "micro_yuan_per_kwh": self.micro_yuan_per_kwh,
            "windows": self.windows,
            "steps": self.steps,
        }

    def costs_the_same(self, other: "ClassPrice | None") -> bool:
        """Say whether nothing would change."""
        return (
            other is not None
            and self.micro_yuan_per_kwh == other.micro_yuan_per_kwh
            and self.windows == other.windows
            and self.steps == other.steps
        )


def class_price(content: Mapping[str, Any]) -> ClassPrice:
    """Read what `ClassPrice.content` wrote."""
    return ClassPrice(
        content["class"], content["micro_yuan_per_kwh"], content.get("windows", []), content.get("steps", [])
    )


def begins(asked_ms: int, signed_ms: int) -> int:
    """Give the instant from which an approved list holds: as asked, and never before the last signature."""
    return max(asked_ms, signed_ms)


def is_overtaken(asked_ms: int, signed_ms: int, others_from_ms: Iterable[int]) -> bool:
    """Say whether a list that is signed too late would put back a class whose next price began meanwhile."""
    return asked_ms != WITH_LAST_SIGNATURE and any(asked_ms < other <= signed_ms for other in others_from_ms)


def difference_ppm(old: int, new: int) -> int | None:
    """Give how much dearer in parts of a million of the old amount, rounded half away from zero; None from nothing."""
    if old == 0:
        return None
    twice = 2 * (new - old) * PPM
    sign = -1 if twice < 0 else 1
    return sign * ((abs(twice) + old) // (2 * old))


def month_cost(price: ClassPrice, used_wh: int) -> int | None:
    """Give what a month's energy costs in micro-yuan, steps counted; None where the time of use decides."""
    if price.windows:
        return None
    nano = price.micro_yuan_per_kwh * used_wh
    rising = [*price.steps, {"above_wh": max(used_wh, 0), "add_micro_yuan_per_kwh": 0}]
    for step, after in pairwise(rising):
        upto = used_wh if after is rising[-1] else min(used_wh, after["above_wh"])
        nano += max(upto - step["above_wh"], 0) * step["add_micro_yuan_per_kwh"]
    return nano // 1000
