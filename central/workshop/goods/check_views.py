"""The page of one device's check: who it is, the checklist of damages with photographs, good or faulty."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from central import clock
from central.domain.device_states import DeviceAct, DeviceState
from central.domain.goods_in import MAY_BE_GOOD
from central.office.access import may, roles
from central.office.roles import KEEP_GOODS, SEE_GOODS
from central.workshop.bench.queries import row_of
from central.workshop.claims.words import finding_words
from central.workshop.devices.models import Device
from central.workshop.devices.operations import DeviceMove, correct
from central.workshop.devices.operations import Refused as DeviceRefused
from central.workshop.devices.words import refusal_words as device_refusal_words
from central.workshop.goods.bench_match import bench_of, found_by_itself
from central.workshop.goods.checking import Checked, Refused, check_device
from central.workshop.goods.forms import CheckForm, CorrectForm, Part, empty_parts, sent_parts
from central.workshop.goods.models import GoodsCheck
from central.workshop.goods.queries import waiting
from central.workshop.goods.words import refusal_words


@roles(*SEE_GOODS)
@require_safe
def check(request: HttpRequest, device: str) -> HttpResponse:
    """Show a device with its checks; who keeps goods finds the form while it waits."""
    return _page(request, _found(device), CheckForm(), empty_parts())


@roles(*KEEP_GOODS)
@require_POST
def check_done(request: HttpRequest, device: str) -> HttpResponse:
    """Keep a check; what is not taken comes back with its photographs."""
    found = _found(device)
    now_ms = clock.now_ms()
    sent = sent_parts(request, request.user, now_ms)
    form = CheckForm(request.POST)
    for words in sent.troubles:
        form.add_error(None, words)
    if form.is_valid():
        said = form.cleaned_data
        is_good = said["outcome"] == "good"
        checked = Checked(
            str(said["step"]),
            is_good,
            said["good_place"] if is_good else said["faulty_place"],
            sent.damages(),
            said["read_plate"],
        )
        done = check_device(found.pk, checked, actor=request.user, now_ms=now_ms)
        if not isinstance(done, Refused):
            return _checked(request, done, now_ms)
        form.add_error(None, refusal_words(done))
    return _page(request, found, form, sent.parts, 400)


@roles(*KEEP_GOODS)
@require_POST
def correct_entry(request: HttpRequest, device: str) -> HttpResponse:
    """Mend a serial number or a model that was entered wrongly."""
    found, now_ms = _found(device), clock.now_ms()
    form = CorrectForm(request.POST, kind=found.type.kind)
    if form.is_valid():
        said = form.cleaned_data
        move = DeviceMove(f"mend-{said['step']}", DeviceAct.MOVED, now_ms, source="check", why=said["why"])
        done = correct(found.pk, said["type"], said["serial"], move, actor=request.user, now_ms=now_ms)
        if not isinstance(done, DeviceRefused):
            messages.success(request, _("It is mended; the record tells what it was before."))
            return redirect("workshop:goods-check", device)
        form.add_error(None, device_refusal_words(done))
    return _page(request, found, CheckForm(), empty_parts(), 400, mend=form)


def _found(device: str) -> Device:
    return get_object_or_404(Device.objects.select_related("type__maker", "place"), pk=device)


def _checked(request: HttpRequest, done: GoodsCheck, now_ms: int) -> HttpResponse:
    """Say what came of it, and go on: to the claim of a faulty one, else to the next that waits."""
    if done.claim is not None:
        words = _(
            "%(number)s lies among the faulty ones now. Claim %(claim)s is begun: look it through, send it, telephone the maker."
        )
        messages.warning(request, words % {"number": done.device_id, "claim": done.claim_id})
        return redirect("workshop:claim", done.claim_id)
    messages.success(request, _("%(number)s is good.") % {"number": done.device_id})
    rest = waiting(now_ms)
    return redirect("workshop:goods-check", rest[0].device.pk) if rest else redirect("workshop:goods")


def _page(
    request: HttpRequest,
    found: Device,
    form: CheckForm,
    parts: list[Part],
    status: int = 200,
    mend: CorrectForm | None = None,
) -> HttpResponse:
    record = bench_of(found)
    by_itself = found_by_itself(found, record)
    as_entered = {"serial": found.serial, "type": found.type.code}
    may_check = may(request, KEEP_GOODS) and found.state == DeviceState.ARRIVED
    context = {
        "device": found,
        "arrival": found.arrivals.select_related("delivery").order_by("-pk").first(),
        "bench": row_of(record) if record else None,
        "other_order": bool(record and record.order and found.order and record.order != found.order),
        "found": [finding_words(one) for one in by_itself],
        "may_be_good": not set(by_itself) - MAY_BE_GOOD,
        "form": form if may_check else None,
        "refused": form if form.is_bound else None,
        "parts": parts,
        "mend": mend or CorrectForm(initial=as_entered, kind=found.type.kind),
        "checks": [
            (one, [(finding_words(f["what"]), f) for f in one.findings])
            for one in found.checks.select_related("by", "claim")
        ],
    }
    return render(request, "workshop/goods_check.html", context, status=status)
