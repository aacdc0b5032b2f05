"""Open faults and take them further, one transaction each, each step once, all on record (R-4.3.3b).

open -> acknowledged -> on site -> found -> solved -> closed          a later step may come first: who is there has acknowledged
Seen again after it was solved, it is open again; its evening stays the one it had.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from central.campus.models import Building
from central.clock import campus_day, start_of_day_ms
from central.domain.fault_clock import due_ms
from central.ledger.one_writer import lock_head, one_writer
from central.ledger.operations import record_audit
from central.office.dated_settings import Where, number_at
from central.office.models import User
from central.office.photos import PhotoRefusal, Seen, keep_photos
from central.workshop.faults.matters import Matter, find_record
from central.workshop.faults.models import Fault, FaultStep
from central.workshop.faults.refusals import OF_PHOTOS, FaultRefusal, Refused

CENTRAL, RESIDENT = "central", "resident"
LATEST_MS = 5 * 60_000
"""A phone's clock may be so far ahead; a step from later is taken as now."""
LONGEST_TEXT = 1000
HOWS = ("repaired", "replaced", "wiring", "nothing")
State, Kind = Fault.State, FaultStep.Kind
ORDER = (State.OPEN, State.ACKNOWLEDGED, State.ON_SITE, State.FOUND, State.SOLVED, State.CLOSED)
LEADS_TO = {
    Kind.ACKNOWLEDGED: State.ACKNOWLEDGED,
    Kind.ON_SITE: State.ON_SITE,
    Kind.FOUND: State.FOUND,
    Kind.SOLVED: State.SOLVED,
    Kind.CLOSED: State.CLOSED,
}
NEEDS_WORDS = (Kind.FOUND, Kind.NOTED)


@dataclass(frozen=True, slots=True)
class Step:
    """What is done to a fault. `at_ms` is when it happened there; `account` whose residents reported it."""

    kind: FaultStep.Kind
    step: str
    at_ms: int
    text: str = ""
    cause: str = ""
    account: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    photos: Sequence[bytes | Seen] = ()


@one_writer
@transaction.atomic
def open_fault(matter: Matter, step: Step, *, actor: User | None, now_ms: int) -> Fault | Refused:
    """Open a fault; while one of its key stands, that one is seen again instead. The same step opens once.

    `actor` None: central itself, or a resident. Whom to tell is the caller's: a sweep tells of many at once.
    """
    lock_head()
    if (known := FaultStep.objects.filter(step=step.step).select_related("fault").first()) is not None:
        is_same = (known.fault.key, known.text) == (matter.key, cut(step.text))
        return known.fault if is_same else Refused(FaultRefusal.EXISTS_WITH_DIFFERENT, step.step)
    photos = _kept(step.photos, actor, now_ms)
    if isinstance(photos, Refused):
        return photos
    standing = Fault.objects.filter(key=matter.key).exclude(state=State.CLOSED).select_for_update().first()
    fault = standing or _new(matter, step, now_ms)
    kind = Kind.SEEN_AGAIN if standing else Kind.OPENED
    facts = {"sign": str(matter.sign), **step.facts}
    write(fault, Step(kind, step.step, step.at_ms, step.text, "", step.account, facts), photos, actor, now_ms)
    if standing is not None and standing.state == State.SOLVED:
        standing.state, standing.solved_ms = State.OPEN, None
        standing.save(update_fields=["state", "solved_ms"])
    return fault


@one_writer
@transaction.atomic
def take_step(number: int, step: Step, *, actor: User | None, now_ms: int) -> Fault | Refused:
    """Take a fault further by one step; the same step again changes nothing."""
    lock_head()
    fault = locked_fault(number)
    if fault is None:
        return Refused(FaultRefusal.UNKNOWN_FAULT, str(number))
    if (known := FaultStep.objects.filter(step=step.step).first()) is not None:
        said = (fault.pk, step.kind, step.cause, cut(step.text))
        is_same = (known.fault_id, known.kind, known.cause, known.text) == said
        return fault if is_same else Refused(FaultRefusal.EXISTS_WITH_DIFFERENT, step.step)
    if why := _not_allowed(fault, step, actor):
        return Refused(why, str(number))
    photos = _kept(step.photos, actor, now_ms)
    if isinstance(photos, Refused):
        return photos
    write(fault, step, photos, actor, now_ms)
    _advance(fault, step, now_ms)
    return fault


def locked_fault(number: int) -> Fault | None:
    """Lock a fault."""
    faults = Fault.objects.select_for_update(of=("self",), no_key=True)
    fault = (
        faults.select_related("building", "room__building", "device__type__maker").filter(pk=number).first()
    )
    if fault is not None and find_record(fault):
        fault.save(update_fields=["device"])
    return fault


def cut(text: str) -> str:
    """Give a text as it is kept."""
    return text.strip()[:LONGEST_TEXT]


def due_at(building: Building, opened_ms: int) -> int:
    """Give the evening by which a fault of a building is to be solved, by the settings of its opening."""
    where = Where(building=building.code)
    latest = number_at("fault.same-day-until", opened_ms, where)
    evening = number_at("fault.same-day-hour", opened_ms, where)
    return due_ms(opened_ms, start_of_day_ms(campus_day(opened_ms)), latest, evening)


def _new(matter: Matter, step: Step, now_ms: int) -> Fault:
    return Fault.objects.create(
        key=matter.key,
        scope=matter.scope.value,
        meter_no=matter.meter_no,
        device=matter.device,
        building=matter.building,
        room=matter.room,
        about=matter.about[:150],
        sign=str(matter.sign),
        opened_ms=now_ms,
        due_ms=due_at(matter.building, now_ms),
    )


def _not_allowed(fault: Fault, step: Step, actor: User | None) -> FaultRefusal | None:
    if actor is not None and not actor.serves(fault.building_id):
        return FaultRefusal.NOT_HIS_BUILDING
    if fault.state == State.CLOSED:
        return FaultRefusal.CLOSED
    if step.kind in NEEDS_WORDS and not step.text.strip():
        return FaultRefusal.NO_WORDS
    wants_cause = step.kind is Kind.FOUND or (step.kind is Kind.SOLVED and not fault.cause)
    if wants_cause and step.cause not in Fault.Cause.values:
        return FaultRefusal.NO_CAUSE
    if step.kind is Kind.SOLVED and step.facts.get("how") not in HOWS:
        return FaultRefusal.NO_HOW
    if step.kind is Kind.CLOSED and fault.state != State.SOLVED:
        return FaultRefusal.NOT_SOLVED
    return None


def _kept(photos: Sequence[bytes | Seen], actor: User | None, now_ms: int) -> list[str] | Refused:
    if not photos:
        return []
    kept = keep_photos(photos, by=actor, now_ms=now_ms)
    return Refused(OF_PHOTOS[kept]) if isinstance(kept, PhotoRefusal) else kept


def write(fault: Fault, step: Step, photos: list[str], actor: User | None, now_ms: int) -> FaultStep:
    """Write a step and put it on record, inside the caller's transaction."""
    done = FaultStep.objects.create(
        fault=fault,
        kind=step.kind,
        step=step.step,
        at_ms=step.at_ms if step.at_ms <= now_ms + LATEST_MS else now_ms,
        received_ms=now_ms,
        by=actor,
        account=step.account,
        cause=step.cause,
        text=cut(step.text),
        facts=dict(step.facts),
        photos=photos,
    )
    record_audit(
        actor=actor.get_username() if actor else RESIDENT if step.account else CENTRAL,
        action=f"fault-{step.kind}",
        subject=str(fault.pk),
        detail=f"{fault.key} {step.cause} {done.text}".strip()[:200],
        now_ms=now_ms,
    )
    return done


def _advance(fault: Fault, step: Step, now_ms: int) -> None:
    """A late step of a phone never takes a fault back."""
    state = LEADS_TO.get(step.kind)
    if state is not None and ORDER.index(state) > ORDER.index(State(fault.state)):
        fault.state = state
        if state is State.SOLVED:
            fault.solved_ms = min(max(step.at_ms, fault.opened_ms), now_ms)
        if state is State.CLOSED:
            fault.closed_ms = now_ms
    if step.cause:
        fault.cause = step.cause
    fault.save(update_fields=["state", "cause", "solved_ms", "closed_ms"])
