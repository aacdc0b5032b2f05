"""Pages of dated settings: all of them by chapter, and one with its history and the form that asks for a new value."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.domain.known_settings import SETTINGS, Known, Place
from central.office.access import may, roles
from central.office.acts import all_acts
from central.office.approval_views import refusal_words
from central.office.approvals import ApprovalRefusal, ask
from central.office.dangerous import dangerous
from central.office.dated_settings import history_of, known, value_at
from central.office.models import Approval, DatedValue
from central.office.roles import APPROVES_MONEY, SEE_SETTINGS
from central.office.setting_changes import ACT
from central.office.setting_form import SettingForm
from central.office.setting_names import CHAPTERS, SettingWords
from central.office.setting_words import setting_words, value_text, where_words
from central.office.words import Words


@dataclass(frozen=True, slots=True)
class Line:
    """A setting in the list: its words, the campus's value now, how many places differ, and what is coming."""

    setting: Known
    words: SettingWords
    value: str
    differing: int
    coming: int


@roles(*SEE_SETTINGS)
@require_GET
def settings_list(request: HttpRequest) -> HttpResponse:
    """Show every setting with its value now, by chapter."""
    now_ms = clock.now_ms()
    said = list(DatedValue.objects.all())
    every = [*SETTINGS, *(found for act in all_acts() if (found := known(f"approval.{act.code}")))]
    chapters: dict[Words, list[Line]] = {}
    for setting in every:
        words = CHAPTERS.get(setting.chapter, setting.chapter)
        chapters.setdefault(words, []).append(_line(setting, said, now_ms))
    waiting = Approval.objects.filter(act=ACT, state=Approval.State.WAITING)
    context = {"chapters": chapters.items(), "waiting": waiting}
    return render(request, "office/settings.html", context)


def _line(setting: Known, said: list[DatedValue], now_ms: int) -> Line:
    own = [row for row in said if row.code == setting.code]
    differing = {(row.place, row.where) for row in own if row.place != Place.CAMPUS and row.from_ms <= now_ms}
    coming = sum(row.from_ms > now_ms for row in own)
    value = value_text(setting, value_at(setting.code, now_ms))
    return Line(setting, setting_words(setting.code), value, len(differing), coming)


@roles(*SEE_SETTINGS)
@require_GET
def setting(request: HttpRequest, setting_code: str) -> HttpResponse:
    """Show one setting with its history, and the form that asks for a new value."""
    found, now_ms = _known(setting_code), clock.now_ms()
    form = SettingForm(found, now_ms, value_at(found.code, now_ms), str(uuid.uuid4()))
    return _page(request, found, form if may(request, APPROVES_MONEY) else None, now_ms)


@roles(*APPROVES_MONEY)
@require_POST
@dangerous
def setting_ask(request: HttpRequest, setting_code: str) -> HttpResponse:
    """Ask for a new value; what was typed wrongly stays to be mended."""
    found, now_ms = _known(setting_code), clock.now_ms()
    form = SettingForm(found, now_ms, value_at(found.code, now_ms), str(uuid.uuid4()), request.POST)
    if form.is_valid():
        result = _ask(request, found, form, now_ms)
        if isinstance(result, Approval):
            messages.success(request, _said(result))
            return redirect("office:approval", result.number)
        form.add_error(None, refusal_words(result))
    return _page(request, found, form, now_ms)


def _known(code: str) -> Known:
    found = known(code)
    if found is None:
        raise Http404
    return found


def _page(request: HttpRequest, found: Known, form: SettingForm | None, now_ms: int) -> HttpResponse:
    context = {
        "setting": found,
        "words": setting_words(found.code),
        "value": value_text(found, value_at(found.code, now_ms)),
        "default": value_text(found, found.default),
        "history": list(_history(found, now_ms)),
        "form": form,
        "waiting": Approval.objects.filter(act=ACT, state=Approval.State.WAITING, subject=found.code),
    }
    return render(request, "office/setting.html", context, status=400 if form and form.errors else 200)


def _ask(request: HttpRequest, found: Known, form: SettingForm, now_ms: int) -> Approval | ApprovalRefusal:
    return ask(
        ACT,
        form.change().content(),
        subject=found.code,
        why=form.cleaned_data["why"],
        actor=request.user,
        now_ms=now_ms,
        key=str(form.cleaned_data["key"]),
    )


def _said(result: Approval) -> str:
    if result.state == Approval.State.APPROVED:
        return _("The new value is set.")
    return _("Asked for. It is in force when it is signed, and from its instant on at the earliest.")


@dataclass(frozen=True, slots=True)
class Past:
    """A value of the history: for where, what, and whether it is in force, coming or past."""

    row: DatedValue
    where: str
    text: str
    state: str


def _history(found: Known, now_ms: int) -> Iterator[Past]:
    """Give each value ever said, the newest first; per place the newest that has begun is in force."""
    begun: set[tuple[str, str]] = set()
    for row in history_of(found.code):
        place = (row.place, row.where)
        state = "coming" if row.from_ms > now_ms else "past" if place in begun else "now"
        if state == "now":
            begun.add(place)
        yield Past(row, where_words(Place(row.place), row.where), value_text(found, row.value), state)
