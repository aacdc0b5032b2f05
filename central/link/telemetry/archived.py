"""Which months of telemetry lie in the archive: asked by what is made of their rows, and by pages that show such times."""

from collections.abc import Iterable

from central.ledger.monthly_tables import month_at, month_name
from central.link.telemetry.models import ArchivedMonth


def archived_months(kinds: Iterable[str]) -> frozenset[int]:
    """Give the months of which rows of one of these kinds lie in files alone."""
    wanted = set(kinds)
    rows = ArchivedMonth.objects.exclude(state=ArchivedMonth.State.LOADED).values_list("month", "rows")
    return frozenset(month for month, counts in rows if wanted & {kind for kind, n in counts.items() if n})


def archived_between(kinds: Iterable[str], from_ms: int, until_ms: int) -> list[str]:
    """Name the archived months that an interval touches, in order: 2026-11."""
    span = range(month_at(from_ms), month_at(until_ms - 1) + 1)
    return [month_name(month) for month in sorted(archived_months(kinds)) if month in span]
