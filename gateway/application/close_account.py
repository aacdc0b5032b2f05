"""Closing an account: lock-out read back first, then the final register, then what is left leaves (C-8). Pays nobody."""

import msgspec

from gateway.application.accounts import Metered, members, metered, with_own_credit
from gateway.application.alarms import clear_alarm
from gateway.application.drive_relay import lock_out
from gateway.application.outbox import answer_again
from gateway.application.ports import Journal
from gateway.application.relay_state import CLOSING
from gateway.application.settle import post, settle
from gateway.contract.commands import CloseAccount
from gateway.contract.facts import CommandOutcome, CommandResult, EntryCause, EntryKind, EntryLine, Instant
from gateway.contract.identifiers import AccountId, CommandId
from gateway.contract.rules import CutOff
from gateway.domain.buckets import Posting
from gateway.domain.ledger import AccountState, Closing


def begin_closing(
    journal: Journal, body: CloseAccount, number: int, command: CommandId, now: Instant
) -> CommandResult:
    """Start a closing. PENDING until the lock-out is read back and the final register read; without a meter it ends at once.

    Asked again under another number, a closing that goes on is PENDING for that one, and one that ended is answered with its end:
    central pays on nothing less.
    """
    gathered = metered(journal, body.account)
    if gathered is None:
        return CommandResult(number, command, CommandOutcome.UNKNOWN_ACCOUNT, now, body.account)
    state = gathered.state
    if state.closed:
        return _ended_before(state, number, command, now)
    if state.closing is not None and state.closing.lock_out >= body.lock_out:
        closing = msgspec.structs.replace(state.closing, number=number, command=command)
        journal.keep(body.account, msgspec.structs.replace(state, closing=closing))
        return _pending(number, command, now)
    refusal = _refusal(journal, gathered)
    if refusal:
        return CommandResult(number, command, CommandOutcome.REFUSED, now, refusal)
    locks = body.lock_out and state.meter is not None and gathered.rule.cut_off is not CutOff.NONE
    closing = Closing(number, command, body.lock_out, relay_is_done=not locks)
    journal.keep(body.account, msgspec.structs.replace(state, closing=closing))
    if state.meter is None:
        return _finished(journal, body.account, now) or _pending(number, command, now)
    if locks:
        lock_out(journal, state.meter, CLOSING, now, command)
    return _pending(number, command, now)


def _refusal(journal: Journal, gathered: Metered) -> str:
    """Money that others still pay from doesn't leave (C-8): their energy up to the end is not billed yet."""
    if gathered.quarantined:
        return gathered.quarantined
    if gathered.is_unmetered:
        return "it is under software control: no register ends it; put a meter in, or end the control, first"
    states = journal.records(AccountState)
    paying = [
        name
        for name in members(journal, gathered.state.account)
        if name not in states or not states[name].closed
    ]
    return f"{', '.join(paying)} pay from it: end that first" if paying else ""


def _pending(number: int, command: CommandId, now: Instant) -> CommandResult:
    return CommandResult(number, command, CommandOutcome.PENDING, now, "waits for the final register")


def _ended_before(state: AccountState, number: int, command: CommandId, now: Instant) -> CommandResult:
    if state.closed_with is None:
        return CommandResult(number, command, CommandOutcome.EXISTS, now, "closed before")
    return msgspec.structs.replace(state.closed_with, number=number, command=command)


def finish_closing(journal: Journal, gathered: Metered, now: Instant) -> bool:
    """End a closing on a good reading that came after its lock-out was settled; say whether it ended."""
    closing = gathered.state.closing
    if closing is None or not closing.relay_is_done or gathered.state.closed:
        return False
    result = _finished(journal, gathered.state.account, now)
    if result is None:
        return False
    journal.append_fact(result)
    answer_again(journal, result)
    return True


def _finished(journal: Journal, account: AccountId, now: Instant) -> CommandResult | None:
    """End a closing; None when its books or its payer's are in doubt: it waits for a person, and nothing leaves (C-17)."""
    settle(journal, account, EntryCause.CLOSING, now)
    billed, gathered = metered(journal, account), _again(journal, account)
    closing = gathered.state.closing
    if closing is None or billed is None or billed.quarantined:
        return None
    taken = _take_the_rest(journal, gathered, closing, now)
    state = _again(journal, account).state
    result = CommandResult(
        closing.number,
        closing.command,
        CommandOutcome.APPLIED,
        now,
        detail=_detail(gathered, closing),
        taken=taken,
        final_register_wh=state.settled_register_wh,
    )
    journal.keep(account, msgspec.structs.replace(state, closed=True, closing=None, closed_with=result))
    clear_alarm(journal, "account-held", account, now)
    return result


def _take_the_rest(journal: Journal, gathered: Metered, closing: Closing, now: Instant) -> list[EntryLine]:
    left = [b for b in gathered.buckets if b.balance > 0]
    if not left:
        return []
    postings = [Posting(b.name, b.unit, b.expires_ms, -b.balance) for b in left]
    entry = post(
        journal, gathered, EntryKind.TAKEN_BACK, EntryCause.CLOSING, postings, now, source=closing.command
    )
    return entry.lines


def _detail(gathered: Metered, closing: Closing) -> str:
    if closing.lock_out and (gathered.state.meter is None or gathered.rule.cut_off is CutOff.NONE):
        return "nothing here can be locked out"
    return ""


def _again(journal: Journal, account: AccountId) -> Metered:
    gathered = with_own_credit(journal, account)
    assert gathered is not None
    return gathered
