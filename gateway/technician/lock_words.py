"""Who locked a relay out, why and since when, in one line: shown first by every command that acts on that meter (R-4.3.4). Pure."""

from collections.abc import Iterable, Iterator

from gateway.adapters.control_protocol import LockTold
from gateway.technician.spans import span_text
from gateway.technician.state_words import in_chinese
from gateway.words import mark, say

OWNERS = {
    "technician": mark("on site"),
    "central": mark("from central"),
    "closing": mark("because the account is being closed"),
}


def owners_text(owners: Iterable[str]) -> str:
    """Name who locks: where in Chinese, by the stable words in English."""
    return ", ".join(in_chinese(owner, OWNERS) for owner in owners)


def lock_line(meter: str, lock: LockTold) -> str:
    """Say one lock-out."""
    where = say(OWNERS[lock.owner]) if lock.owner in OWNERS else lock.owner
    ref = f" [{lock.ref}]" if lock.ref else ""
    if not lock.by:
        return say("LOCKED OUT: {meter}, {where}. Nothing closes it.", meter=meter, where=where)
    span = "?" if lock.since_s is None else span_text(lock.since_s)
    return say(
        "LOCKED OUT: {meter}, {where}, by {by} for {span}{ref}: {reason}. Nothing closes it.",
        meter=meter,
        where=where,
        by=lock.by,
        span=span,
        ref=ref,
        reason=lock.why,
    )


def lock_lines(meter: str, locks: Iterable[LockTold]) -> Iterator[str]:
    """Say each lock-out of a relay; nothing where there is none."""
    yield from (lock_line(meter, lock) for lock in locks)
