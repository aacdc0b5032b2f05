"""An account with everything its bill and its decision rest on, gathered once per use case. Decides nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from gateway.application.alarms import raise_alarm, station
from gateway.application.ports import Journal
from gateway.application.records import Tie
from gateway.contract.facts import Instant
from gateway.contract.identifiers import AccountId, MeterNo
from gateway.contract.quantities import MicroYuanPerKwh
from gateway.contract.rules import AccountRule, PriceRule
from gateway.domain.buckets import PAID, Bucket, in_order_of_use, spendable
from gateway.domain.instants import elapsed_ms, wall_of
from gateway.domain.ledger import AccountState, Bill, bill_energy
from gateway.domain.reading import MeterState
from gateway.domain.tariff import Span, TariffPrices, lowest_price, lowest_rate, rate_at


@dataclass(frozen=True, slots=True)
class Metered:
    """One account: its rule, its state, its meter, its tariff's prices and its buckets in order of use."""

    rule: AccountRule
    state: AccountState
    meter: MeterState | None
    prices: tuple[PriceRule, ...]
    buckets: list[Bucket]

    @property
    def paid_unit(self) -> str:
        return next(bucket.unit for bucket in self.rule.buckets if bucket.name == PAID)

    @property
    def unsettled_wh(self) -> int:
        """Energy on the meter's running total that no entry has billed yet."""
        return 0 if self.meter is None else self.meter.total_wh - self.state.settled_wh

    def price_now(self, now: Instant) -> MicroYuanPerKwh:
        """What the next watt-hour costs; the lowest price while the time is not known (C-14)."""
        if not now.trusted:
            return MicroYuanPerKwh(lowest_rate(lowest_price(self.prices)))
        return MicroYuanPerKwh(rate_at(self.prices, now.wall_ms, self.state.months))


def metered(journal: Journal, account: AccountId) -> Metered | None:
    """Gather an account; None when the configuration doesn't have it."""
    rule = journal.record(AccountRule, account)
    if rule is None:
        return None
    state = journal.record(AccountState, account) or AccountState(account)
    tariff = journal.record(TariffPrices, rule.tariff)
    return Metered(
        rule=rule,
        state=state,
        meter=None if state.meter is None else journal.record(MeterState, state.meter),
        prices=tariff.prices if tariff else (),
        buckets=in_order_of_use(journal.buckets(account), rule.buckets),
    )


def metered_by(journal: Journal, meter: MeterNo) -> Metered | None:
    """Gather the account that a meter bills now; None when it bills none."""
    tie = journal.record(Tie, meter)
    return None if tie is None else metered(journal, tie.account)


def bill(gathered: Metered, now: Instant) -> Bill:
    """Price what is not settled yet. Writes nothing."""
    return bill_energy(
        gathered.buckets,
        gathered.unsettled_wh,
        span_of(gathered.state.settled_at, gathered.meter.at if gathered.meter else None, now),
        gathered.prices,
        gathered.state.carried_nano_yuan,
        gathered.paid_unit,
        gathered.state.months,
    )


def span_of(began: Instant | None, ended: Instant | None, now: Instant) -> Span | None:
    """Give the true wall times of an interval, or None when either can't be known (C-14)."""
    if began is None or ended is None:
        return None
    from_ms, to_ms = wall_of(began, now), wall_of(ended, now)
    if from_ms is None or to_ms is None:
        return None
    if from_ms > to_ms:
        # The wall clock ran ahead when the interval began, and was mended: the monotonic one knows its length, or nobody does.
        from_ms = to_ms - (elapsed_ms(began, ended) or 0)
    return Span(from_ms, to_ms)


def live_balance(gathered: Metered, now: Instant) -> int:
    """Give what is left to spend in the account's unit: the ledger less the energy that is not settled yet."""
    buckets: Sequence[Bucket] = gathered.buckets
    if gathered.unsettled_wh > 0 and not gathered.state.quarantined and not gathered.state.closed:
        buckets = bill(gathered, now).buckets
    return spendable(buckets, gathered.rule.unit, gathered.price_now(now))


def quarantine(journal: Journal, account: AccountId, why: str, now: Instant) -> None:
    """Stop billing and deciding for one account; its relay stays as it is until a person releases it (C-17)."""
    state = journal.record(AccountState, account) or AccountState(account)
    if state.quarantined:
        return
    journal.keep(account, msgspec.structs.replace(state, quarantined=why))
    raise_alarm(journal, "account-quarantined", account, why, now)


def quarantine_of(journal: Journal, meter: MeterNo, why: str, now: Instant) -> AccountId | None:
    """Quarantine the account that a meter bills, and name it; None when it bills none (C-17)."""
    tie = journal.record(Tie, meter)
    if tie is not None:
        quarantine(journal, tie.account, why, now)
    return tie.account if tie else None


def certain_wall_ms(journal: Journal, now: Instant) -> int:
    """Give a wall time that has certainly been reached: now, or on an untrusted clock the latest one that was proved."""
    if now.trusted:
        return now.wall_ms
    here = station(journal)
    return max(here.high_water_ms, here.central_ms)
