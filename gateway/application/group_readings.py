"""What is known of a group's meters at one instant: from the readings around it, from a freeze where a meter makes one (R-B2).

A freeze is believed only if it lies between the readings around it, and if its moment, where the meter tells one, is not another
freeze's; by that it is learnt, meter by meter, who freezes by broadcast.
Knows no wire and no wait.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.application.balance import Found
from gateway.application.loss_records import Freezes
from gateway.application.ports import Journal
from gateway.contract.facts import Instant, ReadingOutcome
from gateway.contract.identifiers import MeterNo
from gateway.domain.freeze_moment import Took
from gateway.domain.instants import elapsed_ms
from gateway.domain.loss import Seen, TotalAt, frozen_at, frozen_total, interpolate, unproved
from gateway.domain.reading import MeterState

UNABLE_AFTER = 3
"""Freezes in a row that were not this one's: the meter is not asked again for a while. One may be a frame that was lost."""
TRY_AGAIN_MS = 30 * 86_400_000
"""The meter behind a number may have been replaced by one that freezes."""


@dataclass(frozen=True, slots=True)
class Register:
    """What the fleet knows of a meter's register."""

    meter: MeterNo
    span_wh: int | None
    step_wh: int


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a meter answered about its last instant freeze, and when its line was told to freeze."""

    register_wh: int
    told_at: Instant
    took: Took = Took.UNKNOWN
    """What its moment says of it."""


def states_of(journal: Journal, meters: Iterable[MeterNo]) -> dict[MeterNo, MeterState]:
    """Give the last good readings of meters; those that never had one are left out."""
    return {meter: known for meter in meters if (known := journal.record(MeterState, meter)) is not None}


def is_read_after(state: MeterState | None, at: Instant) -> bool:
    """Say whether a meter's last good reading came after an instant, of the same boot."""
    return (
        state is not None
        and state.at is not None
        and state.at.boot == at.boot
        and state.at.monotonic_ms > at.monotonic_ms
    )


def found_at(
    register: Register,
    before: MeterState | None,
    after: MeterState | None,
    at: Instant,
    frozen: Frozen | None,
) -> Found:
    """Give one meter's total at an instant. Not found: no reading on both sides of it, or a story in doubt."""
    seen = around(before, after, at)
    if after is None or after.register_wh is None or after.questionable or seen is None:
        return Found(None, backwards=after is not None and after.doubt == ReadingOutcome.BACKWARDS)
    offset_wh = after.total_wh - after.register_wh
    if register.span_wh is not None:
        offset_wh %= register.span_wh
    total = _frozen(register, seen, after.register_wh, at, frozen) if frozen else None
    return Found(total or interpolate(*seen, 0), offset_wh, register.step_wh, frozen=total is not None)


def around(before: MeterState | None, after: MeterState | None, at: Instant) -> tuple[Seen, Seen] | None:
    """Give the two readings with their times from the instant on, which is 0; None when they don't lie around it."""
    if before is None or before.at is None or after is None or after.at is None:
        return None
    before_ms, after_ms = elapsed_ms(before.at, at), elapsed_ms(at, after.at)
    if before_ms is None or after_ms is None or after.total_wh < before.total_wh:
        return None
    return _seen(before, -before_ms), _seen(after, after_ms)


def _seen(state: MeterState, at_ms: int) -> Seen:
    return Seen(at_ms, state.total_wh, abs(state.power_w or 0))


def _frozen(
    register: Register, seen: tuple[Seen, Seen], register_wh: int, at: Instant, frozen: Frozen
) -> TotalAt | None:
    total_wh = frozen_total(*seen, frozen.register_wh, register_wh, register.span_wh)
    if total_wh is None or frozen.took is Took.OTHER:
        return None
    total = frozen_at(*seen, total_wh, at.monotonic_ms - frozen.told_at.monotonic_ms)
    return total if frozen.took is Took.THIS else unproved(total, interpolate(*seen, 0))


def may_freeze(journal: Journal, meter: MeterNo, now: Instant) -> bool:
    """Say whether it is worth asking a meter for its freeze: it was never found unable, or that is long ago."""
    known = journal.record(Freezes, meter)
    if known is None or known.able:
        return True
    passed_ms = elapsed_ms(known.since, now)
    return passed_ms is not None and passed_ms >= TRY_AGAIN_MS


def note_freeze(journal: Journal, meter: MeterNo, matched: bool, refused: bool, now: Instant) -> None:
    """Learn from one freeze: it fitted between the readings, or it didn't, or the meter said it has none."""
    known = journal.record(Freezes, meter)
    if matched:
        journal.keep(meter, Freezes(True, known.since if known and known.able else now))
        return
    failures = (known.failures if known and known.able else 0) + 1
    able = not refused and failures < UNABLE_AFTER
    journal.keep(meter, Freezes(able, now, failures))
