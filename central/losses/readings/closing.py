"""Close a sheet, give it back, check it: the electrician reads, another person of the card room checks, heads sign (R-4.3.7).

    open -> closed -> checked -> agreed          the card room may give a closed one back: open again, with the reason

What differs when a sheet is closed becomes a case, so does a group beyond its fixed loss (R-4.2.3).
"""

from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from central.campus.models import Building
from central.domain.readings_compared import Verdict
from central.ledger.operations import record_audit
from central.losses.case_models import Case
from central.losses.cases import Matter, open_case
from central.losses.readings.agreeing import AGREED_READINGS, content_of, subject_of, waiting
from central.losses.readings.comparing import Compared, GroupCompared, compared, groups_compared
from central.losses.readings.models import ReadingSheet
from central.losses.readings.sheets import Place, lines_of, month_of, named_period, place_of, progress_of
from central.office.approvals import ApprovalRefusal, ask
from central.office.models import Approval, User
from gateway.contract.quantities import WattHours, kwh_text


class SheetRefusal(StrEnum):
    """Why a sheet goes no further."""

    UNKNOWN_SHEET = "unknown-sheet"
    NOT_HIS_BUILDING = "not-his-building"
    NOT_OPEN = "not-open"
    NOT_CLOSED = "not-closed"
    NOT_ALL_READ = "not-all-read"
    QUESTIONED = "questioned"
    """A doubt waits for the reader's words."""
    OWN_SHEET = "own-sheet"
    """Who read or closed it does not check it."""
    DISAGREES = "disagrees"
    NO_REASON = "no-reason"
    WAITS = "waits"
    """It lies before those who sign."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An expected refusal; `count`: how many meters it is about."""

    why: SheetRefusal
    count: int = 0


@transaction.atomic
def close_sheet(sheet_id: int, *, actor: User, now_ms: int) -> ReadingSheet | Refused:
    """End the reading: every meter has an entry and no doubt is open. Opens cases for what differs and what is lost."""
    sheet = _locked(sheet_id)
    if isinstance(sheet, Refused):
        return sheet
    if not actor.serves(sheet.building_id):
        return Refused(SheetRefusal.NOT_HIS_BUILDING)
    if sheet.state != ReadingSheet.State.OPEN:
        return Refused(SheetRefusal.NOT_OPEN)
    place = _place(sheet)
    lines = lines_of(place, now_ms)
    progress = progress_of(lines)
    if progress.missing:
        return Refused(SheetRefusal.NOT_ALL_READ, progress.missing)
    if progress.questioned:
        return Refused(SheetRefusal.QUESTIONED, progress.questioned)
    found = compared(place, lines, now_ms)
    sheet.state, sheet.closed_by, sheet.closed_ms, sheet.returned = (
        ReadingSheet.State.CLOSED,
        actor,
        now_ms,
        "",
    )
    sheet.save(update_fields=["state", "closed_by", "closed_ms", "returned"])
    _open_reading_cases(sheet, found, actor, now_ms)
    _open_loss_cases(sheet, groups_compared(place, found), now_ms)
    _on_record("close-readings", sheet, actor, f"{len(lines)} meters", now_ms)
    return sheet


@transaction.atomic
def return_sheet(sheet_id: int, why: str, *, actor: User, now_ms: int) -> ReadingSheet | Refused:
    """Give a closed sheet, or one that was not signed, back to who reads."""
    sheet = _locked(sheet_id)
    if isinstance(sheet, Refused):
        return sheet
    if sheet.state not in (ReadingSheet.State.CLOSED, ReadingSheet.State.CHECKED):
        return Refused(SheetRefusal.NOT_CLOSED)
    if waiting(sheet):
        return Refused(SheetRefusal.WAITS)
    if not why.strip():
        return Refused(SheetRefusal.NO_REASON)
    sheet.state, sheet.closed_ms, sheet.returned = ReadingSheet.State.OPEN, None, why.strip()[:300]
    sheet.save(update_fields=["state", "closed_ms", "returned"])
    _on_record("return-readings", sheet, actor, sheet.returned, now_ms)
    return sheet


@transaction.atomic
def check_sheet(
    sheet_id: int, why: str, key: str, *, actor: User, now_ms: int
) -> Approval | ApprovalRefusal | Refused:
    """Say that a sheet was compared with the card room's and is right: it goes to be signed, with all its lines."""
    sheet = _locked(sheet_id)
    if isinstance(sheet, Refused):
        return sheet
    if (known := Approval.objects.filter(key=key).first()) is not None and known.number == sheet.approval:
        return known
    if refused := _why_not_checked(sheet, actor):
        return refused
    place = _place(sheet)
    found = compared(place, lines_of(place, now_ms), now_ms)
    if standing := sum(one.stands for one in found):
        _open_reading_cases(sheet, found, actor, now_ms)  # what came too late for the closing, too
        return Refused(SheetRefusal.DISAGREES, standing)
    content = content_of(sheet, found, groups_compared(place, found))
    sheet.state, sheet.checked_by, sheet.checked_ms = ReadingSheet.State.CHECKED, actor, now_ms
    sheet.save(update_fields=["state", "checked_by", "checked_ms"])
    asked = ask(
        AGREED_READINGS, content, subject=subject_of(sheet), why=why, actor=actor, now_ms=now_ms, key=key
    )
    if isinstance(asked, ApprovalRefusal):
        transaction.set_rollback(True)
        return asked
    ReadingSheet.objects.filter(pk=sheet.pk).update(approval=asked.number)
    _on_record("check-readings", sheet, actor, f"approval {asked.number}", now_ms)
    return asked


def _why_not_checked(sheet: ReadingSheet, actor: User) -> Refused | None:
    if waiting(sheet):
        return Refused(SheetRefusal.WAITS)
    if sheet.state not in (ReadingSheet.State.CLOSED, ReadingSheet.State.CHECKED):
        return Refused(SheetRefusal.NOT_CLOSED)
    own = sheet.closed_by_id == actor.pk or sheet.readings.filter(by=actor).exists()
    return Refused(SheetRefusal.OWN_SHEET) if own else None


def _locked(sheet_id: int) -> ReadingSheet | Refused:
    """Lock the building as an entry does, then the sheet: an entry under way is in or out."""
    found = ReadingSheet.objects.filter(pk=sheet_id).first()
    if found is None:
        return Refused(SheetRefusal.UNKNOWN_SHEET)
    Building.objects.select_for_update(no_key=True).get(pk=found.building_id)
    return (
        ReadingSheet.objects.select_for_update(of=("self",), no_key=True)
        .select_related("building")
        .get(pk=sheet_id)
    )


def _place(sheet: ReadingSheet) -> Place:
    period = named_period(sheet.period)
    assert period is not None, "a sheet's period is an accounting period"
    return place_of(sheet.building, period)


def _open_reading_cases(sheet: ReadingSheet, found: list[Compared], actor: User, now_ms: int) -> None:
    for one in found:
        if one.verdict is not Verdict.DIFFERS or not one.stands:
            continue
        meter, reading = one.line.meter, one.line.reading
        assert reading is not None, "what differs was read"
        matter = Matter(
            Case.Kind.READING,
            sheet.case_key(meter.meter),
            sheet.building,
            f"{meter.meter} · {_kwh(one.hand_wh)} / {_kwh(one.automatic.register_wh if one.automatic else None)}",
            meter.room,
            facts={
                "hand_wh": one.hand_wh,
                "hand_ms": one.at_ms,
                "automatic_wh": one.automatic.register_wh if one.automatic else None,
                "within_wh": one.within_wh,
                "sheet": sheet.pk,
                "month": month_of(_place(sheet).period),
            },
        )
        open_case(matter, f"differs-{sheet.pk}-{reading.pk}", actor=actor, now_ms=now_ms)


def _open_loss_cases(sheet: ReadingSheet, groups: list[GroupCompared], now_ms: int) -> None:
    """More is gone than the fixed loss allows: whose building it is looks for leakage or theft."""
    for one in groups:
        found = one.by_hand
        if not found.is_beyond or found.balance is None:
            continue
        matter = Matter(
            Case.Kind.LOSS,
            f"loss:{sheet.building.code}:{found.group}",
            sheet.building,
            f"{found.group} · {sheet.period.partition(':')[2]}",
            facts={
                "from": "readings",
                "sheet": sheet.pk,
                "month": month_of(_place(sheet).period),
                "master_wh": found.balance.master_wh,
                "subs_wh": found.balance.subs_wh,
                "unexplained_wh": found.balance.unexplained_wh,
            },
        )
        open_case(
            matter, f"loss-by-hand-{sheet.pk}-{sheet.closed_ms}-{found.group}"[:64], actor=None, now_ms=now_ms
        )


def _kwh(energy_wh: int | None) -> str:
    return "–" if energy_wh is None else kwh_text(WattHours(energy_wh))


def _on_record(action: str, sheet: ReadingSheet, actor: User, detail: str, now_ms: int) -> None:
    record_audit(
        actor=actor.get_username(),
        action=action,
        subject=f"{sheet.building.code} {sheet.period}",
        detail=detail,
        now_ms=now_ms,
    )
