"""What time alone brings: the hour's settlements, expiries, true-ups, watermarks, price edges ahead (C-2, C-9, C-12, C-14).

Called by the loop every minute or so. On an untrusted clock nothing expires and no edge acts.
"""

from dataclasses import dataclass

import msgspec

from gateway.application.accounts import Metered, metered, with_own_credit
from gateway.application.adjust import true_up
from gateway.application.alarms import station
from gateway.application.decide import decide, policy
from gateway.application.fold_books import fold_books
from gateway.application.outbox import drop_old_rows, is_older
from gateway.application.ports import Journal
from gateway.application.power import restore_trips
from gateway.application.records import ONLY
from gateway.application.settle import post, settle
from gateway.application.shared_credit import settle_all
from gateway.application.thin_outbox import thin_outbox
from gateway.application.timetables import keep_timetables
from gateway.contract.facts import Balance, EntryCause, EntryKind, Health, Instant, Watermark
from gateway.contract.identifiers import AccountId, MeterNo
from gateway.contract.rules import AccountRule
from gateway.domain.allowances import lapse
from gateway.domain.cutoff import Basis
from gateway.domain.instants import elapsed_ms, wall_of
from gateway.domain.tariff import TariffPrices, next_edge_ms

WATERMARK_EVERY_MS = 3_600_000
HIGH_WATER_EVERY_MS = 600_000
"""A clock that is wrong is wrong by more; each mark is a page on the card."""


@dataclass(frozen=True, slots=True)
class Passed:
    """What the time brought. `relay`: meters whose relay wants work because of it."""

    settled: int = 0
    relay: tuple[MeterNo, ...] = ()


def settle_due(journal: Journal, now: Instant) -> Passed:
    """Do everything that is due by now, in one transaction."""
    _raise_high_water(journal, now)
    touched = true_up(journal, now)
    settled = 0
    for account in journal.records(AccountRule):
        gathered = metered(journal, AccountId(account))
        if gathered is None:
            continue
        if _is_hour_due(gathered, policy(journal).settle_every_s * 1000, now):
            settled += settle(journal, gathered.state.account, EntryCause.HOUR, now)
        expire(journal, gathered.state.account, now)
    if is_older(station(journal).last_watermark, now, WATERMARK_EVERY_MS):
        write_watermark(journal, now)
    drop_old_rows(journal, policy(journal), now)
    thin_outbox(journal)
    fold_books(journal, policy(journal), now)
    relay = redecide(journal, touched, now)
    return Passed(settled, (*relay, *keep_timetables(journal, now), *restore_trips(journal, now)))


def _raise_high_water(journal: Journal, now: Instant) -> None:
    here = station(journal)
    if now.trusted and now.wall_ms >= here.high_water_ms + HIGH_WATER_EVERY_MS:
        journal.keep(ONLY, msgspec.structs.replace(here, high_water_ms=now.wall_ms))


def _is_hour_due(gathered: Metered, every_ms: int, now: Instant) -> bool:
    """The last good reading lies in a later hour than the last settlement; by the monotonic clock while the wall is unknown.

    A settlement that lies after the reading was dated by a wall clock that ran ahead: the wall is no measure then either.
    """
    began, ended = gathered.state.settled_at, gathered.meter.at if gathered.meter else None
    if began is None or ended is None or gathered.unsettled_wh == 0:
        return False
    began_ms, ended_ms = wall_of(began, now), wall_of(ended, now)
    if began_ms is not None and ended_ms is not None and began_ms <= ended_ms:
        return ended_ms // every_ms > began_ms // every_ms
    return (elapsed_ms(began, ended) or every_ms) >= every_ms


def expire(journal: Journal, account: AccountId, now: Instant) -> bool:
    """Let what is left of a dated bucket lapse or roll over (a subsidy's last day); only on a trusted clock."""
    lapsed = [bucket for bucket in journal.buckets(account) if bucket.expires_ms > 0 and bucket.balance > 0]
    if not now.trusted or not any(bucket.expires_ms <= now.wall_ms for bucket in lapsed):
        return False
    settle_all(journal, account, EntryCause.CLOCK, now)
    gathered = with_own_credit(journal, account)
    if gathered is None or gathered.is_barred:
        return False
    postings = lapse(gathered.buckets, gathered.rule.buckets, now.wall_ms)
    if not postings:
        return False
    post(journal, gathered, EntryKind.EXPIRED, EntryCause.CLOCK, postings, now, source="expiry")
    return True


def redecide(journal: Journal, accounts: list[AccountId], now: Instant) -> tuple[MeterNo, ...]:
    """Decide again without a reading, which can restore but never cut; give the meters whose relay wants work."""
    decided = [decide(journal, account, Basis.ESTIMATE, now) for account in dict.fromkeys(accounts)]
    return tuple(meter for one in decided for meter in one.woken)


def next_price_edge(journal: Journal, now: Instant) -> int | None:
    """Give the wall time of the next price edge of any tariff: all meters are read then (C-9). None on an untrusted clock."""
    if not now.trusted:
        return None
    edges = [next_edge_ms(t.prices, now.wall_ms) for t in journal.records(TariffPrices).values()]
    return min((edge for edge in edges if edge is not None), default=None)


def write_watermark(journal: Journal, now: Instant) -> int:
    """Report all ledger balances at this row of the outbox, the only place where they may be compared (C-2). Give its sequence.

    A bucket that is not named is empty: dated ones come with every month, and would outgrow a message.
    """
    here = station(journal)
    balances = [
        Balance(account, bucket.name, bucket.unit, bucket.balance, bucket.expires_ms)
        for account in journal.bucket_accounts()
        for bucket in journal.buckets(account)
        if bucket.balance
    ]
    journal.keep(ONLY, msgspec.structs.replace(here, last_watermark=now))
    return journal.append_fact(Watermark(here.last_command, now, balances))


def write_health(journal: Journal, counters: dict[str, int], now: Instant) -> int:
    """Report the counters since boot: every drop and refusal is among them. Give its sequence."""
    return journal.append_fact(Health(now, counters))
