"""Pages of low balances: a day's lists, one list with text and picture, the history, making one now, and the public picture."""

from collections.abc import Sequence
from datetime import date, timedelta
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.campus.models import Building
from central.clock import campus_day
from central.domain.low_balance import group_of
from central.domain.periods import EARLIEST, LATEST
from central.office.access import may, roles
from central.office.models import of_served
from central.office.notice_templates import Picture
from central.office.roles import MAKE_LOW_BALANCES, SEE_LOW_BALANCES, TELL_BY_HAND
from central.papers.font import NoFont
from central.reports.low_balance.forms import MakeForm
from central.reports.low_balance.lists import ListRefusal, make_list, rooms_of, tell_groups
from central.reports.low_balance.models import LowBalanceList
from central.reports.low_balance.picture import pictures_of
from central.reports.low_balance.public_links import list_of
from central.reports.low_balance.queries import list_lines, lists_of
from central.reports.low_balance.words import REFUSALS, age_words, lines_of, places_words, title_of

PER_PAGE, MOST_OF_A_DAY = 40, 500


@roles(*SEE_LOW_BALANCES)
@require_GET
def lists(request: HttpRequest) -> HttpResponse:
    """Show each building's lists of a day (`?day=`, today by itself)."""
    return _front(request, None)


def _front(request: HttpRequest, form: MakeForm | None) -> HttpResponse:
    today = campus_day(clock.now_ms())
    day = min(day_in(request.GET.get("day", "")) or today, today)
    buildings = served(request)
    made = list_lines(lists_of(request.user).filter(day=day)[:MOST_OF_A_DAY])
    if form is None and may(request, MAKE_LOW_BALANCES):
        form = MakeForm.empty(buildings)
    context = {
        "day": day,
        "is_today": day == today,
        "earlier": max(day - timedelta(days=1), EARLIEST),
        "later": day + timedelta(days=1) if day < today else None,
        "rows": [
            (building, line, age_words(line.kept) if line else "")
            for building in buildings
            for line in [one for one in made if one.kept.building_id == building.pk] or [None]
        ],
        "form": form,
        "may_tell": may(request, TELL_BY_HAND),
    }
    return render(request, "low_balance/lists.html", context, status=400 if form and form.errors else 200)


@roles(*SEE_LOW_BALANCES)
@require_GET
def history(request: HttpRequest) -> HttpResponse:
    """Show every list of a building, or of all, newest first."""
    buildings = served(request)
    building = next((one for one in buildings if one.code == request.GET.get("building", "")), None)
    found = lists_of(request.user)
    page = Paginator(found.filter(building=building) if building else found, PER_PAGE).get_page(
        request.GET.get("page", "1")
    )
    context = {
        "page": page,
        "lines": list_lines(page),
        "buildings": buildings,
        "building": building,
        "before": urlencode({"building": building.code if building else ""}),
    }
    return render(request, "low_balance/history.html", context)


@roles(*SEE_LOW_BALANCES)
@require_GET
def one(request: HttpRequest, number: int) -> HttpResponse:
    """Show a list: text to copy, pictures to download, who was told."""
    kept = get_object_or_404(lists_of(request.user), pk=number)
    text = "\n".join([title_of(kept), *lines_of(kept)])
    context = {
        "kept": kept,
        "title": title_of(kept),
        "line": list_lines([kept])[0],
        "age": age_words(kept),
        "limits": places_words(kept),
        "text": text,
        "rows": min(24, text.count("\n") + 2),
        "protected": sum(room.is_protected for room in rooms_of(kept)),
        "group": group_of(kept.building.code),
        "pictures": range(1, len(pictures) + 1) if (pictures := _drawn(kept)) is not None else None,
        "may_make": may(request, MAKE_LOW_BALANCES),
        "may_tell": may(request, TELL_BY_HAND),
    }
    return render(request, "low_balance/list.html", context)


@roles(*SEE_LOW_BALANCES)
@require_GET
def picture(request: HttpRequest, number: int, page: int) -> HttpResponse:
    """Give one picture of a list in the reader's language; with `?file=1` to be saved."""
    kept = get_object_or_404(lists_of(request.user), pk=number)
    return _picture(kept, page, as_file="file" in request.GET)


@roles(*MAKE_LOW_BALANCES)
@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """Make a building's list now; the same form again gives the same list."""
    form = MakeForm(request.POST, buildings=served(request))
    if not form.is_valid():
        return _front(request, form)
    typed = form.cleaned_data
    due = f"hand:{typed['step'].hex}"
    done = make_list(typed["building"], due, now_ms=clock.now_ms(), by=request.user, tell=bool(typed["tell"]))
    if isinstance(done, ListRefusal):
        form.add_error("building", REFUSALS[done])
        return _front(request, form)
    messages.success(request, _("The list is made."))
    return redirect("low_balance:list", done.pk)


@roles(*MAKE_LOW_BALANCES)
@require_POST
def tell(request: HttpRequest, number: int) -> HttpResponse:
    """Tell the building's groups of a list that was not told yet; who was told already is not told again."""
    kept = get_object_or_404(lists_of(request.user), pk=number)
    if not kept.rows:
        messages.error(request, _("No room is low on this list: there is nothing to tell."))
        return redirect("low_balance:list", number)
    with transaction.atomic():
        queued = tell_groups(kept, clock.now_ms())
    if queued:
        messages.success(request, _("It is on its way to the building's groups."))
    else:
        messages.error(
            request,
            _("Nobody new is told: every channel of the building's groups has it, or no channel is set up for them."),
        )  # fmt: skip
    return redirect("low_balance:list", number)


@require_GET
def public(request: HttpRequest, token: str) -> HttpResponse:
    """Show a list to who has its link: what its group was told, no more."""
    kept = list_of(token)
    if kept is None:
        return render(request, "low_balance/public.html", {"kept": None}, status=404)
    pictures = _drawn(kept)
    context = {
        "kept": kept,
        "token": token,
        "title": title_of(kept),
        "text": "\n".join(lines_of(kept)),
        "pictures": range(1, len(pictures) + 1) if pictures else None,
    }
    answer = render(request, "low_balance/public.html", context)
    answer["X-Robots-Tag"] = "noindex"
    return answer


@require_GET
def public_picture(request: HttpRequest, token: str, page: int) -> HttpResponse:
    """Give one picture to who has the link."""
    kept = list_of(token)
    if kept is None:
        raise Http404
    return _picture(kept, page, as_file=False)


def served(request: HttpRequest) -> list[Building]:
    """Give the buildings that the reader serves, by code."""
    return list(Building.objects.filter(of_served(request.user, "pk")).order_by("code"))


def day_in(text: str) -> date | None:
    """Read a day of an address; None for what is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if EARLIEST <= day <= LATEST else None


def _drawn(kept: LowBalanceList) -> Sequence[Picture] | None:
    """Draw a list's pictures; None where no font is installed."""
    try:
        return pictures_of(kept, get_language() or "en")
    except NoFont:
        return None


def _picture(kept: LowBalanceList, page: int, *, as_file: bool) -> HttpResponse:
    drawn = _drawn(kept) or ()
    if not 0 < page <= len(drawn):
        raise Http404
    answer = HttpResponse(drawn[page - 1].content, content_type="image/png")
    how = "attachment" if as_file else "inline"
    answer["Content-Disposition"] = f'{how}; filename="low-balance-{kept.pk}-{page}.png"'
    return answer
