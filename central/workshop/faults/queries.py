"""Reads faults for pages, as far as the reader serves their buildings."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Prefetch, QuerySet

from central.domain.device_states import DeviceAct
from central.domain.fault_clock import HOUR_MS, is_in_time
from central.office.models import User, of_served
from central.workshop.devices.models import DeviceType
from central.workshop.devices.queries import good_by_type
from central.workshop.faults.models import UNSOLVED, Fault, FaultStep
from central.workshop.faults.notices import Told, told_by
from central.workshop.faults.signs import sign_words

MOST_CLOSED = 50


@dataclass(frozen=True, slots=True)
class Line:
    """A fault as lists show it. `clock`: `in-time`, `due`, `late`, `solved` or `solved-late`."""

    fault: Fault
    sign: object
    clock: str
    hours: int
    """Since it was opened, begun hours; until it was solved."""


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step with whom it told."""

    step: FaultStep
    told: tuple[Told, ...]


def faults_of(reader: User) -> QuerySet[Fault]:
    """Give the faults of the reader's buildings, the newest first."""
    related = ("building", "room__building", "device__type__maker")
    return Fault.objects.filter(of_served(reader, "building")).select_related(*related)


def removed_since(fault: Fault) -> int | None:
    """Give when a fault's module was taken out after the fault was opened; None while it hangs there."""
    if fault.device is None:
        return None
    removed = fault.device.steps.filter(act=DeviceAct.REMOVED.value, at_ms__gte=fault.opened_ms)
    return removed.order_by("-at_ms").values_list("at_ms", flat=True).first()


def line_of(fault: Fault, now_ms: int) -> Line:
    """Give a fault's line."""
    until_ms = fault.solved_ms if fault.solved_ms is not None else fault.closed_ms or now_ms
    return Line(
        fault, sign_words(fault.sign), clock_of(fault, now_ms), -(-(until_ms - fault.opened_ms) // HOUR_MS)
    )


def clock_of(fault: Fault, now_ms: int) -> str:
    """Say how a fault stands against its evening."""
    if fault.solved_ms is not None:
        return "solved" if is_in_time(fault.due_ms, fault.solved_ms) else "solved-late"
    if now_ms >= fault.due_ms:
        return "late"
    return "due" if fault.due_ms - now_ms <= 3 * HOUR_MS else "in-time"


def chosen(every: QuerySet[Fault], show: str, reader: User) -> QuerySet[Fault]:
    """Give the faults of one of the list's doors, the oldest first where they wait."""
    standing = every.filter(state__in=UNSOLVED)
    match show:
        case "mine":
            mine = FaultStep.objects.filter(by=reader).exclude(kind=FaultStep.Kind.OPENED)
            return standing.filter(pk__in=mine.values("fault")).order_by("opened_ms")
        case "up":
            return standing.filter(level__gt=0).order_by("-level", "opened_ms")
        case "solved":
            return every.filter(state=Fault.State.SOLVED)
        case "closed":
            return every.filter(state=Fault.State.CLOSED)[:MOST_CLOSED]
    return standing.order_by("due_ms", "opened_ms")


def counts_by_building(every: QuerySet[Fault]) -> list[tuple[str, str, int]]:
    """Count what stands: code, name, faults of each building that has any."""
    rows = (
        every.filter(state__in=UNSOLVED)
        .order_by("building__code")
        .values_list("building__code", "building__name")
    )
    return list(rows.annotate(n=Count("pk")))


def standing_faults(reader: User) -> int:
    """Count what is not solved of the reader's."""
    return faults_of(reader).filter(state__in=UNSOLVED).count()


def late_faults(reader: User) -> int:
    """Count what went up and is still not solved of the reader's."""
    return faults_of(reader).filter(state__in=UNSOLVED, level__gt=0).count()


def with_steps(reader: User) -> QuerySet[Fault]:
    """Give the reader's faults with their steps."""
    steps = FaultStep.objects.select_related("by")
    return faults_of(reader).prefetch_related(Prefetch("steps", queryset=steps))


def step_lines(fault: Fault) -> list[StepLine]:
    """Give a fault's steps, each with who was told by it and whether it reached them."""
    steps = list(fault.steps.all())
    told = told_by([key for one in steps if (key := one.facts.get("notice"))])
    return [StepLine(one, tuple(told.get(one.facts.get("notice", ""), ()))) for one in steps]


def good_stock(types: Iterable[int]) -> dict[int, int]:
    """Count the good ones of some types that lie in stock."""
    wanted = set(types)
    return {one.pk: one.good for one in good_by_type() if one.pk in wanted}


def asked_type(fault: Fault) -> DeviceType | None:
    """Give the model that was asked for last."""
    asked = [one for one in fault.steps.all() if one.kind == FaultStep.Kind.REPLACEMENT_ASKED]
    code = asked[-1].facts.get("type", "") if asked else ""
    return DeviceType.objects.filter(code=code).select_related("maker").first() if code else None
