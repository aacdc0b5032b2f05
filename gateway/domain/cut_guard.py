"""More cuts than N in T wait for a second signature or a person (C-10). Counts cuts; knows no account.

Once the guard has tripped it holds every further cut until someone approves: a wrong price or a wrong clock must not cut a
building in instalments.
"""

import msgspec

from gateway.contract.facts import Instant
from gateway.contract.rules import PolicyRule
from gateway.domain.instants import elapsed_ms


class CutGuard(msgspec.Struct, frozen=True, array_like=True):
    """The building's recent cuts and what a person has approved."""

    recent: tuple[Instant, ...] = ()
    tripped: bool = False
    approved: int = 0
    approved_until_ms: int = 0
    spent: tuple[tuple[int, int], ...] = ()
    """Approvals given, (until, count), while they could be sent again."""


def admit(guard: CutGuard, now: Instant, policy: PolicyRule) -> tuple[CutGuard, bool]:
    """Ask for one cut; give the guard's new state and whether the cut may go on.

    An approval has an end: while the time is not known it may be over, and counts as that (C-10, C-14).
    """
    if guard.approved > 0 and now.trusted and now.wall_ms <= guard.approved_until_ms:
        return msgspec.structs.replace(guard, approved=guard.approved - 1), True
    recent = tuple(cut for cut in guard.recent if _is_recent(cut, now, policy))
    if guard.tripped or len(recent) >= policy.cut_guard_count:
        return _stands(guard, recent, tripped=True), False
    return _stands(guard, (*recent, now), tripped=False), True


def _stands(guard: CutGuard, recent: tuple[Instant, ...], *, tripped: bool) -> CutGuard:
    """An approval ends with the first cut that it doesn't cover."""
    return CutGuard(recent, tripped=tripped, spent=guard.spent)


def _is_recent(cut: Instant, now: Instant, policy: PolicyRule) -> bool:
    """A cut whose age can't be known counts as recent."""
    age_ms = elapsed_ms(cut, now)
    return age_ms is None or age_ms <= policy.cut_guard_window_s * 1000


def is_spent(guard: CutGuard, count: int, until_ms: int) -> bool:
    """Say whether this very approval was given before: its signature would fit again, but it counts once."""
    return (until_ms, count) in guard.spent


def approved(guard: CutGuard, count: int, until_ms: int, now: Instant) -> CutGuard:
    """Let `count` held cuts go on until an instant."""
    over_ms = now.wall_ms if now.trusted else 0
    spent = tuple(one for one in guard.spent if one[0] >= over_ms)
    return CutGuard(
        guard.recent, approved=count, approved_until_ms=until_ms, spent=(*spent, (until_ms, count))
    )
