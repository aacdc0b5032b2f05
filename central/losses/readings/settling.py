"""End disagreements between hand and register: read again, or said by a person which of the two was wrong and why (R-4.3.7)."""

import uuid
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from central.domain.readings_compared import Settled, Verdict
from central.ledger.operations import record_audit
from central.losses.case_models import Case, CaseStep
from central.losses.cases import Step, take_step
from central.losses.readings.comparing import Compared, compare_now
from central.losses.readings.models import HandReading, ReadingSheet, Settlement
from central.losses.readings.sheets import named_period, place_of
from central.office.models import User

FINDINGS = {
    Settled.READ_AGAIN: Case.Finding.READING,
    Settled.READING_WRONG: Case.Finding.READING,
    Settled.AUTOMATIC_WRONG: Case.Finding.METER,
    Settled.SWAPPED: Case.Finding.METER,
    Settled.FAULTY: Case.Finding.METER,
}
BY_HAND = (Settled.READING_WRONG, Settled.AUTOMATIC_WRONG, Settled.SWAPPED, Settled.FAULTY)
"""What a person may say; a second reading that agrees speaks for itself."""


class SettleRefusal(StrEnum):
    """Why a disagreement was not ended."""

    UNKNOWN_SHEET = "unknown-sheet"
    NOT_HIS_BUILDING = "not-his-building"
    NOT_CLOSED = "not-closed"
    NOT_DIFFERENT = "not-different"
    """Nothing differs there any more."""
    NO_WORDS = "no-words"
    EXISTS_WITH_DIFFERENT = "exists-with-different"


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says about one meter's disagreement."""

    step: str
    meter: str
    how: Settled
    words: str


@transaction.atomic
def settle(sheet_id: int, said: Said, *, actor: User, now_ms: int) -> Settlement | SettleRefusal:
    """Say how a disagreement of a closed sheet ended; its case is closed with it."""
    sheet = ReadingSheet.objects.select_for_update(of=("self",), no_key=True).filter(pk=sheet_id).first()
    if sheet is None:
        return SettleRefusal.UNKNOWN_SHEET
    if (known := Settlement.objects.filter(step=said.step).first()) is not None:
        same = (known.sheet_id, known.meter, known.how) == (sheet.pk, said.meter, said.how)
        return known if same else SettleRefusal.EXISTS_WITH_DIFFERENT
    if not actor.serves(sheet.building_id):
        return SettleRefusal.NOT_HIS_BUILDING
    if sheet.state != ReadingSheet.State.CLOSED:
        return SettleRefusal.NOT_CLOSED
    if not said.words.strip() or said.how not in BY_HAND:
        return SettleRefusal.NO_WORDS
    line = _line(sheet, said.meter, now_ms)
    if line is None or line.verdict is not Verdict.DIFFERS or line.line.reading is None:
        return SettleRefusal.NOT_DIFFERENT
    return _write(sheet, said, line.line.reading, actor, now_ms)


def settle_if_it_agrees(sheet: ReadingSheet, reading: HandReading, *, actor: User, now_ms: int) -> None:
    """End a standing disagreement when the meter is read again and agrees. Inside the caller's transaction."""
    if reading.register_wh is None or _standing(sheet, reading.meter) is None:
        return
    line = _line(sheet, reading.meter, now_ms)
    if line is None or line.line.reading != reading or line.verdict is not Verdict.AGREES:
        return
    step = str(uuid.uuid5(uuid.NAMESPACE_URL, f"read-again:{reading.step}"))
    _write(sheet, Said(step, reading.meter, Settled.READ_AGAIN, reading.words), reading, actor, now_ms)


def _line(sheet: ReadingSheet, meter: str, now_ms: int) -> Compared | None:
    period = named_period(sheet.period)
    assert period is not None, "a sheet's period is an accounting period"
    found = compare_now(place_of(sheet.building, period), now_ms)
    return next((one for one in found if one.line.meter.meter == meter), None)


def _standing(sheet: ReadingSheet, meter: str) -> Case | None:
    cases = Case.objects.filter(key=sheet.case_key(meter)).exclude(state=Case.State.CLOSED)
    return cases.first()


def _write(sheet: ReadingSheet, said: Said, reading: HandReading, actor: User, now_ms: int) -> Settlement:
    case = _standing(sheet, said.meter)
    made = Settlement.objects.create(
        step=said.step,
        sheet=sheet,
        meter=said.meter,
        how=said.how,
        words=said.words.strip()[:300],
        reading=reading,
        case=case,
        by=actor,
        at_ms=now_ms,
    )
    if case is not None:
        facts = {"settled": said.how, "register_wh": reading.register_wh}
        text = said.words.strip() or said.how
        closed = Step(
            CaseStep.Kind.CLOSED, f"settled-{said.step}"[:64], now_ms, text, FINDINGS[said.how], facts
        )
        take_step(case.pk, closed, actor=actor, now_ms=now_ms)
    record_audit(
        actor=actor.get_username(),
        action="settle-reading",
        subject=f"{sheet.building.code} {said.meter}",
        detail=f"{sheet.period}: {said.how} {said.words.strip()}"[:200],
        now_ms=now_ms,
    )
    return made
