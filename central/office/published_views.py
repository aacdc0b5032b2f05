"""What electricity and repairs cost: the lists with their state, and one published list beside what it took over from."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from central import clock
from central.office import list_queries, price_comparison, repair_comparison
from central.office.access import may, roles
from central.office.approval_queries import SEES_ALL
from central.office.models import ListKind, PriceList, RepairList
from central.office.page_table import page_tables
from central.office.repair_lists import repair_list_at
from central.office.roles import SEE_PRICES, SEE_REPORTS, SET_PRICES


@roles(*SEE_PRICES)
@require_safe
def prices(request: HttpRequest) -> HttpResponse:
    """Show the prices in force by class, the drafts, and the published lists."""
    now_ms = clock.now_ms()
    context = {
        "kind": ListKind.PRICE,
        "classes": list_queries.prices_by_class(now_ms),
        "drafts": list_queries.open_drafts(ListKind.PRICE),
        "lists": list_queries.price_lists(now_ms),
        "may_write": may(request, SET_PRICES),
    }
    return render(request, "office/prices.html", context)


@roles(*SEE_PRICES)
@require_safe
def repairs(request: HttpRequest) -> HttpResponse:
    """Show the repair list in force, the drafts, and the published lists."""
    now_ms = clock.now_ms()
    now = repair_list_at(now_ms)
    context = {
        "kind": ListKind.REPAIR,
        "now": now,
        "tables": page_tables(repair_comparison.item_tables(now.items)) if now else [],
        "drafts": list_queries.open_drafts(ListKind.REPAIR),
        "lists": list_queries.repair_lists(now_ms),
        "may_write": may(request, SET_PRICES),
    }
    return render(request, "office/repairs.html", context)


@roles(*SEE_PRICES)
@require_safe
def price_list(request: HttpRequest, number: int) -> HttpResponse:
    """Show a published electricity list as it is printed."""
    published = get_object_or_404(PriceList.objects.select_related("approval"), pk=number)
    return _published(request, published, ListKind.PRICE, price_comparison.published_tables(published))


@roles(*SEE_PRICES)
@require_safe
def repair_list(request: HttpRequest, number: int) -> HttpResponse:
    """Show a published repair list as it is printed, and what it changed."""
    published = get_object_or_404(RepairList.objects.select_related("approval"), pk=number)
    return _published(request, published, ListKind.REPAIR, repair_comparison.published_tables(published))


def _published(
    request: HttpRequest, published: PriceList | RepairList, kind: ListKind, tables: list
) -> HttpResponse:
    approval = published.approval
    signatures = approval.signatures.select_related("person") if approval else []
    context = {
        "published": published,
        "kind": kind,
        "tables": page_tables(tables),
        "signatures": signatures,
        "day": clock.campus_day(published.begins_ms).isoformat(),
        "sees_requests": may(request, SEES_ALL),
        "may_print": may(request, SEE_REPORTS),
        "is_late": 0 < published.asked_from_ms < published.begins_ms,
    }
    return render(request, "office/published_list.html", context)
