"""Pages of the four-way agreement: the board of a period, one building with what explains its differences, the rows of a party."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.campus.models import Building
from central.clock import campus_day
from central.domain.four_way import LineUnit, Party
from central.domain.gap_findings import Verdict
from central.domain.periods import Period
from central.losses.readings.sheets import month_of
from central.office.access import may, roles
from central.office.models import of_served
from central.office.roles import ASK_AGREEMENT, LOOK_AGREEMENT, SEE_AGREEMENT
from central.office.words import Badge
from central.papers.views import may_open
from central.papers.words import period_words
from central.reports.agreement.asked import Place, asked_period, asked_place, beside, parties_of
from central.reports.agreement.content import LineKey
from central.reports.agreement.forms import SumForm
from central.reports.agreement.gathering import is_over
from central.reports.agreement.late import late_lines
from central.reports.agreement.looking import Seen, look_while_waiting, seen, want
from central.reports.agreement.models import AgreementLock, Standing
from central.reports.agreement.page_lines import line_badge, shown_lines, shown_row
from central.reports.agreement.paper import AGREEMENT
from central.reports.agreement.signatures import Signed, signed_of
from central.reports.agreement.tables import amount_text
from central.reports.agreement.telling import due_day
from central.reports.agreement.voiding import requests_of
from central.reports.agreement.words import PARTY_WORDS, SHORT_LINES, VERDICT_WORDS

PER_PAGE, ROWS_PER_PAGE = 50, 100


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One building on the board."""

    building: Building
    cells: list[tuple[object, Badge, str, object]]
    """Line, its state, difference with unit, verdict."""
    signed: Signed
    gathered_ms: int
    is_late: bool


@roles(*SEE_AGREEMENT)
@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """Show every building's lines of a period: state, difference, who has signed, what is late."""
    now_ms = clock.now_ms()
    period = asked_period(request.GET.get("month", ""), now_ms)
    served = Building.objects.filter(of_served(request.user, "pk")).order_by("code")
    page = Paginator(served, PER_PAGE).get_page(request.GET.get("page"))
    due, month = due_day(period), month_of(period)
    is_late = campus_day(now_ms) > due
    before, after = beside(month)
    context = {
        "period": period_words(period),
        "month": month,
        "before_month": before,
        "after_month": after,
        "before": f"month={month}",
        "due": due,
        "is_over": is_over(period, now_ms),
        "rows": _board_rows(list(page), period.name, is_late=is_late),
        "page": page,
        "is_campus_empty": not Building.objects.exists(),
        "may_look": may(request, LOOK_AGREEMENT),
        "paper": _paper_address(request, period),
    }
    return render(request, "agreement/board.html", context)


def _paper_address(request: HttpRequest, period: Period) -> str:
    """Give where the paper is; "" for who serves only some buildings: it tells of all."""
    if not may_open(request, AGREEMENT):
        return ""
    return f"{reverse('papers:report', args=[AGREEMENT.code])}?period={period.name}"


def _board_rows(buildings: list[Building], period: str, *, is_late: bool) -> list[BoardRow]:
    standing = {
        one.building_id: one
        for one in Standing.objects.filter(building__in=buildings, period=period).defer(
            "content", "explained"
        )
    }
    locks = {
        one.building_id: one for one in AgreementLock.objects.filter(building__in=buildings, period=period)
    }
    requests = requests_of(buildings, period)
    found = []
    for building in buildings:
        one, lock = standing.get(building.pk), locks.get(building.pk)
        cells = [_cell(line) for line in one.lines] if one else []
        late = is_late and lock is None and one is not None and one.has_rows
        signed = signed_of(lock, requests.get(building.pk))
        found.append(BoardRow(building, cells, signed, one.gathered_ms if one else 0, late))
    return found


def _cell(line: dict[str, Any]) -> tuple[object, Badge, str, object]:
    difference = line["difference"]
    text = amount_text(difference, LineUnit(line["unit"])) if difference else ""
    verdict = VERDICT_WORDS[Verdict(line["verdict"])] if line["verdict"] else ""
    return SHORT_LINES[LineKey(line["key"])], line_badge(line["state"]), text, verdict


@roles(*LOOK_AGREEMENT)
@require_POST
def look_at_all(request: HttpRequest) -> HttpResponse:
    """Look at all buildings of a period: a few at once, many by the next looks."""
    now_ms = clock.now_ms()
    period = asked_period(request.POST.get("month", ""), now_ms)
    codes = list(Building.objects.filter(of_served(request.user, "pk")).values_list("code", flat=True))
    if look_while_waiting(period, codes, now_ms):
        messages.success(request, _("Looked at, as of now."))
    else:
        messages.success(request, _("The buildings are looked at one after the other, within minutes."))
    return redirect(f"{reverse('agreement:board')}?month={month_of(period)}")


@roles(*SEE_AGREEMENT)
@require_GET
def building(request: HttpRequest, month: int, building_id: int) -> HttpResponse:
    """Show one building: its lines term by term, and what explains each difference."""
    return building_page(request, asked_place(request, month, building_id))


def building_page(
    request: HttpRequest,
    place: Place,
    form: SumForm | None = None,
    refused: str = "",
    why: str = "",
    leads: str = "",
) -> HttpResponse:
    """Draw a building's page; `form` or `refused`: something came back with what is wrong; `leads`: where it is mended."""
    now_ms = clock.now_ms()
    found = seen(place.building, place.period)
    due = due_day(place.period)
    request_now = requests_of([place.building], place.period.name).get(place.building.pk)
    signed = signed_of(found.lock, request_now)
    context = {
        "place": place,
        "period": period_words(place.period),
        "found": found,
        "lines": shown_lines(found),
        "due": due,
        "is_late": found.lock is None and campus_day(now_ms) > due,
        "is_over": is_over(place.period, now_ms),
        "signed": signed,
        "late": late_lines(place.period, place.building.code),
        "may_look": may(request, LOOK_AGREEMENT) and found.lock is None,
        "may_ask": may(request, ASK_AGREEMENT)
        and found.lock is None
        and found.content is not None
        and is_over(place.period, now_ms)
        and not signed.is_waiting,
        "form": form or _sum_form(request, found),
        "refused": refused,
        "leads": leads,
        "why": why,
        "paper": _paper_address(request, place.period),
    }
    return render(
        request, "agreement/building.html", context, status=400 if refused or (form and form.errors) else 200
    )


def _sum_form(request: HttpRequest, found: Seen) -> SumForm | None:
    parties = parties_of(request) if found.lock is None else ()
    return SumForm(parties=parties) if parties else None


@roles(*LOOK_AGREEMENT)
@require_POST
def look_at_one(request: HttpRequest, month: int, building_id: int) -> HttpResponse:
    """Look at one building now; a long search is left to the next look."""
    place, now_ms = asked_place(request, month, building_id), clock.now_ms()
    if not look_while_waiting(place.period, [place.building.code], now_ms):
        messages.success(request, _("The buildings are looked at one after the other, within minutes."))
    elif seen(place.building, place.period).is_searched:
        messages.success(request, _("Looked at, as of now."))
    else:
        want(place.period, [place.building.code], now_ms)
        messages.success(
            request, _("The figures are as of now. What explains the differences is being looked for.")
        )
    return redirect("agreement:building", month, building_id)


@roles(*SEE_AGREEMENT)
@require_GET
def rows(request: HttpRequest, month: int, building_id: int, key: str, party: str) -> HttpResponse:
    """Show the rows behind one party's sum."""
    place = asked_place(request, month, building_id)
    found = seen(place.building, place.period)
    line = found.content.get(key) if found.content else None
    if line is None or party not in [one.party for one in line.rows]:
        raise Http404
    told = line.rows_of(Party(party))
    page = Paginator(told, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "place": place,
        "period": period_words(place.period),
        "title": PARTY_WORDS[Party(party)],
        "page": page,
        "rows": [(row, shown_row(row, line.unit)) for row in page],
        "total": amount_text(sum(row.amount for row in told), line.unit),
    }
    return render(request, "agreement/rows.html", context)
