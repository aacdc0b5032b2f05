"""Pages of replacements: what is not complete, one replacement, a meter that was replaced and is told here (R-4.3.5)."""

import uuid

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from central import clock
from central.campus.models import Room
from central.campus.queries import live_account
from central.link.meter_swaps import Refused as SwapRefused
from central.link.meter_swaps import Swap, SwapRefusal, meter_now
from central.office.access import may, roles
from central.office.dangerous import dangerous, is_confirmed
from central.office.photo_field import REFUSALS as PHOTO_REFUSALS
from central.office.photo_keeping import keep_uploads
from central.office.photos import PhotoRefusal
from central.office.roles import FOLLOW_FAULTS, KEEP_REPLACEMENTS, SEE_DEVICES, SEE_REPLACEMENTS, SWAP_METERS
from central.office.words import Words
from central.workshop.devices.queries import of_meter
from central.workshop.faults.models import Fault
from central.workshop.replacements.forms import KEPT, DeviceForm, SayForm, SwapForm
from central.workshop.replacements.models import Replacement, ReplacementStep
from central.workshop.replacements.queries import (
    faults_of_meters,
    missing_of,
    replacements_of,
    true_ups_between,
    true_ups_of,
)
from central.workshop.replacements.recording import (
    RecordRefusal,
    Refused,
    Said,
    close_without_device,
    new_device,
    say,
    swap_here,
    try_devices,
)
from gateway.contract.quantities import WattHours, kwh_text

MOST_SHOWN = 200
SWAP_REFUSALS: dict[SwapRefusal, Words] = {
    SwapRefusal.NO_REASON: gettext_lazy("Say why."),
    SwapRefusal.NO_ACCOUNT: gettext_lazy("Nobody occupies this room: there is nothing to bill."),
    SwapRefusal.NO_METER: gettext_lazy("This room has no meter yet. Tie one to it on site."),
    SwapRefusal.OTHER_OLD: gettext_lazy("This room is billed by another meter: %(what)s. Look at the case again."),
    SwapRefusal.BAD_NUMBER: gettext_lazy("%(what)s can't be a meter's number. Use letters, digits and . _ : - only."),
    SwapRefusal.SAME: gettext_lazy("Both numbers are the same."),
    SwapRefusal.IN_USE: gettext_lazy("Another room is billed by %(what)s. Look at the case again."),
    SwapRefusal.OTHER_BUILDING: gettext_lazy("%(what)s belongs to another building. Move it there by the campus list first."),
    SwapRefusal.BELOW_BILLED: gettext_lazy("More than this was billed by %(what)s already. Read its last register again."),
}  # fmt: skip
RECORD_REFUSALS: dict[RecordRefusal, Words] = {
    RecordRefusal.UNKNOWN: gettext_lazy("There is no such replacement. Open the list again."),
    RecordRefusal.NO_PHOTOS: gettext_lazy("Add a photograph."),
    RecordRefusal.NO_WORDS: gettext_lazy("Say it in a few words: it stays on record."),
    RecordRefusal.DONE: gettext_lazy("This is recorded already."),
    RecordRefusal.EXISTS_WITH_DIFFERENT: gettext_lazy(
        "This page has done something else already. Open it again."
    ),
}
SOME_REFUSAL = SwapRefused | Refused | PhotoRefusal


def refusal_words(refused: SOME_REFUSAL) -> str:
    """Say why nothing was recorded, and what to do."""
    if isinstance(refused, PhotoRefusal):
        return str(PHOTO_REFUSALS[refused])
    if isinstance(refused, SwapRefused):
        return str(SWAP_REFUSALS[refused.why]) % {"what": refused.what}
    return str(RECORD_REFUSALS[refused.why])


@roles(*SEE_REPLACEMENTS)
@require_safe
def replacement_list(request: HttpRequest) -> HttpResponse:
    """List replacements, those that are not complete first in their own list."""
    meter, wanted = request.GET.get("meter", "").replace("\0", "")[:64], replacements_of(request.user)
    if meter:
        wanted = wanted.filter(Q(old_meter=meter) | Q(new_meter=meter))
    rows = [(row, missing_of(row)) for row in wanted]
    context = {
        "open_rows": [(row, missing) for row, missing in rows if missing.any],
        "rows": [(row, missing) for row, missing in rows if not missing.any][:MOST_SHOWN],
        "may_swap": may(request, SWAP_METERS),
        "meter": meter,
        "true_ups": true_ups_of(request.user).filter(meter=meter) if meter else (),
    }
    return render(request, "workshop/replacements.html", context)


@roles(*SEE_REPLACEMENTS)
@require_safe
def replacement(request: HttpRequest, number: int) -> HttpResponse:
    """One replacement: modules, registers, steps, and what is still to be said."""
    return _page(request, get_object_or_404(replacements_of(request.user), pk=number))


def _page(request: HttpRequest, row: Replacement, status: int = 200, **forms: object) -> HttpResponse:
    kinds = (ReplacementStep.Kind.DEVICE_OUT, ReplacementStep.Kind.DEVICE_IN)
    empty = {
        kind.name.lower(): DeviceForm(initial={"step": uuid.uuid4(), "kind": kind.value}) for kind in kinds
    }
    context = {
        "row": row,
        "missing": missing_of(row),
        "old_device": of_meter(row.old_meter),
        "new_device": new_device(row),
        "faults": faults_of_meters(request.user, (row.old_meter, row.new_meter)),
        "true_ups": true_ups_between(request.user, row),
        "sees_faults": may(request, FOLLOW_FAULTS),
        "sees_devices": may(request, SEE_DEVICES),
        "can_keep": may(request, KEEP_REPLACEMENTS),
        "say_form": SayForm(initial={"step": uuid.uuid4()}),
        **empty,
        **forms,
    }
    return render(request, "workshop/replacement.html", context, status=status)


@roles(*KEEP_REPLACEMENTS)
@require_POST
def replacement_say(request: HttpRequest, number: int) -> HttpResponse:
    """Add what is said about a replacement."""
    row, form = (
        get_object_or_404(replacements_of(request.user), pk=number),
        SayForm(request.POST, request.FILES),
    )
    if form.is_valid():
        typed = form.cleaned_data
        said = Said(
            ReplacementStep.Kind(typed["kind"]),
            typed["text"],
            typed["ref"],
            [one.read() for one in typed["photos"]],
        )
        done = say(number, typed["step"].hex, said, actor=request.user, now_ms=clock.now_ms())
        if isinstance(done, ReplacementStep):
            messages.success(request, _("It is on record."))
            return redirect("workshop:replacement", number)
        form.add_error(None, refusal_words(done))
    return _page(request, row, 400, say_form=form)


@roles(*KEEP_REPLACEMENTS)
@require_POST
def replacement_devices(request: HttpRequest, number: int) -> HttpResponse:
    """Try the store's records again; or say why there is none of one device."""
    row, now_ms = get_object_or_404(replacements_of(request.user), pk=number), clock.now_ms()
    if "kind" not in request.POST:
        try_devices(number, actor=request.user, now_ms=now_ms)
        return redirect("workshop:replacement", number)
    form = DeviceForm(request.POST)
    if form.is_valid():
        typed = form.cleaned_data
        kind = ReplacementStep.Kind(typed["kind"])
        done = close_without_device(
            number, typed["step"].hex, kind, typed["why"], actor=request.user, now_ms=now_ms
        )
        if isinstance(done, ReplacementStep):
            messages.success(request, _("It is on record."))
            return redirect("workshop:replacement", number)
        form.add_error(None, refusal_words(done))
    name = "device_in" if request.POST["kind"] == ReplacementStep.Kind.DEVICE_IN else "device_out"
    return _page(request, row, 400, **{name: form})


@roles(*SWAP_METERS)
@require_http_methods(["GET", "HEAD", "POST"])
def replacement_new(request: HttpRequest) -> HttpResponse:
    """Say that a room's meter was replaced. Its photographs are kept before the password is looked at: files don't come twice."""
    if request.method != "POST":
        return _new_page(request, SwapForm(initial=_proposed(request)))
    files, before = request.FILES.getlist("photos"), request.POST.getlist(KEPT)
    kept, troubles = keep_uploads(files, before, by=request.user, now_ms=clock.now_ms())
    request.POST = request.POST.copy()
    request.POST.setlist(KEPT, kept)
    return _replaced(request, troubles)


@dangerous
def _replaced(request: HttpRequest, troubles: list[str]) -> HttpResponse:
    form = SwapForm(request.POST)
    for words in troubles:
        form.add_error("photos", words)
    if form.is_valid():
        typed = form.cleaned_data
        swap = Swap(
            typed["room"].code,
            typed["old_meter"].strip(),
            typed["last"],
            typed["new_meter"].strip(),
            typed["first"],
            typed["why"],
        )
        now_ms = clock.now_ms()
        done = swap_here(typed["key"].hex, swap, typed["photos"], actor=request.user, now_ms=now_ms)
        if isinstance(done, tuple):
            row, unbilled_wh = done
            if typed["ref"].strip():
                said = Said(ReplacementStep.Kind.LINKED, ref=typed["ref"])
                say(row.pk, f"rep-{row.pk}-ref", said, actor=request.user, now_ms=now_ms)
            messages.success(request, _done_words(unbilled_wh))
            return redirect("workshop:replacement", row.pk)
        form.add_error(None, refusal_words(done))
    return _new_page(request, form)


def _new_page(request: HttpRequest, form: SwapForm) -> HttpResponse:
    context = {"form": form, "needs_password": not is_confirmed(request)}
    return render(request, "workshop/replacement_new.html", context, status=400 if form.errors else 200)


def _proposed(request: HttpRequest) -> dict[str, object]:
    """Fill in what is known: the room by its key, its meter, the fault that led here."""
    found: dict[str, object] = {"key": uuid.uuid4(), "ref": ref_of(request)}
    room = room_asked(request)
    if room is not None:
        account = live_account(room.point.code)
        found |= {"room": room.full_label, "old_meter": meter_now(account) if account else ""}
    return found


def ref_of(request: HttpRequest) -> str:
    """Name the fault that led to a page."""
    fault = request.GET.get("fault", "")
    return f"fault:{fault}" if fault.isdecimal() and len(fault) < 12 else ""


def room_asked(request: HttpRequest) -> Room | None:
    """Give the room that led to a page, if one did."""
    number, fault = request.GET.get("room", ""), ref_of(request)
    if fault:
        found = Fault.objects.filter(pk=int(fault.partition(":")[2]), room__point__isnull=False).first()
        number = str(found.room_id) if found else number
    if not (number.isdecimal() and len(number) < 12):
        return None
    return (
        Room.objects.select_related("building", "point").filter(pk=int(number), point__isnull=False).first()
    )


def _done_words(unbilled_wh: int | None) -> str:
    if not unbilled_wh:
        return _("The room is billed by the new meter from now on.")
    return _(
        "The room is billed by the new meter from now on. %(kwh)s kWh of the old one are not billed yet: what is left of "
        "them comes as a true-up when the gateway has taken the new meter."
    ) % {"kwh": kwh_text(WattHours(unbilled_wh))}
