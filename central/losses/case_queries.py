"""Reads cases for pages, as far as the reader serves their buildings."""

from collections.abc import Iterable

from django.db.models import Count, Prefetch, QuerySet

from central.losses.case_models import Case, CaseStep
from central.office.models import User, of_served


def cases_of(reader: User) -> QuerySet[Case]:
    """Give the cases of the reader's buildings, newest first, with building, room and steps."""
    steps = CaseStep.objects.select_related("by")
    found = Case.objects.filter(of_served(reader, "building")).select_related("building", "room__building")
    return found.prefetch_related(Prefetch("steps", queryset=steps))


def standing_of(building_ids: Iterable[int]) -> dict[int, int]:
    """Count the cases of buildings that are not closed."""
    found = Case.objects.filter(building__in=building_ids).exclude(state=Case.State.CLOSED)
    return dict(found.order_by().values_list("building").annotate(n=Count("pk")))
