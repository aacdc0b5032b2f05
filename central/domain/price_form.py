"""How people write a price's parts: `1-5` for Monday to Friday, `08:00`, four decimals. Pure; None is what can't be read."""

import re

from gateway.contract.quantities import NotAnAmount, price_from_yuan_per_kwh, wh_from_kwh

DEAREST_MICRO_YUAN = 100_000_000
"""A hundred yuan for a kWh is a slip of the pen."""
MOST_STEP_WH = 100_000_000
_DAYS = re.compile(r"[1-7](-[1-7])?([,，、 ]+[1-7](-[1-7])?)*")
_TIME = re.compile(r"([01]?\d|2[0-4])[:：]([0-5]\d)")
MINUTES_OF_DAY = 24 * 60


def read_price(text: str) -> int | None:
    """Read yuan per kWh with at most four decimals; give micro-yuan."""
    try:
        found = price_from_yuan_per_kwh(text.strip())
    except NotAnAmount:
        return None
    return found if 0 <= found <= DEAREST_MICRO_YUAN else None


def write_price(micro_yuan_per_kwh: int) -> str:
    """Write a price as it is typed: 0.5583."""
    return f"{micro_yuan_per_kwh // 1_000_000}.{micro_yuan_per_kwh % 1_000_000 // 100:04d}"


def read_days(text: str) -> list[int] | None:
    """Read days of the week: `1-5`, `6,7`."""
    if _DAYS.fullmatch(text.strip()) is None:
        return None
    days: set[int] = set()
    for part in re.split(r"[,，、 ]+", text.strip()):
        first, _dash, last = part.partition("-")
        if int(last or first) < int(first):
            return None
        days |= set(range(int(first), int(last or first) + 1))
    return sorted(days)


def write_days(days: list[int]) -> str:
    """Write days as they are typed, runs of three or more with a dash."""
    runs: list[list[int]] = []
    for day in sorted(days):
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run)) for run in runs)


def read_minute(text: str) -> int | None:
    """Read a time of day as minutes after midnight; `24:00` is 1440."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    minute = int(found[1]) * 60 + int(found[2])
    return minute if minute <= MINUTES_OF_DAY else None


def write_minute(minute: int) -> str:
    """Write minutes after midnight as a time of day."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def read_step_kwh(text: str) -> int | None:
    """Read a step's kWh of the month; give Wh above zero."""
    try:
        found = wh_from_kwh(text.strip())
    except NotAnAmount:
        return None
    return found if 0 < found <= MOST_STEP_WH else None


def write_step_kwh(above_wh: int) -> str:
    """Write a step's kWh without needless decimals."""
    return f"{above_wh // 1000}.{above_wh % 1000:03d}".rstrip("0").rstrip(".")
