"""Make a month's days of balances once more before their rows go into the archive: from then on what is kept counts as it is."""

from datetime import timedelta

from central.campus.meter_groups import groups_of
from central.campus.models import Building
from central.clock import campus_day
from central.ledger.monthly_tables import month_span_ms
from central.losses.balances.queries import by_day


def keep_days_of(month: int) -> None:
    """Make each group's days of a month where they aren't kept, or were made of older rows."""
    from_ms, until_ms = month_span_ms(month)
    first, after = campus_day(from_ms), campus_day(until_ms)
    days = [first + timedelta(days=n) for n in range((after - first).days)]
    for building in Building.objects.order_by("code"):
        groups = {rule.group for rule in groups_of(building)}
        if groups:
            by_day(building, sorted(groups), days)
