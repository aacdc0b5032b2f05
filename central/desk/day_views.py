"""Pages of the day's close and of what is handed in to finance (R-4.1.7, R-4.1.8)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from central import clock
from central.desk import day_close, hand_ins, missing_pages
from central.desk.day_forms import DayForm, HandInForm
from central.desk.day_models import DayClose, HandIn
from central.desk.day_tables import day_tables, days_table, hand_in_days_table, hand_ins_table
from central.desk.hand_in_pages import pages_of
from central.desk.hand_in_tables import card_table, pages_handed_in, pages_to_hand_in, voids_table
from central.desk.refusals import ShiftRefusal
from central.desk.shift_models import CashDifference
from central.desk.shift_queries import differences_with_state
from central.desk.shift_words import shift_refusal
from central.domain.paper import Table
from central.office.access import may, roles
from central.office.dangerous import dangerous
from central.office.page_table import page_tables
from central.office.roles import CLOSE_DAYS, HAND_IN, NAME_DIFFERENCES, RECEIVE_CASH, SEE_MONEY

DAYS_PER_PAGE = 40
SUMMED_DAYS = 2
"""Days are closed in order, and a day of a large campus is thousands of payments: those that wait behind are only named."""


@roles(*SEE_MONEY)
@require_safe
def days(request: HttpRequest) -> HttpResponse:
    """Show the days that are not closed as they stand, and list the closed ones."""
    now_ms = clock.now_ms()
    open_days = day_close.open_days()
    standing = day_close.days_as_they_stand(open_days[:SUMMED_DAYS])
    page = Paginator(DayClose.objects.order_by("-day"), DAYS_PER_PAGE).get_page(request.GET.get("page", "1"))
    context = {
        "standing": [(one, _why_not(one, now_ms)) for one in standing],
        "later": open_days[SUMMED_DAYS:],
        "tables": page_tables([days_table(page)]),
        "page": page,
        "may_close": may(request, CLOSE_DAYS),
        "this_month": f"month:{clock.campus_day(now_ms):%Y-%m}",
        "this_year": f"year:{clock.campus_day(now_ms):%Y}",
    }
    return render(request, "desk/days.html", context)


def _why_not(stands: day_close.Day, now_ms: int) -> str:
    refusal = day_close.refusal_for(stands, now_ms)
    return shift_refusal(refusal) if refusal else ""


@roles(*CLOSE_DAYS)
@require_POST
@dangerous
def day_end(request: HttpRequest) -> HttpResponse:
    """Close a day for good."""
    form = DayForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("That is no day. Open the page again."))
        return redirect("desk:days")
    result = day_close.close_day(form.cleaned_data["day"], request.user, now_ms=clock.now_ms())
    if isinstance(result, ShiftRefusal):
        messages.error(request, shift_refusal(result))
        return redirect("desk:days")
    messages.success(request, _("Closed as number %(number)d.") % {"number": result.number})
    return redirect("desk:day", result.number)


@roles(*SEE_MONEY)
@require_safe
def day(request: HttpRequest, number: int) -> HttpResponse:
    """One closed day."""
    closed = get_object_or_404(DayClose.objects.select_related("closed_by"), pk=number)
    named = CashDifference.objects.filter(day=closed.day, shift__isnull=False).select_related(
        "approved", "named_by"
    )
    context = {
        "closed": closed,
        "totals": closed.totals,
        "tables": page_tables(day_tables(closed)),
        "differences": differences_with_state(list(named.order_by("at_ms"))),
        "may_ask": may(request, NAME_DIFFERENCES),
        "hand_in": closed.hand_ins.exclude(hand_in__end__received=False).first(),
    }
    return render(request, "desk/day.html", context)


@roles(*SEE_MONEY)
@require_safe
def hand_in_list(request: HttpRequest) -> HttpResponse:
    """List batches, and what is to be handed in."""
    return _hand_ins_page(request, None)


@roles(*HAND_IN)
@require_http_methods(["POST"])
def hand_in_make(request: HttpRequest) -> HttpResponse:
    """Hand a batch in."""
    form = HandInForm(request.POST, days=_waiting_days())
    if not form.is_valid():
        return _hand_ins_page(request, form)
    typed = form.cleaned_data
    batch = hand_ins.Batch(
        [closed.pk for closed in typed["days"]],
        typed["cash"],
        typed["bank_slip"],
        typed["void_pages"],
        typed["reason"],
        typed["missing"],
    )
    result = hand_ins.hand_in(batch, request.user, now_ms=clock.now_ms())
    if isinstance(result, ShiftRefusal):
        form.add_error(None, shift_refusal(result))
        return _hand_ins_page(request, form)
    messages.success(
        request, _("Batch %(number)d is handed in. Finance signs for it.") % {"number": result.number}
    )
    return redirect("desk:hand-in", result.number)


def _waiting_days():
    return DayClose.objects.filter(pk__in=[one.pk for one in hand_ins.days_to_hand_in()]).order_by("day")


def _hand_ins_page(request: HttpRequest, form: HandInForm | None) -> HttpResponse:
    waiting = list(_waiting_days())
    page = Paginator(HandIn.objects.order_by("-number"), DAYS_PER_PAGE).get_page(request.GET.get("page", "1"))
    context = {
        "form": form or HandInForm(days=_waiting_days(), initial={"days": [one.pk for one in waiting]}),
        "waiting": waiting,
        "expected_fen": sum(one.moved_fen for one in waiting),
        "tables": page_tables([hand_ins_table(page)]),
        "papers": page_tables(_with_rows(_papers_to_hand_in(waiting))),
        "page": page,
        "may_hand_in": may(request, HAND_IN),
    }
    return render(request, "desk/hand_ins.html", context, status=400 if form else 200)


def _papers_to_hand_in(waiting: list[DayClose]) -> list[Table]:
    """List what goes with all days that wait: who hands in only some of them finds theirs in the batch."""
    days = [closed.day for closed in waiting]
    return [pages_to_hand_in(pages_of(waiting)), voids_table(days), card_table(days)]


def _with_rows(tables: list[Table]) -> list[Table]:
    return [table for table in tables if table.rows]


@roles(*SEE_MONEY)
@require_safe
def hand_in(request: HttpRequest, number: int) -> HttpResponse:
    """One batch: its days, page ranges, cash, slip, differences, and finance's word."""
    made = get_object_or_404(HandIn.objects.select_related("handed_in_by", "end__by"), pk=number)
    closes = [one.day_close for one in made.days.select_related("day_close").order_by("day_close__day")]
    days = [closed.day for closed in closes]
    papers = [pages_handed_in(made.pages.all()), voids_table(days), card_table(days)]
    context = {
        "made": made,
        "end": getattr(made, "end", None),
        "tables": page_tables([hand_in_days_table(closes), *_with_rows(papers)]),
        "missing": missing_pages.request_for(made),
        "differences": differences_with_state(hand_ins.differences_of(made)),
        "may_ask": may(request, NAME_DIFFERENCES),
        "may_receive": may(request, RECEIVE_CASH) and made.handed_in_by_id != request.user.pk,
    }
    return render(request, "desk/hand_in.html", context)


@roles(*RECEIVE_CASH)
@require_POST
@dangerous
def hand_in_end(request: HttpRequest, number: int) -> HttpResponse:
    """Sign that a batch is received, or send it back."""
    get_object_or_404(HandIn, pk=number)
    note, now_ms = request.POST.get("note", ""), clock.now_ms()
    if request.POST.get("word") == "back":
        result = hand_ins.send_back(number, request.user, note=note, now_ms=now_ms)
        done = _("Sent back to the desk.")
    else:
        result = hand_ins.receive(number, request.user, note=note, now_ms=now_ms)
        done = _("Received: signed with your name.")
    if isinstance(result, ShiftRefusal):
        messages.error(request, shift_refusal(result))
    else:
        messages.success(request, done)
    return redirect("desk:hand-in", number)
