"""Does its clock run right? Its calendar against the bench machine's, in the meters' own zone."""

from datetime import UTC, datetime, timedelta

from firmware_tools.bench.station import No, Station
from gateway.contract.bench_record import BenchTest, Verdict
from gateway.protocols.driver import Item, MeterClock

NAME = "clock"


def check_clock(station: Station, utc_ms: int, utc_offset_min: int, limit_s: int) -> BenchTest:
    """Compare. `utc_ms` is now; further off than `limit_s` fails: a broadcast mends five minutes only (DL/T 645-2007, 7.8)."""
    if not {Item.CLOCK, Item.DATE} & station.driver.items:
        return BenchTest(NAME, Verdict.SKIPPED, "no-clock")
    begun_ms = station.now_ms()
    shown = station.clock()
    if isinstance(shown, No):
        return BenchTest(NAME, Verdict.FAILED, shown.reason)
    now_ms = utc_ms + (station.now_ms() - begun_ms) // 2
    offset_s = round((_local_ms(shown) - now_ms - utc_offset_min * 60_000) / 1000)
    measured: dict[str, int | str] = {"offset_s": offset_s, "limit_s": limit_s, "shown": str(shown)}
    off = abs(offset_s) > limit_s
    return BenchTest(NAME, Verdict.FAILED if off else Verdict.PASSED, "clock-off" if off else "", measured)


def _local_ms(shown: MeterClock) -> int:
    """The shown calendar as if it were UTC; seconds beyond 59 don't come through the driver."""
    moment = datetime(shown.year, shown.month, shown.day, shown.hour, shown.minute, shown.second, tzinfo=UTC)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
