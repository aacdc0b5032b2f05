"""A month in which one room's use fell while its neighbours' did not, one moved out, and another one went with all the rest."""

import math
from datetime import timedelta

from central import clock
from central.campus.models import Account, Binding, Building, Occupancy, Room
from central.domain.periods import month_period
from central.link.telemetry.models import HourlyUse
from central.losses.abnormal.making import make_list
from central.losses.abnormal.models import AbnormalRun
from central.losses.abnormal.told import told_of
from tests.browser.seed import BY_HOUR_WH

HOUR_MS = 3_600_000


def last_month():
    """The last month that is over."""
    day = clock.campus_day(clock.now_ms()).replace(day=1)
    year, month = (day.year - 1, 12) if day.month == 1 else (day.year, day.month - 1)
    return month_period(year, month)


def fallen(code: str = "1", place: int = 3) -> Room:
    """The room whose use falls to a third."""
    return Room.objects.filter(building__code=code).order_by("floor", "label")[place]


def hours(code: str = "1", *, vacant: Room | None = None) -> None:
    """Write each room's use over the month and the weeks before it; one falls to a third from the month's fifth day on."""
    building = Building.objects.get(code=code)
    told = told_of(building, last_month())
    falls, month_day = fallen(code), 21 + 4
    rows = []
    for number, (meter, room) in enumerate(sorted(told.rooms.items())):
        for place in range((told.until_ms - told.from_ms) // HOUR_MS + 24):
            day, hour = place // 24, place % 24
            share = 1 + 0.15 * math.sin(day * 1.7 + number * 2.3) + 0.08 * math.sin(place * 0.9 + number)
            if room == falls and day >= month_day:
                share /= 3
            if room == vacant and day >= month_day:
                share = 0
            wh = round((BY_HOUR_WH[hour] + 7 * (number % 5)) * share)
            rows.append(HourlyUse(meter=meter, hour_ms=told.from_ms + place * HOUR_MS, energy_wh=wh))
    HourlyUse.objects.filter(meter__in=told.rooms).delete()
    HourlyUse.objects.bulk_create(rows, batch_size=2_000)
    if vacant is not None:
        Occupancy.objects.filter(account__point__room=vacant).update(
            until_day=last_month().first - timedelta(days=1)
        )


def settled_before(code: str = "1") -> None:
    """Have every room lived in and metered long before the month."""
    first_ms = clock.start_of_day_ms(last_month().first) - 60 * 24 * HOUR_MS
    here = Account.objects.filter(point__room__building__code=code)
    Binding.objects.filter(account__in=here, from_ms__gt=first_ms).update(from_ms=first_ms)
    Occupancy.objects.filter(account__in=here).update(from_day=clock.campus_day(first_ms))


def abnormal(code: str = "1") -> AbnormalRun:
    """Make the list."""
    settled_before(code)
    hours(code)
    return make_list(Building.objects.get(code=code), last_month(), clock.now_ms())
