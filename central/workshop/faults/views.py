"""Pages of faults: the list, one fault with its story and what can be done, a report from the desk or a phone."""

import uuid

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from central import clock
from central.campus.models import Room
from central.ledger.one_writer import one_writer
from central.office.access import may, roles
from central.office.photo_field import REFUSALS
from central.office.photos import PhotoRefusal, Seen, look_all
from central.office.roles import (
    CONTROL_ROOMS,
    FOLLOW_FAULTS,
    KEEP_STORE,
    PLAN_WORK,
    REPORT_FAULTS,
    SEE_DEVICES,
    SEE_GOODS,
    SEE_REPLACEMENTS,
    SWAP_METERS,
    WORK_FAULTS,
)
from central.workshop.devices.queries import good_by_type
from central.workshop.faults.claims import Claimed, claim_module, may_claim
from central.workshop.faults.elsewhere import (
    adopt_address,
    plan_address,
    replace_address,
    replaced_address,
    software_address,
)
from central.workshop.faults.forms import HOW_WORDS, AskForm, ReportForm, StepForm
from central.workshop.faults.matters import find_record
from central.workshop.faults.models import Fault, FaultStep
from central.workshop.faults.notices import tell_opened
from central.workshop.faults.operations import Step, open_fault, take_step
from central.workshop.faults.queries import (
    asked_type,
    chosen,
    counts_by_building,
    faults_of,
    good_stock,
    line_of,
    removed_since,
    step_lines,
    with_steps,
)
from central.workshop.faults.refusals import Refused, refusal_words
from central.workshop.faults.signs import sign_words

Kind = FaultStep.Kind
NEXT = {
    Fault.State.OPEN: Kind.ACKNOWLEDGED.value,
    Fault.State.ACKNOWLEDGED: Kind.ON_SITE.value,
    Fault.State.ON_SITE: Kind.FOUND.value,
    Fault.State.FOUND: Kind.SOLVED.value,
    Fault.State.SOLVED: Kind.CLOSED.value,
}
"""What is likely done next; the other forms stand folded."""
SHOWS = ("open", "mine", "up", "solved", "closed")


@roles(*FOLLOW_FAULTS)
@require_safe
def fault_list(request: HttpRequest) -> HttpResponse:
    """List the faults of the reader's buildings: what stands, his own, what went up, what is over."""
    show = request.GET.get("show", "")
    show = show if show in SHOWS else "open"
    every, now_ms = faults_of(request.user), clock.now_ms()
    buildings = counts_by_building(every)
    here = request.GET.get("building", "")
    if here:
        every = every.filter(building__code=here[:16])
    context = {
        "show": show,
        "shows": _show_words(),
        "building": here,
        "buildings": buildings,
        "lines": [line_of(one, now_ms) for one in chosen(every, show, request.user)],
        "can_report": may(request, REPORT_FAULTS),
    }
    return render(request, "workshop/faults.html", context)


def _show_words() -> list[tuple[str, str]]:
    words = (_("Not solved"), _("Mine"), _("Went up"), _("Solved faults"), _("Closed last"))
    return list(zip(SHOWS, words, strict=True))


@roles(*FOLLOW_FAULTS)
@require_safe
def fault(request: HttpRequest, number: int) -> HttpResponse:
    """Show one fault."""
    return _page(request, get_object_or_404(with_steps(request.user), pk=number))


@roles(*WORK_FAULTS)
@require_POST
def step(request: HttpRequest, number: int) -> HttpResponse:
    """Take a fault further."""
    found = get_object_or_404(with_steps(request.user), pk=number)
    form = StepForm(request.POST, request.FILES)
    photos = _looked_at(form)
    if form.is_valid():
        said, now_ms = form.cleaned_data, clock.now_ms()
        act = Kind(said["act"])
        wanted = Step(
            act,
            str(said["step"]),
            now_ms,
            said["text"],
            said["cause"] if act in (Kind.FOUND, Kind.SOLVED) else "",
            facts={"how": said["how"]} if act is Kind.SOLVED and said["how"] else {},
            photos=photos,
        )
        done = take_step(number, wanted, actor=request.user, now_ms=now_ms)
        if isinstance(done, Fault):
            messages.success(request, _("It is on record."))
            return redirect("workshop:fault", number)
        form.add_error(None, refusal_words(done))
    return _page(request, found, form)


@roles(*WORK_FAULTS)
@require_POST
def ask_replacement(request: HttpRequest, number: int) -> HttpResponse:
    """Ask for another module of a model; how many good ones lie in stock is kept with it."""
    found = get_object_or_404(with_steps(request.user), pk=number)
    form = AskForm(found, request.POST)
    if form.is_valid():
        said, now_ms = form.cleaned_data, clock.now_ms()
        wanted = said["type"]
        facts = {"type": wanted.code, "name": wanted.name, "good": good_stock([wanted.pk]).get(wanted.pk, 0)}
        asked = Step(Kind.REPLACEMENT_ASKED, str(said["step"]), now_ms, said["text"], facts=facts)
        done = take_step(number, asked, actor=request.user, now_ms=now_ms)
        if isinstance(done, Fault):
            messages.success(request, _("The replacement is asked for."))
            return redirect("workshop:fault", number)
        form.add_error(None, refusal_words(done))
    return _page(request, found, ask=form)


@roles(*WORK_FAULTS)
@require_POST
def claim(request: HttpRequest, number: int) -> HttpResponse:
    """Tell the maker, with the fault's photographs."""
    found = get_object_or_404(faults_of(request.user), pk=number)
    done = claim_module(found.pk, actor=request.user, now_ms=clock.now_ms())
    if not isinstance(done, Claimed):
        messages.error(request, done)
    elif done.not_mailed:
        messages.warning(request, done.not_mailed)
    else:
        messages.success(request, _("The claim to the maker is opened; his mail goes out by itself."))
    return redirect("workshop:fault", number)


@roles(*REPORT_FAULTS)
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """Take a report: from the desk for whoever stands there, from a warden's or a technician's phone."""
    if request.method != "POST":
        form = ReportForm(request.user, initial={"step": uuid.uuid4(), "where": _where(request)})
        return render(request, "workshop/fault_report.html", {"form": form})
    form = ReportForm(request.user, request.POST, request.FILES)
    photos = _looked_at(form)
    if form.is_valid() and form.matter is not None:
        done = _report(request, form, photos)
        if isinstance(done, Fault):
            messages.success(request, _("Reported. The technicians are told."))
            return redirect("workshop:fault", done.pk)
        form.add_error(None, refusal_words(done))
    return render(request, "workshop/fault_report.html", {"form": form}, status=400)


@one_writer
@transaction.atomic
def _report(request: HttpRequest, form: ReportForm, photos: list[Seen]) -> Fault | Refused:
    said, now_ms = form.cleaned_data, clock.now_ms()
    assert form.matter is not None
    wanted = Step(Kind.OPENED, str(said["step"]), now_ms, said["text"], photos=photos)
    done = open_fault(form.matter, wanted, actor=request.user, now_ms=now_ms)
    if isinstance(done, Fault) and done.steps.count() == 1:
        tell_opened(done.building, [done], now_ms)
    return done


def _looked_at(form: StepForm | ReportForm) -> list[Seen]:
    """Unpack a valid form's pictures before the ledger's head is locked: a dozen take seconds. One that is none is an error."""
    if not form.is_valid():
        return []
    seen = look_all(upload.read() for upload in form.cleaned_data["photos"])
    if isinstance(seen, PhotoRefusal):
        form.add_error("photos", REFUSALS[seen])
        return []
    return seen


def _where(request: HttpRequest) -> str:
    said = request.GET.get("room", "")
    if not said.isascii() or not said.isdigit() or len(said) > 18:
        return request.GET.get("meter", "")[:64]
    room = Room.objects.filter(pk=int(said)).select_related("building").first()
    return room.full_label if room and request.user.serves(room.building_id) else ""


def _page(
    request: HttpRequest, found: Fault, form: StepForm | None = None, ask: AskForm | None = None
) -> HttpResponse:
    find_record(found)
    may_work = may(request, WORK_FAULTS) and found.state != Fault.State.CLOSED
    taken_out_ms = None if found.is_over else removed_since(found)
    acts = _acts(found) if may_work else {}
    if taken_out_ms and Kind.SOLVED.value in acts:
        acts[Kind.SOLVED.value].initial["how"] = "replaced"
    if form is not None and (act := form["act"].value()) in acts:
        acts[act] = form
    wanted = asked_type(found)
    context = {
        "line": line_of(found, clock.now_ms()),
        "fault": found,
        "sign": sign_words(found.sign),
        "steps": step_lines(found),
        "acts": acts,
        "next_act": Kind.SOLVED.value if taken_out_ms else NEXT.get(found.state, ""),
        "taken_out_ms": taken_out_ms,
        "form": form,
        "ask": (ask or AskForm(found, initial={"step": uuid.uuid4()})) if may_work else None,
        "types": good_by_type() if may_work else [],
        "wanted": wanted,
        "wanted_good": good_stock([wanted.pk]).get(wanted.pk, 0) if wanted else 0,
        "may_claim": may_work and may_claim(found),
        "claims": _claims(found) if may(request, SEE_GOODS) else [],
        "adopt": adopt_address(found) if may(request, KEEP_STORE) else "",
        "replace": replace_address(found) if may(request, SWAP_METERS) else "",
        "replaced": replaced_address(found) if may(request, SEE_REPLACEMENTS) else "",
        "software": software_address(found) if may(request, CONTROL_ROOMS) else "",
        "sees_devices": may(request, SEE_DEVICES),
        "plan": plan_address(found) if may_work and may(request, PLAN_WORK) else "",
        "how_words": HOW_WORDS,
        "can_report": may(request, REPORT_FAULTS),
    }
    return render(request, "workshop/fault.html", context, status=400 if form or ask else 200)


def _claims(found: Fault) -> list[int]:
    return [number for one in found.steps.all() if (number := one.facts.get("claim"))]


def _acts(found: Fault) -> dict[str, StepForm]:
    """Give the forms of what can be done now, by act."""
    acts = [Kind.FOUND, Kind.NOTED, Kind.SOLVED]
    if found.state in (Fault.State.OPEN, Fault.State.ACKNOWLEDGED):
        acts.insert(0, Kind.ON_SITE)
    if found.state == Fault.State.OPEN:
        acts.insert(0, Kind.ACKNOWLEDGED)
    if found.state == Fault.State.SOLVED:
        acts = [Kind.NOTED, Kind.CLOSED]
    return {act.value: StepForm.for_act(act, found) for act in acts}
