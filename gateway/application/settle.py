"""Turning used energy into ledger entries: at a decision, a grant, the hour, a price edge, a closing (C-12). Reads no meter.

An entry's energy is the meter's running total less what was settled before, so the sum of an account's entries is always the
register's true movement, however it was cut into intervals.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from gateway.application.accounts import Metered, bill, metered, quarantine
from gateway.application.alarms import station
from gateway.application.ports import Journal
from gateway.application.records import Provisional
from gateway.contract.facts import Entry, EntryCause, EntryKind, Instant
from gateway.contract.identifiers import AccountId, EntryId, MeterNo, entry_id
from gateway.domain.buckets import Bucket, Posting, posted
from gateway.domain.instants import wall_of
from gateway.domain.ledger import AccountState, Charge, audit_charges, lines_of
from gateway.domain.reading import MeterState


@dataclass(frozen=True, slots=True)
class Closed:
    """Where a settlement ends: a point on the meter's running total."""

    meter: MeterNo
    total_wh: int
    register_wh: int | None
    at: Instant
    raw: bytes


def last_good(meter: MeterState) -> Closed | None:
    """Give the meter's last good reading as the end of a settlement; None before its first."""
    if meter.at is None:
        return None
    return Closed(meter.meter, meter.total_wh, meter.register_wh, meter.at, meter.raw)


def settle(
    journal: Journal, account: AccountId, cause: EntryCause, now: Instant, source: str | None = None
) -> bool:
    """Bill an account up to its meter's last good reading; say whether anything was written.

    Nothing is billed to a quarantined, closed or unmetered account; one whose entries would not add up is quarantined instead
    (C-17). What an account pays for others is billed with each of them (`shared_credit.settle_all`).
    """
    gathered = metered(journal, account)
    if gathered is None or gathered.meter is None or gathered.is_barred or gathered.is_unmetered:
        return False
    end = last_good(gathered.meter)
    if end is None:
        return False
    return settle_to(journal, gathered, end, cause, now, source)


def settle_before_change(
    journal: Journal, account: AccountId, cause: EntryCause, now: Instant, end: Closed | None = None
) -> None:
    """Bill an account to its meter's last good reading, or a point of it, before its rules or meter change; in quarantine too.

    Later it would be billed to other money, by other rules, or to nobody. Entries are differences, so that a release finds them
    right; buckets of a payer in doubt become the sum of the ledger first, as they would then (C-17).
    """
    gathered = metered(journal, account)
    end = end or (last_good(gathered.meter) if gathered and gathered.meter else None)
    if gathered is None or end is None or gathered.is_closed or gathered.is_unmetered:
        return
    if gathered.payer.quarantined:
        journal.rebuild_buckets(gathered.payer.account)
        gathered = metered(journal, account) or gathered
    settle_to(journal, gathered, end, cause, now, None)


def settle_to(
    journal: Journal, gathered: Metered, end: Closed, cause: EntryCause, now: Instant, source: str | None
) -> bool:
    """Bill a gathered account up to a point that is not before its last settlement."""
    state = gathered.state
    point = msgspec.structs.replace(gathered.meter or MeterState(end.meter), total_wh=end.total_wh, at=end.at)
    gathered = replace(gathered, meter=point)
    planned = bill(gathered, now)
    broken = audit_charges(planned.charges, gathered.unsettled_wh, gathered.payer.carried_nano_yuan)
    if broken:
        quarantine(journal, state.account, broken, now)
        return False
    if gathered.unsettled_wh:
        _write(journal, gathered, planned.charges, end, cause, now, source)
    settled = msgspec.structs.replace(
        state,
        settled_wh=end.total_wh,
        settled_register_wh=end.register_wh,
        settled_at=end.at,
        months=planned.months,
    )
    journal.keep(state.account, settled)
    keep_carried(journal, gathered.payer.account, planned.carried)
    return gathered.unsettled_wh > 0


def keep_carried(journal: Journal, payer: AccountId, carried_nano_yuan: int) -> None:
    """Store the remainder below a micro-yuan of the account whose money was taken."""
    state = journal.record(AccountState, payer) or AccountState(payer)
    journal.keep(payer, msgspec.structs.replace(state, carried_nano_yuan=carried_nano_yuan))


def _write(
    journal: Journal,
    gathered: Metered,
    charges: Sequence[Charge],
    end: Closed,
    cause: EntryCause,
    now: Instant,
    source: str | None,
) -> None:
    buckets = gathered.buckets
    left_wh = gathered.unsettled_wh
    began_register_wh = gathered.state.settled_register_wh
    for charge in charges:
        left_wh -= charge.segment.energy_wh
        buckets = posted(buckets, charge.postings)
        entry = _consumption(journal, gathered, charge, end, left_wh, began_register_wh, buckets, now)
        entry = msgspec.structs.replace(entry, cause=cause, source=source)
        journal.append_entry(entry, charge.postings)
        began_register_wh = entry.register_to_wh
        if charge.provisional:
            _keep_provisional(journal, gathered.state, entry, end.at)


def _consumption(
    journal: Journal,
    gathered: Metered,
    charge: Charge,
    end: Closed,
    left_wh: int,
    began_register_wh: int | None,
    buckets_after: Sequence[Bucket],
    now: Instant,
) -> Entry:
    """Build one entry. Between two price edges the register was not read: it is what the split makes it."""
    to_wh = None if end.register_wh is None else end.register_wh - left_wh
    if to_wh is not None and to_wh < 0:  # it rolled over behind this segment
        to_wh = None if began_register_wh is None else began_register_wh + charge.segment.energy_wh
    span, state = charge.segment.span, gathered.state
    return Entry(
        entry=next_entry_id(journal),
        account=gathered.payer.account,
        entry_kind=EntryKind.CONSUMPTION,
        cause=EntryCause.HOUR,
        at=end.at if charge.provisional else _edge_instant(end.at, span.to_ms, now),
        lines=lines_of(charge.postings, buckets_after),
        carried_nano_yuan=charge.carried,
        meter=end.meter,
        energy_wh=charge.segment.energy_wh,
        register_from_wh=began_register_wh,
        register_to_wh=to_wh,
        from_ms=(state.settled_at or end.at).wall_ms if charge.provisional else span.from_ms,
        price_micro_yuan_per_kwh=charge.segment.rate,
        price_version=charge.segment.price.version,
        provisional=charge.provisional,
        raw_frame=end.raw.hex() or None,
        month_wh=None if charge.provisional else charge.segment.month_wh,
        used_by=gathered.used_by,
    )


def _edge_instant(end: Instant, at_ms: int, now: Instant) -> Instant:
    """Give the instant of a segment's end: the reading's, or the price edge's before it, in true wall time."""
    end_ms = wall_of(end, now)
    early_ms = 0 if end_ms is None else end_ms - at_ms
    return Instant(end.boot, end.monotonic_ms - early_ms, at_ms, True)


def _keep_provisional(journal: Journal, state: AccountState, entry: Entry, ended: Instant) -> None:
    began = state.settled_at or ended
    journal.keep(
        entry.entry,
        Provisional(
            entry=entry.entry,
            account=state.account,
            began=began,
            ended=ended,
            earliest_ms=began.wall_ms if began.trusted else station(journal).high_water_ms,
        ),
    )


def next_entry_id(journal: Journal) -> EntryId:
    """Name the next entry; two calls without an append between them give the same name."""
    here = station(journal)
    return entry_id(here.gateway, here.epoch, journal.next_entry_number())


def post(
    journal: Journal,
    gathered: Metered,
    kind: EntryKind,
    cause: EntryCause,
    postings: Sequence[Posting],
    now: Instant,
    source: str,
    carried_nano_yuan: int | None = None,
    used_by: AccountId | None = None,
) -> Entry:
    """Append an entry that is not consumption: a grant, what was taken back, an adjustment, an expiry, an opening."""
    carried = gathered.payer.carried_nano_yuan if carried_nano_yuan is None else carried_nano_yuan
    entry = Entry(
        entry=next_entry_id(journal),
        account=gathered.payer.account,
        entry_kind=kind,
        cause=cause,
        at=now,
        lines=lines_of(postings, posted(gathered.buckets, postings)),
        carried_nano_yuan=carried,
        source=source,
        used_by=used_by,
    )
    journal.append_entry(entry, postings)
    if carried != gathered.payer.carried_nano_yuan:
        keep_carried(journal, entry.account, carried)
    return entry
