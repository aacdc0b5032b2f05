"""Numbers without a gap: of receipts, shifts, closed days, batches. A series stays locked until its number is committed."""

from central.desk.models import ReceiptSeries
from central.prepared import Prepared, update

RECEIPTS, SHIFTS, DAYS, HAND_INS = "main", "shift", "day", "hand-in"

_SERIES = Prepared(lambda name: ReceiptSeries.objects.select_for_update().filter(pk=name), str)


def locked_series(name: str) -> ReceiptSeries:
    """Lock a series, the first lock of a transaction that gives numbers."""
    return _SERIES.first(name) or ReceiptSeries.objects.select_for_update().get_or_create(name=name)[0]


def next_number(series: ReceiptSeries) -> int:
    """Give the next number of a locked series."""
    series.last_number += 1
    update(series, "last_number")
    return series.last_number
