"""An account's credit: which bucket pays, and how much is left to spend (C-4). Knows one account at a time.

Energy is used up watt-hour by watt-hour: each is paid whole by the first bucket, in order of use, that can pay it. A kWh bucket
gives energy, a yuan bucket gives money at the price; what exceeds them all is booked to `paid`, below zero.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from gateway.contract.quantities import (
    MicroYuan,
    MicroYuanPerKwh,
    NanoYuan,
    Unit,
    WattHours,
    charge,
    energy_for,
)
from gateway.contract.rules import BucketRule

PAID = "paid"
"""The bucket that goes below zero."""
NEVER_MS = 1 << 62


class Bucket(msgspec.Struct, frozen=True, array_like=True):
    """One bucket's credit of one expiry, in micro-yuan or watt-hours. `expires_ms` 0 means never."""

    name: str
    unit: str
    expires_ms: int
    balance: int


class Posting(msgspec.Struct, frozen=True, array_like=True):
    """What one bucket of one expiry gains (positive) or loses."""

    name: str
    unit: str
    expires_ms: int
    amount: int


@dataclass(frozen=True, slots=True)
class Usage:
    """How an amount of energy was paid. `carried` is the account's new remainder."""

    postings: tuple[Posting, ...]
    carried: NanoYuan


def in_order_of_use(buckets: Iterable[Bucket], rules: Sequence[BucketRule]) -> list[Bucket]:
    """Sort by the rules' order, then by the earliest expiry; a bucket that no rule names any more comes last."""
    order = {rule.name: rule.order for rule in rules}
    return sorted(buckets, key=lambda b: (order.get(b.name, NEVER_MS), b.expires_ms or NEVER_MS, b.name))


def use_energy(
    buckets: Sequence[Bucket], energy_wh: int, price: MicroYuanPerKwh, carried: NanoYuan, paid_unit: str
) -> Usage:
    """Pay for energy from buckets given in order of use; `paid_unit` is the unit of the bucket that goes below zero.

    Exact: energy from kWh buckets plus energy priced is `energy_wh`; money taken plus remainder is energy priced x price.
    """
    postings: list[Posting] = []
    left_wh = energy_wh
    for bucket in buckets:
        if left_wh == 0:
            break
        if bucket.balance <= 0:
            continue
        part_wh = _payable_wh(bucket, left_wh, price, carried)
        if part_wh == 0:
            continue
        amount, carried = _cost(bucket.unit, part_wh, price, carried)
        postings.append(Posting(bucket.name, bucket.unit, bucket.expires_ms, -amount))
        left_wh -= part_wh
    if left_wh:
        amount, carried = _cost(paid_unit, left_wh, price, carried)
        postings.append(Posting(PAID, paid_unit, 0, -amount))
    return Usage(merged(postings), carried)


def _cost(unit: str, energy_wh: int, price: MicroYuanPerKwh, carried: NanoYuan) -> tuple[int, NanoYuan]:
    if unit == Unit.KWH:
        return energy_wh, carried
    return charge(WattHours(energy_wh), price, carried)


def _payable_wh(bucket: Bucket, wanted_wh: int, price: MicroYuanPerKwh, carried: NanoYuan) -> int:
    """How many whole watt-hours this bucket can pay without going below zero."""
    if bucket.unit == Unit.KWH:
        return min(wanted_wh, bucket.balance)
    if price == 0:
        return wanted_wh
    return min(wanted_wh, (bucket.balance * 1000 + 999 - carried) // price)


def merged(postings: Iterable[Posting]) -> tuple[Posting, ...]:
    """Add up postings to the same bucket; those that come to nothing are dropped."""
    amounts: dict[tuple[str, str, int], int] = {}
    for posting in postings:
        key = (posting.name, posting.unit, posting.expires_ms)
        amounts[key] = amounts.get(key, 0) + posting.amount
    return tuple(Posting(*key, amount) for key, amount in amounts.items() if amount)


def posted(buckets: Iterable[Bucket], postings: Iterable[Posting]) -> list[Bucket]:
    """Give the buckets after postings; one that did not exist is opened."""
    balances = {(b.name, b.unit, b.expires_ms): b.balance for b in buckets}
    for posting in postings:
        key = (posting.name, posting.unit, posting.expires_ms)
        balances[key] = balances.get(key, 0) + posting.amount
    return [Bucket(*key, balance) for key, balance in balances.items()]


def balance_of(buckets: Iterable[Bucket], name: str) -> int:
    """Add up a bucket's credit over its expiries."""
    return sum(bucket.balance for bucket in buckets if bucket.name == name)


def spendable(buckets: Iterable[Bucket], unit: str, price: MicroYuanPerKwh) -> int:
    """Add up all credit in the account's unit; the other unit is converted at the price, rounded down."""
    return sum(_converted(bucket, unit, price) for bucket in buckets)


def _converted(bucket: Bucket, unit: str, price: MicroYuanPerKwh) -> int:
    if bucket.unit == unit:
        return bucket.balance
    if unit == Unit.YUAN:
        return charge(WattHours(bucket.balance), price, NanoYuan(0))[0]
    return energy_for(MicroYuan(bucket.balance), price) if price > 0 else bucket.balance


def taken(buckets: Sequence[Bucket], name: str, asked: int) -> tuple[Posting, ...]:
    """Take min(asked, left) from a bucket's positive credit, in order of use (C-7). Never goes below zero."""
    postings = []
    for bucket in buckets:
        part = min(asked, bucket.balance) if bucket.name == name else 0
        if part > 0:
            postings.append(Posting(bucket.name, bucket.unit, bucket.expires_ms, -part))
            asked -= part
    return tuple(postings)
