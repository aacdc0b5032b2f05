"""Power caps and high-power trips: open the relay, restore it by itself so often a day, then wait for a person (R-B1, C-10).

A trip is no decision on credit: the credit's decision goes on beside it and holds again when the trip ends.
"""

import msgspec

from gateway.application.accounts import Metered, metered, metered_by
from gateway.application.alarms import clear_alarm, raise_alarm
from gateway.application.decide import guard_admits, policy
from gateway.application.ports import Journal
from gateway.application.relay_state import keep_relay, relay_of
from gateway.application.shared_credit import live_balance
from gateway.application.timetables import retell
from gateway.contract.facts import Decision, DecisionKind, Instant
from gateway.contract.identifiers import AccountId, MeterNo
from gateway.contract.rules import AccountRule, CutOff
from gateway.domain.caps import watch_cap
from gateway.domain.high_power import watch_steps
from gateway.domain.ledger import AccountState
from gateway.domain.power_watch import (
    PowerWatch,
    Trip,
    ended_by_person,
    first_trip,
    is_restore_due,
    restored,
    told,
    tripped,
)
from gateway.domain.reading import MeterReading
from gateway.domain.timetable import calendar_named, holds

WAITS = "power-trip-waits"
"""The alarm: restored as often as the rule allows, a person must close it."""


def watches_power(rule: AccountRule) -> bool:
    """Say whether an account has a rule on power."""
    return rule.power_cap is not None or rule.high_power is not None


def note_power(journal: Journal, reading: MeterReading, now: Instant) -> bool:
    """Judge one good reading's power; say whether the relay wants work because of it."""
    gathered = metered_by(journal, reading.meter)
    if reading.power_w is None or gathered is None or not _may_trip(journal, gathered):
        return False
    rule, state = gathered.rule, gathered.state
    night = _is_night(journal, rule, now)
    watch, over = watch_cap(state.power, rule.power_cap, reading.power_w, night)
    watch, step = watch_steps(watch, rule.high_power, reading.power_w, reading.power_factor_milli)
    trip = first_trip([over, step])
    if trip is None or not guard_admits(journal, now):
        _keep(journal, state.account, watch)
        return False
    return _trip(journal, gathered, tripped(watch, trip, now), trip, now)


def _may_trip(journal: Journal, gathered: Metered) -> bool:
    """Never a protected room, nothing without a relay, in doubt (C-16), open already, or held by a person."""
    state, rule = gathered.state, gathered.rule
    if state.quarantined or state.closed or state.closing or state.meter is None:
        return False
    if rule.protected or rule.cut_off is CutOff.NONE or (gathered.meter and gathered.meter.questionable):
        return False
    relay = relay_of(journal, state.meter)
    return relay.override is None and relay.desired_closed is True


def _is_night(journal: Journal, rule: AccountRule, now: Instant) -> bool | None:
    calendar = calendar_named(policy(journal).calendars, rule.power_cap.night) if rule.power_cap else None
    if calendar is None:
        return False
    return holds(calendar, now.wall_ms) if now.trusted else None


def _keep(journal: Journal, account: AccountId, watch: PowerWatch) -> None:
    state = journal.record(AccountState, account) or AccountState(account)
    journal.keep(account, msgspec.structs.replace(state, power=watch))


def _trip(journal: Journal, gathered: Metered, watch: PowerWatch, trip: Trip, now: Instant) -> bool:
    account, meter = gathered.state.account, gathered.state.meter
    assert meter is not None
    _keep(journal, account, watch)
    facts = told(trip, watch, now)
    balance = live_balance(journal, gathered, now)
    journal.append_fact(Decision(account, DecisionKind.OPEN, trip.reason, now, balance, facts))
    if watch.waits:
        detail = f"{trip.reason}: restored {len(watch.restores)} times within a day; a person must close it"
        raise_alarm(journal, WAITS, account, detail, now)
    before = relay_of(journal, meter)
    return keep_relay(journal, before, msgspec.structs.replace(before, trip=trip.reason), now)


def restore_trips(journal: Journal, now: Instant) -> tuple[MeterNo, ...]:
    """End every trip whose time is over, or whose rule is gone; give the meters whose relay wants work."""
    woken = []
    for account, state in journal.records(AccountState).items():
        if not state.power.trip:
            continue
        gathered = metered(journal, AccountId(account))
        gone = gathered is None or not watches_power(gathered.rule)
        if gathered is not None and (gone or is_restore_due(state.power, now)):
            watch = ended_by_person() if gone else restored(state.power, now)
            woken += [state.meter] if _end(journal, gathered, watch, now) and state.meter else []
    return tuple(woken)


def end_trip(journal: Journal, meter: MeterNo, now: Instant) -> bool:
    """A person ends a meter's trip: the day's count begins anew. Say whether the relay wants work because of it."""
    gathered = metered_by(journal, meter)
    if gathered is None or not gathered.state.power.trip:
        return False
    return _end(journal, gathered, ended_by_person(), now)


def _end(journal: Journal, gathered: Metered, watch: PowerWatch, now: Instant) -> bool:
    account, meter = gathered.state.account, gathered.state.meter
    _keep(journal, account, watch)
    clear_alarm(journal, WAITS, account, now)
    retell(journal, gathered, now)
    journal.must_commit()
    if meter is None:
        return False
    before = relay_of(journal, meter)
    return keep_relay(journal, before, msgspec.structs.replace(before, trip=""), now)
