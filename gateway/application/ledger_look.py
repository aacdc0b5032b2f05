"""An account's ledger for a person who looks: entries, running balances, and the proof that they add up. Changes nothing (C-17)."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from gateway.application.accounts import metered
from gateway.application.ports import BucketSum, Journal
from gateway.application.shared_credit import live_balance
from gateway.contract.facts import Entry, Instant
from gateway.contract.identifiers import AccountId
from gateway.domain.instants import wall_of

MOST_ENTRIES = 1_000_000


class LookedLine(msgspec.Struct, frozen=True):
    """What an entry did to one bucket, and the bucket's running balance after it, in micro-yuan or Wh by `unit`."""

    bucket: str
    unit: str
    amount: int
    balance: int


class LookedEntry(msgspec.Struct, frozen=True):
    """One entry. `at_ms` None: its clock was not trusted, and nobody can say any more when it was."""

    entry: str
    kind: str
    cause: str
    at_ms: int | None
    lines: list[LookedLine]
    energy_wh: int
    meter: str | None
    register_from_wh: int | None
    register_to_wh: int | None
    price_micro_yuan_per_kwh: int | None
    price_version: str | None
    provisional: bool
    source: str | None
    used_by: str | None


class LookedBucket(msgspec.Struct, frozen=True):
    """One bucket of one expiry: `balance` must be `folded` and `posted`. `expires_ms` 0: never."""

    bucket: str
    unit: str
    expires_ms: int
    balance: int
    folded: int
    posted: int


class BroughtForward(msgspec.Struct, frozen=True):
    """What a bucket held before the first entry that is listed."""

    bucket: str
    unit: str
    amount: int


class LedgerLook(msgspec.Struct, frozen=True):
    """Everything that `cardroom-gateway ledger` shows."""

    account: str
    room: str
    unit: str
    pays_from: str
    folded_until_ms: int
    brought: list[BroughtForward]
    entries: list[LookedEntry]
    buckets: list[LookedBucket]
    agrees: bool
    unsettled_wh: int
    live_balance: int
    """What `status` shows: the buckets in the account's unit, less what is used and not booked yet."""
    quarantined: str
    next_number: int
    """Of the next entry: two looks with the same saw the same ledger."""


def look_at_ledger(
    journal: Journal, account: AccountId, since_ms: int, limit: int, now: Instant
) -> LedgerLook | None:
    """Look at an account's newest entries; None when there is no such account."""
    gathered = metered(journal, account)
    if gathered is None:
        return None
    sums = journal.bucket_sums(account)
    entries = journal.entries_of(account, since_ms, limit)
    running = _brought(sums, entries)
    brought = [BroughtForward(bucket, unit, amount) for (bucket, unit), amount in running.items()]
    return LedgerLook(
        account=account,
        room=gathered.rule.room,
        unit=gathered.rule.unit,
        pays_from=gathered.rule.pays_from,
        folded_until_ms=journal.folded_until_ms(),
        brought=brought,
        entries=[_entry(entry, running, now) for entry in entries],
        buckets=[
            LookedBucket(one.name, one.unit, one.expires_ms, one.balance, one.folded, one.posted)
            for one in sums
        ],
        agrees=all(one.balance == one.folded + one.posted for one in sums),
        unsettled_wh=gathered.unsettled_wh,
        live_balance=live_balance(journal, gathered, now),
        quarantined=gathered.quarantined,
        next_number=journal.next_entry_number(),
    )


def _brought(sums: Iterable[BucketSum], entries: Iterable[Entry]) -> Counter[tuple[str, str]]:
    """What the listed entries begin with: the balances now, less all that these did."""
    brought: Counter[tuple[str, str]] = Counter()
    for one in sums:
        brought[one.name, one.unit] += one.balance
    for entry in entries:
        for line in entry.lines:
            brought[line.bucket, line.unit] -= line.amount
    return brought


def _entry(entry: Entry, running: Counter[tuple[str, str]], now: Instant) -> LookedEntry:
    lines = []
    for line in entry.lines:
        running[line.bucket, line.unit] += line.amount
        lines.append(LookedLine(line.bucket, line.unit, line.amount, running[line.bucket, line.unit]))
    return LookedEntry(
        entry=entry.entry,
        kind=entry.entry_kind.value,
        cause=entry.cause.value,
        at_ms=wall_of(entry.at, now),
        lines=lines,
        energy_wh=entry.energy_wh,
        meter=entry.meter,
        register_from_wh=entry.register_from_wh,
        register_to_wh=entry.register_to_wh,
        price_micro_yuan_per_kwh=entry.price_micro_yuan_per_kwh,
        price_version=entry.price_version,
        provisional=entry.provisional,
        source=entry.source,
        used_by=entry.used_by,
    )


def balances_before(journal: Journal, account: AccountId, at_ms: int) -> list[BroughtForward]:
    """Give what an account's buckets held before an instant: the balances now, less all that is dated since."""
    later = journal.entries_of(account, at_ms + 1, MOST_ENTRIES)
    running = _brought(journal.bucket_sums(account), later)
    return [BroughtForward(bucket, unit, amount) for (bucket, unit), amount in running.items()]
