"""Pages of policies: choose what, fill in its sheet, see what it would do today, give the reason, ask (R-B1, R-4.2.1).

Nothing is changed here: the last signature does. What somebody typed goes from page to page and is not lost.
"""

import csv
import hashlib
import json
import uuid
from dataclasses import dataclass
from io import StringIO

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from central import clock
from central.campus.models import Building, CustomerClass, MeteringPoint
from central.domain.rule_form import Read, Texts, is_typed, not_shown, read_over, written
from central.domain.rule_values import Fault
from central.domain.spreadsheet_text import neutral
from central.link import policy_act
from central.link.policy_change import Change, Effect, Holder, Tried, parts_now, try_out
from central.link.policy_nodes import Drawing, unchosen
from central.link.policy_said import difference, effective
from central.link.policy_sheets import SHEETS, Sheet, calendars_known, in_sections, inherited, unit_of
from central.link.policy_words import EFFECTS, SECTIONS
from central.office import approvals
from central.office.access import may, roles
from central.office.approval_views import refusal_words
from central.office.approvals import ApprovalRefusal
from central.office.dangerous import dangerous
from central.office.models import Approval
from central.office.page_table import page_tables
from central.office.roles import ASK_POLICIES, SEE_POLICIES, SWAP_METERS

OWN_FIELDS = ("csrfmiddlewaretoken", "do", "add", "base", "key", "why", "password_again")
ROOMS_FOUND = 30


@roles(*SEE_POLICIES)
@require_GET
def policies(request: HttpRequest) -> HttpResponse:
    """Show what can be changed: classes, buildings, and a room by its name; and what waits for a signature."""
    asked = request.GET.get("q", "").strip()
    points = MeteringPoint.objects.filter(code__icontains=asked) if asked else MeteringPoint.objects.none()
    waiting = Approval.objects.filter(act=policy_act.CODE, state=Approval.State.WAITING)
    context = {
        "classes": CustomerClass.objects.annotate(rooms=Count("points")).order_by("code"),
        "buildings": Building.objects.annotate(count=Count("rooms")).order_by("code"),
        "points": points.select_related("room__building", "customer_class").order_by("code")[:ROOMS_FOUND],
        "own_rules": MeteringPoint.objects.filter(Q(protected=True) | ~Q(limits={})).count(),
        "asked": asked,
        "waiting": waiting.select_related("asked_by").order_by("-number")[:50],
        "may_ask": may(request, ASK_POLICIES),
    }
    return render(request, "link/policies.html", context)


@roles(*SEE_POLICIES)
@require_GET
def room_rules(request: HttpRequest, room_id: int) -> HttpResponse:
    """Show who decides what for a room: each rule that holds, with where it was said."""
    point = _point(room_id)
    sheet, of_class, of_building, unit = SHEETS["room"], SHEETS["class"], SHEETS["building"], unit_of(point)
    values, building = sheet.values(parts_now(point)), point.room.building
    defaults = {part.name: part.default for part in sheet.parts if part.name in sheet.single}
    own = {name: one for name, one in values.items() if name not in defaults or one != defaults[name]}
    parts = (*sheet.parts[:2], *of_class.parts[:2], *sheet.parts[2:])
    origins = (_("room"), _("class"), _("default"))
    context = {
        "point": point,
        "building": building,
        "rules": list(effective(parts, own, inherited(point), unit, origins)),
        "of_building": list(
            effective(
                of_building.parts,
                of_building.values(parts_now(building)),
                {},
                "",
                (_("building"), "", _("default")),
            )
        ),
        "aside": not_shown(sheet.parts, values, unit),
        "may_swap": may(request, SWAP_METERS),
        "may_ask": may(request, ASK_POLICIES),
    }
    return render(request, "link/room_rules.html", context)


@roles(*ASK_POLICIES)
@require_http_methods(["GET", "HEAD", "POST"])
def class_policy(request: HttpRequest, code: str) -> HttpResponse:
    """Change a class's overdraft, warnings and limits."""
    return _sheet(request, SHEETS["class"], get_object_or_404(CustomerClass, code=code))


@roles(*ASK_POLICIES)
@require_http_methods(["GET", "HEAD", "POST"])
def building_policy(request: HttpRequest, code: str) -> HttpResponse:
    """Change a building's calendars, isolation, guard and times."""
    return _sheet(request, SHEETS["building"], get_object_or_404(Building, code=code))


@roles(*ASK_POLICIES)
@require_http_methods(["GET", "HEAD", "POST"])
def building_groups(request: HttpRequest, code: str) -> HttpResponse:
    """Change which meters are counted behind which in a building."""
    return _sheet(request, SHEETS["groups"], get_object_or_404(Building, code=code))


@roles(*ASK_POLICIES)
@require_http_methods(["GET", "HEAD", "POST"])
def room_policy(request: HttpRequest, room_id: int) -> HttpResponse:
    """Change a room's own limits and its protection."""
    return _sheet(request, SHEETS["room"], _point(room_id))


def _point(room_id: int) -> MeteringPoint:
    points = MeteringPoint.objects.select_related("room__building", "customer_class")
    return get_object_or_404(points, room__pk=room_id)


@dataclass(frozen=True, slots=True)
class Filled:
    """A sheet as it was filled in."""

    sheet: Sheet
    holder: Holder
    texts: Texts
    found: Read
    faults: dict[str, Fault]
    is_stale: bool
    """The rules were changed since the page was made."""

    @property
    def change(self) -> Change:
        """The change that it asks for."""
        return self.sheet.change(self.holder, self.found.value)


def _sheet(request: HttpRequest, sheet: Sheet, holder: Holder) -> HttpResponse:
    if request.method != "POST":
        return _form(request, _as_stored(sheet, holder))
    filled = _as_sent(request, sheet, holder)
    does = request.POST.get("do", "")
    if request.POST.get("add") or does == "back":
        return _form(request, filled)
    if filled.faults or filled.is_stale or not filled.change.parts:
        return _form(request, filled, status=400, is_same=not (filled.faults or filled.is_stale))
    if does == "ask":
        view = dangerous(_ask) if filled.change.is_emergency else _ask
        return view(request, filled)
    tried = try_out(filled.change, clock.now_ms())
    return _list(tried) if does == "list" else _trial(request, filled, tried)


def _as_stored(sheet: Sheet, holder: Holder) -> Filled:
    values, unit = sheet.values(parts_now(holder)), unit_of(holder)
    aside = not_shown(sheet.parts, values, unit)
    shown = {name: one for name, one in values.items() if name not in aside}
    return Filled(sheet, holder, written(sheet.parts, shown, unit), Read(values, {}), {}, False)


def _as_sent(request: HttpRequest, sheet: Sheet, holder: Holder) -> Filled:
    texts = {name: said for name, said in request.POST.lists() if name not in OWN_FIELDS}
    stored = _as_stored(sheet, holder)
    found = read_over(sheet.parts, texts, stored.found.value, unit_of(holder))
    faults = {**found.faults, **unchosen(sheet.parts, texts, stored.texts)}
    return Filled(sheet, holder, texts, found, faults, request.POST.get("base") != _base(holder))


def _base(holder: Holder) -> str:
    """Stand for what is stored, so that a page made from something older is noticed."""
    return hashlib.sha256(json.dumps(parts_now(holder), sort_keys=True).encode()).hexdigest()


def _form(request: HttpRequest, filled: Filled, status: int = 200, *, is_same: bool = False) -> HttpResponse:
    sheet, holder, unit = filled.sheet, filled.holder, unit_of(filled.holder)
    values = sheet.values(parts_now(holder))
    drawing = Drawing(
        filled.texts,
        filled.faults,
        unit,
        calendars_known(holder),
        inherited(holder),
        request.POST.get("add", ""),
    )
    aside = not_shown(sheet.parts, values, unit)
    shown = [
        (code, SECTIONS[code], drawing.draw(tuple(part for part in parts if part.name not in aside)))
        for code, parts in in_sections(sheet)
    ]
    context = {
        **_subject(filled),
        "sections": shown,
        "base": _base(holder),
        "aside": aside,
        "faults": len(filled.faults),
        "is_stale": filled.is_stale,
        "is_same": is_same,
        "why": request.POST.get("why", ""),
    }
    return render(request, "link/policy_sheet.html", context, status=status)


def _subject(filled: Filled) -> dict[str, object]:
    holder = filled.holder
    change = Change(filled.sheet.place, holder.code, {}, {})
    return {
        "title": policy_act.subject_of(change, holder),
        "sheet": filled.sheet.code,
        "holder": holder,
        "room_id": holder.room_id if isinstance(holder, MeteringPoint) else None,
    }


def _trial(request: HttpRequest, filled: Filled, tried: Tried, refusal: str = "") -> HttpResponse:
    """Show what the change would do today; with a mistake or a refusal nothing was asked."""
    sheet, unit = filled.sheet, unit_of(filled.holder)
    values = sheet.values(parts_now(filled.holder))
    tables = (
        [] if tried.mistakes else [policy_act.rooms_table(tried.rooms[: policy_act.MOST_ROOMS], tried.now_ms)]
    )
    context = {
        **_subject(filled),
        "lines": difference(sheet.parts, values, filled.found.value, unit),
        "tried": tried,
        "counts": [(EFFECTS[effect], tried.counts[effect]) for effect in Effect],
        "uncertain": [one for one in tried.buildings if one.doubts],
        "buildings": page_tables(policy_act.building_tables(tried)),
        "rooms": page_tables(tables),
        "hidden_rooms": max(0, len(tried.rooms) - policy_act.MOST_ROOMS),
        "mistakes": policy_act.mistakes_said(tried.mistakes),
        "kept": [(name, text) for name, said in filled.texts.items() for text in said if is_typed(said)],
        "base": _base(filled.holder),
        "key": request.POST.get("key") or str(uuid.uuid4()),
        "why": request.POST.get("why", ""),
        "refusal": refusal,
        "is_emergency": filled.change.is_emergency,
    }
    status = 400 if refusal or tried.mistakes else 200
    return render(request, "link/policy_trial.html", context, status=status)


def _ask(request: HttpRequest, filled: Filled) -> HttpResponse:
    now_ms = clock.now_ms()
    tried = try_out(filled.change, now_ms)
    if tried.mistakes:
        return _trial(request, filled, tried)
    done = approvals.ask(
        policy_act.CODE,
        filled.change.content(),
        subject=policy_act.subject_of(filled.change, filled.holder),
        why=request.POST.get("why", ""),
        actor=request.user,
        now_ms=now_ms,
        key=f"policy:{request.POST.get('key', '')}"[:64],
    )
    if isinstance(done, ApprovalRefusal):
        return _trial(request, filled, tried, refusal_words(done))
    messages.success(
        request,
        _("Request %(number)s waits for a signature. Nothing is changed until then.")
        % {"number": done.number},
    )
    return redirect("office:approval", done.number)


def _list(tried: Tried) -> HttpResponse:
    """Give every room as a file that a spreadsheet opens."""
    text = StringIO()
    table = policy_act.rooms_table(tried.rooms, tried.now_ms)
    writer = csv.writer(text)
    writer.writerow(neutral(column.title) for column in table.columns)
    writer.writerows(
        [neutral(cell) if isinstance(cell, str) else cell for cell in row.cells] for row in table.rows
    )
    answer = HttpResponse("﻿" + text.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="rooms.csv"'
    answer["Cache-Control"] = "no-store"
    return answer
