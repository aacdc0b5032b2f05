"""Open a meeting, say what was said in it, close it, add to it afterwards: one transaction each, all on record (R-5.1).

Nothing said is edited: said again, the newer words hold, and the older ones stay. After the close something is only added, with
its reason; the papers show it with its date.
"""

import uuid
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import Max

from central.clock import campus_day
from central.domain.periods import Period, PeriodKind
from central.ledger.one_writer import lock_head
from central.ledger.operations import record_audit
from central.office.models import User
from central.reports.meetings.models import LONGEST_NAME, LONGEST_TEXT, Meeting, MeetingEntry
from central.reports.meetings.queries import agenda_rows, names_at
from central.reports.meetings.told import tell_closed

Kind = MeetingEntry.Kind
AHEAD_MS = 5 * 60_000
"""So far ahead the instant of a call may lie: two clocks never agree."""
PERIOD_OF = {Meeting.Kind.REVIEW: PeriodKind.WEEK, Meeting.Kind.MONTHLY: PeriodKind.MONTH}


class MeetingRefusal(StrEnum):
    """Why something was not written down."""

    UNKNOWN_MEETING = "unknown-meeting"
    WRONG_PERIOD = "wrong-period"
    TOO_EARLY = "too-early"
    """Its week or month has not begun."""
    CLOSED = "closed"
    NOT_CLOSED = "not-closed"
    NO_WORDS = "no-words"
    NO_REASON = "no-reason"
    NOBODY = "nobody"
    """A call names who was called; a meeting who attended."""
    NO_CELL = "no-cell"
    """There is no such procedure or department in the grid."""
    NO_RATING = "no-rating"
    NO_DAY = "no-day"
    IN_FUTURE = "in-future"
    NO_SUCH_DECISION = "no-such-decision"
    NOT_OF_THIS_KIND = "not-of-this-kind"
    """Reviews have findings, cross-department meetings minutes and decisions."""
    NOT_HELD = "not-held"
    NOTHING_SAID = "nothing-said"
    EXISTS_WITH_DIFFERENT = "exists-with-different"


@dataclass(frozen=True, slots=True)
class Refused:
    """An expected refusal."""

    why: MeetingRefusal


@dataclass(frozen=True, slots=True)
class Said:
    """What is written down of a meeting. `at_ms` is when a call was made; None: now. `number`: the decision that is said anew."""

    kind: Kind
    step: str
    text: str = ""
    at_ms: int | None = None
    whom: str = ""
    procedure: str = ""
    department: str = ""
    rating: str = ""
    day: date | None = None
    number: int = 0
    why: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def open_meeting(kind: Meeting.Kind, period: Period, *, actor: User, now_ms: int) -> Meeting | Refused:
    """Open the review of a week or the meeting of a month; the one that is there already is given."""
    lock_head()
    if period.kind is not PERIOD_OF[kind]:
        return Refused(MeetingRefusal.WRONG_PERIOD)
    if period.first > campus_day(now_ms):
        return Refused(MeetingRefusal.TOO_EARLY)
    known = Meeting.objects.filter(kind=kind, period=period.name).first()
    if known is not None:
        return known
    is_review = kind is Meeting.Kind.REVIEW
    made = Meeting.objects.create(
        kind=kind,
        period=period.name,
        procedures=names_at("meeting.procedures", now_ms) if is_review else [],
        departments=names_at("meeting.departments", now_ms) if is_review else [],
        opened_ms=now_ms,
        opened_by=actor,
    )
    _on_record(made, "meeting-opened", "", actor, now_ms)
    return made


@transaction.atomic
def write_down(number: int, said: Said, *, actor: User, now_ms: int) -> MeetingEntry | Refused:
    """Write down a call, a finding, minutes, a decision, when it was held, or close it. The same `step` is written once."""
    lock_head()
    meeting = Meeting.objects.select_for_update(no_key=True).filter(pk=number).first()
    if meeting is None:
        return Refused(MeetingRefusal.UNKNOWN_MEETING)
    said = replace(
        said,
        text=said.text.strip()[:LONGEST_TEXT],
        whom=said.whom.strip()[:LONGEST_NAME],
        why=said.why.strip()[:LONGEST_NAME],
    )
    if (known := MeetingEntry.objects.filter(step=said.step).first()) is not None:
        same = (known.meeting_id, known.kind, known.text) == (meeting.pk, said.kind, said.text)
        return known if same else Refused(MeetingRefusal.EXISTS_WITH_DIFFERENT)
    if why := _fault(meeting, said, now_ms):
        return Refused(why)
    if said.kind is Kind.CLOSED:
        said = replace(said, facts={"agenda": agenda_rows(now_ms)})
    entry = _write(meeting, said, actor, now_ms)
    if said.kind is Kind.CLOSED:
        meeting.state, meeting.closed_ms, meeting.closed_by = Meeting.State.CLOSED, now_ms, actor
        meeting.save(update_fields=["state", "closed_ms", "closed_by"])
        tell_closed(meeting, now_ms)
    return entry


def close_meeting(number: int, *, actor: User, now_ms: int) -> MeetingEntry | Refused:
    """Close a meeting, by who chairs it: from then on it is only added to."""
    return write_down(number, Said(Kind.CLOSED, uuid.uuid4().hex), actor=actor, now_ms=now_ms)


def _fault(meeting: Meeting, said: Said, now_ms: int) -> MeetingRefusal | None:
    if said.kind is Kind.ADDED:
        return _added_fault(meeting, said)
    if meeting.is_closed:
        return MeetingRefusal.CLOSED
    return {
        Kind.CALL: _call_fault,
        Kind.HELD: _held_fault,
        Kind.FINDING: _finding_fault,
        Kind.MINUTES: _monthly_fault,
        Kind.DECISION: _monthly_fault,
        Kind.CLOSED: _close_fault,
    }[said.kind](meeting, said, now_ms)


def _added_fault(meeting: Meeting, said: Said) -> MeetingRefusal | None:
    if not meeting.is_closed:
        return MeetingRefusal.NOT_CLOSED
    if not said.text:
        return MeetingRefusal.NO_WORDS
    return None if said.why else MeetingRefusal.NO_REASON


def _call_fault(meeting: Meeting, said: Said, now_ms: int) -> MeetingRefusal | None:
    if not said.whom:
        return MeetingRefusal.NOBODY
    if not said.text:
        return MeetingRefusal.NO_WORDS
    if said.at_ms is not None and said.at_ms > now_ms + AHEAD_MS:
        return MeetingRefusal.IN_FUTURE
    names_a_cell = bool(said.procedure or said.department)
    return MeetingRefusal.NO_CELL if names_a_cell and not _in_grid(meeting, said) else None


def _held_fault(_meeting: Meeting, said: Said, now_ms: int) -> MeetingRefusal | None:
    if said.day is None:
        return MeetingRefusal.NO_DAY
    if said.day > campus_day(now_ms):
        return MeetingRefusal.IN_FUTURE
    return None if said.text else MeetingRefusal.NOBODY


def _finding_fault(meeting: Meeting, said: Said, _now_ms: int) -> MeetingRefusal | None:
    if not meeting.is_review:
        return MeetingRefusal.NOT_OF_THIS_KIND
    if not _in_grid(meeting, said):
        return MeetingRefusal.NO_CELL
    if said.rating not in MeetingEntry.Rating.values:
        return MeetingRefusal.NO_RATING
    return None if said.text or said.rating == MeetingEntry.Rating.GOOD else MeetingRefusal.NO_WORDS


def _monthly_fault(meeting: Meeting, said: Said, _now_ms: int) -> MeetingRefusal | None:
    if meeting.is_review:
        return MeetingRefusal.NOT_OF_THIS_KIND
    if not said.text:
        return MeetingRefusal.NO_WORDS
    if said.kind is Kind.DECISION and said.number:
        known = meeting.entries.filter(kind=Kind.DECISION, number=said.number).exists()
        return None if known else MeetingRefusal.NO_SUCH_DECISION
    return None


def _close_fault(meeting: Meeting, _said: Said, _now_ms: int) -> MeetingRefusal | None:
    if not meeting.entries.filter(kind=Kind.HELD).exists():
        return MeetingRefusal.NOT_HELD
    needed = (Kind.FINDING,) if meeting.is_review else (Kind.MINUTES, Kind.DECISION)
    return None if meeting.entries.filter(kind__in=needed).exists() else MeetingRefusal.NOTHING_SAID


def _in_grid(meeting: Meeting, said: Said) -> bool:
    return said.procedure in meeting.procedures and said.department in meeting.departments


def _write(meeting: Meeting, said: Said, actor: User, now_ms: int) -> MeetingEntry:
    number = said.number
    if said.kind is Kind.DECISION and not number:
        last = meeting.entries.filter(kind=Kind.DECISION).aggregate(last=Max("number"))["last"]
        number = (last or 0) + 1
    entry = MeetingEntry.objects.create(
        meeting=meeting,
        kind=said.kind,
        step=said.step,
        number=number,
        procedure=said.procedure,
        department=said.department,
        rating=said.rating,
        whom=said.whom,
        day=said.day,
        text=said.text,
        why=said.why,
        facts=said.facts,
        at_ms=now_ms if said.at_ms is None else min(said.at_ms, now_ms),
        received_ms=now_ms,
        by=actor,
    )
    _on_record(meeting, f"meeting-{said.kind}", said.text, actor, now_ms)
    return entry


def _on_record(meeting: Meeting, action: str, text: str, actor: User, now_ms: int) -> None:
    record_audit(
        actor=actor.get_username(),
        action=action,
        subject=f"meeting {meeting.pk}",
        detail=f"{meeting.kind} {meeting.label} {text}".strip()[:200],
        now_ms=now_ms,
    )
