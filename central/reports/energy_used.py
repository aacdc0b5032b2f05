"""How much energy accounts used in a period, in Wh: months from the books, days and weeks from the gateways' entries.

Energy belongs to whose it was, not to who paid for it: a room that uses up another one's balance has its own use here (C-4).
"""

from collections.abc import Collection

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from central.domain.periods import Period, PeriodKind
from central.link.models import GatewayEntry
from central.papers.accounting import instants_of
from central.reports.books.queries import account_periods
from gateway.contract.facts import EntryKind

BY_BOOKS = (PeriodKind.MONTH, PeriodKind.ACCOUNTING)
ASKED_AT_ONCE = 400


def energy_used(period: Period, codes: Collection[str]) -> dict[str, int]:
    """Give what these accounts used; one without any use is missing."""
    if period.kind in BY_BOOKS:
        wanted, found = set(codes), dict[str, int]()
        for one in account_periods(period):
            if one.account in wanted and one.energy_wh:
                found[one.account] = found.get(one.account, 0) + one.energy_wh
        return found
    return _by_entries(period, sorted(codes))


def _by_entries(period: Period, codes: list[str]) -> dict[str, int]:
    """Use up to a closing instant was used before it, as an explained bill has it."""
    from_ms, until_ms = instants_of(period)
    booked = GatewayEntry.objects.filter(
        kind=EntryKind.CONSUMPTION, booked=True, at_ms__gt=from_ms, at_ms__lte=until_ms
    )
    found: dict[str, int] = {}
    for begin in range(0, len(codes), ASKED_AT_ONCE):
        part = codes[begin : begin + ASKED_AT_ONCE]
        own = booked.filter(Q(used_by__in=part) | Q(used_by=None, account__in=part))
        found |= _sums(own)
    return found


def _sums(entries: QuerySet[GatewayEntry]) -> dict[str, int]:
    by_user = entries.annotate(user=Coalesce("used_by", "account")).order_by().values_list("user")
    return dict(by_user.annotate(Sum("energy_wh")))
