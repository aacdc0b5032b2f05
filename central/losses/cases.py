"""Open cases and take them further: acknowledge, arrive, find, note, close. One transaction each, each step once, all on record.

open -> acknowledged -> on site -> found -> closed          a later step may come first: who arrives has acknowledged
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db import transaction

from central.campus.models import Building, Room
from central.ledger.operations import record_audit
from central.losses.case_models import Case, CaseStep
from central.losses.case_notices import tell_case_opened
from central.losses.theft.notices import tell_found
from central.office.models import User
from central.office.photos import PhotoRefusal, keep_photos

CENTRAL = "central"
LATEST_MS = 5 * 60_000
"""A phone's clock may be so far ahead; a step from later is taken as now."""
LONGEST_TEXT = 1000
ORDER = (Case.State.OPEN, Case.State.ACKNOWLEDGED, Case.State.ARRIVED, Case.State.FOUND, Case.State.CLOSED)
LEADS_TO = {
    CaseStep.Kind.ACKNOWLEDGED: Case.State.ACKNOWLEDGED,
    CaseStep.Kind.ARRIVED: Case.State.ARRIVED,
    CaseStep.Kind.FOUND: Case.State.FOUND,
    CaseStep.Kind.CLOSED: Case.State.CLOSED,
}


class CaseRefusal(StrEnum):
    """Why a step was not taken."""

    UNKNOWN_CASE = "unknown-case"
    CLOSED = "closed"
    NOT_HIS_BUILDING = "not-his-building"
    NO_WORDS = "no-words"
    """A finding, a note and an end need words."""
    NO_FINDING = "no-finding"
    """A case ends with what it was."""
    EXISTS_WITH_DIFFERENT = "exists-with-different"
    PHOTO_TOO_LARGE = "photo-too-large"
    PHOTO_NOT_A_PICTURE = "photo-not-a-picture"
    TOO_MANY_PHOTOS = "too-many-photos"


OF_PHOTOS = {
    PhotoRefusal.TOO_LARGE: CaseRefusal.PHOTO_TOO_LARGE,
    PhotoRefusal.NOT_A_PICTURE: CaseRefusal.PHOTO_NOT_A_PICTURE,
    PhotoRefusal.TOO_MANY: CaseRefusal.TOO_MANY_PHOTOS,
}


@dataclass(frozen=True, slots=True)
class Refused:
    """An expected refusal."""

    why: CaseRefusal
    what: str = ""


@dataclass(frozen=True, slots=True)
class Matter:
    """What a case is about when it is opened."""

    kind: Case.Kind
    key: str
    building: Building
    about: str
    room: Room | None = None
    text: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    photos: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody does to a case. `at_ms` is when it happened there."""

    kind: CaseStep.Kind
    step: str
    at_ms: int
    text: str = ""
    finding: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    photos: Sequence[bytes] = ()


@transaction.atomic
def open_case(matter: Matter, step: str, *, actor: User | None, now_ms: int) -> Case | Refused:
    """Open a case and tell those who must know; while one of its key stands, that one is seen again instead.

    The same `step` opens once. `actor` None: central itself.
    """
    building = Building.objects.select_for_update(no_key=True).get(pk=matter.building.pk)
    if (known := CaseStep.objects.filter(step=step).select_related("case").first()) is not None:
        same = (known.case.key, known.text) == (matter.key, _cut(matter.text))
        return known.case if same else Refused(CaseRefusal.EXISTS_WITH_DIFFERENT, step)
    photos = _kept(matter.photos, actor, now_ms)
    if isinstance(photos, Refused):
        return photos
    standing = Case.objects.filter(key=matter.key).exclude(state=Case.State.CLOSED).first()
    case = standing or Case.objects.create(
        kind=matter.kind,
        key=matter.key,
        building=building,
        room=matter.room,
        about=matter.about[:200],
        opened_ms=now_ms,
    )
    kind = CaseStep.Kind.SEEN_AGAIN if standing else CaseStep.Kind.OPENED
    _write(case, Step(kind, step, now_ms, matter.text, facts=matter.facts), photos, actor, now_ms)
    if standing is None:
        tell_case_opened(case, matter.text, now_ms)
    return case


@transaction.atomic
def take_step(number: int, step: Step, *, actor: User | None, now_ms: int) -> Case | Refused:
    """Take a case further by one step; the same step again changes nothing."""
    case = locked_case(number)
    if case is None:
        return Refused(CaseRefusal.UNKNOWN_CASE, str(number))
    if (known := CaseStep.objects.filter(step=step.step).first()) is not None:
        said = (case.pk, step.kind, step.finding, _cut(step.text))
        same = (known.case_id, known.kind, known.finding, known.text) == said
        return case if same else Refused(CaseRefusal.EXISTS_WITH_DIFFERENT, step.step)
    if refused := _fault(case, step, actor):
        return Refused(refused, str(number))
    photos = _kept(step.photos, actor, now_ms)
    if isinstance(photos, Refused):
        return photos
    _write(case, step, photos, actor, now_ms)
    _advance(case, step, now_ms)
    if step.finding:  # said with the end, too: a case may end with what it was
        tell_found(case, step.text, now_ms)
    return case


def locked_case(number: int) -> Case | None:
    """Lock a case, not its key: steps that name it are checked at their commit, which holds the chain's head."""
    cases = Case.objects.select_for_update(of=("self",), no_key=True)
    return cases.select_related("building", "room__building").filter(pk=number).first()


def _cut(text: str) -> str:
    return text.strip()[:LONGEST_TEXT]


def _fault(case: Case, step: Step, actor: User | None) -> CaseRefusal | None:
    if actor is not None and not actor.serves(case.building_id):
        return CaseRefusal.NOT_HIS_BUILDING
    if case.state == Case.State.CLOSED:
        return CaseRefusal.CLOSED
    needs_words = step.kind in (CaseStep.Kind.FOUND, CaseStep.Kind.NOTED, CaseStep.Kind.CLOSED)
    if needs_words and not step.text.strip():
        return CaseRefusal.NO_WORDS
    finds = step.kind is CaseStep.Kind.FOUND or (step.kind is CaseStep.Kind.CLOSED and not case.finding)
    if finds and step.finding not in Case.Finding.values:
        return CaseRefusal.NO_FINDING
    return None


def _kept(photos: Sequence[bytes], actor: User | None, now_ms: int) -> list[str] | Refused:
    if not photos or actor is None:
        return []
    kept = keep_photos(photos, by=actor, now_ms=now_ms)
    return Refused(OF_PHOTOS[kept]) if isinstance(kept, PhotoRefusal) else kept


def _write(case: Case, step: Step, photos: list[str], actor: User | None, now_ms: int) -> None:
    at_ms = step.at_ms if step.at_ms <= now_ms + LATEST_MS else now_ms
    text = _cut(step.text)
    CaseStep.objects.create(
        case=case,
        kind=step.kind,
        step=step.step,
        at_ms=at_ms,
        received_ms=now_ms,
        by=actor,
        finding=step.finding,
        text=text,
        facts=dict(step.facts),
        photos=photos,
    )
    record_audit(
        actor=actor.get_username() if actor else CENTRAL,
        action=f"case-{step.kind}",
        subject=str(case.pk),
        detail=f"{case.about}: {step.finding} {text}"[:200],
        now_ms=now_ms,
    )


def _advance(case: Case, step: Step, now_ms: int) -> None:
    """A late step of a phone never takes a case back."""
    state = LEADS_TO.get(step.kind)
    if state is not None and ORDER.index(state) > ORDER.index(Case.State(case.state)):
        case.state = state
    if step.finding:
        case.finding = step.finding
    if state is Case.State.CLOSED:
        case.closed_ms = now_ms
    case.save(update_fields=["state", "finding", "closed_ms"])
