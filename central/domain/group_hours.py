"""What the science of losses is told of one group of meters: the energies of its intervals, and what is known of their errors. Pure.

Plain data, integers in watt-hours; nothing here knows where they came from. An interval in which a meter wasn't read, was swapped or
counted backwards is None: unknown, never zero.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

MS_PER_HOUR = 3_600_000
CHINA_OFFSET_MS = 8 * MS_PER_HOUR
LEAST_INTERVALS = 7 * 24
"""A week of hours: with less, what follows what is chance."""
PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class UsualLoss:
    """The group's loss on quiet days, in ppm: `share` of the load M at the mean load m, of it `square` growing with the load:

        share * M + square * (M * M / m - M)

    Each with its standard uncertainty. Comes from days before (`central.domain.usual_loss.learn`) or from a measurement. Without it, a
    usual share is guessed, and a steady tap that began before the first interval can hardly be told from it.
    """

    share_ppm: int
    square_ppm: int
    mean_load_wh: int
    """m, of one interval."""
    share_uncertainty_ppm: int = 700
    square_uncertainty_ppm: int = 2_000


@dataclass(frozen=True, slots=True)
class GroupHours:
    """One group over consecutive intervals (hours, as a rule).

    `master_wh` and each row of `subs_wh` have one value per interval. An empty `master_wh` means a group without a master. Where the
    gateway tells its balances' scatter (expanded, without the meters' classes), give it: it says what a skew made uncertain.
    """

    from_ms: int
    master_wh: Sequence[int | None]
    subs_wh: Mapping[str, Sequence[int | None]]
    interval_ms: int = MS_PER_HOUR
    own_use_wh: Sequence[int] = ()
    """Known unmetered or separately told loads, per interval; empty: none."""
    scatter_wh: Sequence[int] = ()
    master_step_wh: int = 10
    sub_step_wh: int = 10
    master_class_ppm: int = 10_000
    sub_class_ppm: int = 10_000
    usual: UsualLoss | None = None
    local_offset_ms: int = CHINA_OFFSET_MS
    """Nights and hours of the day are the residents'."""
    empty: Mapping[str, Sequence[bool]] = field(default_factory=dict)
    """Per room and interval: nobody lived there, it is known; a room that isn't named was lived in throughout."""


def hour_of_day(from_ms: int, interval_ms: int, local_offset_ms: int, count: int) -> list[int]:
    """Give the local hour (0-23) in which each interval begins."""
    return [(from_ms + local_offset_ms + place * interval_ms) // MS_PER_HOUR % 24 for place in range(count)]
