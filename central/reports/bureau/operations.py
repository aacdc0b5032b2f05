"""Entering bills of the power bureau: each once, on record; a wrong one is corrected by a new row, with the reason (R-4.1.9)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db import transaction

from central.campus.models import Building
from central.clock import campus_day
from central.domain.periods import Period
from central.ledger.one_writer import lock_head
from central.ledger.operations import record_audit
from central.office.models import User
from central.reports.bureau.models import BureauBill


class BillRefusal(StrEnum):
    """Why a bill was not entered."""

    NOT_BEGUN = "not-begun"
    """Its period lies in the future."""
    DATED_LATER = "dated-later"
    """It bears a day that has not come."""
    KNOWN = "known"
    """A bill of this number stands already for the period and place."""
    CORRECTED = "corrected"
    """The bill was corrected before: the newest row is to be corrected."""
    NO_REASON = "no-reason"
    NOTHING_CHANGED = "nothing-changed"
    OTHER_BILL = "other-bill"
    """The page entered another bill already."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A bill as it was typed."""

    period: Period
    building: Building | None
    number: str
    day: date
    energy_wh: int
    amount_fen: int
    note: str = ""


@transaction.atomic
def enter_bill(entry: Entry, key: str, *, actor: User, now_ms: int) -> BureauBill | BillRefusal:
    """Enter a bill; the same page again gives the same bill."""
    lock_head()
    if (before := BureauBill.objects.filter(key=key).first()) is not None:
        return before if before.said == _row(entry, key, actor, now_ms).said else BillRefusal.OTHER_BILL
    if (refusal := _date_refusal(entry, now_ms)) is not None:
        return refusal
    if _standing(entry):
        return BillRefusal.KNOWN
    made = _row(entry, key, actor, now_ms)
    made.save(force_insert=True)
    _record("bureau-bill", made, made.said)
    return made


@transaction.atomic
def correct_bill(
    wrong: BureauBill, entry: Entry, key: str, *, actor: User, now_ms: int
) -> BureauBill | BillRefusal:
    """Put a new row in a bill's place; `entry.note` says why. A bill that was none gets nought for both figures."""
    lock_head()
    if (before := BureauBill.objects.filter(key=key).first()) is not None:
        return before if before.corrects_id == wrong.pk else BillRefusal.OTHER_BILL
    if BureauBill.objects.filter(corrects=wrong).exists():
        return BillRefusal.CORRECTED
    if not entry.note.strip():
        return BillRefusal.NO_REASON
    if (refusal := _date_refusal(entry, now_ms)) is not None:
        return refusal
    made = _row(entry, key, actor, now_ms)
    if made.said == wrong.said:
        return BillRefusal.NOTHING_CHANGED
    if _standing(entry) - {wrong.pk}:
        return BillRefusal.KNOWN
    made.corrects = wrong
    made.save(force_insert=True)
    _record("correct-bureau-bill", made, f"{made.said}; {wrong.pk}: {wrong.said}; {made.note}")
    return made


def _standing(entry: Entry) -> set[int]:
    """Give the bills that hold under the same number, for the same period and place."""
    same = BureauBill.objects.filter(
        period=entry.period.name, building=entry.building, number=entry.number, corrected_by=None
    )
    return set(same.values_list("pk", flat=True))


def _date_refusal(entry: Entry, now_ms: int) -> BillRefusal | None:
    today = campus_day(now_ms)
    if entry.period.first > today:
        return BillRefusal.NOT_BEGUN
    return BillRefusal.DATED_LATER if entry.day > today else None


def _row(entry: Entry, key: str, actor: User, now_ms: int) -> BureauBill:
    return BureauBill(
        key=key,
        period=entry.period.name,
        building=entry.building,
        number=entry.number,
        day=entry.day,
        energy_wh=entry.energy_wh,
        amount_fen=entry.amount_fen,
        note=entry.note.strip(),
        by=actor,
        at_ms=now_ms,
    )


def _record(action: str, made: BureauBill, detail: str) -> None:
    record_audit(
        actor=made.by.get_username(),
        action=action,
        subject=f"bureau bill {made.pk}",
        detail=detail,
        now_ms=made.at_ms,
    )
