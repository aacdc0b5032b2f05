"""Claims for pages: what stands, what each still lacks, and since when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, QuerySet

from central.clock import campus_day
from central.domain.device_states import DeviceState
from central.domain.notice import DAY_MS
from central.office.dated_settings import number_at
from central.workshop.claims.models import Claim, ClaimDevice
from central.workshop.devices.models import Device

MOST_CLOSED = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One claim on a list, with what it lacks."""

    claim: Claim
    lacks_call: bool
    overdue_since: date | None


def standing() -> QuerySet[Claim]:
    """Give the claims that are not closed, the oldest first."""
    found = Claim.objects.exclude(state=Claim.State.CLOSED).select_related("maker")
    return found.annotate(count=Count("devices")).order_by("opened_ms", "pk")


def closed() -> QuerySet[Claim]:
    """Give those that are closed, the last first."""
    found = Claim.objects.filter(state=Claim.State.CLOSED).select_related("maker")
    return found.annotate(count=Count("devices")).order_by("-closed_ms", "-pk")


def rows(claims: Sequence[Claim], now_ms: int) -> list[Row]:
    """Say of each claim what it lacks."""
    return [Row(one, lacks_call(one, now_ms), is_overdue(one, now_ms)) for one in claims]


def lacks_call(claim: Claim, now_ms: int) -> bool:
    """Say whether nobody has telephoned the maker though the days for it are over (R-4.3.1, `claim.call-within`)."""
    if claim.called_ms is not None or claim.state == Claim.State.CLOSED:
        return False
    return now_ms - claim.opened_ms > number_at("claim.call-within", now_ms) * DAY_MS


def is_overdue(claim: Claim, now_ms: int) -> date | None:
    """Give the day that is over: the one the maker named, else `claim.reply-within` days after it was sent. None: not overdue."""
    if claim.state in (Claim.State.DRAFT, Claim.State.CLOSED) or claim.promise == Claim.Promise.REFUSED:
        return None
    due = claim.due_day
    if due is None and claim.state == Claim.State.SENT and claim.sent_ms is not None:
        due = campus_day(claim.sent_ms) + timedelta(days=number_at("claim.reply-within", claim.sent_ms))
    return due if due is not None and due < campus_day(now_ms) else None


def claimable() -> QuerySet[Device]:
    """Give the faulty devices that are in no open claim, by maker."""
    claimed = ClaimDevice.objects.filter(ended_ms=None).values("device")
    found = Device.objects.filter(state=DeviceState.FAULTY).exclude(pk__in=claimed)
    return found.select_related("type__maker", "place").order_by("type__maker__code", "number")
