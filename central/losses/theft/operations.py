"""Report a theft, answer it, judge it, note, close: one transaction each; every step is a step of its case, once (R-4.2.4).

report -> acknowledged -> on site (the clock stops) -> confirmed -> penalty -> closed
                                                    -> leakage                -> closed
                                                    -> not confirmed: closed with words, nobody charged
                                                    -> could not be judged: stays on site, to be judged again
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from central.campus.models import Building, Room
from central.losses.case_models import Case, CaseStep
from central.losses.cases import CaseRefusal, Matter, Step, locked_case, open_case, take_step
from central.losses.cases import Refused as CaseRefused
from central.losses.theft import facts as f
from central.losses.theft.ending import fault_of_end, penalty_laid
from central.losses.theft.notices import tell_reported
from central.losses.theft.refusals import Refused
from central.losses.theft.refusals import TheftRefusal as Why
from central.office.models import User
from central.office.people import roles_of
from central.office.roles import Role

FINDINGS = {
    f.Verdict.CONFIRMED: Case.Finding.THEFT,
    f.Verdict.LEAKAGE: Case.Finding.LEAKAGE,
    f.Verdict.NOT_CONFIRMED: Case.Finding.NOTHING,
}


@dataclass(frozen=True, slots=True)
class Report:
    """What a reporter saw: where, what, when; words and pictures where he has them. `again`: the closed case it goes on from."""

    building: Building
    room: Room | None
    place: str
    seen: f.Seen
    seen_ms: int
    text: str = ""
    photos: Sequence[bytes] = ()
    again: int | None = None
    of_round: str = ""
    """The warden's round in which it was seen, by its id."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What the electrician found on site. `load`: current_ma, days, least_hours, most_hours, as far as they are known."""

    verdict: f.Verdict
    at_ms: int
    text: str
    room: Room | None = None
    device: str = ""
    cable: str = ""
    seal: f.Seal = f.Seal.NOT_SEEN
    load: Mapping[str, int] | None = None
    photos: Sequence[bytes] = ()


@transaction.atomic
def report(said: Report, step: str, *, actor: User, now_ms: int) -> Case | Refused | CaseRefused:
    """Open a case and tell all offices at once; what is reported again while it stands is added to it, and tells nobody anew.

    The discovery is when it was seen, never later than now.
    """
    if not actor.serves(said.building.pk):
        return CaseRefused(CaseRefusal.NOT_HIS_BUILDING, said.building.code)
    if said.room is None and not said.place.strip():
        return Refused(Why.NO_PLACE)
    if said.room is not None and said.room.building_id != said.building.pk:
        return Refused(Why.OTHER_BUILDING, said.room.full_label)
    where = said.room.full_label if said.room else said.place.strip()
    facts: dict[str, Any] = {f.SEEN: said.seen, f.SEEN_MS: min(said.seen_ms, now_ms)}
    facts |= {f.PLACE: said.place.strip()[:120]} if said.place.strip() else {}
    facts |= {f.AGAIN: said.again} if _is_closed_theft(said.again, said.building) else {}
    facts |= {f.ROUND: said.of_round} if said.of_round else {}
    matter = Matter(
        Case.Kind.THEFT,
        f"theft:{said.building.code}:{where}"[:150],
        said.building,
        where,
        said.room,
        said.text,
        facts,
        said.photos,
    )
    is_new = not CaseStep.objects.filter(step=step).exists()
    case = open_case(matter, step, actor=actor, now_ms=now_ms)
    if isinstance(case, Case) and is_new and case.steps.count() == 1:
        tell_reported(case, said.seen, said.text, actor, now_ms)
    return case


def _is_closed_theft(number: int | None, building: Building) -> bool:
    closed = Case.objects.filter(pk=number, kind=Case.Kind.THEFT, building=building, state=Case.State.CLOSED)
    return number is not None and closed.exists()


def answer(
    number: int, kind: CaseStep.Kind, step: str, *, at_ms: int, actor: User, now_ms: int
) -> Case | Refused | CaseRefused:
    """Acknowledge a report, or say that one is there: the clock stops."""
    if not Case.objects.filter(pk=number, kind=Case.Kind.THEFT).exists():
        return Refused(Why.UNKNOWN_CASE, str(number))
    return take_step(number, Step(kind, step, at_ms), actor=actor, now_ms=now_ms)


@transaction.atomic
def judge(number: int, said: Finding, step: str, *, actor: User, now_ms: int) -> Case | Refused | CaseRefused:
    """Keep what was found, with its pictures. Theft and leakage go upwards at once (R-4.2.5); what is not confirmed is closed."""
    case = Case.objects.select_related("building").filter(pk=number, kind=Case.Kind.THEFT).first()
    if case is None:
        return Refused(Why.UNKNOWN_CASE, str(number))
    if said.room is not None and said.room.building_id != case.building_id:
        return Refused(Why.OTHER_BUILDING, said.room.full_label)
    is_new = not CaseStep.objects.filter(step=step).exists()
    if is_new and penalty_laid(number) is not None:
        return Refused(Why.CHARGED_BEFORE, str(number))
    if said.verdict is f.Verdict.CONFIRMED and said.room is None:
        return Refused(Why.NO_ROOM)
    if said.verdict is f.Verdict.CONFIRMED and not said.photos:
        return Refused(Why.NO_PHOTO)
    facts = _facts(said)
    if said.verdict is f.Verdict.UNCLEAR:
        kind, finding = CaseStep.Kind.NOTED, ""
    else:
        kind, finding = CaseStep.Kind.FOUND, FINDINGS[said.verdict]
    done = take_step(
        number,
        Step(kind, step, said.at_ms, said.text, finding, facts, said.photos),
        actor=actor,
        now_ms=now_ms,
    )
    if not isinstance(done, Case) or said.verdict is f.Verdict.UNCLEAR:
        return done
    if said.room is not None and done.room_id != said.room.pk:
        done.room = said.room
        done.save(update_fields=["room"])
    if said.verdict is f.Verdict.NOT_CONFIRMED and done.state != Case.State.CLOSED:
        end = Step(CaseStep.Kind.CLOSED, f"{step}.end", now_ms, said.text)
        return take_step(number, end, actor=actor, now_ms=now_ms)
    return done


def _facts(said: Finding) -> dict[str, Any]:
    known = {f.DEVICE: said.device.strip()[:120], f.CABLE: said.cable.strip()[:120]}
    facts: dict[str, Any] = {f.VERDICT: said.verdict, f.SEAL: said.seal}
    facts |= {name: value for name, value in known.items() if value}
    if said.room is not None:
        facts["room"] = said.room.full_label
    return facts | {name: value for name, value in (said.load or {}).items() if value > 0}


def note(
    number: int, text: str, photos: Sequence[bytes], step: str, *, at_ms: int, actor: User, now_ms: int
) -> Case | Refused | CaseRefused:
    """Add words and pictures, said at `at_ms`: a phone may have kept them."""
    if not Case.objects.filter(pk=number, kind=Case.Kind.THEFT).exists():
        return Refused(Why.UNKNOWN_CASE, str(number))
    said = Step(CaseStep.Kind.NOTED, step, at_ms, text, photos=photos)
    return take_step(number, said, actor=actor, now_ms=now_ms)


@transaction.atomic
def close(number: int, text: str, step: str, *, actor: User, now_ms: int) -> Case | Refused | CaseRefused:
    """Close a case with its outcome in words; refused while its penalty is asked for, owed, appealed or may still be appealed."""
    case = locked_case(number)
    if case is None or case.kind != Case.Kind.THEFT:
        return Refused(Why.UNKNOWN_CASE, str(number))
    is_new = not CaseStep.objects.filter(step=step).exists()
    if is_new and (why := fault_of_end(case, now_ms) or _uncharged(case, actor, now_ms)) is not None:
        return Refused(why, str(number))
    return take_step(number, Step(CaseStep.Kind.CLOSED, step, now_ms, text), actor=actor, now_ms=now_ms)


def _uncharged(case: Case, actor: User, now_ms: int) -> Why | None:
    """A theft that was confirmed in a room is charged (R-4.2.4); that it is not is the director's decision alone."""
    is_due = case.finding == Case.Finding.THEFT and case.room_id is not None and penalty_laid(case.pk) is None
    return Why.CHARGE_FIRST if is_due and Role.DIRECTOR not in roles_of(actor, now_ms) else None
