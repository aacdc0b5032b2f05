"""What a kWh truly costs in the simulated building, and when it is dark: written down anew, sharing no code with the gateway.

All edges lie on full hours of local time, so that whoever brings the bills to each full hour cuts them at every edge.
"""

from datetime import UTC, datetime, timedelta

from gateway.contract.rules import (
    CalendarException,
    CalendarRule,
    PriceRule,
    PriceStep,
    PriceWindow,
    WeekWindow,
)

START_MS = 1_788_220_800_000
"""2026-09-01, 00:00 UTC: the first day of a term."""
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
PRICES = [("p1", 0, 558_300), ("p2", 1, 620_000), ("p3", 2, 500_000), ("p4", 50, 600_000)]
"""The flat tariff: version, day from which it holds, micro-yuan per kWh."""
LATE, LEARNT_DAY = "p3", 2.4
"""The gateway learns of this price only then, and adjusts (C-9)."""
KNOWN_AT_FIRST = 2
FLAT, BY_TIME, BY_STEPS = "student", "by-time", "by-steps"
TARIFFS = {"1": FLAT, "2": FLAT, "3": BY_TIME, "4": BY_TIME, "5": BY_STEPS, "6": BY_TIME}
VALLEY, USUAL, PEAK = 300_000, 600_000, 900_000
STEP_BASE = 500_000
STEPS = [(20_000, 150_000), (80_000, 350_000)]
"""Above so many Wh of the local month, each kWh costs so much more; the last that is reached counts."""
DEAREST = PEAK
WIDEST = PEAK - VALLEY
DARK_FROM, DARK_TO = 23, 6
EXAM_DAYS = (5, 8)
"""From the first to the second day of the run the lights stay on."""
EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]


def local(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC) + timedelta(hours=8)


def month(at_ms: int) -> tuple[int, int]:
    then = local(at_ms)
    return then.year, then.month


def base_price(tariff: str, at_ms: int) -> int:
    """Give the price of an instant without a step's addition."""
    if tariff == BY_STEPS:
        return STEP_BASE
    if tariff == FLAT:
        return [price for _, day, price in PRICES if not day or at_ms >= START_MS + day * DAY_MS][-1]
    hour = local(at_ms).hour
    if hour >= 23 or hour < 7:
        return VALLEY
    return PEAK if 18 <= hour < 22 and local(at_ms).isoweekday() <= 5 else USUAL


def bases_between(tariff: str, from_ms: int, to_ms: int) -> set[int]:
    """Give every price that held in an interval, its end excluded."""
    last_ms = max(from_ms, to_ms - 1)
    hours = range(from_ms // HOUR_MS * HOUR_MS + HOUR_MS, last_ms + 1, HOUR_MS)
    if len(hours) > 24 * 14:
        hours = range(hours[-1] - 24 * 14 * HOUR_MS, hours[-1] + 1, HOUR_MS)
    return {base_price(tariff, at_ms) for at_ms in (from_ms, *hours, last_ms)}


def step_at(month_wh: int) -> tuple[int, int | None]:
    """Give what is added after so much use in a month, and the mark at which that changes."""
    added, end = 0, None
    for above, add in STEPS:
        if month_wh < above:
            return added, above
        added = add
    return added, end


def step_cost(month_uws: int, uws_per_wh: int) -> int:
    """Give what the steps add to a month's energy, in units of uws times micro-yuan per kWh."""
    cost, before = 0, 0
    for above, add in STEPS:
        cost += max(0, month_uws - above * uws_per_wh) * (add - before)
        before = add
    return cost


def is_dark(at_ms: int) -> bool:
    hour, day = local(at_ms).hour, (at_ms - START_MS) / DAY_MS
    return (hour >= DARK_FROM or hour < DARK_TO) and not EXAM_DAYS[0] <= day < EXAM_DAYS[1]


def desk_is_closed(at_ms: int) -> bool:
    """Outside 11:30 to 13:30 and 17:00 to 22:00 (R-4.1.1a)."""
    minute = local(at_ms).hour * 60 + local(at_ms).minute
    return not (690 <= minute < 810 or 1020 <= minute < 1320)


def price_rules(known: int) -> list[PriceRule]:
    """Give the lists as central sends them: so many of the flat prices, and the other tariffs."""
    flat = [
        PriceRule(version, FLAT, START_MS + day * DAY_MS if day else 0, price)
        for version, day, price in PRICES[:known]
    ]
    windows = [
        PriceWindow(WeekWindow(EVERY_DAY, 23 * 60, 7 * 60), VALLEY),
        PriceWindow(WeekWindow(EVERY_DAY[:5], 18 * 60, 22 * 60), PEAK),
    ]
    steps = [PriceStep(above, add) for above, add in STEPS]
    return [
        *flat,
        PriceRule("t1", BY_TIME, 0, USUAL, windows=windows),
        PriceRule("s1", BY_STEPS, 0, STEP_BASE, steps=steps),
    ]


def calendars() -> list[CalendarRule]:
    exams = CalendarException(START_MS + EXAM_DAYS[0] * DAY_MS, START_MS + EXAM_DAYS[1] * DAY_MS)
    return [CalendarRule("dark", [WeekWindow(EVERY_DAY, DARK_FROM * 60, DARK_TO * 60)], [exams])]
