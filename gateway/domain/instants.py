"""What can be said about time from recorded instants (C-14). Reads no clock: every instant is an argument.

Within one boot the monotonic clock measures; across boots only trusted wall clocks do. What can't be known is None, and each
rule says what it does then.
"""

from gateway.contract.facts import Instant


def elapsed_ms(then: Instant, now: Instant) -> int | None:
    """Give the time from `then` to `now`, or None when the two can't be compared."""
    if then.boot == now.boot:
        return max(0, now.monotonic_ms - then.monotonic_ms)
    if then.trusted and now.trusted and now.wall_ms >= then.wall_ms:
        return now.wall_ms - then.wall_ms
    return None


def passed_at_least_ms(then: Instant, now: Instant) -> int:
    """Give what has certainly passed since `then`: when the two can't be compared, the time of this boot."""
    passed = elapsed_ms(then, now)
    return now.monotonic_ms if passed is None else passed


def wall_of(then: Instant, now: Instant) -> int | None:
    """Give the true wall time of `then` as far as `now` lets it be known: its own when trusted, derived within one boot."""
    if then.trusted:
        return then.wall_ms
    if now.trusted and then.boot == now.boot:
        return now.wall_ms - (now.monotonic_ms - then.monotonic_ms)
    return None


def is_due(until: Instant | None, now: Instant) -> bool:
    """Say whether a rest that was set in some boot is over; a rest never outlives its boot."""
    return until is None or until.boot != now.boot or now.monotonic_ms >= until.monotonic_ms


def later(now: Instant, wait_ms: int) -> Instant:
    """Give the instant `wait_ms` after `now`."""
    return Instant(now.boot, now.monotonic_ms + wait_ms, now.wall_ms + wait_ms, now.trusted)
