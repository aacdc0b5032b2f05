"""Pages of a cashier's shift: open, count and end, hand over, look back. A count is shown against the books before it is final."""

from django.contrib import messages
from django.contrib.auth import authenticate, login
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from central import clock
from central.desk import shifts
from central.desk.cash_differences import ask_again
from central.desk.desk_settings import hours_at
from central.desk.refusals import ShiftRefusal
from central.desk.roster import duty_of
from central.desk.shift_forms import CountForm, EndForm, HandOverForm, OpeningForm
from central.desk.shift_models import CashDifference, Shift
from central.desk.shift_queries import (
    differences_with_state,
    free_drawers,
    left_in_drawers,
    receipts_of_shift,
    shifts_table,
    tie_so_far,
    who,
    who_may_take_over,
)
from central.desk.shift_words import denomination_words, drawer_word, flags_of, shift_refusal
from central.domain.roster import is_open
from central.office import sign_in_record
from central.office.access import may, roles
from central.office.approvals import ApprovalRefusal
from central.office.dangerous import note_confirmed
from central.office.known_here import remember_here
from central.office.models import User
from central.office.page_table import page_tables
from central.office.roles import END_SHIFTS, NAME_DIFFERENCES, SEE_MONEY, SELL
from central.office.templatetags.cardroom import fen

SHIFTS_PER_PAGE = 40


@roles(*SELL)
@require_http_methods(["GET", "HEAD", "POST"])
def shift(request: HttpRequest) -> HttpResponse:
    """Show the reader's shift, or open one."""
    now_ms = clock.now_ms()
    mine = shifts.open_shift_of(request.user)
    form = OpeningForm(request.POST if request.method == "POST" else None, drawers=free_drawers(now_ms))
    if request.method == "POST" and mine is None and form.is_valid():
        typed = form.cleaned_data
        opened = shifts.open_shift(
            typed["drawer"], form.counted(), request.user, reason=typed["reason"], now_ms=now_ms
        )
        if isinstance(opened, Shift):
            messages.success(request, _("Shift %(number)d is open.") % {"number": opened.number})
            return redirect(_onward(request))
        form.add_error(None, shift_refusal(opened))
    if mine is not None:
        return redirect("desk:shift-record", mine.number)
    return _opening_page(request, form, now_ms)


def _opening_page(request: HttpRequest, form: OpeningForm, now_ms: int) -> HttpResponse:
    at, duty = clock.local(now_ms), duty_of(clock.campus_day(now_ms))
    left = left_in_drawers()
    context = {
        "form": form,
        "next": request.POST.get("next") or request.GET.get("next", ""),
        "drawers": [(drawer_word(name), left.get(name, 0)) for name in free_drawers(now_ms)],
        "hours": ["–".join(span) for span in hours_at(now_ms)],
        "is_open": is_open(hours_at(now_ms), at.hour * 60 + at.minute),
        "duty": User.objects.filter(pk__in=duty.people),
        "off_roster": bool(duty.people) and request.user.pk not in duty.people,
        "booked_on": shifts.booking_day(now_ms),
        "today": clock.campus_day(now_ms),
    }
    return render(request, "desk/shift_open.html", context, status=400 if form.errors else 200)


def _onward(request: HttpRequest) -> str:
    asked = request.POST.get("next", "")
    if asked and url_has_allowed_host_and_scheme(asked, {request.get_host()}, request.is_secure()):
        return asked
    return reverse("desk:find")


@roles(*END_SHIFTS)
@require_http_methods(["GET", "HEAD", "POST"])
def shift_end(request: HttpRequest, number: int) -> HttpResponse:
    """Count and end a shift: typed, then shown against the books, then confirmed."""
    counted = _open_shift(request, number)
    if isinstance(counted, HttpResponse):
        return counted
    form = EndForm(
        request.POST if request.method == "POST" else None, initial={"left": fen(counted.float_fen)}
    )
    if request.method == "POST" and form.is_valid() and form.cleaned_data["left"] > form.counted().total_fen:
        form.add_error("left", shift_refusal(ShiftRefusal.LEFT_ABOVE_COUNTED))
    if request.method != "POST" or not form.is_valid():
        return _count_page(request, counted, form)
    if "confirm" in request.POST:
        result = shifts.end_shift(
            number,
            form.counted(),
            form.cleaned_data["left"],
            request.user,
            reason=form.cleaned_data["reason"],
            now_ms=clock.now_ms(),
        )
        if not isinstance(result, ShiftRefusal):
            messages.success(request, _("Shift %(number)d is ended.") % {"number": number})
            return redirect("desk:shift-record", number)
        form.add_error(None, shift_refusal(result))
    return _compare_page(request, counted, form, form.cleaned_data["left"])


@roles(*SELL)
@require_http_methods(["GET", "HEAD", "POST"])
def shift_hand_over(request: HttpRequest, number: int) -> HttpResponse:
    """Hand a shift over: the one who goes counts, the one who comes confirms it with his own password."""
    going = _open_shift(request, number)
    if isinstance(going, HttpResponse):
        return going
    if going.cashier_id != request.user.pk:
        raise PermissionDenied
    people = who_may_take_over(going, clock.now_ms())
    form = HandOverForm(request.POST if request.method == "POST" else None, people=people)
    if request.method != "POST" or not form.is_valid():
        return _count_page(request, going, form)
    if "confirm" in request.POST:
        done = _hand_over(request, going, form)
        if done is not None:
            return done
    return _compare_page(request, going, form, form.counted().total_fen)


def _hand_over(request: HttpRequest, going: Shift, form: HandOverForm) -> HttpResponse | None:
    following, password = form.cleaned_data["following"], form.cleaned_data["password"]
    if following is None:
        form.add_error("following", _("Choose who takes over."))
        return None
    person = authenticate(request, username=following.username, password=password)
    if person is None:
        sign_in_record.refused(request, following.username)
        form.add_error("password", _("That is not the password of who takes over. Nothing was done."))
        return None
    result = shifts.hand_over(
        going.number,
        form.counted(),
        person,
        request.user,
        reason=form.cleaned_data["reason"],
        now_ms=clock.now_ms(),
    )
    if isinstance(result, ShiftRefusal):
        form.add_error(None, shift_refusal(result))
        return None
    sign_in_record.signed_out(request)
    login(request, person)
    note_confirmed(request)
    sign_in_record.signed_in(request, person)
    words = {"number": result.number, "who": person.spoken_name}
    messages.success(request, _("Handed over: shift %(number)d of %(who)s is open.") % words)
    answer = redirect("desk:find")
    remember_here(request, answer, person.get_username())
    return answer


def _open_shift(request: HttpRequest, number: int) -> Shift | HttpResponse:
    """Give a shift that is still open; else the answer: its record."""
    found = get_object_or_404(Shift.objects.select_related("cashier", "stands_in_for"), pk=number)
    if hasattr(found, "end"):
        messages.info(request, shift_refusal(ShiftRefusal.NOT_OPEN))
        return redirect("desk:shift-record", number)
    return found


def _count_page(request: HttpRequest, counted: Shift, form: CountForm) -> HttpResponse:
    context = {
        "shift": counted,
        "who": who(counted),
        "form": form,
        "is_hand_over": isinstance(form, HandOverForm),
    }
    return render(request, "desk/shift_count.html", context, status=400 if form.errors else 200)


def _compare_page(request: HttpRequest, counted: Shift, form: CountForm, left_fen: int) -> HttpResponse:
    """Show the count against the books, before it is final."""
    count = form.counted()
    tie = shifts.drawer_tie(counted, count.total_fen, left_fen)
    by_other = request.user.pk != counted.cashier_id
    context = {
        "shift": counted,
        "who": who(counted),
        "form": form,
        "tie": tie,
        "kept": [
            (name, value) for name, value in request.POST.items() if name[:1] == "n" and name[1:].isdigit()
        ],
        "left_fen": left_fen,
        "needs_reason": tie.difference_fen != 0 or by_other,
        "by_other": by_other,
        "is_hand_over": isinstance(form, HandOverForm),
    }
    return render(request, "desk/shift_compare.html", context, status=400 if form.errors else 200)


@roles(*SEE_MONEY)
@require_safe
def shift_list(request: HttpRequest) -> HttpResponse:
    """List shifts, the newest first."""
    page = Paginator(Shift.objects.order_by("-number"), SHIFTS_PER_PAGE).get_page(
        request.GET.get("page", "1")
    )
    chosen = Shift.objects.filter(pk__in=[one.pk for one in page]).order_by("-number")
    return render(request, "desk/shifts.html", {"tables": page_tables([shifts_table(chosen)]), "page": page})


@roles(*SEE_MONEY)
@require_safe
def shift_record(request: HttpRequest, number: int) -> HttpResponse:
    """One shift: its drawer by the books, its counts, its named differences."""
    found = get_object_or_404(
        Shift.objects.select_related("cashier", "stands_in_for", "end__ended_by", "follows"), pk=number
    )
    end = getattr(found, "end", None)
    differences = list(found.differences.select_related("approved", "named_by").order_by("at_ms"))
    context = {
        "shift": found,
        "who": who(found),
        "end": end,
        "tie": tie_so_far(found),
        "drawer": drawer_word(found.drawer),
        "flags": flags_of(found),
        "receipts": receipts_of_shift(found),
        "differences": differences_with_state(differences),
        "pieces": _pieces(end.pieces if end else found.pieces),
        "is_mine": found.cashier_id == request.user.pk and may(request, SELL),
        "may_end": may(request, END_SHIFTS),
        "may_ask": may(request, NAME_DIFFERENCES),
    }
    return render(request, "desk/shift_record.html", context)


def _pieces(stored: dict[str, int]) -> list[tuple[str, int, int]]:
    ordered = sorted(((int(key), number) for key, number in stored.items()), reverse=True)
    return [(denomination_words(one), number, one * number) for one, number in ordered]


@roles(*NAME_DIFFERENCES)
@require_POST
def difference_ask(request: HttpRequest, difference: str) -> HttpResponse:
    """Ask once more for the approval of a difference whose request was refused."""
    found = get_object_or_404(CashDifference, pk=difference)
    result = ask_again(found.pk, request.POST.get("why", ""), by=request.user, now_ms=clock.now_ms())
    if isinstance(result, ShiftRefusal):
        messages.error(request, shift_refusal(result))
    elif isinstance(result, ApprovalRefusal):
        messages.error(
            request, _("The request was not taken. Ask an administrator who signs for cash differences.")
        )
    else:
        messages.success(request, _("Asked again. It waits for signatures."))
    return redirect("desk:shift-record", found.shift_id) if found.shift_id else redirect("desk:hand-ins")
