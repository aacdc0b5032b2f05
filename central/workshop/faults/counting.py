"""Counts for the month's table of faults: device-days in use by model, failures, how fast they were solved (R-4.3.3b, R-4.3.6)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from central.domain.device_states import DeviceState
from central.domain.failure_rates import Mtbf, expected_failures, median, mtbf, spares_needed
from central.domain.fault_clock import DAY_MS, HOUR_MS, is_in_time
from central.workshop.devices.models import Device, DeviceStep, DeviceType
from central.workshop.faults.models import Fault
from central.workshop.goods.queries import still_to_come

FAILURES = (
    Fault.Cause.DEAD,
    Fault.Cause.COUNTS_WRONG,
    Fault.Cause.RELAY,
    Fault.Cause.DISPLAY,
    Fault.Cause.ADAPTER,
)
"""What is a device's own failure: wires, users and nothing at all are not."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Faults of a period that belong together."""

    opened: int
    in_time: int
    went_up: int
    standing: int
    median_hours: int | None
    """Begun hours from opening to solution, of what was solved."""


def sums_of(faults: Iterable[Fault]) -> Sums:
    """Count faults as they are now."""
    every = list(faults)
    solved = [one for one in every if one.solved_ms is not None]
    return Sums(
        len(every),
        sum(is_in_time(one.due_ms, one.solved_ms) for one in every),
        sum(one.level > 0 for one in every),
        len(every) - len(solved),
        median([-(-((one.solved_ms or 0) - one.opened_ms) // HOUR_MS) for one in solved]),
    )


@dataclass(frozen=True, slots=True)
class Reliability:
    """How often a model fails, and what the next three months need."""

    type: DeviceType
    failures: int
    device_days: int
    in_use: int
    good: int
    coming: int
    """Ordered and not come yet, arrived and not checked yet, or with the maker."""
    mtbf: Mtbf | None
    expected_hundredths: int
    spares: int | None

    @property
    def lacking(self) -> int | None:
        """How many more are needed than lie in stock or come."""
        return None if self.spares is None else max(0, self.spares - self.good - self.coming)


def reliability(from_ms: int, until_ms: int) -> list[Reliability]:
    """Give each model that is or was in use, by what happened within a span; stock as it is now."""
    days, failures = device_days(from_ms, until_ms), failures_of(from_ms, until_ms)
    states, ordered = _states(), still_to_come()
    found = []
    for one in DeviceType.objects.select_related("maker").order_by("maker__name", "name"):
        its = states.get(one.pk, {})
        in_use, its_days, failed = (
            its.get(DeviceState.IN_USE, 0),
            days.get(one.pk, 0),
            failures.get(one.pk, 0),
        )
        if not (in_use or its_days or failed):
            continue
        found.append(
            Reliability(
                one,
                failed,
                its_days,
                in_use,
                its.get(DeviceState.GOOD, 0),
                its.get(DeviceState.ARRIVED, 0) + its.get(DeviceState.CLAIMED, 0) + ordered.get(one.pk, 0),
                mtbf(failed, its_days),
                expected_failures(failed, its_days, in_use),
                spares_needed(failed, its_days, in_use),
            )
        )
    return found


def _states() -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for type_id, state in Device.objects.values_list("type", "state"):
        found[type_id][state] += 1
    return found


def device_days(from_ms: int, until_ms: int) -> Mapping[int, int]:
    """Give by model how many device-days were in use within a span, by the devices' own steps."""
    used_ms: dict[int, int] = defaultdict(int)
    since: dict[str, int] = {}
    kinds: dict[str, int] = {}
    steps = DeviceStep.objects.filter(at_ms__lt=until_ms).order_by("at_ms", "pk")
    for number, kind, state, at_ms in steps.values_list("device", "device__type", "state", "at_ms"):
        kinds[number] = kind
        if state == DeviceState.IN_USE:
            since.setdefault(number, at_ms)
        elif number in since:
            used_ms[kind] += max(0, at_ms - max(since.pop(number), from_ms))
    for number, began_ms in since.items():
        used_ms[kinds[number]] += until_ms - max(began_ms, from_ms)
    return {kind: span_ms // DAY_MS for kind, span_ms in used_ms.items()}


def failures_of(from_ms: int, until_ms: int) -> Mapping[int, int]:
    """Count by model the faults of a span that were a device's own failure."""
    failed = Fault.objects.filter(
        opened_ms__gte=from_ms, opened_ms__lt=until_ms, cause__in=FAILURES, device__isnull=False
    )
    found: dict[int, int] = defaultdict(int)
    for kind in failed.values_list("device__type", flat=True):
        found[kind] += 1
    return found


def faults_between(from_ms: int, until_ms: int) -> list[Fault]:
    """Give the faults that were opened within a span, the oldest first."""
    found = Fault.objects.filter(opened_ms__gte=from_ms, opened_ms__lt=until_ms)
    return list(
        found.select_related("building", "room__building", "device__type__maker").order_by("opened_ms", "pk")
    )
