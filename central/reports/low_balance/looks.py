"""Put on record that somebody looked at the daily check of the buildings, with what stood out then (R-4.1.6)."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from django.db import transaction

from central.clock import campus_day
from central.domain.building_check import Finding
from central.ledger.one_writer import lock_head
from central.ledger.operations import record_audit
from central.office.models import User
from central.reports.low_balance.day_use import BuildingDay
from central.reports.low_balance.models import BuildingCheckLook

STANDS_OUT = (Finding.HIGH, Finding.LOW, Finding.GAPS, Finding.NO_DATA)
LONGEST_TEXT = 500


class LookRefusal(StrEnum):
    """Why a look was not put on record."""

    NOT_OVER = "not-over"
    """The day goes on: its use isn't known yet."""
    EXISTS_WITH_DIFFERENT = "exists-with-different"


def looked(
    day: date, days: Iterable[BuildingDay], text: str, step: str, *, actor: User, now_ms: int
) -> BuildingCheckLook | LookRefusal:
    """Keep a look; the same step again is the same look."""
    if day >= campus_day(now_ms):
        return LookRefusal.NOT_OVER
    findings = [
        [one.building.code, one.checked.finding.value] for one in days if one.checked.finding in STANDS_OUT
    ]
    text = text.strip()[:LONGEST_TEXT]
    with transaction.atomic():
        lock_head()
        known = BuildingCheckLook.objects.filter(step=step).first()
        if known is not None:
            is_same = (known.day, known.by_id, known.text) == (day, actor.pk, text)
            return known if is_same else LookRefusal.EXISTS_WITH_DIFFERENT
        record_audit(
            actor=actor.get_username(),
            action="building-check",
            subject=f"building-check day:{day}",
            detail=f"{len(findings)} stand out: {text}"[:200],
            now_ms=now_ms,
        )
        return BuildingCheckLook.objects.create(
            day=day, by=actor, at_ms=now_ms, findings=findings, text=text, step=step
        )
