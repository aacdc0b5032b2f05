"""Receipt numbers of a restored central: those that the lost one may have printed are left out, and the gap has a name (R-4.1.4).

Nobody knows how many receipts were printed after the backup; a number on paper must never stand for two payments.
"""

from central.desk.models import Receipt
from central.desk.numbering import RECEIPTS, locked_series
from central.link.models import NumberLeap, Restoration
from central.link.number_leaps import BUSIEST, DAY_MS, days_lost, leap, leap_of
from central.prepared import update

LEAST_LEFT_OUT = 10_000
"""More than any desk prints within the days that a backup may be old; a busy campus's own days are asked, too."""
LATELY_DAYS = 30


def leap_receipts(restoration: Restoration) -> NumberLeap:
    """Begin a restored central's receipts at a round number far above its last, inside the caller's transaction; once."""
    series = locked_series(RECEIPTS)
    made = leap(restoration, RECEIPTS, series.last_number, _may_be_lost(restoration))
    series.last_number = made.first - 1
    update(series, "last_number")
    return made


def _may_be_lost(restoration: Restoration) -> int:
    """As many as busiest days would give since the backup, by the thirty days before it; at least ten thousand."""
    since_ms = restoration.backup_ms - LATELY_DAYS * DAY_MS
    lately = Receipt.objects.filter(at_ms__gte=since_ms).count()
    return max(LEAST_LEFT_OUT, lately * days_lost(restoration) * BUSIEST // LATELY_DAYS)


def left_out() -> list[tuple[int, int]]:
    """Give the ranges of receipt numbers that no receipt has, first and last, in order."""
    return [(leap.after + 1, leap.first - 1) for leap in leap_of(RECEIPTS)]
