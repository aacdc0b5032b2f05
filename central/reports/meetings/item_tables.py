"""Tables of improvement items, decisions and findings, as the weekly pack and the minutes print them."""

from collections.abc import Iterable
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from central.clock import campus_day
from central.domain.improvement_items import State, days_late
from central.domain.paper import Cell, Column, Kind, Row, Table
from central.reports.meetings.models import Item, Meeting
from central.reports.meetings.queries import MeetingFacts, owner_name, standing_at
from central.reports.meetings.words import STATES


def item_columns() -> list[Column]:
    """Give the columns of a list of items."""
    return [
        Column("number", _("No."), width=5),
        Column("problem", _("Problem"), width=30),
        Column("measure", _("Measure"), width=30),
        Column("owner", _("Owner"), width=12),
        Column("due", _("Due"), width=10),
        Column("state", _("State"), width=12),
    ]


def item_row(item: Item, state: State, due: date, today: date) -> Row:
    """Give an item's row; what is late says so."""
    late = days_late(state, due, today)
    words = str(STATES[state].word)
    said = _("%(n)d days late") % {"n": late} if late else words
    return _row(item.pk, [item.problem, item.measure, owner_name(item), due.isoformat(), said])


def kept_item_row(kept: list[Cell]) -> Row:
    """Give the row of an item as it stood when a meeting was closed."""
    number, problem, measure, owner, due, state, late = kept
    said = _("%(n)d days late") % {"n": late} if late else str(STATES[State(str(state))].word)
    return _row(int(number or 0), [problem, measure, owner, due, said])


def _row(number: int, cells: list[Cell]) -> Row:
    return Row([str(number), *cells], {"number": reverse("meetings:item", args=[number])})


def standing_table(instant_ms: int) -> Table:
    """Give the items that stood at an instant, with state and day as they were then."""
    today = campus_day(instant_ms)
    rows = [item_row(item, state, due, today) for item, state, due in standing_at(instant_ms)]
    return Table(_("Improvement items that stand"), item_columns(), rows)


def measures_table(title: str, items: Iterable[Item], today: date) -> Table:
    """Give items as they are now."""
    rows = [item_row(item, State(item.state), item.due, today) for item in items]
    return Table(title, item_columns(), rows)


def decisions_table(title: str, meeting: Meeting, facts: MeetingFacts) -> Table:
    """Give a meeting's decisions with the items that came from them."""
    columns = [
        Column("number", _("No."), width=5),
        Column("decision", _("Decisions"), width=50),
        Column("owner", _("Owner"), width=14),
        Column("due", _("Due"), width=10),
        Column("state", _("State"), width=12),
    ]
    page = reverse("meetings:meeting", args=[meeting.pk])
    rows = []
    for number, decision in sorted(facts.decisions.items()):
        items: list[Item | None] = [*facts.items.get(number, [])] or [None]
        for place, item in enumerate(items):
            first = [str(number), decision.text] if place == 0 else ["", ""]
            rows.append(_decision_row(first, item, page))
    return Table(title, columns, rows)


def _decision_row(first: list[str], item: Item | None, page: str) -> Row:
    links = {"number": page}
    if item is None:
        return Row([*first, "", "", ""], links)
    links["state"] = reverse("meetings:item", args=[item.pk])
    return Row([*first, owner_name(item), item.due.isoformat(), str(STATES[State(item.state)].word)], links)


def findings_table(title: str, meeting: Meeting, facts: MeetingFacts, *, every_cell: bool) -> Table:
    """Give a review's grid cell by cell; without `every_cell` only what was found not good."""
    columns = [
        Column("procedure", _("Procedure"), width=18),
        Column("department", _("Department"), width=12),
        Column("rating", _("Rating"), width=10),
        Column("finding", _("Finding"), width=44),
        Column("calls", _("Calls before"), Kind.COUNT, 9),
        Column("items", _("Improvement items"), width=10),
    ]
    page = reverse("meetings:meeting", args=[meeting.pk])
    rows = []
    for (procedure, department), cell in facts.cells.items():
        found = cell.finding
        if not every_cell and (found is None or found.rating == found.Rating.GOOD):
            continue
        rating = str(found.get_rating_display()) if found else _("not discussed")
        numbers = ", ".join(str(item.pk) for item in cell.items)
        text = found.text if found else ""
        rows.append(Row([procedure, department, rating, text, len(cell.calls), numbers], {"rating": page}))
    return Table(title, columns, rows)
