"""Signatures for figures that are others now: they are void, and it is on record whose (R-4.1.9)."""

from django.utils.translation import gettext as _

from central.campus.models import Building
from central.office.approvals import end_as_void
from central.office.models import Approval

AGREEMENT = "agreement"


def request_of(building: Building, period: str) -> Approval | None:
    """Give the newest request to sign a building's period."""
    return Approval.objects.filter(act=AGREEMENT, subject=subject_of(building, period)).first()


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
