"""An account with everything its bill and its decision rest on, gathered once per use case. Decides nothing.

Where one account's money pays for several points (C-4), each point is gathered with that account's buckets, remainder and limits;
meter, tariff, month and relay stay its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from gateway.application.alarms import raise_alarm, station
from gateway.application.ports import Journal
from gateway.application.records import RoomControl, Tie
from gateway.contract.facts import Instant
from gateway.contract.identifiers import AccountId, MeterNo
from gateway.contract.quantities import MicroYuanPerKwh
from gateway.contract.rules import AccountRule, PriceRule, SoftwareControlRule
from gateway.domain.buckets import PAID, Bucket, in_order_of_use
from gateway.domain.instants import elapsed_ms, wall_of
from gateway.domain.ledger import AccountState, Bill, bill_energy
from gateway.domain.reading import MeterState
from gateway.domain.shared_credit import with_limits_of
from gateway.domain.tariff import Span, TariffPrices, lowest_price, lowest_rate, rate_at


@dataclass(frozen=True, slots=True)
class Metered:
    """One account: its rule, its state, its meter, its tariff's prices and the buckets that pay, in order of use."""

    rule: AccountRule
    state: AccountState
    meter: MeterState | None
    prices: tuple[PriceRule, ...]
    buckets: list[Bucket]
    payer: AccountState
    """Whose buckets they are: the account's own state, or that of the one it pays from."""

    @property
    def is_barred(self) -> bool:
        """Nothing is billed: the account's books or the payer's wait for a person, or are closed."""
        return bool(self.quarantined) or self.is_closed

    @property
    def is_closed(self) -> bool:
        return self.state.closed or self.payer.closed

    @property
    def quarantined(self) -> str:
        """Why the books that bill it wait for a person, and whose those are; empty when none do (C-17)."""
        if self.state.quarantined:
            return f"quarantined: {self.state.quarantined}"
        if self.payer.quarantined:
            return f"{self.payer.account}, which pays, is quarantined: {self.payer.quarantined}"
        return ""

    @property
    def used_by(self) -> AccountId | None:
        """This account where another one pays, as the entries name it."""
        return None if self.payer.account == self.state.account else self.state.account

    @property
    def paid_unit(self) -> str:
        return next(bucket.unit for bucket in self.rule.buckets if bucket.name == PAID)

    @property
    def unsettled_wh(self) -> int:
        """Energy on the meter's running total that no entry has billed yet."""
        if self.meter is None or self.is_unmetered:
            return 0
        return self.meter.total_wh - self.state.settled_wh

    @property
    def is_unmetered(self) -> bool:
        """A software control stands: what the meter counts is no measure, and is billed to nobody (R-4.3.5)."""
        return bool(self.state.control)

    def price_now(self, now: Instant) -> MicroYuanPerKwh:
        """What the next watt-hour costs; the lowest price while the time is not known (C-14)."""
        if not now.trusted:
            return MicroYuanPerKwh(lowest_rate(lowest_price(self.prices)))
        return MicroYuanPerKwh(rate_at(self.prices, now.wall_ms, self.state.months))


def metered(journal: Journal, account: AccountId) -> Metered | None:
    """Gather an account as it is billed and judged; None when the configuration doesn't have it."""
    rule = journal.record(AccountRule, account)
    paying = journal.record(AccountRule, rule.pays_from) if rule and rule.pays_from else None
    if rule is None or paying is None:
        return with_own_credit(journal, account)
    return _gathered(journal, with_limits_of(paying, rule), paying.account)


def with_own_credit(journal: Journal, account: AccountId) -> Metered | None:
    """Gather an account with what it holds itself, whoever pays for its energy: that is what it gets and gives back."""
    rule = journal.record(AccountRule, account)
    return None if rule is None else _gathered(journal, rule, account)


def _gathered(journal: Journal, rule: AccountRule, payer: AccountId) -> Metered:
    state = journal.record(AccountState, rule.account) or AccountState(rule.account)
    rule = _with_control(journal, rule, state)
    tariff = journal.record(TariffPrices, rule.tariff)
    return Metered(
        rule=rule,
        state=state,
        meter=None if state.meter is None else journal.record(MeterState, state.meter),
        prices=tariff.prices if tariff else (),
        buckets=in_order_of_use(journal.buckets(payer), rule.buckets),
        payer=journal.record(AccountState, payer) or AccountState(payer),
    )


def _with_control(journal: Journal, rule: AccountRule, state: AccountState) -> AccountRule:
    """A control that stands is judged and shown as the configuration's own rule for a room without a meter."""
    known = journal.record(RoomControl, state.control) if state.control else None
    if known is None:
        return rule
    good_at = known.begun.last_good_at
    since = good_at if good_at and good_at.trusted else known.begun.at
    software = SoftwareControlRule(since.wall_ms, known.begun.wh_per_day)
    return msgspec.structs.replace(rule, software=software)


def members(journal: Journal, payer: AccountId) -> Sequence[AccountId]:
    """Name the accounts that pay from another one's money, in order; mostly none."""
    return journal.made_of(AccountRule, _by_payer).get(payer, ())


def _by_payer(rules: Mapping[str, AccountRule]) -> dict[AccountId, list[AccountId]]:
    found: dict[AccountId, list[AccountId]] = {}
    for _, rule in sorted(rules.items()):
        if rule.pays_from:
            found.setdefault(rule.pays_from, []).append(rule.account)
    return found


def sharing(journal: Journal, gathered: Metered) -> list[Metered]:
    """Gather every point that one credit pays for: the account that holds it, then the others. Mostly it is one.

    They are billed in this order, so that what is estimated is what a settlement comes to.
    """
    payer = gathered.payer.account
    others = members(journal, payer)
    if not others and payer == gathered.state.account:
        return [gathered]
    found = (metered(journal, account) for account in (payer, *others))
    return [one for one in found if one is not None]


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
        gathered.payer.carried_nano_yuan,
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
