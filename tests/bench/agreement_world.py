"""A generated campus month for `bench_agreement`: what really happened, as each party would have it if nobody erred.

Payments as at a real desk: three of four are 30, 50 or 100 yuan, many on the same evening; shops pay by their meter, to the fen.
Rows of the days beside the period are there too, in the periods they belong to.
"""

import random
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone

from central.domain.agreement_rows import MS_PER_DAY, Row
from central.domain.periods import accounting_period

TIME_ZONE = timezone(timedelta(hours=8))
BEFORE, PERIOD, AFTER = (accounting_period(2026, month) for month in (10, 11, 12))
PERIODS = (BEFORE, PERIOD, AFTER)
BUILDINGS = ("1", "2", "3", "shops")
ROOMS = 110
"""In each building of dormitories; a quarter as many shops."""
PRICE_MICRO_YUAN = 558_300
YUAN = (30, 50, 100, 20, 10, 200, 40, 60, 120, 150, 35, 45)
WEIGHTS = (25, 33, 18, 5, 4, 4, 3, 3, 1, 2, 1, 1)


def instant_ms(day: date, minute: int = 0) -> int:
    """Give an instant of a local day."""
    at = datetime(day.year, day.month, day.day, tzinfo=TIME_ZONE) + timedelta(minutes=minute)
    return int(at.timestamp() * 1000)


EDGES = {period.name: (instant_ms(period.first), instant_ms(period.after)) for period in PERIODS}


def period_of(day: date) -> str:
    """Name the accounting period of a day."""
    return next(period.name for period in PERIODS if period.first <= day <= period.last)


@dataclass
class World:
    """What happened, without a mistake."""

    payments: list[Row]
    readings: list[Row]
    """By meter: the automatic ones, in steps of 10 Wh."""
    movements: list[Row]
    """The bridge's, signed, in micro-yuan: takings, subsidies, refunds, consumption."""
    balances: dict[tuple[str, str], int]
    """By building and room: the opening balance, micro-yuan."""


def generate(rng: random.Random) -> World:
    """Make one campus month."""
    payments = _payments(rng)
    readings = [_reading(rng, building, room) for building in BUILDINGS for room in rooms_of(building)]
    movements = [
        replace(row, amount=row.amount * 10_000, id=f"t{row.id}")
        for row in payments
        if row.period == PERIOD.name
    ]
    movements += _other_movements(rng, readings)
    balances = {
        (row.building, row.place.removeprefix("m")): rng.randrange(2_000_000, 90_000_000, 100)
        for row in readings
    }
    return World(payments, readings, movements, balances)


def rooms_of(building: str) -> list[str]:
    """Name a building's rooms."""
    count = ROOMS // 4 if building == "shops" else ROOMS
    return [f"{building}-{1 + number // 20}{1 + number % 20:02d}" for number in range(count)]


def _payments(rng: random.Random) -> list[Row]:
    first, days = PERIOD.first - timedelta(days=4), 38
    found = []
    for building in BUILDINGS:
        for room in rooms_of(building):
            for _time in range(rng.choice((1, 2, 2, 3, 3, 4))):
                found.append(_payment(rng, building, room, first + timedelta(days=rng.randrange(days))))
    found.sort(key=lambda row: (row.at_ms, row.place))
    return [
        replace(row, id=f"p{number}", document=f"{10_000_000 + number}") for number, row in enumerate(found)
    ]


def _payment(rng: random.Random, building: str, room: str, day: date) -> Row:
    fen = rng.randrange(3_000, 90_000) if building == "shops" else 100 * rng.choices(YUAN, WEIGHTS)[0]
    minute = rng.choice((rng.randrange(690, 810), rng.randrange(1020, 1320)))
    return Row("", building, period_of(day), day, fen, room, at_ms=instant_ms(day, minute))


def _reading(rng: random.Random, building: str, room: str) -> Row:
    use_wh = 10 * rng.randrange(500, 60_000 if building == "shops" else 16_000)
    register_wh = use_wh + 10 * rng.randrange(100_000, 3_000_000)
    ends_ms = EDGES[PERIOD.name][1]
    return Row(
        f"m{room}", building, PERIOD.name, PERIOD.last, use_wh, f"m{room}", at_ms=ends_ms, written=register_wh
    )


def _other_movements(rng: random.Random, readings: list[Row]) -> list[Row]:
    found = []
    for row in readings:
        room = row.place.removeprefix("m")
        used = -row.amount * PRICE_MICRO_YUAN // 1000
        found.append(
            Row(f"u{room}", row.building, row.period, row.day, used, room, at_ms=row.at_ms, is_typed=False)
        )
        if rng.random() < 0.3:
            given = 1_000_000 * rng.choice((8, 10, 16, 24))
            found.append(Row(f"s{room}", row.building, row.period, PERIOD.first, given, room))
        if rng.random() < 0.05:
            back = -10_000 * rng.randrange(500, 6_000)
            day = PERIOD.first + timedelta(days=rng.randrange(20))
            found.append(Row(f"r{room}", row.building, row.period, day, back, room))
    return found


def electrician(row: Row, rng: random.Random) -> Row:
    """Give the reading that a person writes down: whole kWh, within minutes of the period's end."""
    assert row.written is not None
    assert row.at_ms is not None
    before = (row.written - row.amount) // 1000 * 1000
    written = row.written // 1000 * 1000
    at_ms = row.at_ms - 60_000 * rng.randrange(30)
    return replace(row, id=f"e{row.id}", amount=written - before, written=written, at_ms=at_ms)


def is_near_edge(row: Row) -> bool:
    """Whether a payment lies within a day of the period's edges."""
    assert row.at_ms is not None
    return any(abs(row.at_ms - edge_ms) <= MS_PER_DAY for edge_ms in EDGES[PERIOD.name])
