"""The list of corrections and adjustments, asking a gateway once more, and asking for an adjustment."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from central import clock
from central.campus.models import Bucket
from central.desk.corrections import queries
from central.desk.corrections.adjusting import AdjustmentRefusal, Wanted, ask_adjustment
from central.desk.corrections.forms import AdjustForm
from central.desk.corrections.models import Reclaim
from central.desk.corrections.reclaims import ReclaimRefusal, ask_again
from central.desk.corrections.words import THE_RULE, badge, why_not
from central.desk.forms import new_key
from central.desk.go_live.signers_view import bucket_words
from central.desk.models import Receipt
from central.desk.room_lines import RoomLine, room_lines
from central.desk.search import find_points, is_only_hit
from central.office.access import may, roles
from central.office.approval_views import refusal_words as approval_words
from central.office.approvals import ApprovalRefusal
from central.office.dangerous import dangerous
from central.office.roles import ASK_ADJUSTMENTS, CORRECT, SEE_MONEY

AT_MOST = 200


@roles(*SEE_MONEY)
@require_GET
def correction_list(request: HttpRequest) -> HttpResponse:
    """Corrections with where their credit stands, what still waits first; adjustments below."""
    corrections = queries.correction_lines(AT_MOST)
    adjustments = queries.adjustment_lines(AT_MOST)
    context = {
        "waiting": queries.adjustments_waiting(),
        "corrections": [(one, badge(one.standing)) for one in corrections],
        "adjustments": [
            (one, badge(one.standing), bucket_words(one.adjustment.bucket), _may_ask(request, one))
            for one in adjustments
        ],
    }
    return render(request, "desk/corrections.html", context)


def _may_ask(request: HttpRequest, line: queries.AdjustmentLine) -> bool:
    return may(request, (*CORRECT, *ASK_ADJUSTMENTS)) and queries.can_be_asked(line.standing)


@roles(*CORRECT, *ASK_ADJUSTMENTS)
@require_POST
def again(request: HttpRequest, reclaim: str) -> HttpResponse:
    """Have a gateway asked once more for what it refused or could not be asked for."""
    asked = ask_again(reclaim, actor=request.user, now_ms=clock.now_ms())
    if isinstance(asked, ReclaimRefusal):
        messages.error(request, why_not(asked))
    else:
        messages.success(request, _("The gateway is asked once more."))
    known = Reclaim.objects.select_related("correction").filter(pk=reclaim).first()
    correction = getattr(known, "correction", None)
    if correction is None:
        return redirect("desk:corrections")
    return redirect("desk:correction", correction.void_id)


@roles(*ASK_ADJUSTMENTS)
@require_http_methods(["GET", "POST"])
@dangerous
def adjust(request: HttpRequest, number: int) -> HttpResponse:
    """Ask that an error of the college is put right after its day: two people sign before anything is done."""
    receipt = queries.receipt_with_all(number)
    if receipt is None:
        raise Http404
    if request.method == "GET":
        initial = {"room": receipt.room, "bucket": receipt.payment.bucket, "key": new_key()}
        return _page(request, receipt, AdjustForm(initial=initial, buckets=_buckets()))
    form = AdjustForm(request.POST, buckets=_buckets())
    if form.is_valid():
        asked = _ask(request, number, form)
        if not isinstance(asked, str):
            messages.success(request, _("Asked for. It is done when two people have signed."))
            return redirect("office:approval", asked)
        form.add_error(None, asked)
    return _page(request, receipt, form)


def _ask(request: HttpRequest, number: int, form: AdjustForm) -> int | str:
    """Ask; give the request's number, or why not."""
    now_ms, given = clock.now_ms(), form.cleaned_data
    line = _room(given["room"], now_ms)
    if line is None:
        return why_not(AdjustmentRefusal.UNKNOWN_ACCOUNT)
    unit = _unit(line, given["bucket"])
    wanted = Wanted(number, line.paid_account, given["bucket"], form.amount_in(unit))
    asked = ask_adjustment(wanted, str(given["key"]), why=given["why"], actor=request.user, now_ms=now_ms)
    if isinstance(asked, ApprovalRefusal):
        return approval_words(asked)
    return why_not(asked) if isinstance(asked, AdjustmentRefusal) else asked.number


def _room(text: str, now_ms: int) -> RoomLine | None:
    points = [point for point in find_points(text, now_ms) if point.live_account]
    if not points or not is_only_hit(text, points[0].room, len(points)):
        return None
    return room_lines(points[:1], now_ms)[0]


def _unit(line: RoomLine, bucket: str) -> str:
    unit = Bucket.objects.filter(name=bucket, customer_class__points__accounts__code=line.paid_account)
    return unit.values_list("unit", flat=True).first() or line.unit


def _buckets() -> list[str]:
    names = set(Bucket.objects.values_list("name", flat=True))
    return sorted(names, key=lambda name: (name != "paid", name))


def _page(request: HttpRequest, receipt: Receipt, form: AdjustForm) -> HttpResponse:
    record = queries.record_of(receipt, clock.now_ms())
    context = {
        "receipt": receipt,
        "record": record,
        "form": form,
        "rule": THE_RULE,
        "made": queries.adjustments_of(receipt.pk),
        "waiting": queries.adjustments_waiting(receipt.pk),
    }
    return render(request, "desk/adjust.html", context, status=400 if form.is_bound else 200)
