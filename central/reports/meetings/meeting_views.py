"""Pages of quality reviews and cross-department meetings: the grid and its cells, calls, minutes, decisions, the close."""

from collections.abc import Iterable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from central import clock
from central.clock import campus_day, local
from central.domain.periods import month_period, week_of
from central.office.access import may, roles
from central.office.dangerous import dangerous
from central.office.roles import CHAIR_MEETINGS, KEEP_MEETINGS, RECORD_ITEMS, SEE_MEETINGS
from central.reports.meetings.forms import (
    ENTRY_FORMS,
    AddedForm,
    CallForm,
    DecisionForm,
    EntryForm,
    FindingForm,
    HeldForm,
    MinutesForm,
    OpenForm,
)
from central.reports.meetings.minutes import MINUTES_CODE, REVIEW_CODE
from central.reports.meetings.models import Meeting
from central.reports.meetings.operations import Refused, close_meeting, open_meeting, write_down
from central.reports.meetings.queries import MeetingFacts, facts_of, standing_items
from central.reports.meetings.words import TONES, refusal_words

AGENDA_SHOWN = 100


@roles(*KEEP_MEETINGS)
@require_POST
def open_one(request: HttpRequest) -> HttpResponse:
    """Open the review of a week or the meeting of a month; the one that is there is shown."""
    form = OpenForm(request.POST)
    if form.is_valid():
        kind, day = Meeting.Kind(form.cleaned_data["kind"]), form.cleaned_data["day"]
        period = week_of(day) if kind is Meeting.Kind.REVIEW else month_period(day.year, day.month)
        done = open_meeting(kind, period, actor=request.user, now_ms=clock.now_ms())
        if not isinstance(done, Refused):
            return redirect("meetings:meeting", done.pk)
        messages.error(request, refusal_words(done))
    else:
        messages.error(request, _("Choose what is opened, and a day of its week or month."))
    return redirect("meetings:home")


@roles(*SEE_MEETINGS)
@require_safe
def meeting(request: HttpRequest, number: int) -> HttpResponse:
    """Show a review as its grid, a meeting with its agenda, minutes and decisions."""
    return _page(request, _found(number), None)


@roles(*SEE_MEETINGS)
@require_safe
def cell(request: HttpRequest, number: int, row: int, column: int) -> HttpResponse:
    """Show a procedure of a department: the calls about it, what was found, what is done."""
    return _cell_page(request, _found(number), row, column, None)


@roles(*KEEP_MEETINGS)
@require_POST
def say(request: HttpRequest, number: int) -> HttpResponse:
    """Write down a call, when it was held, a finding, minutes or a decision."""
    found = _found(number)
    made = ENTRY_FORMS.get(request.POST.get("kind", ""))
    if made is None:
        raise Http404
    form = made(request.POST)
    if form.is_valid():
        place = _place(found, form.cleaned_data["row"], form.cleaned_data["column"])
        done = write_down(found.pk, form.said(place), actor=request.user, now_ms=clock.now_ms())
        if not isinstance(done, Refused):
            messages.success(request, _("It is on record."))
            return redirect(_back(found, form.cleaned_data["row"], form.cleaned_data["column"]))
        form.add_error(None, refusal_words(done))
    row, column = form.cleaned_data.get("row"), form.cleaned_data.get("column")
    if row and column:
        return _cell_page(request, found, row, column, form)
    return _page(request, found, form)


@roles(*CHAIR_MEETINGS)
@require_POST
def add(request: HttpRequest, number: int) -> HttpResponse:
    """Add something to a closed meeting, with the reason."""
    found = _found(number)
    form = AddedForm(request.POST)
    if form.is_valid():
        done = write_down(found.pk, form.said(("", "")), actor=request.user, now_ms=clock.now_ms())
        if not isinstance(done, Refused):
            messages.success(request, _("It is on record."))
            return redirect("meetings:meeting", number)
        form.add_error(None, refusal_words(done))
    return _page(request, found, form)


@roles(*CHAIR_MEETINGS)
@require_POST
@dangerous
def close(request: HttpRequest, number: int) -> HttpResponse:
    """Close a meeting: the chair signs what was written down."""
    found = _found(number)
    done = close_meeting(found.pk, actor=request.user, now_ms=clock.now_ms())
    if isinstance(done, Refused):
        messages.error(request, refusal_words(done))
    else:
        messages.success(request, _("It is closed. Its paper can be printed now."))
    return redirect("meetings:meeting", number)


def _found(number: int) -> Meeting:
    return get_object_or_404(Meeting.objects.select_related("opened_by", "closed_by"), pk=number)


def _place(found: Meeting, row: int | None, column: int | None) -> tuple[str, str]:
    """Give the procedure and department of a cell; what is outside the grid is refused when it is written down."""
    if not row or not column:
        return "", ""
    if row > len(found.procedures) or column > len(found.departments):
        return "?", "?"
    return found.procedures[row - 1], found.departments[column - 1]


def _back(found: Meeting, row: int | None, column: int | None) -> str:
    if row and column:
        return reverse("meetings:cell", args=[found.pk, row, column])
    return reverse("meetings:meeting", args=[found.pk])


def _page(request: HttpRequest, found: Meeting, failed: EntryForm | None) -> HttpResponse:
    facts = facts_of(found)
    may_write = may(request, KEEP_MEETINGS) and not found.is_closed
    code = REVIEW_CODE if found.is_review else MINUTES_CODE
    forms = _forms(found, facts, failed) if may_write else {}
    added_form = _added_form(request, found, failed)
    context = {
        "meeting": found,
        "facts": facts,
        "grid": _grid(found, facts),
        "calls": facts.calls,
        "decisions": [(one, facts.items.get(number, [])) for number, one in sorted(facts.decisions.items())],
        "agenda": [] if found.is_review or found.is_closed else standing_items()[:AGENDA_SHOWN],
        "forms": forms,
        "stray": _stray(failed, [*forms.values(), added_form]),
        "failed": failed.of_kind.value if failed is not None else "",
        "may_write": may_write,
        "may_close": may(request, CHAIR_MEETINGS) and not found.is_closed,
        "added_form": added_form,
        "may_open_items": may(request, RECORD_ITEMS),
        "paper": f"{reverse('papers:report', args=[code])}?period={found.period}",
    }
    return render(request, "meetings/meeting.html", context, status=400 if failed is not None else 200)


def _added_form(request: HttpRequest, found: Meeting, failed: EntryForm | None) -> EntryForm | None:
    if not found.is_closed or not may(request, CHAIR_MEETINGS):
        return None
    return failed if isinstance(failed, AddedForm) else AddedForm.empty()


def _stray(failed: EntryForm | None, shown: Iterable[EntryForm | None]) -> EntryForm | None:
    """Give the refused form where the page has no place for it any more: its words are shown all the same."""
    return None if failed is None or any(form is failed for form in shown) else failed


def _forms(found: Meeting, facts: MeetingFacts, failed: EntryForm | None) -> dict[str, EntryForm]:
    """Give the forms of a meeting that is under way, filled in with what was said before."""
    held, minutes = facts.held, facts.minutes
    forms: dict[str, EntryForm] = {"call": _call_form()}
    forms["held"] = HeldForm.empty(
        day=held.day if held else campus_day(clock.now_ms()), text=held.text if held else ""
    )
    if not found.is_review:
        forms["minutes"] = MinutesForm.empty(text=minutes.text if minutes else "")
        forms["decision"] = DecisionForm.empty()
    if failed is not None and failed.of_kind.value in forms:
        forms[failed.of_kind.value] = failed
    return forms


def _call_form(row: int | None = None, column: int | None = None) -> EntryForm:
    now = local(clock.now_ms())
    return CallForm.empty(row=row, column=column, day=now.date(), at=now.strftime("%H:%M"))


def _grid(found: Meeting, facts: MeetingFacts) -> list[tuple[str, list[dict[str, object]]]]:
    """Give the review's rows, each with its cells and where they lead."""
    return [
        (
            procedure,
            [
                {
                    "department": department,
                    "facts": facts.cells[procedure, department],
                    "tone": TONES.get(getattr(facts.cells[procedure, department].finding, "rating", ""), ""),
                    "link": reverse("meetings:cell", args=[found.pk, row, column]),
                }
                for column, department in enumerate(found.departments, start=1)
            ],
        )
        for row, procedure in enumerate(found.procedures, start=1)
    ]


def _cell_page(
    request: HttpRequest, found: Meeting, row: int, column: int, failed: EntryForm | None
) -> HttpResponse:
    place = _place(found, row, column)
    facts = facts_of(found)
    if place not in facts.cells:
        raise Http404
    here = facts.cells[place]
    said = {"rating": here.finding.rating, "text": here.finding.text} if here.finding else {}
    forms: dict[str, EntryForm] = {
        "finding": FindingForm.empty(row=row, column=column, **said),
        "call": _call_form(row, column),
    }
    if failed is not None and failed.of_kind.value in forms:
        forms[failed.of_kind.value] = failed
    may_write = may(request, KEEP_MEETINGS) and not found.is_closed
    context = {
        "meeting": found,
        "procedure": place[0],
        "department": place[1],
        "facts": here,
        "tone": TONES.get(here.finding.rating, "") if here.finding else "",
        "history": found.entries.filter(kind="finding", procedure=place[0], department=place[1])
        .select_related("by")
        .order_by("-pk"),
        "forms": forms if may_write else {},
        "stray": _stray(failed, forms.values() if may_write else ()),
        "failed": failed.of_kind.value if failed is not None else "",
        "may_open_items": may(request, RECORD_ITEMS),
    }
    return render(request, "meetings/cell.html", context, status=400 if failed is not None else 200)
