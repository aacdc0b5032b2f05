"""Read replacements and true-ups: what is not complete, what is not decided, what stands."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from central.link.control_queries import standing
from central.office.models import User, of_served
from central.workshop.faults.models import Fault
from central.workshop.replacements.finding import found
from central.workshop.replacements.models import UNDECIDED, Replacement, ReplacementStep, TrueUp
from central.workshop.replacements.recording import is_typed

Kind = ReplacementStep.Kind


@dataclass(frozen=True, slots=True)
class Missing:
    """What a replacement's record still lacks."""

    photos: bool
    device_out: bool
    device_in: bool
    solved: bool

    @property
    def any(self) -> bool:
        """Say whether anything is missing."""
        return self.photos or self.device_out or self.device_in or self.solved

    @property
    def of_store(self) -> bool:
        """Say whether the store's records are to be completed."""
        return self.device_out or self.device_in


def missing_of(row: Replacement) -> Missing:
    """Say what a replacement's record lacks; its steps are prefetched by who has many."""
    kinds = {step.kind for step in row.steps.all()}
    return Missing(
        is_typed(row) and Kind.PHOTOS not in kinds,
        Kind.DEVICE_OUT not in kinds,
        Kind.DEVICE_IN not in kinds,
        not {Kind.SOLVED, Kind.NOT_SOLVED} & kinds,
    )


def replacements() -> QuerySet[Replacement]:
    """Give all replacements, newest first, with what a list shows of them."""
    return Replacement.objects.select_related("building", "room__building").prefetch_related("steps__by")


def replacements_of(reader: User) -> QuerySet[Replacement]:
    """Give those of the buildings that the reader serves."""
    return replacements().filter(of_served(reader, "building"))


def faults_of_meters(reader: User, meters: Iterable[str]) -> list[Fault]:
    """Give the newest faults of these modules, ten at most: why one was replaced, and what the new one has had since."""
    mine = Fault.objects.filter(
        of_served(reader, "building"), meter_no__in=[meter for meter in meters if meter]
    )
    return list(mine.order_by("-opened_ms", "-pk")[:10])


def true_ups_between(reader: User, row: Replacement) -> list[TrueUp]:
    """Give the true-ups of what a replacement left unmetered: of its old module, in the time up to the new one."""
    mine = true_ups_of(reader)
    return list(mine.filter(meter=row.old_meter, from_ms__lte=row.at_ms, to_ms__gte=row.last_at_ms))


def replacements_between(reader: User, row: TrueUp) -> list[Replacement]:
    """Give the replacements that ended what a true-up is about."""
    mine = replacements_of(reader)
    return list(mine.filter(old_meter=row.meter or None, at_ms__gte=row.from_ms, last_at_ms__lte=row.to_ms))


def true_ups_of(reader: User) -> QuerySet[TrueUp]:
    """Give those of the buildings that the reader serves."""
    return true_ups().filter(of_served(reader, "building"))


def incomplete(reader: User) -> int:
    """Count the reader's replacements whose record lacks something."""
    mine = Replacement.objects.filter(of_served(reader, "building"))
    return sum(missing_of(row).any for row in mine.prefetch_related("steps"))


def undecided(reader: User) -> int:
    """Count the reader's true-ups that are not told."""
    return TrueUp.objects.filter(of_served(reader, "building"), state__in=UNDECIDED).count()


def controlled(reader: User) -> int:
    """Count the rooms under software control in the buildings that the reader serves."""
    return standing().filter(of_served(reader, "gateway__building")).count()


def true_ups() -> QuerySet[TrueUp]:
    """Give all true-ups, with what a list shows of them."""
    rows = TrueUp.objects.select_related("account__point__room__building", "account__point__customer_class")
    return rows.select_related("building")


def undecided_until(building: str, until_ms: int, now_ms: int) -> list[str]:
    """Name what stands in the way of locking a building's period: true-ups of intervals that ended in it and are not decided.

    Names as the pages have them: `tu-12`; of an interval that is not computed yet, the interval's own.
    """
    rows = TrueUp.objects.filter(building__code=building, state__in=UNDECIDED, to_ms__lte=until_ms)
    computed = [row.name for row in rows.order_by("to_ms", "pk")]
    return [*computed, *(one.name for one in found(now_ms, building) if one.to_ms <= until_ms)]


def told_of_account(account_code: str) -> list[TrueUp]:
    """Give an account's true-ups that its customers were told of, newest first."""
    rows = true_ups().filter(account__code=account_code).exclude(state__in=UNDECIDED)
    return list(rows.order_by("-told_ms"))
