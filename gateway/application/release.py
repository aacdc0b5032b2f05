"""A person's word on site: let a quarantined account, a meter in doubt or a tripped relay go on (C-16, C-17, R-B1)."""

from dataclasses import dataclass

import msgspec

from gateway.application.accounts import metered
from gateway.application.alarms import clear_alarm
from gateway.application.ports import Journal
from gateway.application.power import end_trip
from gateway.application.settle import settle
from gateway.contract.facts import EntryCause, Instant
from gateway.contract.identifiers import AccountId, MeterNo
from gateway.domain.ledger import AccountState
from gateway.domain.reading import MeterState, rebased


@dataclass(frozen=True, slots=True)
class Released:
    """What was let go: the quarantine's reason, the doubt's; empty where there was none."""

    quarantine: str
    doubt: str


def release_account(journal: Journal, account: AccountId, now: Instant) -> Released | None:
    """Lift quarantine and doubt from an account; None when the configuration doesn't have it.

    Balances become the sum of the ledger. A meter in doubt begins anew with its next good reading: what moved in between is not
    billed, because nobody knows whether it was used.
    """
    gathered = metered(journal, account)
    if gathered is None:
        return None
    quarantined = gathered.state.quarantined
    if quarantined:
        journal.rebuild_buckets(account)
        journal.keep(account, msgspec.structs.replace(gathered.state, quarantined=""))
        clear_alarm(journal, "account-quarantined", account, now)
    doubt = gathered.meter.doubt if gathered.meter else ""
    if doubt and gathered.meter:
        settle(journal, account, EntryCause.COMMAND, now)
        _begin_anew(journal, gathered.meter.meter, now)
    state = journal.record(AccountState, account) or gathered.state
    journal.keep(account, msgspec.structs.replace(state, decision=None, reason=""))
    clear_alarm(journal, "account-held", account, now)
    if gathered.state.meter is not None:
        end_trip(journal, gathered.state.meter, now)
    journal.must_commit()
    return Released(quarantined, doubt)


def release_meter(journal: Journal, meter: MeterNo, now: Instant) -> str:
    """Let a meter that bills no account begin anew; give what its doubt was."""
    state = journal.record(MeterState, meter)
    if state is None or not state.doubt:
        return ""
    _begin_anew(journal, meter, now)
    return state.doubt


def _begin_anew(journal: Journal, meter: MeterNo, now: Instant) -> None:
    state = journal.record(MeterState, meter)
    if state is not None:
        journal.keep(meter, rebased(state))
    clear_alarm(journal, "meter-in-doubt", meter, now)
    journal.must_commit()
