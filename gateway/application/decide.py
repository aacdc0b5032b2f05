"""Deciding whether an account is supplied, and telling its relay what to want (C-10, C-16). Reads no meter, drives no relay."""

from dataclasses import dataclass

import msgspec

from gateway.application.accounts import Metered, live_balance, metered
from gateway.application.alarms import clear_alarm, raise_alarm, station
from gateway.application.ports import Journal
from gateway.application.records import ONLY
from gateway.application.relay_state import keep_relay, relay_of
from gateway.application.settle import settle
from gateway.contract.facts import Decision, DecisionKind, EntryCause, Instant
from gateway.contract.identifiers import AccountId
from gateway.contract.rules import CutOff, PolicyRule
from gateway.domain.cut_guard import CutGuard, admit, approved
from gateway.domain.cutoff import HELD_BY_GUARD, WISH, Basis, Ruling, facts_of, rule_on
from gateway.domain.instants import elapsed_ms
from gateway.domain.ledger import AccountState
from gateway.domain.leeway import Heard, Leeway, leeway_of
from gateway.domain.relay import RelayState


@dataclass(frozen=True, slots=True)
class Decided:
    """`confirm`: read the register again at once and decide on that (C-16). `relay`: the relay wants something else now."""

    confirm: bool = False
    relay: bool = False


def policy(journal: Journal) -> PolicyRule:
    """Give the building's limits; the defaults before any configuration."""
    return journal.record(PolicyRule, ONLY) or PolicyRule()


def decide(journal: Journal, account: AccountId, basis: Basis, now: Instant) -> Decided:
    """Decide on one account; a decision that changed is settled, stored and reported in this transaction."""
    gathered = metered(journal, account)
    if gathered is None or (gathered.state.meter is None and gathered.rule.software is None):
        return Decided()
    balance = live_balance(gathered, now)
    questionable = gathered.meter is None or gathered.meter.questionable
    newly_bound = _is_newly_bound(journal, gathered, now)
    leeway = leeway_now(journal, gathered, now)
    ruling = rule_on(
        gathered.rule, gathered.state, balance, questionable, basis, newly_bound=newly_bound, leeway=leeway
    )
    if ruling.confirm:
        return Decided(confirm=not _is_held_by_guard(journal, gathered.state))
    if ruling.kind is DecisionKind.OPEN and not guard_admits(journal, now):
        ruling = HELD_BY_GUARD
    if ruling.kind is None or (ruling.kind, ruling.reason) == (
        gathered.state.decision,
        gathered.state.reason,
    ):
        return Decided()
    facts = facts_of(gathered.rule, balance, leeway)
    return Decided(relay=_record(journal, gathered, ruling, balance, facts, now))


def leeway_now(journal: Journal, gathered: Metered, now: Instant) -> Leeway:
    """Give how far beyond its overdraft the account stays supplied now, and why."""
    here = station(journal)
    heard = Heard(here.heard_at, here.back_at)
    return leeway_of(
        gathered.rule, policy(journal), gathered.state.emergency, heard, now, gathered.state.grace
    )


def _is_held_by_guard(journal: Journal, state: AccountState) -> bool:
    """While the guard holds an account, each poll needs no second look."""
    guard = journal.record(CutGuard, ONLY)
    return state.reason == HELD_BY_GUARD.reason and guard is not None and guard.tripped


def _is_newly_bound(journal: Journal, gathered: Metered, now: Instant) -> bool:
    """Say whether the account's first credit may still be on its way: the configuration comes before the grants."""
    bound_at = gathered.state.bound_at
    if bound_at is None or gathered.state.credited:
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
    settle(journal, account, EntryCause.DECISION, now)
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
