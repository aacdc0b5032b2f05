"""How far further below zero than its overdraft a room stays supplied, and why (R-B1). No credit is written: it is a debt.

Four rules may let it: the hours in which nobody can pay, an emergency that a resident asked for, a gateway that central can't
reach, and the time to pay what was used without a meter. The widest counts; they don't add up.
"""

from dataclasses import dataclass, field

import msgspec

from gateway.contract.facts import Instant
from gateway.contract.rules import AccountRule, CalendarRule, EmergencyRule, PolicyRule
from gateway.domain.calendar import DAY_MS
from gateway.domain.instants import elapsed_ms, passed_at_least_ms
from gateway.domain.timetable import calendar_named, holds, until_ms

HOUR_MS = 3_600_000
BACK_GRACE_MS = 600_000
"""Central is heard again, but what was paid meanwhile is still on its way."""
NO_CUT_WINDOW = "no-cut-window"
EMERGENCY = "emergency"
ISOLATED = "isolated"
GRACE = "time-to-pay"
REASONS = frozenset({NO_CUT_WINDOW, EMERGENCY, ISOLATED, GRACE})


class EmergencyDraw(msgspec.Struct, frozen=True, array_like=True):
    """The last time an account's emergency was drawn."""

    draw: str
    at: Instant


class Grace(msgspec.Struct, frozen=True, array_like=True):
    """What a bill for a time without a meter came to, in the account's unit, and until when there is time to pay it."""

    amount: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class Leeway:
    """How far below zero the supply stays on, in the account's unit. `restores`: it also gives back a supply that was cut."""

    limit: int = 0
    reason: str = ""
    restores: bool = False
    facts: dict[str, int] = field(default_factory=dict)


NO_LEEWAY = Leeway()


@dataclass(frozen=True, slots=True)
class Heard:
    """When central last acknowledged something new, and when it last came back from a long silence; None: never."""

    at: Instant | None = None
    back_at: Instant | None = None


def may_have_leeway(rule: AccountRule, drawn: EmergencyDraw | None, grace: Grace | None) -> bool:
    """Say whether any of the rules can hold; asked with every reading, and for most rooms none can."""
    return rule.no_cut_extra > 0 or rule.isolated_extra > 0 or drawn is not None or grace is not None


def leeway_of(
    rule: AccountRule,
    policy: PolicyRule,
    drawn: EmergencyDraw | None,
    central: Heard,
    now: Instant,
    grace: Grace | None = None,
) -> Leeway:
    """Give the widest leeway that holds now."""
    found = [
        _grace(rule, grace, now),
        _emergency(rule, drawn, now),
        _isolated(rule, policy, central, now),
        _no_cut(rule, calendar_named(policy.calendars, rule.no_cut), now),
    ]
    return max(found, key=lambda leeway: leeway.limit)


def _no_cut(rule: AccountRule, calendar: CalendarRule | None, now: Instant) -> Leeway:
    """On an untrusted clock the window may hold, so that nothing is cut that it would spare (C-14). It restores nobody."""
    if rule.no_cut_extra <= 0 or calendar is None:
        return NO_LEEWAY
    limit = rule.overdraft + rule.no_cut_extra
    if not now.trusted:
        return Leeway(limit, NO_CUT_WINDOW, facts={"limit": limit})
    if not holds(calendar, now.wall_ms):
        return NO_LEEWAY
    ends_ms = until_ms(calendar, now.wall_ms)
    return Leeway(limit, NO_CUT_WINDOW, facts={"limit": limit, **({"until_ms": ends_ms} if ends_ms else {})})


def is_isolated(policy: PolicyRule, central: Heard, now: Instant) -> bool:
    """Say whether central was not heard for as long as the policy says; a gateway that never heard it counts from its start."""
    silent_ms = now.monotonic_ms if central.at is None else passed_at_least_ms(central.at, now)
    return 0 < policy.isolated_after_s * 1000 <= silent_ms


def _isolated(rule: AccountRule, policy: PolicyRule, central: Heard, now: Instant) -> Leeway:
    """What was paid meanwhile can't arrive: a supply that was cut comes back, too. It ends a little after central came back."""
    over = now.trusted and 0 < policy.isolated_until_ms <= now.wall_ms
    back_ms = None if central.back_at is None else elapsed_ms(central.back_at, now)
    just_back = back_ms is not None and back_ms < BACK_GRACE_MS
    if rule.isolated_extra <= 0 or over or not (just_back or is_isolated(policy, central, now)):
        return NO_LEEWAY
    limit = rule.overdraft + rule.isolated_extra
    return Leeway(limit, ISOLATED, restores=True, facts={"limit": limit})


def _grace(rule: AccountRule, grace: Grace | None, now: Instant) -> Leeway:
    """On an untrusted clock there is still time (C-14)."""
    if grace is None or grace.amount <= 0 or (now.trusted and now.wall_ms >= grace.until_ms):
        return NO_LEEWAY
    limit = rule.overdraft + grace.amount
    return Leeway(limit, GRACE, restores=True, facts={"limit": limit, "until_ms": grace.until_ms})


def _emergency(rule: AccountRule, drawn: EmergencyDraw | None, now: Instant) -> Leeway:
    emergency = rule.emergency
    if emergency is None or drawn is None:
        return NO_LEEWAY
    left_ms = emergency.hours * HOUR_MS - passed_at_least_ms(drawn.at, now)
    if left_ms <= 0:
        return NO_LEEWAY
    limit = rule.overdraft + emergency.limit
    ends = {"until_ms": now.wall_ms + left_ms} if now.trusted else {}
    return Leeway(limit, EMERGENCY, restores=True, facts={"limit": limit, **ends})


def draw_refusal(emergency: EmergencyRule | None, drawn: EmergencyDraw | None, now: Instant) -> str:
    """Say why an emergency can't be drawn now; nothing when it can. A draw whose age isn't known counts as recent."""
    if emergency is None:
        return "the account has no emergency rule"
    passed = elapsed_ms(drawn.at, now) if drawn else None
    if drawn is not None and (passed is None or passed < emergency.every_days * DAY_MS):
        return f"drawn already within {emergency.every_days} days"
    return ""
