"""Signatures for figures that are others now: they are void, and it is on record whose (R-4.1.9)."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from central.campus.models import Building
from central.office.approvals import end_as_void
from central.office.models import Approval

AGREEMENT = "agreement"


def requests_of(buildings: Iterable[Building], period: str) -> dict[int, Approval]:
    """Give by building the newest request to sign its period, with who has signed."""
    subjects = {subject_of(one, period): one.pk for one in buildings}
    found = Approval.objects.filter(act=AGREEMENT, subject__in=subjects).order_by("number")
    read = found.select_related("asked_by").prefetch_related("signatures__person")
    return {subjects[one.subject]: one for one in read}


def subject_of(building: Building, period: str) -> str:
    """Name a request: building and month."""
    return f"{building.code} {period.partition(':')[2]}"


def set_aside(building: Building, period: str, digest: str, now_ms: int) -> None:
    """End what waits for signatures of other figures than these."""
    waiting = Approval.objects.filter(
        act=AGREEMENT, subject=subject_of(building, period), state=Approval.State.WAITING
    )
    for request in waiting:
        if request.content["digest"] != digest:
            why = _("The figures have changed since. Signatures given for the former ones are void.")
            end_as_void(request.number, why=why, now_ms=now_ms)
