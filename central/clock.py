"""The one file of central that reads the world's clock. Everything else takes an instant as an argument.

An instant is an integer of milliseconds since 1970 in UTC (`*_ms`). On a bench (`CARDROOM_BENCH_CLOCK` names a file) time runs
at the file's rate, for central and its gateways alike; a central that is no bench refuses gateways that are on one.
"""

import json
import os
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

CAMPUS_ZONE = ZoneInfo("Asia/Shanghai")
BENCH_VARIABLE = "CARDROOM_BENCH_CLOCK"


class UnreadableBenchClock(RuntimeError):
    """The bench clock's file is missing or malformed; the message says what to do."""


@dataclass(frozen=True, slots=True)
class _Bench:
    demo_epoch_ms: int
    real_epoch_ms: int
    rate: float


@cache
def _bench() -> _Bench | None:
    name = os.environ.get(BENCH_VARIABLE)
    if not name:
        return None
    try:
        content = json.loads(Path(name).read_text(encoding="utf-8"))
        return _Bench(int(content["demo_epoch_ms"]), int(content["real_epoch_ms"]), float(content["rate"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnreadableBenchClock(
            f"{BENCH_VARIABLE} names {name}, which can't be read as a bench clock ({error}). "
            "Unset the variable to run on the world's time, or start the bench that writes this file."
        ) from error


def is_bench() -> bool:
    """Say whether time runs at a bench's rate instead of the world's."""
    return _bench() is not None


def bench_rate() -> float | None:
    """Give how fast a bench's time runs (60: a minute each second); None on the world's time."""
    bench = _bench()
    return bench.rate if bench else None


def now_ms() -> int:
    """Give the present instant, on a bench the bench's."""
    real_ms = real_now_ms()
    bench = _bench()
    if bench is None:
        return real_ms
    return bench.demo_epoch_ms + int((real_ms - bench.real_epoch_ms) * bench.rate)


def real_now_ms() -> int:
    """Give the world's instant, on a bench too: how long a person has been away is never scaled."""
    return time.time_ns() // 1_000_000


def on_bench_ms(duration_ms: int) -> int:
    """Give how long a span of the world's time is on this clock: longer on a bench that runs fast."""
    bench = _bench()
    return duration_ms if bench is None else int(duration_ms * bench.rate)


def monotonic_s() -> float:
    """Give seconds for measuring waits of this process; never scaled, never compared across processes."""
    return time.monotonic()


def local(instant_ms: int) -> datetime:
    """Give an instant as an aware datetime in the campus's zone, for screens and papers."""
    return datetime.fromtimestamp(instant_ms / 1000, UTC).astimezone(CAMPUS_ZONE)


def minute_text(instant_ms: int) -> str:
    """Write an instant in campus time, to the minute."""
    return f"{local(instant_ms):%Y-%m-%d %H:%M}"


def campus_day(instant_ms: int) -> date:
    """Give the campus's calendar day of an instant."""
    return local(instant_ms).date()


def start_of_day_ms(day: date) -> int:
    """Give the instant at which a calendar day begins in the campus."""
    return int(datetime(day.year, day.month, day.day, tzinfo=CAMPUS_ZONE).timestamp() * 1000)
