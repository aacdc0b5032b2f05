"""Reads meetings and improvement items: what stands, what holds of what was said, what a paper lists."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from central.clock import campus_day
from central.domain.improvement_items import FINISHED, LEADS_TO, STANDING, Act, State, days_late
from central.domain.known_settings import BY_CODE
from central.office.dated_settings import value_at
from central.office.models import User
from central.office.people import roles_of
from central.office.roles import SEE_MEETINGS
from central.office.setting_words import office_word
from central.reports.meetings.models import Item, ItemStep, Meeting, MeetingEntry

Kind = MeetingEntry.Kind
Cell = tuple[str, str]
"""A procedure and a department."""


def names_at(code: str, at_ms: int) -> list[str]:
    """Give a list of names from a dated setting; its default where something else than a list was said long ago."""
    value = value_at(code, at_ms)
    names = value if isinstance(value, list) else BY_CODE[code].default
    return [str(name) for name in names] if isinstance(names, list) else []


def items_of(reader: User, now_ms: int) -> QuerySet[Item]:
    """Give the items that a person sees: all, or those of himself and his offices, and those he had a hand in."""
    found = Item.objects.select_related("owner", "source__meeting")
    offices = roles_of(reader, now_ms)
    if not offices.isdisjoint(SEE_MEETINGS):
        return found
    touched = ItemStep.objects.filter(by=reader).values("item")
    return found.filter(is_his(reader, offices) | Q(pk__in=touched))


def his_items(reader: User, now_ms: int) -> QuerySet[Item]:
    """Give the standing items that are a person's own, or his office's."""
    return Item.objects.filter(is_his(reader, roles_of(reader, now_ms)), state__in=STANDING)


def is_his(reader: User, offices: Iterable[str]) -> Q:
    """Give what makes an item a person's own, or his offices'."""
    return Q(owner=reader) | Q(owner=None, office__in=offices)


def standing_items() -> QuerySet[Item]:
    """Give the items that are neither checked nor dropped, the first due first."""
    return Item.objects.filter(state__in=STANDING).select_related("owner", "source__meeting")


def standing_at(instant_ms: int) -> list[tuple[Item, State, date]]:
    """Give the items that stood at an instant with state and day as they were then, the first due first."""
    opened = Item.objects.filter(opened_ms__lt=instant_ms).select_related("owner", "source__meeting")
    found = opened.filter(Q(ended_ms=None) | Q(ended_ms__gte=instant_ms)).prefetch_related("steps")
    rows = [(item, *_then(item, instant_ms)) for item in found]
    return sorted(rows, key=lambda row: (row[2], row[0].pk))


def _then(item: Item, instant_ms: int) -> tuple[State, date]:
    """Follow an item's steps up to an instant."""
    state, due = State.OPEN, item.due
    for step in item.steps.all():
        if step.at_ms >= instant_ms:
            break
        state = LEADS_TO.get((state, Act(step.kind)), state)
        due = step.due or due
    return state, due


def owner_name(item: Item) -> str:
    """Name who an item is up to."""
    return item.owner.spoken_name if item.owner else office_word(item.office)


def agenda_rows(now_ms: int) -> list[list[Any]]:
    """Give what stands as plain rows, to be kept with a meeting: number, problem, measure, owner, day, state, days late."""
    today = campus_day(now_ms)
    return [
        [
            item.pk,
            item.problem,
            item.measure,
            owner_name(item),
            item.due.isoformat(),
            item.state,
            days_late(State(item.state), item.due, today),
        ]
        for item in standing_items()
    ]


@dataclass(slots=True)
class CellFacts:
    """What a cell of the grid holds: its newest finding, the calls about it, the items that came of it."""

    finding: MeetingEntry | None = None
    calls: list[MeetingEntry] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)


@dataclass(slots=True)
class MeetingFacts:
    """All that holds of what was said in a meeting."""

    held: MeetingEntry | None = None
    minutes: MeetingEntry | None = None
    calls: list[MeetingEntry] = field(default_factory=list)
    decisions: dict[int, MeetingEntry] = field(default_factory=dict)
    cells: dict[Cell, CellFacts] = field(default_factory=dict)
    added: list[MeetingEntry] = field(default_factory=list)
    closed: MeetingEntry | None = None
    items: dict[int, list[Item]] = field(default_factory=dict)
    """By the number of the decision that they came from."""


def facts_of(meeting: Meeting) -> MeetingFacts:
    """Read a meeting's entries in order: the newest of its kind and place holds."""
    facts = MeetingFacts(
        cells={(row, column): CellFacts() for row in meeting.procedures for column in meeting.departments}
    )
    for entry in meeting.entries.select_related("by"):
        _take(facts, entry)
    for item in Item.objects.filter(source__meeting=meeting).select_related("owner", "source"):
        source = item.source
        if source is not None and source.kind == Kind.DECISION:
            facts.items.setdefault(source.number, []).append(item)
        elif source is not None and (source.procedure, source.department) in facts.cells:
            facts.cells[source.procedure, source.department].items.append(item)
    facts.calls.sort(key=lambda one: one.at_ms)
    return facts


def _take(facts: MeetingFacts, entry: MeetingEntry) -> None:
    cell = facts.cells.get((entry.procedure, entry.department))
    match entry.kind:
        case Kind.CALL:
            facts.calls.append(entry)
            if cell is not None:
                cell.calls.append(entry)
        case Kind.HELD:
            facts.held = entry
        case Kind.MINUTES:
            facts.minutes = entry
        case Kind.DECISION:
            facts.decisions[entry.number] = entry
        case Kind.FINDING if cell is not None:
            cell.finding = entry
        case Kind.CLOSED:
            facts.closed = entry
        case Kind.ADDED:
            facts.added.append(entry)


def meeting_of(kind: Meeting.Kind, period: str) -> Meeting | None:
    """Give the meeting of a period."""
    return Meeting.objects.filter(kind=kind, period=period).select_related("closed_by").first()


def last_monthly(before_ms: int) -> Meeting | None:
    """Give the cross-department meeting that was closed last before an instant."""
    closed = Meeting.objects.filter(kind=Meeting.Kind.MONTHLY, closed_ms__lt=before_ms)
    return closed.order_by("-closed_ms", "-pk").first()


def ended_between(from_ms: int, until_ms: int) -> QuerySet[Item]:
    """Give the items that were checked or dropped in a span."""
    return Item.objects.filter(state__in=FINISHED, ended_ms__gte=from_ms, ended_ms__lt=until_ms)


def opened_between(from_ms: int, until_ms: int) -> QuerySet[Item]:
    """Give the items that were opened in a span."""
    return Item.objects.filter(opened_ms__gte=from_ms, opened_ms__lt=until_ms)
