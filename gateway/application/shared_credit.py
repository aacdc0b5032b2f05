"""What one credit is worth now, and its settlement, however many points it pays for (C-4, C-12, R-B1). Decides nothing.

    meter 301 --> point 301 --\
    meter 302 --> point 302 ---+--> the buckets of account 301 --> one balance, one decision
    meter 303 --> point 303 --/

Each point's energy costs its own tariff's price; its entries are of the account that pays, and name meter and point.
"""

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from gateway.application.accounts import Metered, bill, metered, sharing
from gateway.application.ports import Journal
from gateway.application.settle import settle, settle_before_change
from gateway.contract.facts import EntryCause, Instant
from gateway.contract.identifiers import AccountId, MeterNo
from gateway.domain.buckets import Bucket, spendable


def live_balance(journal: Journal, gathered: Metered, now: Instant) -> int:
    """Give what is left to spend in the account's unit: the ledger less the energy that is not settled yet, of all its points."""
    return balance_of_all(sharing(journal, gathered), now)


def balance_of_all(points: Sequence[Metered], now: Instant) -> int:
    """The same for points gathered already, as `sharing` gives them; kWh and yuan are converted at the payer's price."""
    first = points[0]
    buckets, carried = first.buckets, first.payer.carried_nano_yuan
    for point in points:
        if point.unsettled_wh > 0 and not point.is_barred:
            billed = bill(point if point is first else _behind(point, buckets, carried), now)
            buckets, carried = billed.buckets, billed.carried
    return spendable(buckets, first.rule.unit, first.price_now(now))


def _behind(point: Metered, buckets: list[Bucket], carried_nano_yuan: int) -> Metered:
    """Give a point with what those before it leave of the credit."""
    payer = msgspec.structs.replace(point.payer, carried_nano_yuan=carried_nano_yuan)
    return replace(point, buckets=buckets, payer=payer)


def settle_all(
    journal: Journal, account: AccountId, cause: EntryCause, now: Instant, source: str | None = None
) -> bool:
    """Bill every point that is paid from the same credit as this one; say whether anything was written."""
    gathered = metered(journal, account)
    points = sharing(journal, gathered) if gathered else []
    written = [settle(journal, point.state.account, cause, now, source) for point in points]
    return any(written)


def settle_all_before_change(journal: Journal, account: AccountId, now: Instant) -> None:
    """Bill every point of this one's credit by the rules that are about to change, in quarantine too."""
    gathered = metered(journal, account)
    for point in sharing(journal, gathered) if gathered else []:
        settle_before_change(journal, point.state.account, EntryCause.COMMAND, now)


def meters_of(journal: Journal, account: AccountId) -> tuple[MeterNo, ...]:
    """Name the meters of all points that are paid from the same credit."""
    gathered = metered(journal, account)
    points = sharing(journal, gathered) if gathered else []
    return tuple(point.state.meter for point in points if point.state.meter)
