"""How many days a room's credit lasts at the use of its last whole days, as the desk says it to who asks."""

from datetime import timedelta

from django.db.models import Sum

from central.campus.models import Price
from central.clock import campus_day, start_of_day_ms
from central.desk.room_lines import RoomLine
from central.domain.days_left import days_left, energy_left_wh
from central.link.telemetry.models import HourlyUse

DAYS_AVERAGED = 7


def days_left_of(line: RoomLine, price: Price | None, now_ms: int) -> int | None:
    """Give the whole days; None where nothing can be said: too little is measured, or a balance that rooms share."""
    if line.shares_with or not line.meters:
        return None
    today = campus_day(now_ms)
    days = [today - timedelta(days=back) for back in range(DAYS_AVERAGED, 0, -1)]
    used: dict[object, int] = {}
    for hour_ms, energy_wh in _hours(line.meters, start_of_day_ms(days[0]), start_of_day_ms(today)):
        day = campus_day(hour_ms)
        used[day] = used.get(day, 0) + energy_wh
    amounts = [(one.amount, one.unit) for one in line.left.now]
    left_wh = energy_left_wh(amounts, price.micro_yuan_per_kwh if price else None)
    return days_left(left_wh, [used.get(day) for day in days]) if amounts else None


def _hours(meters: tuple[str, ...], from_ms: int, until_ms: int) -> list[tuple[int, int]]:
    rows = HourlyUse.objects.filter(meter__in=meters, hour_ms__gte=from_ms, hour_ms__lt=until_ms)
    return list(rows.values_list("hour_ms").annotate(total=Sum("energy_wh")))
