"""Correcting what was billed at another price than the one that held: late prices and untrusted clocks (C-9, C-14).

Nothing is priced anew: the difference is an entry of its own, exact to the nano-yuan.
"""

from collections.abc import Sequence

import msgspec

from gateway.application.accounts import metered, span_of, with_own_credit
from gateway.application.alarms import note
from gateway.application.ports import Journal
from gateway.application.records import Provisional
from gateway.application.settle import post
from gateway.contract.facts import Entry, EntryCause, EntryKind, Instant
from gateway.contract.identifiers import AccountId
from gateway.contract.quantities import Unit
from gateway.contract.rules import AccountRule, PriceRule
from gateway.domain.buckets import PAID, Posting
from gateway.domain.calendar import month_of
from gateway.domain.ledger import AccountState, kwh_part
from gateway.domain.month_use import used_in, with_use
from gateway.domain.tariff import (
    Span,
    TariffPrices,
    cost_nano_yuan,
    lowest_rate_between,
    position,
    price_at,
)

PRICE_TOO_OLD = "price-too-old"


def post_adjustment(
    journal: Journal,
    account: AccountId,
    owed_nano_yuan: int,
    cause: EntryCause,
    source: str,
    now: Instant,
    used_by: AccountId | None = None,
) -> bool:
    """Charge (positive) or give back a difference to the account's money; say whether an entry was written.

    It is the account that paid then, whoever pays now; `used_by` is for whom. What is below a micro-yuan goes into its remainder.
    An account without a yuan bucket was never billed in money.
    """
    gathered = with_own_credit(journal, account)
    if gathered is None or owed_nano_yuan == 0 or gathered.state.closed:
        return False
    names = [bucket.name for bucket in gathered.rule.buckets if bucket.unit == Unit.YUAN]
    if not names:
        return False
    name = PAID if PAID in names else names[0]
    micro_yuan, carried = divmod(owed_nano_yuan + gathered.payer.carried_nano_yuan, 1000)
    postings = [Posting(name, Unit.YUAN, 0, -micro_yuan)] if micro_yuan else []
    post(journal, gathered, EntryKind.ADJUSTMENT, cause, postings, now, source, carried, used_by)
    return True


def adjust_late_prices(
    journal: Journal, tariff: str, before: Sequence[PriceRule], after: Sequence[PriceRule], now: Instant
) -> list[AccountId]:
    """Post one adjustment per account that paid, and point it paid for, for prices learnt after their instant (C-9); give the
    accounts."""
    known = {price.version for price in before}
    learnt = [price for price in after if price.version not in known]
    if not known or not learnt:
        return []
    owed: dict[tuple[AccountId, AccountId | None], int] = {}
    earliest = min(learnt, key=lambda price: price.from_ms)
    _tell_of_folded(journal, earliest, now)
    for entry in journal.consumption_since(earliest.from_ms):
        span = _true_span(journal, entry)
        if entry.price_version in known and span is not None:
            difference = _cost(journal, entry, span, after) - _cost(journal, entry, span, before)
            key = (entry.account, entry.used_by)
            owed[key] = owed.get(key, 0) + difference
    source = learnt[-1].version
    return [
        account
        for (account, used_by), nano_yuan in owed.items()
        if post_adjustment(journal, account, nano_yuan, EntryCause.PRICE_EDGE, source, now, used_by)
    ]


def _tell_of_folded(journal: Journal, price: PriceRule, now: Instant) -> None:
    """A price that reaches back behind the fold corrects what is here; the rest is for a person at central, who is told."""
    until_ms = journal.folded_until_ms()
    if price.from_ms < until_ms:
        detail = f"in force from {price.from_ms}, entries before {until_ms} are folded away: adjust them at central"
        note(journal, PRICE_TOO_OLD, price.version, detail, now)


def _cost(journal: Journal, entry: Entry, span: Span, prices: Sequence[PriceRule]) -> int:
    """Price what an entry's kWh buckets didn't pay, at the place in its month's steps where it was used: they paid first."""
    kwh = kwh_part(entry.lines)
    record = journal.record(Provisional, entry.entry) if entry.provisional else None
    month_wh = (record.month_wh if record else entry.month_wh or 0) + kwh
    return cost_nano_yuan(entry.energy_wh - kwh, span, prices, position(prices, span.from_ms, month_wh))


def _true_span(journal: Journal, entry: Entry) -> Span | None:
    """The entry's interval in true time; None while that is not known (its true-up will use the new prices)."""
    if not entry.provisional:
        return None if entry.from_ms is None else Span(entry.from_ms, entry.at.wall_ms)
    record = journal.record(Provisional, entry.entry)
    return Span(*record.settled_span) if record and record.settled_span else None


def true_up(journal: Journal, now: Instant) -> list[AccountId]:
    """Adjust what was billed at the lowest price while nobody knew the time (C-14); give the accounts.

    Within the same boot the true time is derived. After a restart it is lost: the lowest price that held between the last proved
    time and now stands.
    """
    if not now.trusted:
        return []
    pending = [record for record in journal.records(Provisional).values() if record.settled_span is None]
    paid = (_true_up(journal, record, now) for record in pending)
    return [account for account in paid if account is not None]


def _true_up(journal: Journal, record: Provisional, now: Instant) -> AccountId | None:
    """True one entry up; give the account that paid it, or None when nothing was written.

    One whose account is configured no more is settled with who paid; what can't ever be corrected is forgotten. What is pending
    keeps the ledger from being folded.
    """
    entry = journal.entry(record.entry)
    gathered, prices = metered(journal, record.account), _prices(journal, record.account, entry)
    if entry is None or entry.price_micro_yuan_per_kwh is None or not (prices or gathered):
        journal.forget(Provisional, record.entry)
        return None
    paying = with_own_credit(journal, entry.account)
    if not prices or any(one.state.quarantined for one in (gathered, paying) if one is not None):
        return None
    priced_wh = entry.energy_wh - kwh_part(entry.lines)
    span = span_of(record.began, record.ended, now)
    if span is None:
        rate = lowest_rate_between(prices, Span(record.earliest_ms, max(now.wall_ms, record.earliest_ms)))
        cost = priced_wh * rate
        journal.forget(Provisional, record.entry)
    else:
        _place(journal, record, prices, entry.energy_wh, span)
        cost = _cost(journal, entry, span, prices)
    owed = cost - priced_wh * entry.price_micro_yuan_per_kwh
    clock, source, used_by = EntryCause.CLOCK, record.entry, entry.used_by
    return (
        entry.account if post_adjustment(journal, entry.account, owed, clock, source, now, used_by) else None
    )


def _place(
    journal: Journal, record: Provisional, prices: Sequence[PriceRule], energy_wh: int, span: Span
) -> None:
    """Keep the true times, and count the energy into its month behind what was counted meanwhile: the steps cost the same."""
    state = journal.record(AccountState, record.account) or AccountState(record.account)
    offset = price_at(prices, span.from_ms).utc_offset_minutes
    month_wh = used_in(state.months, month_of(span.from_ms, offset))
    journal.keep(
        record.entry,
        msgspec.structs.replace(record, settled_span=(span.from_ms, span.to_ms), month_wh=month_wh),
    )
    months = with_use(state.months, energy_wh, span.from_ms, span.to_ms, offset)
    journal.keep(state.account, msgspec.structs.replace(state, months=months))


def _prices(journal: Journal, account: AccountId, entry: Entry | None) -> tuple[PriceRule, ...]:
    """The list that the entry's own price belongs to: the account may have changed its tariff since."""
    for tariff in journal.records(TariffPrices).values():
        if entry is not None and any(price.version == entry.price_version for price in tariff.prices):
            return tariff.prices
    rule = journal.record(AccountRule, account)
    found = journal.record(TariffPrices, rule.tariff) if rule else None
    return found.prices if found else ()
