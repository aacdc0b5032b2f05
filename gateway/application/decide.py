"""Deciding whether an account is supplied, and telling its relay what to want (C-10, C-16). Reads no meter, drives no relay.

One credit is judged once, whatever it pays for: every point has its decision by the same balance and the same limits. A cut needs
each point's own second look, and its own leave from the guard; what is in doubt, quarantined or protected holds nobody else up.
"""

from dataclasses import dataclass

import msgspec

from gateway.application.accounts import Metered, metered, sharing
from gateway.application.alarms import clear_alarm, raise_alarm, station
from gateway.application.ports import Journal
from gateway.application.records import ONLY
from gateway.application.relay_state import keep_relay, relay_of
from gateway.application.shared_credit import balance_of_all, settle_all
from gateway.contract.facts import Decision, DecisionKind, EntryCause, Instant
from gateway.contract.identifiers import AccountId, MeterNo
from gateway.contract.rules import CutOff, PolicyRule
from gateway.domain.cut_guard import CutGuard, admit, approved
from gateway.domain.cutoff import HELD_BY_GUARD, WISH, Basis, Ground, Ruling, facts_of, rule_on
from gateway.domain.instants import elapsed_ms
from gateway.domain.ledger import AccountState
from gateway.domain.leeway import Heard, Leeway, leeway_of
from gateway.domain.relay import RelayState


@dataclass(frozen=True, slots=True)
class Decided:
    """What is to be done about it at once."""

    confirm: bool = False
    """Read the register again and decide on that (C-16)."""
    woken: tuple[MeterNo, ...] = ()
    """Meters whose relay wants something else now."""
    waiting: frozenset[AccountId] = frozenset()
    """Other points of the same credit, which is spent: each is cut when its own register says so."""


def policy(journal: Journal) -> PolicyRule:
    """Give the building's limits; the defaults before any configuration."""
    return journal.record(PolicyRule, ONLY) or PolicyRule()


def decide(journal: Journal, account: AccountId, basis: Basis, now: Instant) -> Decided:
    """Decide on one account, and on those that share its credit; `basis` is what is known of its own register, nothing was read of
    theirs. A decision that changed is settled, stored and reported in this transaction."""
    gathered = metered(journal, account)
    if gathered is None:
        return Decided()
    points = sharing(journal, gathered)
    credit = _Credit(balance_of_all(points, now), leeway_now(journal, gathered, now))
    own = _decide_point(journal, gathered, credit, basis, now)
    others = [
        _decide_point(journal, point, credit, Basis.ESTIMATE, now)
        for point in points
        if point.state.account != account
    ]
    return Decided(
        own.confirm,
        (*own.woken, *(meter for one in others for meter in one.woken)),
        frozenset().union(*(one.waiting for one in others)),
    )


@dataclass(frozen=True, slots=True)
class _Credit:
    """What all points of one credit are judged by."""

    balance: int
    leeway: Leeway


def _decide_point(
    journal: Journal, gathered: Metered, credit: _Credit, basis: Basis, now: Instant
) -> Decided:
    state = gathered.state
    if state.meter is None and gathered.rule.software is None:
        return Decided()
    ruling = ruling_now(journal, gathered, credit.balance, credit.leeway, basis, now)
    if ruling.confirm:
        return Decided(confirm=not _is_held_by_guard(journal, state))
    if ruling.reason == Ground.ESTIMATED and state.decision is not DecisionKind.OPEN:
        held = _is_held_by_guard(journal, state)
        return Decided(waiting=frozenset() if held else frozenset({state.account}))
    if ruling.kind is DecisionKind.OPEN and not guard_admits(journal, now):
        ruling = HELD_BY_GUARD
    if ruling.kind is None or (ruling.kind, ruling.reason) == (state.decision, state.reason):
        return Decided()
    facts = facts_of(gathered.rule, credit.balance, credit.leeway)
    woken = _record(journal, gathered, ruling, credit.balance, facts, now)
    return Decided(woken=(state.meter,) if woken and state.meter else ())


def ruling_now(
    journal: Journal, gathered: Metered, balance: int, leeway: Leeway, basis: Basis, now: Instant
) -> Ruling:
    """Ask the table about one account as it is now; the guard is not asked. Changes nothing."""
    state = gathered.state
    quarantined = state.quarantined or gathered.payer.quarantined
    return rule_on(
        gathered.rule,
        state
        if quarantined == state.quarantined
        else msgspec.structs.replace(state, quarantined=quarantined),
        balance,
        gathered.meter is None or gathered.meter.questionable,
        basis,
        newly_bound=is_newly_bound(journal, gathered, now),
        leeway=leeway,
    )


def leeway_now(journal: Journal, gathered: Metered, now: Instant) -> Leeway:
    """Give how far beyond its overdraft the account stays supplied now, and why."""
    here = station(journal)
    heard = Heard(here.heard_at, here.back_at)
    payer = gathered.payer
    return leeway_of(gathered.rule, policy(journal), payer.emergency, heard, now, payer.grace)


def _is_held_by_guard(journal: Journal, state: AccountState) -> bool:
    """While the guard holds an account, each poll needs no second look."""
    guard = journal.record(CutGuard, ONLY)
    return state.reason == HELD_BY_GUARD.reason and guard is not None and guard.tripped


def is_newly_bound(journal: Journal, gathered: Metered, now: Instant) -> bool:
    """Say whether the account's first credit may still be on its way: the configuration comes before the grants."""
    bound_at = gathered.state.bound_at
    if bound_at is None or gathered.payer.credited:
        return False
    passed_ms = elapsed_ms(bound_at, now)
    return passed_ms is not None and 0 <= passed_ms < policy(journal).new_account_grace_s * 1000


def guard_admits(journal: Journal, now: Instant) -> bool:
    """Ask the building's guard for one cut (C-10); a refusal is an alarm. Planned lights-out are not asked for."""
    guard, admitted = admit(journal.record(CutGuard, ONLY) or CutGuard(), now, policy(journal))
    journal.keep(ONLY, guard)
    if admitted:
        return True
    raise_alarm(
        journal,
        "cut-guard",
        station(journal).gateway,
        "more cuts than the building's limit; the further ones wait for a second signature or a person",
        now,
    )
    return False


def _record(
    journal: Journal,
    gathered: Metered,
    ruling: Ruling,
    balance: int,
    facts: dict[str, int],
    now: Instant,
) -> bool:
    account = gathered.state.account
    assert ruling.kind is not None
    settle_all(journal, account, EntryCause.DECISION, now)
    state = journal.record(AccountState, account) or gathered.state
    journal.keep(account, msgspec.structs.replace(state, decision=ruling.kind, reason=ruling.reason))
    journal.append_fact(Decision(account, ruling.kind, ruling.reason, now, balance, facts))
    if ruling.kind is DecisionKind.HOLD:
        raise_alarm(journal, "account-held", account, ruling.reason, now)
    else:
        clear_alarm(journal, "account-held", account, now)
    return _wish(journal, gathered, ruling, now)


def _wish(journal: Journal, gathered: Metered, ruling: Ruling, now: Instant) -> bool:
    meter = gathered.state.meter
    wish = None if ruling.kind is None else WISH[ruling.kind]
    if meter is None or wish is None:
        return False
    if gathered.rule.cut_off is CutOff.NONE and journal.record(RelayState, meter) is None:
        return False
    before = relay_of(journal, meter)
    after = msgspec.structs.replace(
        before, account=gathered.state.account, credit_closed=wish, credit_why=ruling.reason
    )
    return keep_relay(journal, before, after, now)


def approve_cuts(journal: Journal, count: int, until_ms: int, by: str, now: Instant) -> None:
    """Let `count` held cuts go on until an instant (C-10); each is confirmed by a re-read of its own first."""
    guard = journal.record(CutGuard, ONLY) or CutGuard()
    journal.keep(ONLY, approved(guard, count, until_ms, now))
    clear_alarm(journal, "cut-guard", station(journal).gateway, now)
    journal.must_commit()
