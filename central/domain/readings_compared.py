"""Readings by hand beside the automatic register of the same instant, and a master beside its subs (R-4.3.7, R-4.2.3).

A gateway reads the same counter that the display shows. So what parts the two is the display's step, what flowed between the two
instants, and what the phone's clock is off; a class of error counts only for meters whose pulses are counted elsewhere. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from central.domain.hand_reading import DISPLAY_STEP_WH
from gateway.contract.rules import GroupRule
from gateway.domain.loss import (
    MS_PER_HOUR,
    PPM,
    Balance,
    Use,
    balance,
    exceeds_fixed_rule,
    is_master_below_subs,
    meters_of,
)


class Verdict(StrEnum):
    """How a meter's reading by hand stands beside the automatic one."""

    AGREES = "agrees"
    DIFFERS = "differs"
    NO_AUTOMATIC = "no-automatic"
    """None is known, or only days apart: within so much uncertainty anything would agree."""
    LATE = "late"
    """Nothing automatic has come yet from after the reading."""
    NOT_READ = "not-read"
    OTHER_METER = "other-meter"


class Settled(StrEnum):
    """How a disagreement ended."""

    READ_AGAIN = "read-again"
    """The second reading agrees: the first was wrong."""
    READING_WRONG = "reading-wrong"
    AUTOMATIC_WRONG = "automatic-wrong"
    SWAPPED = "swapped"
    FAULTY = "faulty"


class Source(StrEnum):
    """Where an agreed value comes from."""

    BOTH = "both"
    HAND = "hand"
    AUTOMATIC = "automatic"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Automatic:
    """The automatic register at the instant of a reading. `is_late`: only an older one is known."""

    register_wh: int
    uncertainty_wh: int
    step_wh: int
    source: str
    rate_w: int = 0
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Allowances:
    """What is allowed beyond what follows from the readings themselves."""

    skew_ms: int
    """How far a phone's clock, and the moment between reading and pressing, may be off."""
    fixed_wh: int = 0
    class_ppm: int = 0


MOST_UNCERTAIN_WH: Final = 2_000
"""A register that is known no better proves no reading right; it may still prove one wrong."""


def tolerance_wh(automatic: Automatic, use_wh: int, allowed: Allowances) -> int:
    """Give by how much the two may differ: display, register, interpolation, clock, class."""
    skewed = -(-automatic.rate_w * allowed.skew_ms // MS_PER_HOUR)
    by_class = max(0, use_wh) * allowed.class_ppm // PPM
    steps = DISPLAY_STEP_WH + automatic.step_wh
    return steps + automatic.uncertainty_wh + skewed + by_class + allowed.fixed_wh


def verdict(hand_wh: int | None, automatic: Automatic | None, within_wh: int) -> Verdict:
    """Judge one meter; `within_wh` from `tolerance_wh`. A late register that was lower already proves nothing."""
    if hand_wh is None:
        return Verdict.NOT_READ
    if automatic is None:
        return Verdict.NO_AUTOMATIC
    if automatic.is_late:
        return Verdict.DIFFERS if hand_wh < automatic.register_wh - within_wh else Verdict.LATE
    if abs(hand_wh - automatic.register_wh) > within_wh:
        return Verdict.DIFFERS
    return Verdict.AGREES if automatic.uncertainty_wh <= MOST_UNCERTAIN_WH else Verdict.NO_AUTOMATIC


TAKES_AUTOMATIC: Final = frozenset({Settled.READING_WRONG})


def agreed(
    hand_wh: int | None, automatic: Automatic | None, judged: Verdict, settled: Settled | None
) -> tuple[int | None, Source]:
    """Give the value that both houses sign, and where it is from."""
    register_wh = automatic.register_wh if automatic is not None else None
    if hand_wh is None or settled in TAKES_AUTOMATIC:
        known = register_wh if automatic is not None and not automatic.is_late else None
        return (known, Source.AUTOMATIC) if known is not None else (None, Source.NONE)
    return hand_wh, Source.BOTH if judged is Verdict.AGREES else Source.HAND


def needs_settling(judged: Verdict, settled: Settled | None) -> bool:
    """Say whether a line keeps its sheet from being agreed."""
    return judged is Verdict.DIFFERS and settled is None


@dataclass(frozen=True, slots=True)
class GroupByHand:
    """A master against its subs by hand; `balance` None where the named meters lack a use."""

    group: str
    balance: Balance | None
    missing: tuple[str, ...]
    is_beyond: bool = False
    is_below: bool = False
    """The master counted less than its subs, by more than all errors."""

    @property
    def lost_ppm(self) -> int | None:
        """What is lost as a share of the master; None for a master that counted nothing."""
        if self.balance is None or self.balance.master_wh <= 0:
            return None
        return self.balance.loss_wh * PPM // self.balance.master_wh


def group_by_hand(
    rule: GroupRule,
    others: dict[str, GroupRule],
    uses_wh: Mapping[str, int | None],
    duration_ms: int,
    skews_wh: Mapping[str, int],
) -> GroupByHand:
    """Balance one group by the uses of a period, as the gateway's own rule does (R-4.2.3).

    `skews_wh`: by meter, what it may have used between the instant it was read and that of the master.
    """
    subs = meters_of(rule, others)
    missing = tuple(meter for meter in (rule.master, *subs) if uses_wh.get(meter) is None)
    if missing:
        return GroupByHand(rule.group, None, missing)
    used = [
        Use(uses_wh[one] or 0, DISPLAY_STEP_WH, (0, skews_wh.get(one, 0))) for one in (rule.master, *subs)
    ]
    found = balance(rule, used[0], used[1:], duration_ms)
    return GroupByHand(
        rule.group,
        found,
        (),
        is_beyond=exceeds_fixed_rule(found, rule.tolerance_ppm),
        is_below=is_master_below_subs(found),
    )


def to_span(use_wh: int, own_ms: int, wanted_ms: int) -> int:
    """Bring a use to another meter's span: who walks for two days reads the last room two days after the master."""
    return (use_wh * wanted_ms + own_ms // 2) // own_ms
