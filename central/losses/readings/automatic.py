"""The automatic register of a meter at the instant at which somebody read it, with what is uncertain about it (R-4.3.7).

Between two readings of the gateway a register lies on the line between them, and never outside: `gateway.domain.loss.interpolate`.
Where the poll's readings were thinned away, the totals of the hourly balances stand in, and a period's closing register.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from central.domain.readings_compared import Automatic
from central.link.models import PeriodRegister
from central.link.telemetry.models import InstantTotal, Reading
from gateway.domain.loss import MS_PER_HOUR, Seen, interpolate
from gateway.domain.reading import ACCEPTED

GOOD = [outcome.value for outcome in ACCEPTED]
STEP_WH = 10
"""What a register counts in, where no balance told: DL/T 645's hundredths of a kWh."""
OLDEST_MS = 40 * 24 * MS_PER_HOUR
"""An older register says nothing of this period any more."""


@dataclass(frozen=True, slots=True)
class Point:
    """A register that is known, and from where."""

    at_ms: int
    register_wh: int
    source: str
    step_wh: int = STEP_WH
    power_w: int = 0
    skew_wh: int = 0


def automatic_at(wanted: Mapping[str, int]) -> dict[str, Automatic]:
    """Give by meter the automatic register at its instant; a meter of which nothing automatic is known is missing."""
    closed = _closing_registers(wanted)
    found = {}
    for meter, at_ms in wanted.items():
        points = closed.get(meter, [])
        before, after = _read(meter, at_ms)
        if before is None or after is None:
            told = _told(meter, at_ms)
            before, after = before or told[0], after or told[1]
        automatic = at(_nearest([*points, before, after], at_ms), at_ms)
        if automatic is not None:
            found[meter] = automatic
    return found


def at(around: tuple[Point | None, Point | None], at_ms: int) -> Automatic | None:
    """Give the register at an instant from the points around it; None where they say nothing, as when it fell between them."""
    before, after = around
    if before is None or (after is not None and after.register_wh < before.register_wh):
        return None
    if after is None:
        is_now = before.at_ms == at_ms
        return Automatic(
            before.register_wh, before.skew_wh, before.step_wh, before.source, before.power_w, not is_now
        )
    first = Seen(before.at_ms, before.register_wh, before.power_w)
    last = Seen(after.at_ms, after.register_wh, after.power_w)
    stood = interpolate(first, last, at_ms)
    rate_w = (after.register_wh - before.register_wh) * MS_PER_HOUR // max(1, after.at_ms - before.at_ms)
    nearest = min((before, after), key=lambda one: abs(one.at_ms - at_ms))
    uncertainty_wh = stood.skew_wh + max(before.skew_wh, after.skew_wh)
    return Automatic(stood.total_wh, uncertainty_wh, nearest.step_wh, nearest.source, rate_w)


def _nearest(points: Iterable[Point | None], at_ms: int) -> tuple[Point | None, Point | None]:
    known = [one for one in points if one is not None]
    before = max((one for one in known if one.at_ms <= at_ms), key=lambda one: one.at_ms, default=None)
    after = min((one for one in known if one.at_ms >= at_ms), key=lambda one: one.at_ms, default=None)
    return before, after


def _read(meter: str, at_ms: int) -> tuple[Point | None, Point | None]:
    """Give the gateway's accepted readings before and after an instant."""
    good = Reading.objects.filter(meter=meter, trusted=True, outcome__in=GOOD)
    before = good.filter(wall_ms__lte=at_ms, wall_ms__gt=at_ms - OLDEST_MS).order_by("-wall_ms").first()
    after = good.filter(wall_ms__gte=at_ms, wall_ms__lt=at_ms + OLDEST_MS).order_by("wall_ms").first()
    return _point(before), _point(after)


def _point(reading: Reading | None) -> Point | None:
    if reading is None:
        return None
    return Point(reading.wall_ms, reading.register_wh, "reading", power_w=max(0, reading.power_w or 0))


def _told(meter: str, at_ms: int) -> tuple[Point | None, Point | None]:
    """Give what the hourly balances told of a meter before and after an instant."""
    totals = InstantTotal.objects.filter(meter=meter, trusted=True)
    before = totals.filter(at_ms__lte=at_ms, at_ms__gt=at_ms - OLDEST_MS).order_by("-at_ms").first()
    after = totals.filter(at_ms__gte=at_ms, at_ms__lt=at_ms + OLDEST_MS).order_by("at_ms").first()
    first, last = (
        Point(one.at_ms, one.total_wh - one.offset_wh, "balance", one.step_wh, skew_wh=one.skew_wh)
        if one
        else None
        for one in (before, after)
    )
    return first, last


def _closing_registers(wanted: Mapping[str, int]) -> dict[str, list[Point]]:
    if not wanted:
        return {}
    since_ms, until_ms = min(wanted.values()) - OLDEST_MS, max(wanted.values()) + OLDEST_MS
    rows = PeriodRegister.objects.filter(
        meter__in=list(wanted), period_ms__gt=since_ms, period_ms__lt=until_ms
    )
    found: dict[str, list[Point]] = {}
    for one in rows:
        point = Point(one.period_ms, one.register_wh, "period", skew_wh=one.uncertainty_wh)
        found.setdefault(one.meter, []).append(point)
    return found
