"""How much a room of a class used in the last whole calendar month, on average: what a new price means in yuan is shown by it."""

from collections.abc import Iterable

from django.db.models import Count, Sum
from django.db.models.functions import Coalesce

from central.campus.models import Account
from central.clock import campus_day, start_of_day_ms
from central.domain.periods import day_before, month_period
from central.link.models import GatewayEntry
from gateway.contract.facts import EntryKind


def typical_month(class_codes: Iterable[str], now_ms: int) -> dict[str, int]:
    """Give Wh per room that used anything in the calendar month before an instant, by class; one query for each class."""
    today = campus_day(now_ms)
    last = day_before(month_period(today.year, today.month))
    before = month_period(last.year, last.month)
    from_ms, until_ms = start_of_day_ms(before.first), start_of_day_ms(before.after)
    found = {}
    for code in class_codes:
        rooms = Account.objects.filter(point__customer_class__code=code).values("code")
        used = (
            GatewayEntry.objects.filter(
                kind=EntryKind.CONSUMPTION, booked=True, at_ms__gt=from_ms, at_ms__lte=until_ms
            )
            .annotate(user=Coalesce("used_by", "account"))
            .filter(user__in=rooms)
            .aggregate(energy_wh=Sum("energy_wh"), rooms=Count("user", distinct=True))
        )
        if used["rooms"]:
            found[code] = used["energy_wh"] // used["rooms"]
    return found
