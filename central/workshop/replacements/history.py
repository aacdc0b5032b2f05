"""What a room and its peers used, hour by hour, for the estimate of an interval: from what ingest keeps for charts (R-4.3.5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from central.campus.models import Binding, MeteringPoint
from central.domain.unmetered import DAY, HOUR_MS, WEEK, WEEKS_BACK, Estimate, estimate
from central.link.models import SoftwareControl
from central.link.telemetry.models import HourlyUse

MOST_PEERS = 60
REACH_MS = WEEKS_BACK * WEEK * HOUR_MS
DAY_MS = DAY * HOUR_MS
AT_ONCE = 400


@dataclass(frozen=True, slots=True)
class Interval:
    """A part of a room's time, with the hours that it touches."""

    point: MeteringPoint
    from_ms: int
    to_ms: int

    @property
    def first_ms(self) -> int:
        """The beginning of its first hour."""
        return self.from_ms // HOUR_MS * HOUR_MS

    @property
    def parts_ms(self) -> list[int]:
        """How much of each hour it has."""
        hours = range(self.first_ms, self.to_ms, HOUR_MS)
        return [min(self.to_ms, hour + HOUR_MS) - max(self.from_ms, hour) for hour in hours]


def estimate_of(interval: Interval) -> Estimate | None:
    """Estimate an interval; None: the room's past is too short."""
    until_ms = interval.first_ms + len(interval.parts_ms) * HOUR_MS
    from_ms = interval.first_ms - REACH_MS
    others = peers_of(interval.point)
    uses = hours_of([interval.point, *others], from_ms, until_ms)
    own = uses[interval.point.pk][: REACH_MS // HOUR_MS]
    blind = _not_metered([one.pk for one in others], interval)
    peers = [uses[one.pk] for one in others if one.pk not in blind]
    return estimate(
        _begun(own), [_of_length(own, one) for one in peers], interval.parts_ms, interval.point.max_power_w
    )


def _begun(own: Sequence[int | None]) -> Sequence[int | None]:
    """Leave out what was before the first day that is known: a room that was read only lately has a short past."""
    first = next((at for at in range(0, len(own), DAY) if own[at] is not None), len(own))
    return own[first:]


def _of_length(own: Sequence[int | None], peer: Sequence[int | None]) -> Sequence[int | None]:
    first = len(own) - len(_begun(own))
    return peer[first:]


def peers_of(point: MeteringPoint) -> list[MeteringPoint]:
    """Give the rooms of the same class and building, nearest floors first."""
    points = MeteringPoint.objects.filter(
        room__building=point.room.building_id, customer_class=point.customer_class_id
    )
    others = list(points.exclude(pk=point.pk).select_related("room"))
    floor = point.room.floor
    return sorted(others, key=lambda one: (abs(one.room.floor - floor), one.room.label))[:MOST_PEERS]


def hours_of(points: Iterable[MeteringPoint], from_ms: int, until_ms: int) -> dict[int, list[int | None]]:
    """Give each point's use by hour in [from, until); None where its meter told nothing all day; other empty hours are zeros."""
    count = (until_ms - from_ms) // HOUR_MS
    found: dict[int, list[int | None]] = {point.pk: [None] * count for point in points}
    owners = _owners(list(found))
    meters = list(owners)
    for at in range(0, len(meters), AT_ONCE):
        rows = HourlyUse.objects.filter(
            meter__in=meters[at : at + AT_ONCE], hour_ms__gte=from_ms, hour_ms__lt=until_ms
        )
        for meter, hour_ms, energy_wh in rows.values_list("meter", "hour_ms", "energy_wh"):
            for point, begin_ms, end_ms in owners[meter]:
                if begin_ms <= hour_ms + HOUR_MS - 1 < end_ms:
                    place = (hour_ms - from_ms) // HOUR_MS
                    found[point][place] = (found[point][place] or 0) + energy_wh
    for hours in found.values():
        _fill_days(hours)
    return found


def _owners(points: list[int]) -> dict[str, list[tuple[int, int, int]]]:
    """Give by meter which point it measured, from when until when."""
    rows = Binding.objects.filter(account__point__in=points).order_by("from_ms")
    ties = list(rows.values_list("meter__meter_no", "account__point", "from_ms"))
    begins: dict[int, list[int]] = {}
    for _meter, point, from_ms in ties:
        begins.setdefault(point, []).append(from_ms)
    owners: dict[str, list[tuple[int, int, int]]] = {}
    for meter, point, from_ms in ties:
        end_ms = min((one for one in begins[point] if one > from_ms), default=1 << 62)
        owners.setdefault(meter, []).append((point, from_ms, end_ms))
    return owners


def _fill_days(hours: list[int | None]) -> None:
    """Make empty hours zeros on days on which anything was told."""
    for at in range(0, len(hours), DAY):
        day = hours[at : at + DAY]
        if any(hour is not None for hour in day):
            hours[at : at + DAY] = [hour or 0 for hour in day]


def _not_metered(points: list[int], interval: Interval) -> set[int]:
    """Give the peers that were not metered themselves at some time of the interval."""
    controls = SoftwareControl.objects.filter(began_ms__lt=interval.to_ms)
    blind = controls.filter(ended=None) | controls.filter(ended__at_ms__gt=interval.from_ms)
    accounts = set(blind.values_list("account", flat=True))
    return set(
        MeteringPoint.objects.filter(pk__in=points, accounts__code__in=accounts).values_list("pk", flat=True)
    )
