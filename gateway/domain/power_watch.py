"""What is remembered of a point's power, and the life of a trip: open, restore after a while, so often a day, then a person (R-B1).

Knows neither the rule that trips (`caps.py`, `high_power.py`) nor the relay.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from gateway.contract.facts import Instant
from gateway.domain.calendar import DAY_MS
from gateway.domain.instants import elapsed_ms, passed_at_least_ms


class PowerWatch(msgspec.Struct, frozen=True, array_like=True):
    """One account's last powers and trips."""

    over: int = 0
    """Readings in a row above the cap."""
    steps: int = 0
    """Readings in a row that show the same step."""
    calm_w: int | None = None
    """The last power that no step was seen in; None before the first."""
    calm_factor: int | None = None
    """Its power factor in thousandths; None where it was not told."""
    trip: str = ""
    """The rule that opened the relay; empty while none did."""
    tripped_at: Instant | None = None
    restore_after_s: int = 0
    waits: bool = False
    """It was restored so often that a person must do it now."""
    restores: tuple[Instant, ...] = ()


@dataclass(frozen=True, slots=True)
class Trip:
    """A rule's word that the relay should open. `facts` is what it rests on."""

    reason: str
    restore_after_s: int
    restores_per_day: int
    facts: dict[str, int] = field(default_factory=dict)


def tripped(watch: PowerWatch, trip: Trip, now: Instant) -> PowerWatch:
    """Give the watch after a trip. What flows when the relay closes again is a step from nothing."""
    restores = tuple(restored for restored in watch.restores if _is_of_today(restored, now))
    return PowerWatch(
        calm_w=0,
        trip=trip.reason,
        tripped_at=now,
        restore_after_s=trip.restore_after_s,
        waits=len(restores) >= trip.restores_per_day,
        restores=restores,
    )


def _is_of_today(restored: Instant, now: Instant) -> bool:
    """Within 24 hours; one whose age isn't known counts."""
    passed = elapsed_ms(restored, now)
    return passed is None or passed < DAY_MS


def is_restore_due(watch: PowerWatch, now: Instant) -> bool:
    """Say whether a trip ends by itself now. Needs no wall clock."""
    if not watch.trip or watch.waits or watch.tripped_at is None:
        return False
    return passed_at_least_ms(watch.tripped_at, now) >= watch.restore_after_s * 1000


def restored(watch: PowerWatch, now: Instant) -> PowerWatch:
    """Give the watch after a trip ended by itself: it counts."""
    return PowerWatch(calm_w=0, restores=(*watch.restores, now))


def ended_by_person() -> PowerWatch:
    """Give the watch after a person ended a trip: the count begins anew."""
    return PowerWatch(calm_w=0)


def told(trip: Trip, watch: PowerWatch, now: Instant) -> dict[str, int]:
    """Give what a trip's decision rests on, with when it ends: 0 restores left means a person must come."""
    left = 0 if watch.waits else max(0, trip.restores_per_day - len(watch.restores))
    ends = {"until_ms": now.wall_ms + watch.restore_after_s * 1000} if now.trusted and not watch.waits else {}
    return {**trip.facts, "restores_left": left, **ends}


def first_trip(found: Iterable[Trip | None]) -> Trip | None:
    """Give the first rule's trip, in their order."""
    return next((trip for trip in found if trip is not None), None)
