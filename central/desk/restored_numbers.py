"""Receipt numbers of a restored central: those that the lost one may have printed are left out, and the gap has a name (R-4.1.4).

Nobody knows how many receipts were printed after the backup; a number on paper must never stand for two payments.
"""

from central.desk.models import Receipt
from central.desk.numbering import RECEIPTS, locked_series
from central.link.lost_with_central import leap_of
from central.link.models import NumberLeap, Restoration
from central.prepared import update

LEAST_LEFT_OUT = 10_000
"""More than any desk prints within the days that a backup may be old; a busy campus's own days are asked, too."""
ROUND = 1_000
DAY_MS = 86_400_000
LATELY_DAYS = 30
BUSIEST = 9
"""A term's first days sell so many times as much as a day of the month before."""


def leap_receipts(restoration: Restoration) -> NumberLeap:
    """Begin a restored central's receipts at a round number far above its last, inside the caller's transaction; once."""
    series = locked_series(RECEIPTS)
    known = restoration.leaps.filter(series=RECEIPTS).first()
    if known is not None:
        return known
    last = series.last_number
    first = -(-(last + _may_be_lost(restoration)) // ROUND) * ROUND + 1
    leap = NumberLeap.objects.create(restoration=restoration, series=RECEIPTS, after=last, first=first)
    series.last_number = first - 1
    update(series, "last_number")
    return leap


def _may_be_lost(restoration: Restoration) -> int:
    """As many as busiest days would give since the backup, by the thirty days before it; at least ten thousand."""
    since_ms = restoration.backup_ms - LATELY_DAYS * DAY_MS
    lately = Receipt.objects.filter(at_ms__gte=since_ms).count()
    days = max(restoration.restored_ms - restoration.backup_ms, 0) // DAY_MS + 1
    return max(LEAST_LEFT_OUT, lately * days * BUSIEST // LATELY_DAYS)


def left_out() -> list[tuple[int, int]]:
    """Give the ranges of receipt numbers that no receipt has, first and last, in order."""
    return [(leap.after + 1, leap.first - 1) for leap in leap_of(RECEIPTS)]
