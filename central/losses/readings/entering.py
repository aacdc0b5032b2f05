"""Enter what an electrician read: each entry is a row of its own, a doubtful one too; what is no figure is refused (R-4.3.7).

A doubt without words is kept as a question on the sheet: nothing that somebody read is lost, and no sheet is closed over it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from central.campus.models import Building, Meter
from central.domain.hand_reading import DisplayFault, Doubt, Unreadable, doubts, read_display
from central.domain.periods import Period
from central.ledger.operations import record_audit
from central.losses.case_models import Case
from central.losses.cases import LATEST_MS, CaseRefusal, Matter, open_case
from central.losses.cases import Refused as CaseRefused
from central.losses.readings.history import daily_uses, last_values, usual_of
from central.losses.readings.meters import SheetMeter, sheet_meter
from central.losses.readings.models import HandReading, ReadingSheet
from central.losses.readings.settling import settle_if_it_agrees
from central.office.models import User
from central.office.photos import PhotoRefusal, keep_photos
from central.papers.accounting import instants_of

LONGEST_WORDS = 300


class EntryRefusal(StrEnum):
    """Why an entry was not taken; of a figure also every DisplayFault."""

    NOT_HIS_BUILDING = "not-his-building"
    NOT_OPEN = "not-open"
    UNKNOWN_METER = "unknown-meter"
    SAME_NUMBER = "same-number"
    """The number found on the meter is the one of the sheet."""
    NO_WORDS = "no-words"
    EXISTS_WITH_DIFFERENT = "exists-with-different"
    PHOTO_TOO_LARGE = "photo-too-large"
    PHOTO_NOT_A_PICTURE = "photo-not-a-picture"
    TOO_MANY_PHOTOS = "too-many-photos"


OF_PHOTOS = {
    PhotoRefusal.TOO_LARGE: EntryRefusal.PHOTO_TOO_LARGE,
    PhotoRefusal.NOT_A_PICTURE: EntryRefusal.PHOTO_NOT_A_PICTURE,
    PhotoRefusal.TOO_MANY: EntryRefusal.TOO_MANY_PHOTOS,
}


@dataclass(frozen=True, slots=True)
class Refused:
    """An expected refusal, with what it is about."""

    why: EntryRefusal | DisplayFault
    what: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is entered for one meter. `typed`: as it stands on the display; empty where `unreadable` says why."""

    step: str
    meter: str
    typed: str = ""
    unreadable: str = ""
    found_meter: str = ""
    words: str = ""
    photos: Sequence[bytes] = ()
    at_ms: int = 0
    is_listed: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """What a caller with many entries has looked up already, in the same transaction."""

    meter: SheetMeter
    doubts: Sequence[Doubt]


@transaction.atomic
def enter(
    building: Building, period: Period, entry: Entry, *, actor: User, now_ms: int, known: Known | None = None
) -> HandReading | Refused:
    """Keep one entry; the same `step` again gives the same one. Locks the building's row: sheets are made once."""
    here = Building.objects.select_for_update(no_key=True).get(pk=building.pk)
    if (before := HandReading.objects.filter(step=entry.step).select_related("sheet").first()) is not None:
        return (
            before
            if _is_same(before, here, entry)
            else Refused(EntryRefusal.EXISTS_WITH_DIFFERENT, entry.meter)
        )
    if not actor.serves(here.pk):
        return Refused(EntryRefusal.NOT_HIS_BUILDING, here.name)
    found = known.meter if known else sheet_meter(here, entry.meter, now_ms)
    if found is None:
        return Refused(EntryRefusal.UNKNOWN_METER, entry.meter)
    read = _read(entry)
    if isinstance(read, Refused):
        return read
    sheet = _sheet(here, period)
    if sheet.from_ms > now_ms or not may_enter(sheet, entry.meter):
        return Refused(EntryRefusal.NOT_OPEN, entry.meter)
    photos = keep_photos(entry.photos, by=actor, now_ms=now_ms) if entry.photos else []
    if isinstance(photos, PhotoRefusal):
        return Refused(OF_PHOTOS[photos], entry.meter)
    asked = known.doubts if known else None
    made = _write(sheet, found, entry, read, photos, asked, actor, now_ms)
    settle_if_it_agrees(sheet, made, actor=actor, now_ms=now_ms)
    return made


def _is_same(before: HandReading, here: Building, entry: Entry) -> bool:
    """Say whether an entry that comes again says the same: another figure under its id would be lost without a word."""
    read, number = _read(entry), entry.found_meter.strip()[:64]
    if isinstance(read, Refused):
        return False
    counted, unreadable = (None, Unreadable.OTHER_METER) if number else (read, entry.unreadable)
    said = (here.pk, entry.meter, counted, unreadable, number)
    return said == (
        before.sheet.building_id,
        before.meter,
        before.register_wh,
        before.unreadable,
        before.found_meter,
    )


def may_enter(sheet: ReadingSheet, meter: str) -> bool:
    """Say whether a meter may be read: while the sheet is open, and again where its reading disagrees."""
    if sheet.state == ReadingSheet.State.OPEN:
        return True
    return sheet.state == ReadingSheet.State.CLOSED and _stands(sheet, meter)


def _stands(sheet: ReadingSheet, meter: str) -> bool:
    standing = Case.objects.filter(key=sheet.case_key(meter)).exclude(state=Case.State.CLOSED)
    return standing.exists()


def _read(entry: Entry) -> int | Refused | None:
    """Give the register; None where none was read."""
    number = entry.found_meter.strip()
    if number:
        if number.lstrip("0") == entry.meter.lstrip("0"):
            return Refused(EntryRefusal.SAME_NUMBER, number)
        if not entry.typed.strip():
            return None
    elif entry.unreadable:
        is_named = entry.unreadable in set(Unreadable) - {Unreadable.OTHER_METER}
        return None if is_named and not entry.typed.strip() else Refused(EntryRefusal.NO_WORDS, entry.meter)
    read = read_display(entry.typed)
    return Refused(read, entry.typed.strip()[:40]) if isinstance(read, DisplayFault) else read


def _sheet(building: Building, period: Period) -> ReadingSheet:
    from_ms, until_ms = instants_of(period)
    made, _is_new = ReadingSheet.objects.get_or_create(
        building=building, period=period.name, defaults={"from_ms": from_ms, "until_ms": until_ms}
    )
    return made


def doubts_of(sheet: ReadingSheet, meter: str, read_wh: int, at_ms: int) -> list[Doubt]:
    """Ask about a reading by what was known of its meter before."""
    last = last_values(sheet.from_ms, [meter], at_ms).get(meter)
    if last is None:
        return []
    usual = usual_of(last, daily_uses(sheet.from_ms, [meter])[meter], at_ms)
    return doubts(read_wh, at_ms, last.register_wh, last.at_ms, usual)


def _write(
    sheet: ReadingSheet,
    meter: SheetMeter,
    entry: Entry,
    read_wh: int | None,
    photos: list[str],
    asked: Sequence[Doubt] | None,
    actor: User,
    now_ms: int,
) -> HandReading:
    at_ms = entry.at_ms if 0 < entry.at_ms <= now_ms + LATEST_MS else now_ms
    number = entry.found_meter.strip()[:64]
    counted = None if number else read_wh
    if asked is None:
        asked = doubts_of(sheet, meter.meter, counted, at_ms) if counted is not None else []
    made = HandReading.objects.create(
        step=entry.step,
        sheet=sheet,
        meter=meter.meter,
        room=meter.room,
        register_wh=counted,
        unreadable=Unreadable.OTHER_METER if number else entry.unreadable,
        found_meter=number,
        doubts=[one.value for one in asked],
        words=entry.words.strip()[:LONGEST_WORDS],
        photos=photos,
        is_listed=entry.is_listed,
        at_ms=at_ms,
        received_ms=now_ms,
        by=actor,
    )
    if number:
        _open_meter_case(made, meter, entry, read_wh, actor, now_ms)
    record_audit(
        actor=actor.get_username(),
        action="read-meter",
        subject=f"{sheet.building.code} {meter.meter}",
        detail=f"{sheet.period}: {counted if counted is not None else made.unreadable} {number}".strip(),
        now_ms=now_ms,
    )
    return made


def _open_meter_case(
    made: HandReading, meter: SheetMeter, entry: Entry, read_wh: int | None, actor: User, now_ms: int
) -> None:
    """Another meter hangs there than the books say: a case, with its photographs."""
    known = Meter.objects.filter(meter_no=made.found_meter).first()
    facts = {"listed": meter.meter, "found": made.found_meter, "register_wh": read_wh}
    matter = Matter(
        Case.Kind.METER,
        f"meter:{meter.meter}",
        made.sheet.building,
        f"{meter.meter} ≠ {made.found_meter}",
        meter.room,
        entry.words.strip(),
        facts | {"known_in": known.building.code if known else ""},
        entry.photos,
    )
    opened = open_case(matter, f"number-{made.step}"[:64], actor=actor, now_ms=now_ms)
    if isinstance(opened, CaseRefused) and opened.why is not CaseRefusal.EXISTS_WITH_DIFFERENT:
        raise RuntimeError(f"a case of meter {meter.meter} was refused: {opened.why}")
