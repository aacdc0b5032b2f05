"""Pages of the monthly readings: how far the buildings are, one sheet, and a floor of it to be read on a phone (R-4.3.7)."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from central import clock
from central.campus.models import Building
from central.losses.offline_answers import happened_ms, kept, not_kept, wants_json
from central.losses.readings.asked import asked_place, begun
from central.losses.readings.closing import Refused as SheetRefused
from central.losses.readings.closing import close_sheet, return_sheet
from central.losses.readings.due import due_day, states_of
from central.losses.readings.entering import Entry, enter
from central.losses.readings.forms import EntryForm, ReasonForm
from central.losses.readings.models import HandReading, ReadingSheet
from central.losses.readings.sheets import (
    Line,
    Place,
    floors_of,
    lines_of,
    month_of,
    period_now,
    period_of_month,
    progress_of,
)
from central.losses.readings.words import DOUBTS, STATES, UNREADABLE, entry_words, sheet_words
from central.office.access import may, roles
from central.office.models import of_served
from central.office.roles import CHECK_READINGS, READ_METERS, SEE_READINGS
from central.papers.words import period_words

DECEMBER = 12
NOWHERE = "board"
"""The floor of what hangs at a board, or nowhere that anybody said."""


@roles(*SEE_READINGS)
@require_safe
def readings(request: HttpRequest) -> HttpResponse:
    """Show every building's sheet of a period: who is how far, by when."""
    now_ms = clock.now_ms()
    asked = request.GET.get("month", "")
    wanted = period_of_month(int(asked)) if asked.isascii() and asked.isdigit() and len(asked) == 6 else None
    period = wanted or period_now(now_ms)
    buildings = Building.objects.filter(of_served(request.user, "pk")).order_by("code")
    states = states_of(buildings, period, now_ms)
    month = month_of(period)
    context = {
        "period": period_words(period),
        "month": month,
        "before": month - 1 if month % 100 > 1 else month - 100 + DECEMBER - 1,
        "after": month + 1 if month % 100 < DECEMBER else month + 100 - DECEMBER + 1,
        "due": due_day(period),
        "states": [(one, STATES[one.place.state]) for one in states],
    }
    return render(request, "losses/readings.html", context)


@roles(*SEE_READINGS)
@require_safe
def sheet(request: HttpRequest, building_id: int, month: int) -> HttpResponse:
    """Show one sheet: its lines, and what can be done with it."""
    return sheet_page(request, asked_place(request, building_id, month))


def sheet_page(request: HttpRequest, place: Place, form: ReasonForm | None = None) -> HttpResponse:
    """Draw a sheet; `form` came back with something wrong."""
    lines = lines_of(place, clock.now_ms())
    state = place.state
    reads = may(request, READ_METERS) and place.building.pk and request.user.serves(place.building.pk)
    checks = may(request, CHECK_READINGS) and state in (ReadingSheet.State.CLOSED, ReadingSheet.State.CHECKED)
    context = {
        "place": place,
        "period": period_words(place.period),
        "badge": STATES[state],
        "lines": [(one, _doubts(one), UNREADABLE.get(_unreadable(one), "")) for one in lines],
        "floors": _floors(lines),
        "progress": progress_of(lines),
        "due": due_day(place.period),
        "may_read": reads and state == ReadingSheet.State.OPEN,
        "may_import": reads and state == ReadingSheet.State.OPEN,
        "return_form": form or (ReasonForm() if checks and place.sheet else None),
        "tables": place.sheet.tables.all() if place.sheet else [],
    }
    return render(request, "losses/reading_sheet.html", context, status=400 if form else 200)


@roles(*READ_METERS)
@require_safe
def floor(request: HttpRequest, building_id: int, month: int) -> HttpResponse:
    """Show one floor's meters, each with its form; the page is kept on the phone."""
    return _floor_page(request, asked_place(request, building_id, month), request.GET.get("floor", ""))


@roles(*READ_METERS)
@require_POST
def enter_reading(request: HttpRequest, building_id: int, month: int) -> HttpResponse:
    """Take one meter's entry; a doubtful one is kept and asked about on the page."""
    place = asked_place(request, building_id, month)
    form, here = EntryForm(request.POST, request.FILES), request.POST.get("floor", "")
    if form.is_valid():
        said, now_ms = form.cleaned_data, clock.now_ms()
        entry = Entry(
            step=str(said["step"]),
            meter=said["meter"],
            typed=said["reading"],
            unreadable=said["unreadable"],
            found_meter=said["found_meter"],
            words=said["words"],
            photos=[upload.read() for upload in said["photos"]],
            at_ms=happened_ms(request.POST, now_ms),
        )
        done = enter(place.building, place.period, entry, actor=request.user, now_ms=now_ms)
        if isinstance(done, HandReading):
            address = _address_of(place, here, done)
            return kept(address) if wants_json(request) else redirect(address)
        form.add_error("words" if done.why == "no-words" else "reading", entry_words(done))
    return not_kept(form) if wants_json(request) else _floor_page(request, place, here, form)


@roles(*READ_METERS)
@require_POST
def close(request: HttpRequest, building_id: int, month: int) -> HttpResponse:
    """Close a sheet that is read: what differs becomes a case."""
    place = asked_place(request, building_id, month)
    done = close_sheet(begun(place).pk, actor=request.user, now_ms=clock.now_ms())
    if isinstance(done, SheetRefused):
        messages.error(request, sheet_words(done))
        return redirect("losses:reading-sheet", building_id, month)
    messages.success(request, _("The sheet is closed: the card room checks it now."))
    return redirect("losses:reading-compare", building_id, month)


@roles(*CHECK_READINGS)
@require_POST
def give_back(request: HttpRequest, building_id: int, month: int) -> HttpResponse:
    """Give a closed sheet back to who reads, with the reason."""
    place = asked_place(request, building_id, month)
    form = ReasonForm(request.POST)
    if form.is_valid():
        done = return_sheet(
            begun(place).pk, form.cleaned_data["why"], actor=request.user, now_ms=clock.now_ms()
        )
        if isinstance(done, ReadingSheet):
            messages.success(request, _("The sheet is open again: its electrician sees why."))
            return redirect("losses:reading-sheet", building_id, month)
        form.add_error(None, sheet_words(done))
    return sheet_page(request, place, form)


def _floor_page(
    request: HttpRequest, place: Place, wanted: str, form: EntryForm | None = None
) -> HttpResponse:
    lines = lines_of(place, clock.now_ms())
    floors = _floors(lines)
    names = [name for name, *_more in floors]
    own = next((_name(one.meter.floor) for one in lines if _own(form, one)), wanted)
    here = own if own in names else _first_open(floors)
    context = {
        "place": place,
        "period": period_words(place.period),
        "floors": floors,
        "here": here,
        "next": names[names.index(here) + 1] if here in names and here != names[-1] else "",
        "rows": [
            (one, _doubts(one), UNREADABLE.get(_unreadable(one), ""), str(uuid.uuid4()), _own(form, one))
            for one in lines
            if _name(one.meter.floor) == here
        ],
        "reasons": EntryForm.base_fields["unreadable"].choices,
        "form": form if form is not None and not any(_own(form, one) for one in lines) else None,
        "progress": progress_of(lines),
        "doubts": DOUBTS,
        "is_open": place.state == ReadingSheet.State.OPEN,
    }
    return render(request, "losses/reading_floor.html", context, status=400 if form else 200)


def _own(form: EntryForm | None, line: Line) -> EntryForm | None:
    """Give the form that came back, in its own meter's row."""
    return form if form is not None and form.data.get("meter") == line.meter.meter else None


def _doubts(line: Line) -> list[object]:
    """Give the words of what is asked about a line's entry."""
    return [DOUBTS[one] for one in line.reading.doubts] if line.reading else []


def _unreadable(line: Line) -> str:
    return line.reading.unreadable if line.reading else ""


def _floors(lines: list[Line]) -> list[tuple[str, object, int, int]]:
    """Give name, words, done and all of each floor."""
    found = []
    for one in floors_of(lines):
        here = [line for line in lines if line.meter.floor == one]
        words = _("Board") if one is None else _("Floor %(floor)d") % {"floor": one}
        found.append((_name(one), words, sum(line.is_done for line in here), len(here)))
    return found


def _first_open(floors: list[tuple[str, object, int, int]]) -> str:
    """Give the first floor where something is to be read, else the first."""
    return next(
        (name for name, _words, done, count in floors if done < count), floors[0][0] if floors else ""
    )


def _name(number: int | None) -> str:
    return NOWHERE if number is None else str(number)


def _address_of(place: Place, here: str, done: HandReading) -> str:
    lines = lines_of(place, clock.now_ms())
    number = next((one.place for one in lines if one.meter.meter == done.meter), 0)
    address = reverse("losses:reading-floor", args=[place.building.pk, place.month])
    mark = number if done.is_questioned else number + 1
    return f"{address}?floor={here}#m{mark}"
