"""The roster: rotations of crews over spans of days, days changed by hand. It says who should come; shifts say who came."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.db import transaction

from central.desk.shift_models import RosterChange, RosterRotation
from central.domain.roster import Change, Duty, DutyKind, Rotation, duty_on
from central.ledger.operations import record_audit
from central.office.models import User


def duty_of(day: date) -> Duty:
    """Give who is on duty on a day."""
    return duties(day, day)[0]


def duties(first: date, last: date) -> list[Duty]:
    """Give who is on duty on each day of a span."""
    rows = RosterRotation.objects.filter(first__lte=last, last__gte=first).order_by("pk")
    rotations = [_rotation(row) for row in rows]
    changed = RosterChange.objects.filter(day__gte=first, day__lte=last).order_by("pk")
    changes = [Change(row.day, tuple(row.people), row.reason) for row in changed]
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [duty_on(day, rotations, changes) for day in days]


def _rotation(row: RosterRotation) -> Rotation:
    crews = tuple(tuple(crew) for crew in row.crews)
    return Rotation(DutyKind(row.kind), row.first, row.last, crews, row.turn_days)


@transaction.atomic
def set_rotation(rotation: Rotation, *, actor: User, now_ms: int) -> RosterRotation:
    """Let crews take turns over a span; it replaces what was planned for these days, except what was changed by hand."""
    row = RosterRotation.objects.create(
        kind=rotation.kind,
        first=rotation.first,
        last=rotation.last,
        crews=[list(crew) for crew in rotation.crews],
        turn_days=rotation.turn_days,
        made_by=actor.get_username(),
        made_ms=now_ms,
    )
    detail = f"{rotation.kind}: crews {row.crews}, {rotation.turn_days} day(s) each"
    subject = f"{rotation.first} to {rotation.last}"
    record_audit(
        actor=actor.get_username(), action="set-roster", subject=subject, detail=detail, now_ms=now_ms
    )
    return row


@transaction.atomic
def change_day(day: date, people: Sequence[int], reason: str, *, actor: User, now_ms: int) -> RosterChange:
    """Put others on duty on one day, and keep why."""
    row = RosterChange.objects.create(
        day=day,
        people=list(people),
        reason=reason.strip()[:200],
        made_by=actor.get_username(),
        made_ms=now_ms,
    )
    detail = f"{row.people}: {row.reason}"
    record_audit(
        actor=actor.get_username(), action="change-roster", subject=str(day), detail=detail, now_ms=now_ms
    )
    return row
