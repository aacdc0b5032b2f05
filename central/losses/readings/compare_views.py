"""Pages of the comparison: by hand beside the registers, disagreements settled, the table checked and sent to be signed."""

import uuid
from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from central import clock
from central.domain.hand_reading import DisplayFault
from central.domain.readings_compared import Settled, Verdict
from central.losses.case_models import Case
from central.losses.readings.agreed_tables import filed_tables, groups_table
from central.losses.readings.agreeing import ask_supplement, group_data, waiting
from central.losses.readings.asked import asked_place, begun
from central.losses.readings.closing import Refused, check_sheet
from central.losses.readings.comparing import Compared, compare_now, groups_compared
from central.losses.readings.forms import ReasonForm, SettleForm, SupplementForm
from central.losses.readings.models import ReadingSheet, Settlement
from central.losses.readings.settling import Said, settle
from central.losses.readings.sheets import Place
from central.losses.readings.words import (
    ENTRY,
    SETTLE,
    SETTLED,
    SOURCES,
    STATES,
    UNREADABLE,
    VERDICTS,
    sheet_words,
    slip_words,
)
from central.office.access import may, roles
from central.office.approval_views import refusal_words
from central.office.dangerous import dangerous
from central.office.dated_settings import list_at
from central.office.models import Approval
from central.office.page_table import page_tables
from central.office.roles import ASK_AGREED_READINGS, CHECK_READINGS, READ_METERS, SEE_READINGS
from central.papers.words import period_words

MOST_SLIPS = 3


@roles(*SEE_READINGS)
@require_safe
def compare(request: HttpRequest, building_id: int, month: int) -> HttpResponse:
    """Show each reading beside its register; of an agreed sheet what was signed."""
    return _page(request, asked_place(request, building_id, month))


@roles(*READ_METERS)
@require_POST
def settle_one(request: HttpRequest, building_id: int, month: int) -> HttpResponse:
    """Say how one meter's disagreement ended."""
    place = asked_place(request, building_id, month)
    form = SettleForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        done = settle(
            begun(place).pk,
            Said(str(said["step"]), said["meter"], Settled(said["how"]), said["words"]),
            actor=request.user,
            now_ms=clock.now_ms(),
        )
        if isinstance(done, Settlement):
            messages.success(request, _("It is on record."))
            return redirect("losses:reading-compare", building_id, month)
        form.add_error(None, SETTLE[done])
    return _page(request, place, settle_form=form)


@roles(*CHECK_READINGS)
@require_POST
def check(request: HttpRequest, building_id: int, month: int) -> HttpResponse:
    """Say that the sheet is right: its table goes to be signed."""
    place = asked_place(request, building_id, month)
    form = ReasonForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        done = check_sheet(
            begun(place).pk, said["why"], str(said["key"]), actor=request.user, now_ms=clock.now_ms()
        )
        if isinstance(done, Approval):
            messages.success(request, _("Checked: the table lies before those who sign it."))
            return redirect("losses:reading-compare", building_id, month)
        form.add_error(None, sheet_words(done) if isinstance(done, Refused) else refusal_words(done))
    return _page(request, place, check_form=form)


@roles(*ASK_AGREED_READINGS)
@require_POST
@dangerous
def supplement(request: HttpRequest, building_id: int, month: int) -> HttpResponse:
    """Ask that an agreed value is put right by a supplement."""
    place = asked_place(request, building_id, month)
    form = SupplementForm(request.POST)
    table = begun(place).tables.first()
    if form.is_valid() and table is not None:
        said = form.cleaned_data
        done = ask_supplement(
            table.pk,
            said["meter"].strip(),
            said["reading"],
            said["why"],
            str(said["key"]),
            actor=request.user,
            now_ms=clock.now_ms(),
        )
        if isinstance(done, Approval):
            messages.success(request, _("Asked: the supplement lies before those who sign it."))
            return redirect("office:approval", done.number)
        if done is None:
            form.add_error("meter", _("The table has no such meter."))
        elif isinstance(done, DisplayFault):
            form.add_error("reading", ENTRY[done])
        else:
            form.add_error(None, refusal_words(done))
    return _page(request, place, supplement_form=form)


def _page(
    request: HttpRequest,
    place: Place,
    settle_form: SettleForm | None = None,
    check_form: ReasonForm | None = None,
    supplement_form: SupplementForm | None = None,
) -> HttpResponse:
    status = 400 if settle_form or check_form or supplement_form else 200
    if status == 400:
        messages.error(request, _("Nothing was done: see below why, or open the page again."))
    context = {
        "place": place,
        "period": period_words(place.period),
        "badge": STATES[place.state],
        "request_of": Approval.objects.filter(pk=place.sheet.approval).first() if place.sheet else None,
    }
    if place.state == ReadingSheet.State.AGREED and place.sheet is not None:
        context |= _signed(request, place.sheet, supplement_form)
        return render(request, "losses/reading_agreed.html", context, status=status)
    found = compare_now(place, clock.now_ms())
    groups = [group_data(one) for one in groups_compared(place, found)]
    standing = [one for one in found if one.stands]
    may_settle = may(request, READ_METERS) and place.state == ReadingSheet.State.CLOSED
    may_check = may(request, CHECK_READINGS) and place.state in (
        ReadingSheet.State.CLOSED,
        ReadingSheet.State.CHECKED,
    )
    context |= {
        "lines": [(one, VERDICTS[one.verdict], *_words(one)) for one in found],
        "counts": _counts(found),
        "standing": _standing(place, standing, settle_form if may_settle else None, may_settle),
        "groups": page_tables([groups_table(groups, place.building.name)] if groups else []),
        "check_form": (check_form or ReasonForm(initial={"key": uuid.uuid4()}))
        if may_check and not standing and place.sheet and not waiting(place.sheet)
        else None,
    }
    return render(request, "losses/reading_compare.html", context, status=status)


def _signed(request: HttpRequest, sheet: ReadingSheet, form: SupplementForm | None) -> dict[str, object]:
    tables = list(sheet.tables.prefetch_related("lines"))
    return {
        "copies": list_at("readings.copies", sheet.until_ms - 1),
        "signed": [(one, page_tables(filed_tables(one))) for one in tables],
        "form": (form or SupplementForm(initial={"key": uuid.uuid4()}))
        if may(request, ASK_AGREED_READINGS)
        else None,
    }


def _words(one: Compared) -> tuple[object, object, list[str]]:
    reading = one.line.reading
    how = SETTLED[one.settled] if one.settled else ""
    unreadable = UNREADABLE.get(reading.unreadable, "") if reading else ""
    return how or unreadable, SOURCES[one.source], [slip_words(slip) for slip in one.slips[:MOST_SLIPS]]


def _counts(found: Sequence[Compared]) -> list[tuple[object, int]]:
    counts = [(VERDICTS[one], sum(line.verdict is one for line in found)) for one in Verdict]
    return [(badge, count) for badge, count in counts if count]


def _standing(
    place: Place, standing: Sequence[Compared], form: SettleForm | None, may_settle: bool
) -> list[tuple[Compared, object, list[str], SettleForm | None]]:
    """Give what stands with its case and the form that ends it."""
    keys = {place.sheet.case_key(one.line.meter.meter): one for one in standing} if place.sheet else {}
    cases = Case.objects.filter(key__in=keys).exclude(state=Case.State.CLOSED)
    numbers = {case.key: case.pk for case in cases}
    rows = []
    for key, one in keys.items():
        meter = one.line.meter.meter
        own = form if form is not None and form.data.get("meter") == meter else None
        fresh = SettleForm(initial={"step": uuid.uuid4(), "meter": meter}, auto_id=f"id_{one.line.place}_%s")
        rows.append(
            (
                one,
                numbers.get(key),
                [slip_words(slip) for slip in one.slips[:MOST_SLIPS]],
                (own or fresh) if may_settle else None,
            )
        )
    return rows
