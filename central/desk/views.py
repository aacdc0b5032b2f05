"""The desk's lists: rooms found, the cashier's last receipts, and what is credited but not yet supplied."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from central import clock
from central.desk import queries
from central.desk.progress import sentence_of
from central.desk.receipts import receipts_of_cashier
from central.desk.room_lines import room_lines
from central.desk.search import HITS_AT_MOST, find_points, is_only_hit
from central.desk.shifts import open_shift_of
from central.office.access import may, roles
from central.office.live import live_part
from central.office.roles import SEE_MONEY, SELL

WAITING_AT_MOST, WAITING_FEW, LAST_RECEIPTS = 200, 4, 8


@roles(*SEE_MONEY)
def find(request: HttpRequest) -> HttpResponse:
    """Find a room; Enter on the only hit opens it."""
    now_ms, query = clock.now_ms(), request.GET.get("q", "")
    points = find_points(query, now_ms)
    if points and not request.htmx and is_only_hit(query, points[0].room, len(points)):
        return redirect("desk:room", points[0].room_id)
    context = {"query": query, "hits": room_lines(points, now_ms), "hits_at_most": HITS_AT_MOST}
    if request.htmx:
        return render(request, "desk/hits.html", context)
    receipts = receipts_of_cashier(request.user.pk, LAST_RECEIPTS)
    context |= {**_waiting(WAITING_FEW), "receipts": receipts, "can_sell": may(request, SELL)}
    return render(request, "desk/find.html", {**context, "shift": open_shift_of(request.user)})


@roles(*SEE_MONEY)
def waiting(request: HttpRequest) -> HttpResponse:
    """Credited, not yet supplied: each payment with the reason (R-4.1.3)."""
    if request.htmx and request.GET.get("few"):
        return live_part(request, "desk/waiting_few.html", _waiting(WAITING_FEW))
    context = _waiting(WAITING_AT_MOST) | {"carry_to": queries.buildings_to_carry_to()}
    if request.htmx:
        return live_part(request, "desk/waiting_rows.html", context)
    return render(request, "desk/waiting.html", context)


def _waiting(at_most: int) -> dict[str, object]:
    rows = [(row, sentence_of(row.state)) for row in queries.not_yet_supplied(at_most)]
    return {"waiting": rows, "waiting_count": queries.count_not_yet_supplied()}
