"""A building's sheet of a period as plain data: where it is, its lines in walking order, what of them is read."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from central.campus.models import Building
from central.clock import campus_day
from central.domain.hand_reading import Usual
from central.domain.periods import (
    NotAPeriod,
    Period,
    PeriodKind,
    accounting_period,
    accounting_period_of,
    read_period,
)
from central.losses.readings.history import Last, daily_uses, last_values, sheets_of, usual_of
from central.losses.readings.meters import SheetMeter, sheet_meters
from central.losses.readings.models import HandReading, ReadingSheet
from central.papers.accounting import first_days, instants_of

READ_AFTER_DAYS = 15
"""From the middle of a period on its own sheet is the next one; before, that of the one that ended."""
DECEMBER = 12


@dataclass(frozen=True, slots=True)
class Place:
    """One building and period; `sheet` None before the first entry."""

    building: Building
    period: Period
    from_ms: int
    until_ms: int
    sheet: ReadingSheet | None

    @property
    def month(self) -> int:
        """The period's month as its address has it: 202611."""
        return month_of(self.period)

    @property
    def state(self) -> str:
        """How far the sheet is."""
        return self.sheet.state if self.sheet else ReadingSheet.State.OPEN


@dataclass(frozen=True, slots=True)
class Line:
    """One meter on the sheet: what was known, and the entry that counts."""

    place: int
    meter: SheetMeter
    last: Last | None
    usual: Usual | None
    reading: HandReading | None
    entries: int = 0

    @property
    def is_done(self) -> bool:
        """Say whether it is read, or said why not, and no question is left."""
        return self.reading is not None and not self.reading.is_questioned


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the lines are."""

    meters: int
    done: int
    questioned: int
    readers: tuple[str, ...]

    @property
    def missing(self) -> int:
        """How many have no entry at all."""
        return self.meters - self.done - self.questioned


def month_of(period: Period) -> int:
    """Give a period's month as a number: 202611."""
    return period.last.year * 100 + period.last.month


def period_of_month(month: int) -> Period | None:
    """Give the accounting period that ends in a month such as 202611; None for what is no month."""
    year, of_year = divmod(month, 100)
    if not 2000 <= year < 2200 or not 1 <= of_year <= DECEMBER:
        return None
    return accounting_period(year, of_year, first_days)


def period_now(now_ms: int) -> Period:
    """Give the period whose sheet is being read at an instant."""
    return accounting_period_of(campus_day(now_ms) - timedelta(days=READ_AFTER_DAYS), first_days)


def named_period(name: str) -> Period | None:
    """Give the accounting period of a name; None for another kind or none at all."""
    try:
        period = read_period(name, first_days)
    except NotAPeriod:
        return None
    return period if period.kind is PeriodKind.ACCOUNTING else None


def place_of(building: Building, period: Period) -> Place:
    """Give a building's sheet of a period."""
    from_ms, until_ms = instants_of(period)
    return Place(building, period, from_ms, until_ms, sheets_of([building.pk], period.name).get(building.pk))


def hangs_at(place: Place, now_ms: int) -> int:
    """Give the instant whose meters the sheet lists: now, until it is closed."""
    sheet = place.sheet
    return now_ms if sheet is None or sheet.closed_ms is None else sheet.closed_ms


def lines_of(place: Place, now_ms: int) -> list[Line]:
    """Give the sheet's lines in walking order."""
    at_ms = hangs_at(place, now_ms)
    meters = sheet_meters(place.building, at_ms)
    numbers = [one.meter for one in meters]
    last = last_values(place.from_ms, numbers, at_ms)
    daily = daily_uses(place.from_ms, numbers)
    entries = entries_of(place.sheet)
    return [
        Line(
            number,
            one,
            last.get(one.meter),
            usual_of(last.get(one.meter), daily[one.meter], now_ms),
            entries[one.meter][-1] if one.meter in entries else None,
            len(entries.get(one.meter, ())),
        )
        for number, one in enumerate(meters, start=1)
    ]


def entries_of(sheet: ReadingSheet | None) -> dict[str, list[HandReading]]:
    """Give a sheet's entries by meter; of each the last one counts."""
    found: dict[str, list[HandReading]] = {}
    if sheet is not None:
        for one in sheet.readings.select_related("by").order_by("at_ms", "pk"):
            found.setdefault(one.meter, []).append(one)
    return found


def progress_of(lines: Sequence[Line]) -> Progress:
    """Count what is read."""
    readers = Counter(one.reading.by.spoken_name for one in lines if one.reading)
    return Progress(
        len(lines),
        sum(one.is_done for one in lines),
        sum(one.reading is not None and one.reading.is_questioned for one in lines),
        tuple(name for name, _count in readers.most_common()),
    )


def floors_of(lines: Sequence[Line]) -> list[int | None]:
    """Give the floors in walking order; None: the board and what hangs nowhere."""
    return list(dict.fromkeys(one.meter.floor for one in lines))
