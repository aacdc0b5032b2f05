"""How many days a room's credit lasts at the use of its last whole days, as the desk says it to who asks."""

from collections.abc import Iterable
from datetime import timedelta

from central.campus.models import Price
from central.clock import campus_day, start_of_day_ms
from central.desk.room_lines import RoomLine
from central.domain.days_left import days_left, energy_left_wh
from central.link.telemetry.models import HourlyUse

DAYS_AVERAGED = 7
ASKED_AT_ONCE = 300


def days_left_of(line: RoomLine, price: Price | None, now_ms: int) -> int | None:
    """Give the whole days; None where nothing can be said: too little is measured, or a balance that rooms share."""
    return days_left_of_rooms([(line, price)], now_ms)[line.room_id]


def days_left_of_rooms(lines: Iterable[tuple[RoomLine, Price | None]], now_ms: int) -> dict[int, int | None]:
    """Give the same for many rooms at once, each with its class's price, by the room's number."""
    lines = list(lines)
    today = campus_day(now_ms)
    days = [today - timedelta(days=back) for back in range(DAYS_AVERAGED, 0, -1)]
    asked = [meter for line, _price in lines if not line.shares_with for meter in line.meters]
    used = _by_day(asked, start_of_day_ms(days[0]), start_of_day_ms(today))
    found: dict[int, int | None] = {}
    for line, price in lines:
        amounts = [(one.amount, one.unit) for one in line.left.now]
        left_wh = energy_left_wh(amounts, price.micro_yuan_per_kwh if price else None)
        measured = [_of_day([used.get((meter, day)) for meter in line.meters]) for day in days]
        known = bool(amounts and line.meters) and not line.shares_with
        found[line.room_id] = days_left(left_wh, measured) if known else None
    return found


def _of_day(used_wh: list[int | None]) -> int | None:
    """Add up a room's meters; None where none of them was read."""
    measured = [used for used in used_wh if used is not None]
    return sum(measured) if measured else None


def _by_day(meters: list[str], from_ms: int, until_ms: int) -> dict[tuple[str, object], int]:
    used: dict[tuple[str, object], int] = {}
    for begin in range(0, len(meters), ASKED_AT_ONCE):
        part = meters[begin : begin + ASKED_AT_ONCE]
        rows = HourlyUse.objects.filter(meter__in=part, hour_ms__gte=from_ms, hour_ms__lt=until_ms)
        for meter, hour_ms, energy_wh in rows.values_list("meter", "hour_ms", "energy_wh"):
            key = meter, campus_day(hour_ms)
            used[key] = used.get(key, 0) + energy_wh
    return used
