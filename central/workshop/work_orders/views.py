"""Work orders on a page: the list, a new one, one with all its rooms, and the part of it that refreshes itself."""

import uuid

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from central import clock
from central.campus.models import Building
from central.domain.work_order import LIVE, OrderState
from central.office.access import may, roles
from central.office.live import live_part
from central.office.models import of_served
from central.office.roles import OPEN_REPORTS, PLAN_WORK, SEE_WORK
from central.workshop.stock.sources import source_words
from central.workshop.work_orders.forms import PlanForm
from central.workshop.work_orders.models import WorkOrder
from central.workshop.work_orders.page import page_context
from central.workshop.work_orders.planning import Plan, plan_order
from central.workshop.work_orders.reading import read_order
from central.workshop.work_orders.refusals import Refused, refusal_words
from central.workshop.work_orders.words import STATE_BADGES, WARNING

MOST_ENDED = 50
HOUR_MS, TWO_DAYS_MS = 3_600_000, 48 * 3_600_000


@roles(*SEE_WORK)
@require_safe
def work_orders(request: HttpRequest) -> HttpResponse:
    """List the orders that are not closed, and the last ones that are."""
    every = orders_of(request)
    live = [one.value for one in LIVE]
    lists = [
        (_("Not closed"), _rows(every.filter(state__in=live))),
        (_("Closed last"), _rows(every.exclude(state__in=live)[:MOST_ENDED])),
    ]
    context = {
        "lists": lists,
        "now_ms": clock.now_ms(),
        "may_plan": may(request, PLAN_WORK),
        "may_register": may(request, OPEN_REPORTS),
        "warning": WARNING,
    }
    return render(request, "workshop/work_orders.html", context)


def _rows(orders: object) -> list[tuple[WorkOrder, object]]:
    return [(one, STATE_BADGES[OrderState(one.state)]) for one in orders]


def orders_of(request: HttpRequest) -> object:
    """Give the orders of the buildings that the reader serves."""
    every = WorkOrder.objects.filter(of_served(request.user, "building_id"))
    return every.select_related("building", "person", "planned_by")


def order_of(request: HttpRequest, number: int) -> WorkOrder:
    """Give one of them, or 404."""
    return get_object_or_404(orders_of(request), pk=number)


@roles(*SEE_WORK)
@require_safe
def work_order(request: HttpRequest, number: int) -> HttpResponse:
    """Show one order."""
    return order_page(request, order_of(request, number))


def order_page(request: HttpRequest, order: WorkOrder, **given: forms.Form) -> HttpResponse:
    """Show the page; with `given` forms those that were refused, as they were filled in."""
    context = page_context(request, read_order(order, clock.now_ms()), clock.now_ms())
    context["forms"] |= given
    return render(request, "workshop/work_order.html", context, status=400 if given else 200)


@roles(*SEE_WORK)
@require_safe
def work_order_now(request: HttpRequest, number: int) -> HttpResponse:
    """Give the part that refreshes itself: rooms, answers, locks, supplies."""
    now_ms = clock.now_ms()
    context = page_context(request, read_order(order_of(request, number), now_ms), now_ms)
    return live_part(request, "workshop/work_order_now.html", context)


@roles(*PLAN_WORK)
@require_http_methods(["GET", "HEAD", "POST"])
def work_order_new(request: HttpRequest) -> HttpResponse:
    """Choose the building, then plan; the affected rooms stand on the page that follows."""
    buildings = list(Building.objects.filter(of_served(request.user, "pk")).order_by("code"))
    building = _chosen(request, buildings)
    if building is None:
        return render(
            request, "workshop/work_order_building.html", {"buildings": buildings, "query": _query(request)}
        )
    now_ms = clock.now_ms()
    if request.method != "POST":
        form = PlanForm(building, now_ms, initial=_initial(request, now_ms))
    else:
        form = PlanForm(building, now_ms, request.POST)
        if form.is_valid() and (order := _planned(request, form, building, now_ms)) is not None:
            messages.success(request, _("Planned. Look at the rooms, then tell them."))
            return redirect("workshop:work-order", order.pk)
    context = {"form": form, "building": building, "several": len(buildings) > 1, "warning": WARNING}
    context["belongs"] = source_words(str(form["source"].value() or ""))[0]
    return render(request, "workshop/work_order_new.html", context, status=400 if form.errors else 200)


def _chosen(request: HttpRequest, buildings: list[Building]) -> Building | None:
    """Give the building that the address names by its code; the only one where there is one."""
    code = request.GET.get("building", "")
    if code:
        found = next((one for one in buildings if one.code == code), None)
        if found is None:
            raise Http404
        return found
    return buildings[0] if len(buildings) == 1 else None


def _query(request: HttpRequest) -> dict[str, str]:
    """Give what a fault's page sent along."""
    return {name: request.GET[name][:80] for name in ("room", "source", "task") if request.GET.get(name)}


def _initial(request: HttpRequest, now_ms: int) -> dict[str, object]:
    """Propose the day after tomorrow at this hour: rooms are told a day before."""
    begins = clock.local(now_ms + TWO_DAYS_MS).replace(minute=0, second=0, microsecond=0)
    ends = clock.local(now_ms + TWO_DAYS_MS + 2 * HOUR_MS).replace(minute=0, second=0, microsecond=0)
    said = _query(request)
    given = {"rooms": said.get("room", ""), "source": said.get("source", ""), "task": said.get("task", "")}
    return {"step": uuid.uuid4(), "begins": begins, "ends": ends, "person": request.user.pk, **given}


def _planned(request: HttpRequest, form: PlanForm, building: Building, now_ms: int) -> WorkOrder | None:
    said = form.cleaned_data
    scope, place = form.where()
    plan = Plan(
        building, scope, place, said["task"], said["why"], *form.window(), said["source"], said["person"]
    )
    done = plan_order(plan, form.id_of_step, actor=request.user, now_ms=now_ms)
    if isinstance(done, Refused):
        form.add_error(None, refusal_words(done))
        return None
    return done
