"""Reads of the store: how many of what lie where, the list with its filters, one device with all that ever happened to it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, Max, Q, QuerySet

from central.campus.models import Room
from central.domain.device_states import DeviceState
from central.workshop.bench.models import BenchRecord
from central.workshop.bench.queries import records_of
from central.workshop.devices.models import Device, DeviceStep, DeviceType, Place

AT_HAND = (DeviceState.ARRIVED, DeviceState.GOOD, DeviceState.FAULTY)
"""States that lie in the store."""
NOWHERE = "none"


@dataclass(frozen=True, slots=True)
class Choice:
    """What the list is narrowed to; empty: everything."""

    state: str = ""
    type: str = ""
    place: str = ""
    building: str = ""
    q: str = ""


@dataclass(frozen=True, slots=True)
class TypeCounts:
    """One model: how many are in each state."""

    type: DeviceType
    by_state: Mapping[str, int]

    @property
    def good(self) -> int:
        """How many good ones lie in stock."""
        return self.by_state.get(DeviceState.GOOD, 0)

    @property
    def is_short(self) -> bool:
        """Say whether fewer good ones are there than the minimum."""
        return self.type.is_active and self.good < self.type.least_good

    @property
    def cells(self) -> list[tuple[str, int]]:
        """Give each state with its count, in the order of a device's life."""
        return [(state.value, self.by_state.get(state.value, 0)) for state in DeviceState]


@dataclass(frozen=True, slots=True)
class PlaceCount:
    """One place, and how many lie in it."""

    place: Place
    count: int


def devices(choice: Choice) -> QuerySet[Device]:
    """Give the devices of a choice in the order of their numbers, with what a list shows of each."""
    found = Device.objects.select_related("type__maker", "place", "building").order_by("number")
    if choice.state:
        found = found.filter(state=choice.state)
    if choice.type:
        found = found.filter(type__code=choice.type)
    if choice.place:
        found = found.filter(place__code=choice.place)
    if choice.building:
        found = found.filter(building__code=choice.building)
    for word in choice.q.split():
        found = found.filter(
            Q(number__icontains=word)
            | Q(serial__icontains=word)
            | Q(meter_no__icontains=word)
            | Q(order__icontains=word)
            | Q(where__icontains=word)
        )
    return found


def counts_by_type() -> list[TypeCounts]:
    """Give each model that is offered, or of which there is something, with its counts."""
    counted: dict[int, dict[str, int]] = {}
    for type_id, state, count in (
        Device.objects.order_by().values_list("type", "state").annotate(count=Count("number"))
    ):
        counted.setdefault(type_id, {})[state] = count
    types = DeviceType.objects.select_related("maker").order_by("kind", "code")
    return [TypeCounts(one, counted.get(one.pk, {})) for one in types if one.is_active or one.pk in counted]


def counts_by_place() -> list[PlaceCount]:
    """Give each place that is offered, or in which something lies, with how much."""
    places = Place.objects.annotate(count=Count("devices")).order_by("holds", "code")
    return [PlaceCount(one, one.count) for one in places if one.is_active or one.count]


def count_in(*states: DeviceState) -> int:
    """Count the devices in some states."""
    return Device.objects.filter(state__in=[one.value for one in states]).count()


def history(device: Device) -> list[DeviceStep]:
    """Give a device's steps, the newest first."""
    steps = DeviceStep.objects.filter(device=device).select_related("place", "building", "by")
    return list(steps.order_by("-received_ms", "-pk"))


def bench_records(device: Device) -> QuerySet[BenchRecord]:
    """Give what the bench wrote of a device: by its serial number, or its number as a meter; the newest first."""
    return records_of(device.serial, device.meter_no)


def passed_since(device: Device) -> BenchRecord | None:
    """Give a bench record that it passed since it is in its present state; None: there is none."""
    passed = bench_records(device).filter(verdict=BenchRecord.Verdict.PASSED)
    return passed.filter(at_ms__gte=device.since_ms).first()


def room_of(device: Device) -> Room | None:
    """Give the room that a device is in use in; None where it hangs elsewhere, or is not in use."""
    if device.building_id is None or not device.where:
        return None
    label = device.where.removeprefix(f"{device.building.code}-")
    return Room.objects.filter(building=device.building_id, label=label).first()


def changed_since(since_ms: int) -> dict[str, int]:
    """Give when each device was changed last, of those that were changed since an instant."""
    changed = DeviceStep.objects.filter(received_ms__gte=since_ms).order_by().values("device")
    return dict(changed.annotate(last=Max("received_ms")).values_list("device", "last"))
