"""Numbers that a restored central leaves out: what the lost one may have printed or told stands for one thing only (C-11).

A leap is made once, when the restored books begin; `verify` and the page *Restored from a backup* know each gap by its name.
"""

from collections.abc import Iterator
from itertools import count

from central.ledger.models import AuditEntry
from central.link.backup_models import NumberLeap, Restoration

ROUND = 1_000
LEAST_LEFT_OUT = 1_000
DAY_MS = 86_400_000
BUSIEST = 9
"""A term's first days write so many times as much as a usual day."""


def leap(restoration: Restoration, series: str, last: int, room: int) -> NumberLeap:
    """Begin a series at a round number at least `room` above its last; once for each restoration."""
    first = -(-(last + room) // ROUND) * ROUND + 1
    return NumberLeap.objects.get_or_create(
        restoration=restoration, series=series, defaults={"after": last, "first": first}
    )[0]


def days_lost(restoration: Restoration) -> int:
    """Give the days that the backup was old, the begun one too."""
    return max(restoration.restored_ms - restoration.backup_ms, 0) // DAY_MS + 1


def usual_room(restoration: Restoration, last: int) -> int:
    """As many as busiest days would give since the backup, by all the days of the books before it; at least a thousand."""
    begun_ms = AuditEntry.objects.order_by("position").values_list("at_ms", flat=True).first()
    days = 1 if begun_ms is None else max((restoration.backup_ms - begun_ms) // DAY_MS, 1)
    return max(LEAST_LEFT_OUT, last * days_lost(restoration) * BUSIEST // days)


def leap_of(series: str) -> list[NumberLeap]:
    """Give the gaps of a series that restorations made, in order."""
    return list(NumberLeap.objects.filter(series=series).order_by("after"))


def numbers_of(series: str) -> Iterator[int]:
    """Give the numbers that a series without a gap has, from 1 on, but for those that restorations left out; without an end."""
    begin = 1
    for gap in leap_of(series):
        yield from range(begin, gap.after + 1)
        begin = gap.first
    yield from count(begin)
