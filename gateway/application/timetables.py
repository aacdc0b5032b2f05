"""Lights out and on again by a time-table: a planned cut with its own reason, credit untouched (R-B1). Decides nothing on credit.

The guard of C-10 is not asked, and counts none of these: it stops what a wrong price or a wrong clock would cut. A time-table is a
signed, dated plan that acts on no untrusted clock. Restoring is staggered like any other, where relays are driven.
"""

import msgspec

from gateway.application.accounts import Metered, metered
from gateway.application.decide import policy
from gateway.application.ports import Journal
from gateway.application.relay_state import keep_relay, relay_of
from gateway.application.shared_credit import live_balance
from gateway.contract.facts import Decision, DecisionKind, Instant
from gateway.contract.identifiers import AccountId, MeterNo
from gateway.contract.rules import AccountRule, Billing, CutOff
from gateway.domain.ledger import AccountState
from gateway.domain.timetable import LIGHTS_OUT, Dark, calendar_named, lights


def keep_timetables(journal: Journal, now: Instant) -> tuple[MeterNo, ...]:
    """Put every account's lights out or on as its time-table says; give the meters whose relay wants work."""
    states = journal.records(AccountState)
    changed = (
        _keep(journal, AccountId(account), now)
        for account, rule in journal.records(AccountRule).items()
        if rule.lights_out or (account in states and states[account].dark is not None)
    )
    return tuple(meter for meter in changed if meter is not None)


def _keep(journal: Journal, account: AccountId, now: Instant) -> MeterNo | None:
    gathered = metered(journal, account)
    if gathered is None or gathered.state.meter is None or gathered.state.quarantined:
        return None
    dark = _due(journal, gathered, now)
    if dark == gathered.state.dark:
        return None
    return put_lights(journal, gathered, gathered.state.meter, dark, now)


def _due(journal: Journal, gathered: Metered, now: Instant) -> Dark | None:
    """A relay that credit never decided on is left alone, like a protected room's."""
    rule, state = gathered.rule, gathered.state
    exempt = rule.protected or rule.cut_off is CutOff.NONE or rule.billing is Billing.CARD or state.closed
    if not rule.lights_out or exempt or state.meter is None:
        return None
    if relay_of(journal, state.meter).credit_closed is None:
        return None
    return lights(calendar_named(policy(journal).calendars, rule.lights_out), state.dark, now)


def put_lights(
    journal: Journal, gathered: Metered, meter: MeterNo, dark: Dark | None, now: Instant
) -> MeterNo | None:
    """Store lights-out or its end, tell it, and want it of the relay; give the meter when its relay wants work."""
    state = gathered.state
    journal.keep(state.account, msgspec.structs.replace(state, dark=dark))
    if dark is None:
        retell(journal, gathered, now)
    else:
        facts = {"until_ms": dark.until_ms}
        balance = live_balance(journal, gathered, now)
        journal.append_fact(Decision(state.account, DecisionKind.OPEN, LIGHTS_OUT, now, balance, facts))
    before = relay_of(journal, meter)
    after = msgspec.structs.replace(before, dark=dark is not None)
    return meter if keep_relay(journal, before, after, now) else None


def retell(journal: Journal, gathered: Metered, now: Instant) -> None:
    """Report the credit's decision again: it holds once more, now that nothing beside it keeps the relay open."""
    state = gathered.state
    if state.decision is not None:
        balance = live_balance(journal, gathered, now)
        journal.append_fact(Decision(state.account, state.decision, state.reason, now, balance))
