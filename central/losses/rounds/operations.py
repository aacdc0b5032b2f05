"""Make a round: its first entry begins it, each room is said in an entry, the end freezes what it came to (R-4.2.4).

Everything is idempotent by the ids that the page or the phone made. After the end an entry is an addition; the end never changes.
A cable from the corridor reports the theft at once (`theft_report.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from central.campus.models import Building, Room
from central.domain.round_coverage import Outcome, floors_of, outcomes
from central.ledger.operations import record_audit
from central.link.outbox import lock_building
from central.losses.case_models import Case
from central.losses.cases import CaseRefusal
from central.losses.rounds.round_models import Round, RoundEnd, RoundEntry
from central.losses.rounds.theft_report import report_theft
from central.office.models import User
from central.office.photos import PhotoRefusal, keep_photos

LONGEST_TEXT = 1000


class RoundRefusal(StrEnum):
    """Why an entry was not taken."""

    NOT_HIS_BUILDING = "not-his-building"
    NOT_HIS_ROUND = "not-his-round"
    OTHER_BUILDING = "other-building"
    """The room is not of the round's building."""
    NO_WORDS = "no-words"
    """What was found, and why there was no access, is said in words."""
    NO_WHAT = "no-what"
    NOT_BEGUN = "not-begun"
    ENDED = "ended"
    """It was ended before with other words."""
    NO_REASON = "no-reason"
    """Rooms are left: why is said with the end."""
    EXISTS_WITH_DIFFERENT = "exists-with-different"


_OF_REPORT = {CaseRefusal.NOT_HIS_BUILDING: RoundRefusal.NOT_HIS_BUILDING}


@dataclass(frozen=True, slots=True)
class Refused:
    """An expected refusal."""

    why: RoundRefusal | PhotoRefusal


@dataclass(frozen=True, slots=True)
class Said:
    """What a warden says of a room. `at_ms`: when, as far as the phone's waiting tells."""

    entry: str
    room: Room
    outcome: Outcome
    at_ms: int
    what: str = ""
    text: str = ""
    photos: Sequence[bytes] = ()


@transaction.atomic
def begin(round_id: str, building: Building, *, at_ms: int, actor: User, now_ms: int) -> Round | Refused:
    """Begin a round; the same id again is the same round."""
    lock_building(building.pk)
    known = Round.objects.filter(round_id=round_id).select_related("building").first()
    if known is not None:
        same = known.building_id == building.pk and known.by_id == actor.pk
        return known if same else Refused(RoundRefusal.NOT_HIS_ROUND)
    if not actor.serves(building.pk):
        return Refused(RoundRefusal.NOT_HIS_BUILDING)
    begun = Round.objects.create(
        round_id=round_id, building=building, by=actor, started_ms=min(at_ms, now_ms), received_ms=now_ms
    )
    _on_record(begun, "round-begun", "", actor, now_ms)
    return begun


@transaction.atomic
def say(round_id: str, building: Building, said: Said, *, actor: User, now_ms: int) -> RoundEntry | Refused:
    """Say what a room is like; the first entry begins the round. What is said after the end is an addition."""
    if why := _fault(building, said):
        return Refused(why)
    walked = begin(round_id, building, at_ms=said.at_ms, actor=actor, now_ms=now_ms)
    if isinstance(walked, Refused):
        return walked
    if (known := RoundEntry.objects.filter(entry=said.entry).first()) is not None:
        return known if _is_same(known, walked, said) else Refused(RoundRefusal.EXISTS_WITH_DIFFERENT)
    photos = keep_photos(said.photos, by=actor, now_ms=now_ms)
    if isinstance(photos, PhotoRefusal):
        return Refused(photos)
    case = None
    if said.outcome is Outcome.FOUND and said.what == RoundEntry.What.CABLE:
        case = report_theft(walked, said.room, said.entry, said.text, said.photos, said.at_ms, actor, now_ms)
        if not isinstance(case, Case):
            transaction.set_rollback(True)  # a cable that nobody is told of is not kept as if somebody were
            return Refused(_OF_REPORT.get(case.why, RoundRefusal.EXISTS_WITH_DIFFERENT))
    kept = RoundEntry.objects.create(
        round=walked,
        entry=said.entry,
        room=said.room,
        outcome=said.outcome,
        what=said.what if said.outcome is Outcome.FOUND else "",
        text=_cut(said.text),
        photos=photos,
        at_ms=min(said.at_ms, now_ms),
        received_ms=now_ms,
        by=actor,
        is_addition=RoundEnd.objects.filter(round=walked).exists(),
        case=case,
    )
    if said.outcome is not Outcome.IN_ORDER:
        _on_record(
            walked, f"round-{said.outcome}", f"{said.room.label}: {kept.what} {kept.text}", actor, now_ms
        )
    return kept


@transaction.atomic
def end(round_id: str, end_id: str, text: str, *, at_ms: int, actor: User, now_ms: int) -> RoundEnd | Refused:
    """End a round and freeze what it came to: rooms seen, floor by floor, and those left, by name and why."""
    walked = (
        Round.objects.select_for_update(of=("self",), no_key=True)
        .select_related("building")
        .filter(round_id=round_id)
        .first()
    )
    if walked is None:
        return Refused(RoundRefusal.NOT_BEGUN)
    if walked.by_id != actor.pk:
        return Refused(RoundRefusal.NOT_HIS_ROUND)
    if (known := RoundEnd.objects.filter(round=walked).first()) is not None:
        return known if known.end_id == end_id else Refused(RoundRefusal.ENDED)
    rooms = list(walked.building.rooms.values_list("pk", "floor", "label"))
    entries = list(walked.entries.all())
    floors = floors_of(
        [(pk, floor) for pk, floor, _label in rooms],
        outcomes((one.room_id, Outcome(one.outcome)) for one in entries),
    )
    why_not = {one.room_id: one.text for one in entries if one.outcome == Outcome.NO_ACCESS}
    names = {pk: label for pk, _floor, label in rooms}
    left = [room for floor in floors for room in floor.left]
    if not text.strip() and any(room not in why_not for room in left):
        return Refused(RoundRefusal.NO_REASON)
    ended = RoundEnd.objects.create(
        round=walked,
        end_id=end_id,
        at_ms=max(walked.started_ms, min(at_ms, now_ms)),
        received_ms=now_ms,
        seen=sum(floor.seen for floor in floors),
        rooms=len(rooms),
        floors=[[floor.number, floor.seen, floor.rooms] for floor in floors],
        left=[[names[room], why_not.get(room) or _cut(text)] for room in left],
        text=_cut(text),
    )
    _on_record(walked, "round-ended", f"{ended.seen} of {ended.rooms} rooms", actor, now_ms)
    return ended


def _fault(building: Building, said: Said) -> RoundRefusal | None:
    if said.room.building_id != building.pk:
        return RoundRefusal.OTHER_BUILDING
    if said.outcome is Outcome.FOUND and said.what not in RoundEntry.What.values:
        return RoundRefusal.NO_WHAT
    needs_words = said.outcome is Outcome.NO_ACCESS or said.what == RoundEntry.What.OTHER
    return RoundRefusal.NO_WORDS if needs_words and not said.text.strip() else None


def _is_same(known: RoundEntry, walked: Round, said: Said) -> bool:
    what = said.what if said.outcome is Outcome.FOUND else ""
    same = (walked.pk, said.room.pk, said.outcome, what, _cut(said.text))
    return (known.round_id, known.room_id, known.outcome, known.what, known.text) == same


def _cut(text: str) -> str:
    return text.strip()[:LONGEST_TEXT]


def _on_record(walked: Round, action: str, detail: str, actor: User, now_ms: int) -> None:
    subject = f"{walked.building.code} {walked.pk}"
    record_audit(
        actor=actor.get_username(), action=action, subject=subject, detail=detail[:200], now_ms=now_ms
    )
