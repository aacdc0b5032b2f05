"""How far apart a group's meters without a freeze are read around a balance's instant, and what that makes uncertain.

A line of 208 meters at 2400 baud, polled by the gateway's own plan on paper: no wire, no clock. The group is a master and 23 subs
spread over the line; three other rooms are near their end all the time.
"""

from dataclasses import dataclass

from gateway.contract.rules import GroupKind, GroupRule
from gateway.domain.loss import MS_PER_HOUR, Balance, Seen, Use, balance, interpolate
from gateway.domain.poll_plan import NO_OUTLOOK, Outlook, PollPlan, energy_mwh

METERS, EXCHANGE_MS = 208, 190
SUBS, SUB_W = 23, 600
STEP_WH = 10
INSTANT_MS = 1_800_000
WATCHED_MS = 60_000
"""So long behind the instant, the rooms near their end are watched."""
MASTER = "m000"
GROUP = [MASTER, *(f"m{9 * number:03}" for number in range(1, SUBS + 1))]
NEAR = ("m001", "m101", "m201")
RULE = GroupRule("g", GroupKind.FLOOR, MASTER, GROUP[1:])


@dataclass(frozen=True)
class Skew:
    """`apart_ms`: from the first to the last of the group's readings behind the instant; `behind_ms`: to the last one."""

    apart_ms: int
    behind_ms: int
    made: Balance
    near_waited_ms: int
    """The longest that a room near its end waited for its turn behind the instant."""


def measure(together: bool) -> Skew:
    """Poll until every meter of the group was read behind the instant."""
    plan, readings = PollPlan(0), {meter: [Seen(0, 0)] for meter in GROUP}
    asked_ms = dict.fromkeys(NEAR, INSTANT_MS)
    near_waited_ms, wished = 0, False
    for now_ms in range(0, 2 * INSTANT_MS, EXCHANGE_MS):
        if together and not wished and now_ms >= INSTANT_MS:
            plan.together(*GROUP)
            wished = True
        meter = plan.choose(_METERS, now_ms)
        assert meter is not None
        plan.asked(meter, now_ms)
        if meter in NEAR and now_ms > INSTANT_MS:
            near_waited_ms = max(near_waited_ms, now_ms - asked_ms[meter])
            asked_ms[meter] = now_ms
        done_ms = now_ms + EXCHANGE_MS
        plan.read(meter, total_wh(meter, done_ms), None, outlook(meter), done_ms, STEP_WH)
        if meter in readings:
            readings[meter].append(Seen(done_ms, total_wh(meter, done_ms)))
        heard = all(seen[-1].at_ms > INSTANT_MS for seen in readings.values())
        if heard and now_ms >= INSTANT_MS + WATCHED_MS:
            break
    after_ms = [next(one.at_ms for one in seen if one.at_ms > INSTANT_MS) for seen in readings.values()]
    return Skew(max(after_ms) - min(after_ms), max(after_ms) - INSTANT_MS, _balance(readings), near_waited_ms)


_METERS = [f"m{number:03}" for number in range(METERS)]


def outlook(meter: str) -> Outlook:
    """Three rooms may run out within seconds; nothing is ahead of the others."""
    return Outlook(to_cut_wh=15, ceiling_w=6_000) if meter in NEAR else NO_OUTLOOK


def total_wh(meter: str, at_ms: int) -> int:
    """What a register shows that counts whole steps."""
    power_w = SUBS * SUB_W if meter == MASTER else SUB_W
    return energy_mwh(power_w, at_ms) // 1000 // STEP_WH * STEP_WH


def _balance(readings: dict[str, list[Seen]]) -> Balance:
    """The hour that ends at the instant, as if it had begun with exact readings: the end's skew alone shows."""
    uses = []
    for meter in GROUP:
        after = next(one for one in readings[meter] if one.at_ms > INSTANT_MS)
        before = [one for one in readings[meter] if one.at_ms <= INSTANT_MS][-1]
        found = interpolate(before, after, INSTANT_MS)
        uses.append(Use(found.total_wh, STEP_WH, (0, found.skew_wh)))
    return balance(RULE, uses[0], uses[1:], MS_PER_HOUR)
