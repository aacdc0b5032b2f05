"""The pages of rooms with unusual use: a month's work list, and one room with its chart and its review."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from central import clock
from central.clock import campus_day
from central.losses.abnormal.forms import ReviewForm
from central.losses.abnormal.models import AbnormalReview, AbnormalRow
from central.losses.abnormal.operations import ReviewRefusal, Said, request_of, review, send_upwards
from central.losses.abnormal.queries import listed, months_of, rows_of, runs_of, unreviewed
from central.losses.abnormal.words import REFUSALS, not_judged_words, reason_words, sure_words
from central.office.access import may, roles
from central.office.approval_views import refusal_words
from central.office.approvals import ApprovalRefusal
from central.office.roles import REVIEW_ABNORMAL, SEE_ABNORMAL, SEE_MONEY, SEND_ABNORMAL
from central.papers.trend_chart import Step, trend_chart
from gateway.contract.quantities import WattHours, kwh_text

WH_PER_KWH = 1000


@roles(*SEE_ABNORMAL)
@require_safe
def abnormal(request: HttpRequest) -> HttpResponse:
    """Show a month's work list; the newest month where none is asked for."""
    runs = list(runs_of(request.user))
    months = months_of(runs)
    month = request.GET.get("month", "")
    month = month if month in months else next(iter(months), "")
    rows = listed(rows_of(request.user).filter(run__month=month))
    context = {
        "months": months,
        "month": month,
        "runs": [(one, not_judged_words(one.used["not_judged"])) for one in runs if one.month == month],
        "rows": [(one, reason_words(one.row.reasons, one.row.loss)[:1], sure_words(one.row)) for one in rows],
        "waiting": unreviewed(month),
        "request_": request_of(month) if month else None,
        "may_send": may(request, SEND_ABNORMAL),
    }
    return render(request, "losses/abnormal.html", context)


@roles(*SEND_ABNORMAL)
@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """Send a month's reviewed list upwards."""
    month = request.POST.get("month", "")[:7]
    done = send_upwards(month, actor=request.user, now_ms=clock.now_ms())
    if isinstance(done, ReviewRefusal | ApprovalRefusal):
        words = REFUSALS[done] if isinstance(done, ReviewRefusal) else refusal_words(done)
        messages.error(request, words)
        return redirect(f"{reverse('losses:abnormal')}?month={month}")
    messages.success(request, _("The list is on its way, and those who must know were told."))
    return redirect("office:approval", done.number)


@roles(*SEE_ABNORMAL)
@require_safe
def row(request: HttpRequest, number: int) -> HttpResponse:
    """Show one room of a list."""
    return _page(request, get_object_or_404(rows_of(request.user), pk=number), ReviewForm())


@roles(*REVIEW_ABNORMAL)
@require_POST
def review_row(request: HttpRequest, number: int) -> HttpResponse:
    """Keep what a person found out about a room."""
    found = get_object_or_404(rows_of(request.user), pk=number)
    form = ReviewForm(request.POST, request.FILES)
    if form.is_valid():
        said = form.cleaned_data
        photos = [upload.read() for upload in said["photos"]]
        kind = AbnormalReview.Kind(said["kind"])
        done = review(
            found,
            Said(kind, said["text"], str(said["step"]), photos),
            actor=request.user,
            now_ms=clock.now_ms(),
        )
        if not isinstance(done, ReviewRefusal):
            messages.success(request, _("It is on record."))
            return redirect(f"{reverse('losses:abnormal')}?month={found.run.month}")
        form.add_error(None, REFUSALS[done])
    return _page(request, found, form, status=400)


def _page(request: HttpRequest, found: AbnormalRow, form: ReviewForm, status: int = 200) -> HttpResponse:
    context = {
        "row": found,
        "run": found.run,
        "reasons": reason_words(found.reasons, found.loss),
        "sure": sure_words(found),
        "chart": _chart(found),
        "reviews": found.reviews.all(),
        "form": form if may(request, REVIEW_ABNORMAL) and request_of(found.run.month) is None else None,
        "may_see_bill": may(request, SEE_MONEY),
    }
    return render(request, "losses/abnormal_row.html", context, status=status)


def _chart(found: AbnormalRow) -> SafeString:
    """Draw own use by day, the line it would follow had it gone with its neighbours, and where the month begins."""
    first, month = campus_day(found.run.from_ms), campus_day(found.run.month_ms)
    steps = []
    for place, (own, usual) in enumerate(found.days):
        day = first + timedelta(days=place)
        shown = [
            _("%(kwh)s kWh") % {"kwh": _kwh(own)},
            _("neighbours' way: %(kwh)s kWh") % {"kwh": _kwh(usual)},
        ]
        hint = f"{day.isoformat()}: {', '.join(shown)}"
        steps.append(Step(f"{day:%m-%d}", hint, own, usual=usual, marked=False))
    described = _(
        "Columns: this room's use by day, from %(first)s on; the month begins %(month)s. "
        "Line: what it would be had it gone with its neighbours."
    )
    words = described % {"first": first.isoformat(), "month": month.isoformat()}
    return trend_chart("use", _("Use by day"), words, steps, _("kWh per day"), WH_PER_KWH)


def _kwh(energy_wh: int | None) -> str:
    return "–" if energy_wh is None else kwh_text(WattHours(energy_wh))
