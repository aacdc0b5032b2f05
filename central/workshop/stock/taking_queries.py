"""Reads of stock-takings: those that are open, what was counted, and how that compares with the records now."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from central.domain.device_states import DeviceState, Holds
from central.domain.stock_count import Counted, Line, Outcome, Recorded, compare, last_of_each
from central.workshop.devices.models import Device, Place
from central.workshop.stock.models import StockScan, StockTaking
from central.workshop.stock.queries import changed_since

LAST_SCANS = 12


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both counts of a stock-taking as they are now."""

    lines: tuple[Line, ...]
    unknown: tuple[StockScan, ...]
    """Labels that nobody knows, each once."""

    @property
    def differences(self) -> tuple[Line, ...]:
        """All lines but those that were found where they are recorded."""
        return tuple(line for line in self.lines if line.outcome is not Outcome.FOUND)

    def count(self, outcome: Outcome) -> int:
        """Count the lines of an outcome."""
        return sum(line.outcome is outcome for line in self.lines)

    @property
    def digest(self) -> str:
        """A hash of all of it: who closes has seen exactly this."""
        rows = [[line.device, line.outcome.value, line.recorded, line.counted] for line in self.lines]
        labels = [[scan.label, scan.place_id] for scan in self.unknown]
        return hashlib.sha256(json.dumps([rows, labels]).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class PlaceProgress:
    """One place of a stock-taking: how many lay there when it began, and how many were counted there."""

    place: Place
    expected: int
    counted: int


def takings() -> QuerySet[StockTaking]:
    """Give all stock-takings, the newest first, with their ends."""
    return StockTaking.objects.select_related("place", "by", "end__by")


def open_takings() -> QuerySet[StockTaking]:
    """Give those that are not closed."""
    return takings().filter(end=None)


def open_takings_at(places: Iterable[int]) -> list[StockTaking]:
    """Give the open ones that count one of some places."""
    wanted = list(places)
    return list(open_takings().filter(Q(place__in=wanted) | Q(place=None))) if wanted else []


def places_of(taking: StockTaking) -> list[Place]:
    """Give the places that are counted: the one, or all that are offered or had something in them."""
    if taking.place is not None:
        return [taking.place]
    had = set(taking.expected.values())
    return [one for one in Place.objects.order_by("code") if one.is_active or one.code in had]


def comparison(taking: StockTaking) -> Comparison:
    """Compare what was counted with the records as they are now."""
    places = [place.pk for place in places_of(taking)]
    scans = list(StockScan.objects.filter(taking=taking).select_related("place"))
    changed = changed_since(taking.begun_ms)
    every = Device.objects.order_by()
    rows = dict[str, tuple[str, int | None]]()
    touched = Q(pk__in=StockScan.objects.filter(taking=taking, device__isnull=False).values("device"))
    for found in (
        every.filter(place__in=places),
        every.filter(touched),
        every.filter(steps__received_ms__gte=taking.begun_ms),
    ):
        rows |= {
            number: (state, place) for number, state, place in found.values_list("number", "state", "place")
        }
    recorded = {
        number: Recorded(DeviceState(state), place, changed.get(number))
        for number, (state, place) in rows.items()
    }
    return Comparison(
        tuple(compare(recorded, taking.expected, counted_of(scans), places)), tuple(unknown_of(scans))
    )


def counted_of(scans: Iterable[StockScan]) -> list[Counted]:
    """Give the scans of known devices as the rule takes them, in their order."""
    return [
        Counted(scan.device_id, scan.place_id, Holds(scan.place.holds), scan.at_ms, scan.is_struck)
        for scan in scans
        if scan.device_id
    ]


def unknown_of(scans: Iterable[StockScan]) -> list[StockScan]:
    """Give the labels that nobody knows, each once, without those taken back."""
    last = {scan.label: scan for scan in scans if not scan.device_id}
    return [scan for scan in last.values() if not scan.is_struck]


def progress(taking: StockTaking) -> list[PlaceProgress]:
    """Give how far each place is."""
    scans = StockScan.objects.filter(taking=taking).select_related("place")
    counted = Counter(scan.place for scan in last_of_each(counted_of(scans)).values())
    before = Counter(taking.expected.values())
    return [PlaceProgress(place, before[place.code], counted[place.pk]) for place in places_of(taking)]


def last_scans(taking: StockTaking) -> list[StockScan]:
    """Give the newest scans, the newest first."""
    scans = StockScan.objects.filter(taking=taking).select_related(
        "device__type", "device__place", "place", "by"
    )
    return list(scans.order_by("-pk")[:LAST_SCANS])


def names_of(numbers: Iterable[str]) -> Mapping[str, Device]:
    """Give devices with their types by number."""
    wanted = list(numbers)
    found = dict[str, Device]()
    for start in range(0, len(wanted), 500):
        part = Device.objects.filter(pk__in=wanted[start : start + 500]).select_related("type")
        found |= {one.number: one for one in part}
    return found
