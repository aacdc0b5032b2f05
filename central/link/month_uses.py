"""How much each account used in the latest months, by the gateway's own entries: where a rebuilt store's price steps go on.

An entry's interval lies in one month, or is split as the gateway split it. What was billed while nobody knew the time is in no
month here: where it took its place is the gateway's knowledge alone; steps begin lower without it, in the customer's favour.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from operator import or_

from django.db.models import Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from central.ledger.monthly_tables import UTC_OFFSET_MINUTES
from central.link.models import Gateway, GatewayEntry
from gateway.contract.commands import MonthUsed
from gateway.contract.facts import EntryKind
from gateway.contract.identifiers import AccountId
from gateway.domain.calendar import month_of, month_starts_ms
from gateway.domain.month_use import MonthUse, with_use

MONTHS_TOLD = 2
"""This month's steps, and the last one's for what is trued up late."""


def month_uses(gateway: Gateway, accounts: Collection[str]) -> list[MonthUsed]:
    """Give the use of accounts in the gateway's newest months, in Wh; months without use are left out."""
    consumed = GatewayEntry.objects.filter(
        gateway=gateway, kind=EntryKind.CONSUMPTION, booked=True, provisional=False
    ).exclude(from_ms=None)
    # Of accounts on one balance each has steps of its own, whoever pays (C-4).
    entries = consumed.annotate(user=Coalesce("used_by", "account")).filter(user__in=accounts)
    newest_ms = entries.aggregate(at_ms=Max("at_ms"))["at_ms"]
    if newest_ms is None:
        return []
    newest = month_of(newest_ms - 1, UTC_OFFSET_MINUTES)
    months = range(newest - MONTHS_TOLD + 1, newest + 1)
    edges = [month_starts_ms(month, UTC_OFFSET_MINUTES) for month in (*months, months.stop)]
    uses: dict[str, tuple[MonthUse, ...]] = {}
    for part in (*_inside(entries, edges), *_across(entries, edges)):
        uses[part.account] = with_use(
            uses.get(part.account, ()), part.energy_wh, part.from_ms, part.to_ms, UTC_OFFSET_MINUTES
        )
    return [
        MonthUsed(AccountId(account), use.month, use.used_wh)
        for account, found in sorted(uses.items())
        for use in found
        if use.month in months and use.used_wh
    ]


@dataclass(frozen=True, slots=True)
class _Part:
    account: str
    energy_wh: int
    from_ms: int
    to_ms: int


def _inside(entries: QuerySet[GatewayEntry], edges: Sequence[int]) -> Iterator[_Part]:
    """Add up, by account, the entries inside each month: nearly all of them."""
    for begins_ms, ends_ms in pairwise(edges):
        inside = entries.filter(from_ms__gte=begins_ms, from_ms__lt=ends_ms, at_ms__lte=ends_ms)
        for account, used_wh in inside.values_list("user").annotate(Sum("energy_wh")).order_by("user"):
            yield _Part(account, used_wh, begins_ms, begins_ms)


def _across(entries: QuerySet[GatewayEntry], edges: Sequence[int]) -> Iterator[_Part]:
    """Give the entries over a month's beginning, each once."""
    over = [Q(from_ms__lt=edge_ms, at_ms__gt=edge_ms) for edge_ms in edges]
    for entry in entries.filter(reduce(or_, over)).order_by("at_ms"):
        yield _Part(entry.used_by or entry.account, entry.energy_wh, entry.from_ms or 0, entry.at_ms)
