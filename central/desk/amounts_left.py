"""What accounts have left: as the ledger says since the last settlement, and as it is now by estimate; many accounts at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from central.among import among
from central.campus.models import CustomerClass
from central.campus.queries import prices_at
from central.domain.live_balance import MeterSince, estimate
from central.ledger.chart_of_accounts import customer
from central.ledger.queries import balances
from central.link.models import BilledRegister
from central.link.telemetry.models import LastReading
from gateway.contract.quantities import MicroYuanPerKwh
from gateway.domain.buckets import Bucket


@dataclass(frozen=True)
class Amount:
    """What is left in one unit: micro-yuan for `yuan`, watt-hours for `kwh`."""

    amount: int
    unit: str


@dataclass(frozen=True)
class Left:
    """What an account has left, the class's unit first; both are empty where there is no account."""

    ledger: tuple[Amount, ...] = ()
    """As of the last settlement; credit that was paid for is in it at once."""
    estimate: tuple[Amount, ...] = ()
    """Less the energy since; empty where nothing was used, or the meter's story is not clear."""
    settled_ms: int | None = None
    """The last settlement, of several meters the oldest; None before the first."""

    @property
    def now(self) -> tuple[Amount, ...]:
        """The better figure of the two."""
        return self.estimate or self.ledger


@dataclass(frozen=True)
class Tie:
    """A meter tied to an account, from an instant on and from a register on, where it was recorded; billed by that one's tariff."""

    meter: str
    account: str
    from_ms: int
    baseline_wh: int | None
    tariff_id: int


@dataclass(frozen=True)
class Metered:
    """An account with its class, the meters whose energy it pays for, and whether an alarm questions what they read."""

    account: str
    customer_class: CustomerClass
    ties: Sequence[Tie]
    is_in_doubt: bool


def amounts_left(
    accounts: Sequence[Metered], readings: Mapping[str, LastReading], now_ms: int
) -> dict[str, Left]:
    """Give what each account has left, by its code; a fixed number of queries."""
    held = _buckets(accounts)
    prices = prices_at({tie.tariff_id for metered in accounts for tie in metered.ties}, now_ms)
    billed = _billed([tie.meter for metered in accounts for tie in metered.ties])
    left = {}
    for metered in accounts:
        buckets, unit = held[metered.account], metered.customer_class.unit
        last = [billed.get((tie.meter, tie.account)) for tie in metered.ties]
        since = [
            (
                _since(tie, settled, readings.get(tie.meter), metered.is_in_doubt),
                MicroYuanPerKwh(prices[tie.tariff_id].micro_yuan_per_kwh),
            )
            for tie, settled in zip(metered.ties, last, strict=True)
            if tie.tariff_id in prices
        ]
        after = estimate(buckets, since, unit) if len(since) == len(last) else None
        left[metered.account] = Left(
            ledger=by_unit(buckets, unit),
            estimate=by_unit(after, unit) if after else (),
            settled_ms=min((settled.at_ms for settled in last if settled), default=None),
        )
    return left


@dataclass(frozen=True)
class _Settled:
    register_wh: int
    at_ms: int


def _billed(meters: Iterable[str]) -> dict[tuple[str, str], _Settled]:
    """Give where meters were settled last, by meter and the account that was billed."""
    rows = BilledRegister.objects.filter(among("meter", meters))
    return {
        (meter, account): _Settled(register_wh, at_ms)
        for meter, account, register_wh, at_ms in rows.values_list("meter", "account", "register_wh", "at_ms")
    }


def _buckets(accounts: Iterable[Metered]) -> dict[str, list[Bucket]]:
    """Read the ledger's balances, each account's in the order its class uses them up."""
    classes = {metered.customer_class.pk: metered.customer_class for metered in accounts}
    rules = {pk: [(rule.name, rule.unit) for rule in one.buckets.all()] for pk, one in classes.items()}
    sides = {
        (metered.account, name): customer(metered.account, name, unit)
        for metered in accounts
        for name, unit in rules[metered.customer_class.pk]
    }
    amounts = balances(sides.values())
    held: dict[str, list[Bucket]] = {metered.account: [] for metered in accounts}
    for (code, name), side in sides.items():
        held[code].append(Bucket(name, side.unit, 0, amounts.get(side.code, 0)))
    return held


def by_unit(buckets: Iterable[Bucket], own_unit: str) -> tuple[Amount, ...]:
    """Add up buckets by unit, the class's own first: a balance is never mixed of yuan and kWh."""
    sums = {own_unit: 0}
    for bucket in buckets:
        sums[bucket.unit] = sums.get(bucket.unit, 0) + bucket.balance
    return tuple(Amount(amount, unit) for unit, amount in sums.items())


def _since(tie: Tie, settled: _Settled | None, reading: LastReading | None, is_in_doubt: bool) -> MeterSince:
    """Count from the last settled register of this account, before its first settlement from the meter's baseline."""
    start_wh, start_ms = (settled.register_wh, settled.at_ms) if settled else (tie.baseline_wh, tie.from_ms)
    if reading is None:
        return MeterSince(start_wh, start_ms)
    return MeterSince(start_wh, start_ms, reading.register_wh, reading.wall_ms, reading.outcome, is_in_doubt)
