"""What would have to happen for a room's supply to change: what stands in its way, in the order in which it would have to go.

Each way is a stable word and its numbers. Where credit decides, the amount is looked for by asking the rule itself.
"""

import msgspec

from gateway.application.accounts import Metered
from gateway.contract.facts import DecisionKind, Instant, RelayVerdict
from gateway.contract.quantities import MICRO_YUAN_PER_FEN, WH_PER_KWH, Unit
from gateway.contract.rules import Billing, CutOff, PolicyRule
from gateway.domain.cutoff import HELD_BY_GUARD, Basis, Credit, Ground, Ruling, credit_of, rule_on
from gateway.domain.leeway import Leeway
from gateway.domain.power_watch import PowerWatch
from gateway.domain.relay import RelayState
from gateway.domain.timetable import calendar_named, until_ms


class Way(msgspec.Struct, frozen=True):
    """One thing that would change the supply; `facts` by names that stay (`amount`, `energy_wh`, `until_ms`, ...)."""

    way: str
    facts: dict[str, int] = {}
    about: str = ""
    """A name that goes with it: an account, a meter, who locked it."""


def ways_out(
    one: Metered,
    relay: RelayState | None,
    balance: int,
    leeway: Leeway,
    ruling: Ruling,
    policy: PolicyRule,
    now: Instant,
) -> list[Way]:
    """List what would change the supply, the strongest first: a lock beats a person's word, which beats trip, lights and credit."""
    return [
        *_locks(relay),
        *_powers(one, relay, policy, now),
        *_proof(relay),
        *_books(one),
        *_credit(one, balance, leeway, ruling, now),
    ]


def _locks(relay: RelayState | None) -> list[Way]:
    if relay is None:
        return []
    locks = [Way(f"lock-{owner}", about=relay.meter) for owner in relay.locks]
    override = [Way("override-ends", about=relay.meter)] if relay.override else []
    return [*locks, *override]


def _powers(one: Metered, relay: RelayState | None, policy: PolicyRule, now: Instant) -> list[Way]:
    ways = []
    if one.state.power.trip:
        ways.append(_trip(one.state.power, one, now))
    if relay is not None and relay.dark:
        calendar = calendar_named(policy.calendars, one.rule.lights_out)
        ends = until_ms(calendar, now.wall_ms) if calendar and now.trusted else None
        ways.append(Way("lights-come-on", {"until_ms": ends} if ends else {}, one.rule.lights_out))
    return ways


def _trip(power: PowerWatch, one: Metered, now: Instant) -> Way:
    if power.waits or power.tripped_at is None:
        return Way("trip-waits-for-person", about=one.state.account)
    return Way("trip-ends", {"after_s": power.restore_after_s}, power.trip)


def _proof(relay: RelayState | None) -> list[Way]:
    """The relay itself stands in the way: it is told, and does not do it, or can't be seen."""
    if relay is None or relay.desired_closed is None or relay.verdict is RelayVerdict.CONFIRMED:
        return []
    return [Way(f"relay-{relay.verdict.value}", {"tries": relay.tries}, relay.meter)]


def _books(one: Metered) -> list[Way]:
    state, rule, ways = one.state, one.rule, []
    if one.quarantined:
        ways.append(Way("release", about=one.payer.account if one.payer.quarantined else state.account))
    if state.closed or state.closing:
        ways.append(Way("account-closed", about=state.account))
    if state.meter is None and rule.software is None:
        ways.append(Way("meter-missing", about=state.account))
    elif one.meter is not None and one.meter.questionable:
        ways.append(Way("meter-in-doubt", {"bad_readings": one.meter.bad_readings}, state.meter or ""))
    if one.meter is not None and one.meter.silent_since is not None:
        ways.append(Way("meter-silent", about=state.meter or ""))
    if state.reason == HELD_BY_GUARD.reason:
        ways.append(Way("approve-cuts"))
    return ways


def _credit(one: Metered, balance: int, leeway: Leeway, ruling: Ruling, now: Instant) -> list[Way]:
    """What paying or using would do, by the rule."""
    rule, state = one.rule, one.state
    credit = credit_of(rule, balance, leeway)
    if state.decision is DecisionKind.OPEN or credit is Credit.SPENT:
        amount = _to_pay(one, balance)
        return [Way("pay", {"amount": amount}, one.payer.account)] if amount is not None else []
    exempt = rule.protected or rule.cut_off is CutOff.NONE or rule.billing is not Billing.PREPAID
    if exempt or rule.software is not None or ruling.reason in (Ground.CLOSED, Ground.QUARANTINED):
        return [Way("never-cut-for-credit", about=_exempt(one))] if exempt else []
    left = max(0, balance + max(rule.overdraft, leeway.limit))
    price = one.price_now(now) if one.prices else 0
    energy_wh = left if rule.unit != Unit.YUAN else left * WH_PER_KWH // price if price > 0 else None
    return [Way("use", {"amount": left, **({} if energy_wh is None else {"energy_wh": energy_wh})})]


def _exempt(one: Metered) -> str:
    if one.rule.protected:
        return Ground.PROTECTED
    return Ground.NO_CUT_OFF if one.rule.cut_off is CutOff.NONE else one.rule.billing.value


def _to_pay(one: Metered, balance: int) -> int | None:
    """Give the least amount, in whole fen or Wh, after which the rule closes; None where no amount would, as things are."""
    step = MICRO_YUAN_PER_FEN if one.rule.unit == Unit.YUAN else 1
    short = -one.rule.overdraft - balance + 1
    amount = max(step, -(-short // step) * step)
    after = rule_on(one.rule, one.state, balance + amount, False, Basis.ESTIMATE)
    closes = after.kind in (DecisionKind.CLOSE, DecisionKind.WARN)
    return amount if closes else None
