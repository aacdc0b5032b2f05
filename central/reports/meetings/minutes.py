"""Minutes of a cross-department meeting, and the grid of a quality review, as papers (R-5.1). What was added later has its date."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.clock import minute_text
from central.domain.paper import Column, Paper, Row, Table
from central.domain.periods import Period, PeriodKind
from central.office.roles import SEE_REPORTS
from central.papers.accounting import instants_of
from central.papers.catalogue import Report
from central.papers.words import period_words
from central.reports.meetings.item_tables import (
    decisions_table,
    findings_table,
    item_columns,
    kept_item_row,
)
from central.reports.meetings.models import Meeting
from central.reports.meetings.queries import MeetingFacts, agenda_rows, facts_of, meeting_of, names_at

MINUTES_CODE, REVIEW_CODE = "meeting-minutes", "quality-review"


def build_minutes(period: Period) -> Paper:
    """Make the minutes of a month's meeting; a month without one says so."""
    return _paper(MINUTES_CODE, str(MEETING_MINUTES.title), Meeting.Kind.MONTHLY, period)


def build_review(period: Period) -> Paper:
    """Make the paper of a week's quality review."""
    return _paper(REVIEW_CODE, str(QUALITY_REVIEW.title), Meeting.Kind.REVIEW, period)


def _paper(code: str, title: str, kind: Meeting.Kind, period: Period) -> Paper:
    from_ms, until_ms = instants_of(period)
    meeting = meeting_of(kind, period.name)
    facts = facts_of(meeting) if meeting else MeetingFacts()
    return Paper(
        code=code,
        document="",
        title=title,
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=_tables(meeting, facts) if meeting else [],
        recipients=names_at("meeting.minutes-copies", until_ms),
        signatures=[_("Chair"), _("Minutes by"), _("Network-centre director")],
        notes=_notes(meeting, facts),
    )


def _notes(meeting: Meeting | None, facts: MeetingFacts) -> list[str]:
    if meeting is None:
        return [_("No meeting of this period is on record.")]
    notes = []
    if facts.held is None:
        notes.append(_("Not held yet."))
    if not facts.calls:
        notes.append(_("No call before the meeting is on record."))
    if facts.closed is not None:
        words = {"who": facts.closed.by.spoken_name, "at": minute_text(facts.closed.at_ms)}
        notes.append(_("Closed by %(who)s at %(at)s.") % words)
    else:
        notes.append(_("Not closed yet: this is a draft."))
    return notes


def _tables(meeting: Meeting, facts: MeetingFacts) -> list[Table]:
    tables = [_held_table(facts), _calls_table(facts)]
    if meeting.is_review:
        tables.append(findings_table(_("What was found"), meeting, facts, every_cell=True))
    else:
        tables += [_agenda_table(meeting, facts), _minutes_table(facts)]
        tables.append(decisions_table(_("Decisions"), meeting, facts))
    return [*tables, _added_table(facts)] if facts.added else tables


def _held_table(facts: MeetingFacts) -> Table:
    columns = [Column("day", _("Held on"), width=12), Column("who", _("Attended by"), width=60)]
    rows = [Row([str(facts.held.day), _in_one_line(facts.held.text)])] if facts.held else []
    return Table(_("Meeting"), columns, rows)


def _calls_table(facts: MeetingFacts) -> Table:
    columns = [
        Column("at", _("When"), width=14),
        Column("whom", _("Who was called"), width=16),
        Column("by", _("Called by"), width=12),
        Column("about", _("Concerns"), width=20),
        Column("said", _("What was said"), width=40),
    ]
    rows = [
        Row([minute_text(call.at_ms), call.whom, call.by.spoken_name, _about(call.procedure, call.department), call.text])
        for call in facts.calls
    ]  # fmt: skip
    return Table(_("Calls before the meeting"), columns, rows)


def _about(procedure: str, department: str) -> str:
    return f"{procedure} · {department}" if procedure else ""


def _agenda_table(meeting: Meeting, facts: MeetingFacts) -> Table:
    """Give what stood: as it was kept at the close, until then as it is."""
    closed = facts.closed
    kept = agenda_rows(meeting.opened_ms) if closed is None else closed.facts.get("agenda", [])
    title = _("Agenda: improvement items that stand")
    return Table(title, item_columns(), [kept_item_row(row) for row in kept])


def _minutes_table(facts: MeetingFacts) -> Table:
    lines = facts.minutes.text.splitlines() if facts.minutes else []
    rows = [Row([line]) for line in lines if line.strip()]
    return Table(_("Minutes"), [Column("line", _("What was said"), width=90)], rows)


def _added_table(facts: MeetingFacts) -> Table:
    columns = [
        Column("at", _("When"), width=14),
        Column("by", _("By"), width=12),
        Column("text", _("Added after the close"), width=44),
        Column("why", _("Reason"), width=24),
    ]
    rows = [Row([minute_text(one.at_ms), one.by.spoken_name, one.text, one.why]) for one in facts.added]
    return Table(_("Added after the close"), columns, rows)


def _in_one_line(text: str) -> str:
    return "、".join(line.strip() for line in text.splitlines() if line.strip())


def _is_closed(kind: Meeting.Kind, period: Period) -> bool:
    meeting = meeting_of(kind, period.name)
    return meeting is not None and meeting.is_closed


MEETING_MINUTES = Report(
    code=MINUTES_CODE,
    title=gettext_lazy("Minutes of the cross-department meeting"),
    about=gettext_lazy(
        "Calls before it, agenda, minutes and decisions of a month's meeting, a copy for each recipient."
    ),
    periods=(PeriodKind.MONTH,),
    roles=SEE_REPORTS,
    build=build_minutes,
    is_settled=lambda period: _is_closed(Meeting.Kind.MONTHLY, period),
)
QUALITY_REVIEW = Report(
    code=REVIEW_CODE,
    title=gettext_lazy("Quality review"),
    about=gettext_lazy(
        "The vice-president's review of a week: each procedure with each department, calls and findings."
    ),
    periods=(PeriodKind.WEEK,),
    roles=SEE_REPORTS,
    build=build_review,
    is_settled=lambda period: _is_closed(Meeting.Kind.REVIEW, period),
)
