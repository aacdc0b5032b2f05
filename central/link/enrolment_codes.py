"""A building's enrolment code: opened for some hours by an administrator, shown by a dangerous act, closed by its use or by time.

It is the same code each time, so that it can lie in the building's folder for the day the Pi is dead; it does nothing while it is
closed. Sealed in the database, its first four letters beside it.
"""

import secrets
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from central.campus.models import Building
from central.domain.certificates import INGEST
from central.ledger.operations import record_audit
from central.link.models import EnrolmentCode, Gateway
from central.office.sealing import seal, unseal
from gateway.contract.commands import CENTRAL
from gateway.contract.enrolment import LETTERS, grouped, name_of, write_enrolment_code
from gateway.contract.envelope import KEY_ID
from gateway.contract.identifiers import NotAnIdentifier, checked

HOUR_MS = 3_600_000
MOST_HOURS = 24 * 30
LETTER = "letters"


class CodeRefusal(StrEnum):
    """Why a code is as it was."""

    UNKNOWN_BUILDING = "unknown-building"
    BAD_ID = "bad-id"
    ID_TAKEN = "id-taken"
    """Another building's gateway has this id."""
    OTHER_ID = "other-id"
    """The building's gateway has another id, and keeps it."""
    BAD_HOURS = "bad-hours"
    NO_CODE = "no-code"
    LOST = "lost"
    """It was sealed with a secret key that is gone: only a new code helps."""
    NOTHING_WAITS = "nothing-waits"


@dataclass(frozen=True, slots=True)
class Opened:
    """A code that is open: what is printed, and until when it works."""

    code: str
    gateway: str
    open_until_ms: int
    is_new: bool


@transaction.atomic
def open_code(
    building_code: str, hours: int, *, gateway_id: str = "", new_code: bool = False, actor: str, now_ms: int
) -> Opened | CodeRefusal:
    """Open a building's code for some hours; make it at the first time, or anew with `new_code`."""
    if not 1 <= hours <= MOST_HOURS:
        return CodeRefusal.BAD_HOURS
    # The code before the building, as who uses it locks them.
    row = EnrolmentCode.objects.select_for_update().filter(building__code=building_code).first()
    building = Building.objects.select_for_update(no_key=True).filter(code=building_code).first()
    if building is None:
        return CodeRefusal.UNKNOWN_BUILDING
    wanted = _id_for(building, gateway_id)
    if isinstance(wanted, CodeRefusal):
        return wanted
    row = row or EnrolmentCode.objects.select_for_update().filter(building=building).first()
    letters = None if row is None or new_code else letters_of(row)
    if row is not None and letters is None and not new_code:
        return CodeRefusal.LOST
    is_new = letters is None
    if letters is None:
        letters = _unused_letters()
        row = row or EnrolmentCode(building=building)
        row.name, row.sealed = name_of(letters), seal({LETTER: letters})
    assert row is not None
    row.gateway_id, row.opened_by, row.opened_ms = wanted, actor, now_ms
    row.open_until_ms = now_ms + hours * HOUR_MS
    row.used_key, row.waiting_key, row.approved_key, row.used_ms, row.waiting_ms = "", "", "", None, None
    row.save()
    about = f"{row.name}, {hours} h" + (", new" if is_new else "")
    record_audit(
        actor=actor, action="open-enrolment-code", subject=building_code, detail=about, now_ms=now_ms
    )
    return Opened(grouped(letters), wanted, row.open_until_ms, is_new)


@transaction.atomic
def close_code(building_code: str, *, actor: str, now_ms: int) -> CodeRefusal | None:
    """Close a building's code; it can be opened again."""
    row = EnrolmentCode.objects.select_for_update().filter(building__code=building_code).first()
    if row is None:
        known = Building.objects.filter(code=building_code).exists()
        return CodeRefusal.NO_CODE if known else CodeRefusal.UNKNOWN_BUILDING
    row.open_until_ms, row.waiting_key, row.approved_key = 0, "", ""
    row.save(update_fields=["open_until_ms", "waiting_key", "approved_key"])
    record_audit(
        actor=actor, action="close-enrolment-code", subject=building_code, detail=row.name, now_ms=now_ms
    )
    return None


@transaction.atomic
def show_code(building_code: str, *, actor: str, now_ms: int) -> str | CodeRefusal:
    """Give a building's code to be printed, and note who saw it."""
    row = EnrolmentCode.objects.filter(building__code=building_code).first()
    if row is None:
        return CodeRefusal.NO_CODE
    letters = letters_of(row)
    if letters is None:
        return CodeRefusal.LOST
    record_audit(
        actor=actor, action="show-enrolment-code", subject=building_code, detail=row.name, now_ms=now_ms
    )
    return grouped(letters)


@transaction.atomic
def approve_replacement(building_code: str, key: str, *, actor: str, now_ms: int) -> CodeRefusal | None:
    """Let the very key that waits replace a gateway that is alive."""
    row = EnrolmentCode.objects.select_for_update().filter(building__code=building_code).first()
    if row is None or not key or row.waiting_key != key or now_ms >= row.open_until_ms:
        return CodeRefusal.NOTHING_WAITS
    row.approved_key = key
    row.save(update_fields=["approved_key"])
    record_audit(
        actor=actor, action="approve-replacement", subject=building_code, detail=key[:KEY_ID], now_ms=now_ms
    )
    return None


def letters_of(row: EnrolmentCode) -> str | None:
    """Give a code's letters; None where they can't be unsealed any more."""
    letters = (unseal(row.sealed) or {}).get(LETTER, "")
    return letters if len(letters) == LETTERS else None


def _unused_letters() -> str:
    while True:
        letters = write_enrolment_code([secrets.randbelow(32) for _ in range(LETTERS - 1)])
        if not EnrolmentCode.objects.filter(name=name_of(letters)).exists():
            return letters


def _id_for(building: Building, asked: str) -> str | CodeRefusal:
    """The id of its gateway; of its code where it never had one; what was asked; or `b` and the building's code."""
    gateway = Gateway.objects.filter(building=building).first()
    if gateway is not None:
        return CodeRefusal.OTHER_ID if asked and asked != gateway.pk else gateway.pk
    row = EnrolmentCode.objects.filter(building=building).first()
    wanted = asked or (row.gateway_id if row else f"b{building.code}")
    try:
        checked(wanted)
    except NotAnIdentifier:
        return CodeRefusal.BAD_ID
    if wanted in (CENTRAL, INGEST):
        return CodeRefusal.BAD_ID
    others = EnrolmentCode.objects.filter(gateway_id=wanted).exclude(building=building)
    return CodeRefusal.ID_TAKEN if Gateway.objects.filter(pk=wanted).exists() or others.exists() else wanted
