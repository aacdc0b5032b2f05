"""Billing what was agreed for a time without a meter, at the prices of that time, with time to pay (R-4.3.5, C-1, C-16)."""

import msgspec

from gateway.application.accounts import Metered, metered, quarantine
from gateway.application.decide import decide
from gateway.application.known_grants import Done, known_before
from gateway.application.ports import Journal
from gateway.application.records import KnownGrant
from gateway.application.settle import keep_carried, next_entry_id
from gateway.application.shared_credit import settle_all
from gateway.contract.commands import BillGap, encode_command
from gateway.contract.facts import CommandOutcome, Entry, EntryCause, EntryKind, Instant
from gateway.contract.identifiers import AccountId
from gateway.contract.quantities import Unit
from gateway.domain.buckets import posted
from gateway.domain.cutoff import Basis
from gateway.domain.ledger import AccountState, Bill, audit_charges, bill_energy, lines_of
from gateway.domain.leeway import Grace
from gateway.domain.tariff import Span, cost_nano_yuan


def bill_gap(journal: Journal, body: BillGap, now: Instant) -> Done:
    """Bill the energy that was agreed for a time without a meter, at the prices of that time, and give time to pay.

    Idempotent by its id. What it costs widens the overdraft until the grace ends, so that nobody is cut for it at once.
    """
    known = known_before(journal, body.gap, body, now)
    if known is not None:
        return known
    gathered = metered(journal, body.account)
    if gathered is None:
        return Done(CommandOutcome.UNKNOWN_ACCOUNT, body.account)
    refusal = _refusal(gathered, body, now)
    if refusal:
        return Done(CommandOutcome.REFUSED, refusal)
    settle_all(journal, body.account, EntryCause.COMMAND, now, source=body.gap)
    gathered = metered(journal, body.account) or gathered
    planned = _bill(gathered, body)
    broken = audit_charges(planned.charges, body.energy_wh, gathered.payer.carried_nano_yuan)
    if broken:
        quarantine(journal, body.account, broken, now)
        return Done(CommandOutcome.REFUSED, broken)
    last = _write(journal, gathered, planned, body, now)
    journal.keep(body.gap, KnownGrant(encode_command(body), last.entry if last else None))
    decided = decide(journal, body.account, Basis.ESTIMATE, now)
    return Done(CommandOutcome.APPLIED, relay=decided.woken)


def _refusal(gathered: Metered, body: BillGap, now: Instant) -> str:
    if gathered.quarantined:
        return gathered.quarantined
    if gathered.is_barred:
        return "the account is closed"
    if body.energy_wh < 0 or body.to_ms < body.from_ms:
        return "the gap's energy or time is below zero"
    if now.trusted and body.to_ms > now.wall_ms:
        return "the gap is not over"
    return ""


def _bill(gathered: Metered, body: BillGap) -> Bill:
    state = gathered.state
    span = Span(body.from_ms, body.to_ms)
    return bill_energy(
        gathered.buckets,
        body.energy_wh,
        span,
        gathered.prices,
        gathered.payer.carried_nano_yuan,
        gathered.paid_unit,
        state.months,
    )


def _write(journal: Journal, gathered: Metered, planned: Bill, body: BillGap, now: Instant) -> Entry | None:
    state, buckets, entry = gathered.state, gathered.buckets, None
    for charge in planned.charges:
        part = charge.segment
        if not part.energy_wh:
            continue
        buckets = posted(buckets, charge.postings)
        entry = Entry(
            entry=next_entry_id(journal),
            account=gathered.payer.account,
            entry_kind=EntryKind.CONSUMPTION,
            cause=EntryCause.COMMAND,
            at=Instant(now.boot, now.monotonic_ms, part.span.to_ms, True),
            lines=lines_of(charge.postings, buckets),
            carried_nano_yuan=charge.carried,
            energy_wh=part.energy_wh,
            from_ms=part.span.from_ms,
            price_micro_yuan_per_kwh=part.rate,
            price_version=part.price.version,
            source=body.gap,
            month_wh=part.month_wh,
            used_by=gathered.used_by,
        )
        journal.append_entry(entry, charge.postings)
    journal.keep(state.account, msgspec.structs.replace(state, months=planned.months))
    keep_carried(journal, gathered.payer.account, planned.carried)
    _keep_grace(journal, gathered.payer.account, _grace(gathered, body, now))
    return entry


def _keep_grace(journal: Journal, payer: AccountId, grace: Grace) -> None:
    """Who pays is given the time to pay, and with it whoever that pays for."""
    state = journal.record(AccountState, payer) or AccountState(payer)
    journal.keep(payer, msgspec.structs.replace(state, grace=grace))


def _grace(gathered: Metered, body: BillGap, now: Instant) -> Grace:
    """Cover what the gap costs in the account's unit, rounded up, and what an earlier one that still runs covers."""
    before = gathered.payer.grace
    runs = before is not None and not (now.trusted and now.wall_ms >= before.until_ms)
    amount = body.energy_wh
    if gathered.rule.unit == Unit.YUAN:
        span = Span(body.from_ms, body.to_ms)
        amount = -(-cost_nano_yuan(body.energy_wh, span, gathered.prices, gathered.state.months) // 1000)
    return Grace(amount + (before.amount if before and runs else 0), body.grace_until_ms)
