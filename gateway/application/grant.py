"""Credit arrives or is asked back: once per id, whatever carries it (C-1, C-5, C-6, C-7). Takes no payment."""

import msgspec

from gateway.application.accounts import Metered, with_own_credit
from gateway.application.decide import decide
from gateway.application.known_grants import Done, known_before, known_grant, remember
from gateway.application.ports import Journal
from gateway.application.records import KnownGrant
from gateway.application.settle import post
from gateway.application.shared_credit import meters_of, settle_all
from gateway.contract.commands import Grant, TakeBack, encode_command
from gateway.contract.envelope import BEYOND_ANY_COUNT
from gateway.contract.facts import CommandOutcome, CommandResult, EntryCause, EntryKind, EntryLine, Instant
from gateway.contract.identifiers import CommandId
from gateway.domain.buckets import Posting, taken
from gateway.domain.cutoff import Basis
from gateway.domain.ledger import AccountState

MOST_AMOUNT = 10**13
"""Of one entry, by the contract: ten million yuan, or ten GWh."""


def apply_grant(journal: Journal, grant: Grant, now: Instant) -> Done:
    """Credit a bucket once per grant id: settle, enter, decide, in one transaction. The same id with other content is an alarm."""
    known = known_grant(journal, grant, now)
    if known is not None:
        return known
    gathered = with_own_credit(journal, grant.account)
    if gathered is None:
        return Done(CommandOutcome.UNKNOWN_ACCOUNT, grant.account)
    refusal = _refusal(gathered, grant)
    if refusal:
        return Done(CommandOutcome.REFUSED, refusal)
    settle_all(journal, grant.account, EntryCause.GRANT, now, source=grant.grant)
    posting = Posting(grant.bucket, grant.unit, grant.expires_ms, grant.amount)
    gathered = with_own_credit(journal, grant.account) or gathered
    entry = post(journal, gathered, EntryKind.GRANT, EntryCause.GRANT, [posting], now, source=grant.grant)
    remember(journal, grant, entry.entry)
    state = journal.record(AccountState, grant.account) or gathered.state
    journal.keep(grant.account, msgspec.structs.replace(state, credited=True))
    decided = decide(journal, grant.account, Basis.ESTIMATE, now)
    return Done(CommandOutcome.APPLIED, relay=decided.woken, read=meters_of(journal, grant.account))


def apply_voucher(journal: Journal, grant: Grant, now: Instant, by: str = "") -> CommandResult:
    """Credit a verified voucher: the same grant on another carrier, outside the numbers (C-6). Reported as number 0.

    `by` brought it, and is told to central with it.
    """
    done = apply_grant(journal, grant, now)
    detail = "; ".join(filter(None, (done.detail, f"brought by {by}" if by else "")))
    result = CommandResult(0, CommandId(grant.grant), done.outcome, now, detail)
    journal.append_fact(result)
    return result


def take_back(journal: Journal, body: TakeBack, now: Instant) -> Done:
    """Take min(asked, left) from a bucket after settling, and answer what was taken; never cuts by itself (C-7).

    An account that pays from another one is asked for what it still holds itself.
    """
    known = known_before(journal, body.request, body, now)
    if known is not None:
        return known
    gathered = with_own_credit(journal, body.account)
    if gathered is None:
        return Done(CommandOutcome.UNKNOWN_ACCOUNT, body.account)
    if body.amount <= 0:
        return Done(CommandOutcome.REFUSED, "the amount is not above zero")
    if gathered.state.quarantined:
        return Done(CommandOutcome.REFUSED, f"quarantined: {gathered.state.quarantined}")
    settle_all(journal, body.account, EntryCause.COMMAND, now, source=body.request)
    gathered = with_own_credit(journal, body.account) or gathered
    postings = taken(gathered.buckets, body.bucket, body.amount)
    lines: list[EntryLine] = []
    entry = None
    if postings:
        entry = post(
            journal,
            gathered,
            EntryKind.TAKEN_BACK,
            EntryCause.COMMAND,
            postings,
            now,
            source=body.request,
        )
        lines = entry.lines
    journal.keep(body.request, KnownGrant(encode_command(body), entry.entry if entry else None, tuple(lines)))
    whole = -sum(posting.amount for posting in postings) == body.amount
    return Done(CommandOutcome.APPLIED if whole else CommandOutcome.PARTLY, taken=tuple(lines))


def _refusal(gathered: Metered, grant: Grant) -> str:
    rule = next((bucket for bucket in gathered.rule.buckets if bucket.name == grant.bucket), None)
    if rule is None:
        return f"the account has no bucket named {grant.bucket}"
    if rule.unit != grant.unit:
        return f"bucket {grant.bucket} is kept in {rule.unit}"
    if grant.amount <= 0:
        return "the amount is not above zero"
    if grant.amount > MOST_AMOUNT or not all(
        0 <= n < BEYOND_ANY_COUNT for n in (grant.serial, grant.expires_ms)
    ):
        return "no grant has such numbers"
    if gathered.rule.pays_from:
        return pays_elsewhere(gathered)
    return "the account is closed" if gathered.state.closed else ""


def pays_elsewhere(gathered: Metered) -> str:
    """Refuse what concerns credit by name: redirected, central's books would say another account than these (C-1, C-2)."""
    return f"account {gathered.state.account} pays from {gathered.rule.pays_from}: ask it of that one"
