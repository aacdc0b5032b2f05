"""Why a room is on or off and its balance so: the daemon's own rules asked once more, and nothing changed (C-16, R-G2).

Only stable words and numbers leave here; `technician/explain` puts them into sentences.
"""

from collections.abc import Sequence

import msgspec

from gateway.application.accounts import Metered, metered, metered_by
from gateway.application.alarms import standing_alarms, station
from gateway.application.control_state import control_of, estimated_wh
from gateway.application.decide import leeway_now, policy, ruling_now
from gateway.application.lock_outs import notes_of
from gateway.application.ports import Journal
from gateway.application.records import ONLY, MeterTies
from gateway.application.shared_credit import live_balance
from gateway.application.ways_out import Way, ways_out
from gateway.contract.facts import Instant
from gateway.contract.identifiers import AccountId, MeterNo
from gateway.contract.rules import AccountRule
from gateway.domain.cut_guard import CutGuard
from gateway.domain.cutoff import HELD_BY_GUARD, Basis, Ruling, credit_of, ground_of
from gateway.domain.instants import wall_of
from gateway.domain.leeway import Leeway
from gateway.domain.reading import MeterState
from gateway.domain.relay import RelayState
from gateway.domain.tariff import lowest_price, next_edge_ms, price_at


class ToldBucket(msgspec.Struct, frozen=True):
    """One bucket in order of use, in micro-yuan or Wh by `unit`; `expires_ms` 0: never."""

    bucket: str
    unit: str
    amount: int
    expires_ms: int


class ToldPrice(msgspec.Struct, frozen=True):
    """What the next kWh costs, by which version, and when that may change. `lowest`: the time is not known (C-14)."""

    micro_yuan_per_kwh: int
    version: str
    from_ms: int
    changes_ms: int | None
    lowest: bool


class ToldMeter(msgspec.Struct, frozen=True):
    """The last good reading and what is held against the meter."""

    meter: str
    register_wh: int | None
    power_w: int | None
    read_ms: int | None
    is_silent: bool
    bad_readings: int
    doubt: str


class ToldDecision(msgspec.Struct, frozen=True):
    """What stands, and what the rule says now. `kind` empty: it leaves everything as it is."""

    stands: str
    reason: str
    now: str
    now_reason: str
    ground: str
    credit: str
    waits_for_reading: bool
    """A cut needs two readings in a row that say so; none has been taken for it now."""
    limit: int
    """How far below zero the supply stays on now, overdraft and leeway, in the account's unit."""
    leeway_reason: str
    leeway_until_ms: int | None
    held_by_guard: bool


class ToldLock(msgspec.Struct, frozen=True):
    """Who keeps a relay open, why, for which work order. `by` empty: it is not known."""

    owner: str
    by: str
    why: str
    ref: str
    since_ms: int | None


class ToldControl(msgspec.Struct, frozen=True):
    """The software control that stands: its meter is faulty, and nothing is billed since the last good register (R-4.3.5)."""

    control: str
    meter: str
    by: str
    why: str
    ref: str
    since_ms: int | None
    last_good_wh: int | None
    wh_per_day: int


class ToldRelay(msgspec.Struct, frozen=True):
    """Wanted, sent, seen: each with its time."""

    desired_closed: bool | None
    desired_why: str
    commanded_closed: bool | None
    commanded_ms: int | None
    observed_closed: bool | None
    observed_ms: int | None
    current_ma: int | None
    verdict: str
    why: str
    tries: int
    locks: list[str]
    override: str
    override_why: str
    trip: str
    dark: bool
    lock_notes: list[ToldLock] = []


class ToldAlarm(msgspec.Struct, frozen=True):
    """An alarm that stands about this account, its meter or the building."""

    what: str
    subject: str
    detail: str
    since_ms: int | None


class ToldGuard(msgspec.Struct, frozen=True):
    """The building's guard of cuts: `recent` of at most `most` in its time; tripped: only approved ones go on (C-10)."""

    tripped: bool
    recent: int
    most: int
    approved: int
    approved_until_ms: int


class Explanation(msgspec.Struct, frozen=True):
    """Everything that `cardroom-gateway explain` shows of one account."""

    account: str
    room: str
    unit: str
    now_ms: int
    trusted: bool
    billing: str
    cut_off: str
    protected: bool
    closed: bool
    quarantined: str
    pays_from: str
    balance: int
    unsettled_wh: int
    estimated_wh: int | None
    overdraft: int
    warn_at: list[int]
    buckets: list[ToldBucket]
    price: ToldPrice | None
    meter: ToldMeter | None
    decision: ToldDecision
    relay: ToldRelay | None
    guard: ToldGuard
    alarms: list[ToldAlarm]
    ways: list[Way]
    control: ToldControl | None = None


def accounts_named(journal: Journal, name: str) -> list[AccountId]:
    """Find whom a person means by an account, a room or a meter; several where a room has several accounts."""
    rules = journal.records(AccountRule)
    if name in rules:
        return [AccountId(name)]
    by_room = [AccountId(account) for account, rule in sorted(rules.items()) if rule.room == name]
    if by_room:
        return by_room
    tied = metered_by(journal, MeterNo(name))
    return [tied.state.account] if tied else _bound_to(journal, name)


def _bound_to(journal: Journal, meter: str) -> list[AccountId]:
    """A meter that was never read is tied by the configuration only."""
    ties = journal.record(MeterTies, meter)
    known = journal.records(AccountRule)
    return [tie.account for tie in ties.ties[-1:] if tie.account in known] if ties else []


def explain_all(journal: Journal, name: str, now: Instant) -> list[Explanation]:
    """Explain every account of this name; empty when there is none."""
    gathered = (metered(journal, account) for account in accounts_named(journal, name))
    return [explain(journal, one, now) for one in gathered if one is not None]


def explain(journal: Journal, one: Metered, now: Instant) -> Explanation:
    """Gather one account's whole story."""
    rule, state = one.rule, one.state
    balance, leeway = live_balance(journal, one, now), leeway_now(journal, one, now)
    relay = journal.record(RelayState, state.meter) if state.meter else None
    ruling = ruling_now(journal, one, balance, leeway, Basis.CONFIRMED, now)
    return Explanation(
        account=state.account,
        room=rule.room,
        unit=rule.unit,
        now_ms=now.wall_ms,
        trusted=now.trusted,
        billing=rule.billing.value,
        cut_off=rule.cut_off.value,
        protected=rule.protected,
        closed=state.closed or state.closing is not None,
        quarantined=one.quarantined,
        pays_from=rule.pays_from,
        balance=balance,
        unsettled_wh=one.unsettled_wh,
        estimated_wh=estimated_wh(rule, now),
        overdraft=rule.overdraft,
        warn_at=rule.warn_at,
        buckets=[ToldBucket(b.name, b.unit, b.balance, b.expires_ms) for b in one.buckets if b.balance],
        price=_price(one, now),
        meter=_meter(one.meter, now),
        decision=_decision(one, balance, leeway, ruling),
        relay=_relay(journal, relay, now),
        guard=_guard(journal),
        alarms=_alarms(journal, one, now),
        ways=ways_out(one, relay, balance, leeway, ruling, policy(journal), now),
        control=_control(journal, state.account, now),
    )


def _control(journal: Journal, account: AccountId, now: Instant) -> ToldControl | None:
    known = control_of(journal, account)
    if known is None:
        return None
    begun = known.begun
    return ToldControl(
        begun.control,
        begun.meter or "",
        begun.by,
        begun.why,
        begun.ref,
        wall_of(begun.last_good_at or begun.at, now),
        begun.last_good_wh,
        begun.wh_per_day,
    )


def _price(one: Metered, now: Instant) -> ToldPrice | None:
    if not one.prices:
        return None
    rule = price_at(one.prices, now.wall_ms) if now.trusted else lowest_price(one.prices)
    changes = next_edge_ms(one.prices, now.wall_ms) if now.trusted else None
    return ToldPrice(one.price_now(now), rule.version, rule.from_ms, changes, not now.trusted)


def _meter(meter: MeterState | None, now: Instant) -> ToldMeter | None:
    if meter is None:
        return None
    return ToldMeter(
        meter.meter,
        meter.register_wh,
        meter.power_w,
        wall_of(meter.at, now) if meter.at else None,
        meter.silent_since is not None,
        meter.bad_readings,
        meter.doubt,
    )


def _decision(one: Metered, balance: int, leeway: Leeway, ruling: Ruling) -> ToldDecision:
    rule, state = one.rule, one.state
    questionable = one.meter is None or one.meter.questionable
    return ToldDecision(
        stands=state.decision.value if state.decision else "",
        reason=state.reason,
        now=ruling.kind.value if ruling.kind else "",
        now_reason=ruling.reason,
        ground=ground_of(rule, state, questionable, Basis.CONFIRMED).value,
        credit=credit_of(rule, balance, leeway).value,
        waits_for_reading=ruling.reason == "credit-spent" and state.reason != ruling.reason,
        limit=max(rule.overdraft, leeway.limit),
        leeway_reason=leeway.reason,
        leeway_until_ms=leeway.facts.get("until_ms"),
        held_by_guard=state.reason == HELD_BY_GUARD.reason,
    )


def _relay(journal: Journal, relay: RelayState | None, now: Instant) -> ToldRelay | None:
    if relay is None:
        return None
    return ToldRelay(
        desired_closed=relay.desired_closed,
        desired_why=relay.desired_why,
        commanded_closed=relay.commanded_closed,
        commanded_ms=wall_of(relay.commanded_at, now) if relay.commanded_at else None,
        observed_closed=relay.observed_closed,
        observed_ms=wall_of(relay.observed_at, now) if relay.observed_at else None,
        current_ma=relay.observed_current_ma,
        verdict=relay.verdict.value,
        why=relay.why,
        tries=relay.tries,
        locks=list(relay.locks),
        override=relay.override.value if relay.override else "",
        override_why=relay.override_why,
        trip=relay.trip,
        dark=relay.dark,
        lock_notes=[
            ToldLock(
                note.owner, note.by, note.why, note.ref, wall_of(note.since, now) if note.since else None
            )
            for note in notes_of(journal, relay.meter)
        ],
    )


def _guard(journal: Journal) -> ToldGuard:
    guard = journal.record(CutGuard, ONLY) or CutGuard()
    most = policy(journal).cut_guard_count
    return ToldGuard(guard.tripped, len(guard.recent), most, guard.approved, guard.approved_until_ms)


def _alarms(journal: Journal, one: Metered, now: Instant) -> list[ToldAlarm]:
    subjects: Sequence[str | None] = (one.state.account, one.state.meter, station(journal).gateway)
    return [
        ToldAlarm(alarm.what, alarm.subject, alarm.detail, wall_of(alarm.since, now))
        for alarm in standing_alarms(journal)
        if alarm.subject in subjects
    ]
