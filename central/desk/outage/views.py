"""Pages of an outage: what waits for whom, pages entered later, their supplementary day sheets."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.desk.forms import new_key
from central.desk.outage.carried import carried, waiting_buildings
from central.desk.outage.entering import Sheet, SheetRefusal, SheetRefused, enter_sheet
from central.desk.outage.forms import SheetFootForm, SheetHeadForm, typed_pages
from central.desk.outage.models import OutageSheet
from central.desk.outage.plan import PlannedPage, SheetPlan, plan_sheet
from central.desk.outage.tables import pages_of, pages_table
from central.desk.outage.words import notice_words, sheet_words, trouble_words
from central.office.access import may, roles
from central.office.dangerous import dangerous
from central.office.page_table import page_tables
from central.office.roles import ENTER_PAGES, SEE_MONEY

SHEETS_PER_PAGE, CARRIED_SHOWN = 20, 12


@roles(*SEE_MONEY)
@require_GET
def outage(request: HttpRequest) -> HttpResponse:
    """Show what waits for buildings out of reach, who carried it, the sheets, and the form that begins one."""
    form = SheetHeadForm(now_ms=clock.now_ms(), reader=request.user)
    return _front(request, form)


def _front(request: HttpRequest, form: SheetHeadForm) -> HttpResponse:
    sheets = OutageSheet.objects.select_related("book", "written_by", "entered_by").order_by("-number")
    context = {
        "form": form if may(request, ENTER_PAGES) else None,
        "waiting": waiting_buildings(),
        "carried": carried(CARRIED_SHOWN),
        "page": Paginator(sheets, SHEETS_PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "desk/outage.html", context, status=400 if form.errors else 200)


@roles(*ENTER_PAGES)
@require_POST
def pages(request: HttpRequest) -> HttpResponse:
    """Give the table in which the pages are typed; sent again with them, what each comes to. Nothing is changed by it."""
    head = SheetHeadForm(request.POST, now_ms=clock.now_ms(), reader=request.user)
    if not head.is_valid():
        return _with_the_day_before(request, head)
    if "key" not in request.POST:
        return _table(request, head, None, SheetFootForm(initial={"key": new_key()}))
    plan = _plan(head, request)
    foot = SheetFootForm({**request.POST.dict(), "shown": plan.digest})
    return _table(request, head, plan, foot)


@roles(*ENTER_PAGES)
@require_POST
@dangerous
def enter(request: HttpRequest) -> HttpResponse:
    """Enter the pages that were shown, all or none; once, however often it is sent."""
    now_ms = clock.now_ms()
    if known := OutageSheet.objects.filter(key=request.POST.get("key", "")[:32]).first():
        return _entered_before(request, known)
    head = SheetHeadForm(request.POST, now_ms=now_ms, reader=request.user)
    if not head.is_valid():
        return _with_the_day_before(request, head)
    plan, foot = _plan(head, request), SheetFootForm(request.POST)
    if not foot.is_valid():
        return _table(request, head, plan, SheetFootForm({**request.POST.dict(), "shown": plan.digest}))
    entered = enter_sheet(
        _sheet(head, plan, foot), foot.cleaned_data["shown"], actor=request.user, now_ms=now_ms
    )
    if isinstance(entered, SheetRefused):
        again = SheetFootForm({**request.POST.dict(), "shown": plan.digest})
        again.is_valid()
        again.add_error(None, sheet_words(entered))
        return _table(request, head, plan, again)
    messages.success(request, _("Entered. The credit is on its way; file this sheet with the book's pages."))
    return redirect("desk:outage-sheet", entered.number)


def _with_the_day_before(request: HttpRequest, head: SheetHeadForm) -> HttpResponse:
    """Keep what was typed when another day can't be read: say so beside the day that holds still."""
    sent = request.POST.dict()
    kept = SheetHeadForm(
        {**sent, "day": sent.get("day_before", "")}, now_ms=clock.now_ms(), reader=request.user
    )
    if "key" not in sent or not kept.is_valid():
        return _front(request, head)
    messages.error(request, next(error for errors in head.errors.values() for error in errors))
    page = _table(request, kept, None, SheetFootForm(sent))
    page.status_code = 422
    return page


def _entered_before(request: HttpRequest, known: OutageSheet) -> HttpResponse:
    """Lead to the sheet of a page that was sent again; one that was changed since is told that nothing of that was entered."""
    if request.POST.get("shown") == known.digest:
        messages.info(
            request, _("These pages were entered already: this is their sheet. Nothing was taken twice.")
        )
    else:
        messages.error(request, sheet_words(SheetRefused(SheetRefusal.EXISTS_WITH_DIFFERENT)))
    return redirect("desk:outage-sheet", known.number)


def _plan(head: SheetHeadForm, request: HttpRequest) -> SheetPlan:
    said = head.cleaned_data
    return plan_sheet(head.chosen_book, said["day"], typed_pages(said["pages"], request.POST), clock.now_ms())


def _sheet(head: SheetHeadForm, plan: SheetPlan, foot: SheetFootForm) -> Sheet:
    said, below = head.cleaned_data, foot.cleaned_data
    return Sheet(
        key=below["key"],
        book=head.chosen_book,
        plan=plan,
        written_by=head.people[said["written_by"]],
        shift=int(said["shift"]),
        counted_fen=below["counted"],
        reason=below["reason"],
    )


def _table(
    request: HttpRequest, head: SheetHeadForm, plan: SheetPlan | None, foot: SheetFootForm
) -> HttpResponse:
    said = head.cleaned_data
    rows = typed_pages(said["pages"], request.POST)
    planned = {page.page: page for page in plan.pages} if plan else {}
    counted = foot.cleaned_data.get("counted") if foot.is_bound and foot.is_valid() else None
    context = {
        "head": head,
        "hidden": [(name, str(head.data.get(name, ""))) for name in head.fields if name != "day"],
        "today": clock.campus_day(clock.now_ms()),
        "book": head.chosen_book,
        "writer": head.people[said["written_by"]],
        "shift": head.shifts[said["shift"]],
        "day": said["day"],
        "rows": [(row, *_said(planned.get(row.page))) for row in rows],
        "plan": plan,
        "foot": foot,
        "difference": None if plan is None or counted is None else counted - plan.sum_fen,
        "can_enter": plan is not None and plan.can_be_entered,
    }
    bad = (plan is not None and plan.troubles > 0) or bool(foot.errors)
    return render(request, "desk/outage_pages.html", context, status=422 if bad else 200)


def _said(page: PlannedPage | None) -> tuple[list[str], list[str]]:
    if page is None:
        return [], []
    return [trouble_words(one) for one in page.troubles], [notice_words(one) for one in page.notices]


@roles(*SEE_MONEY)
@require_GET
def sheet(request: HttpRequest, number: int) -> HttpResponse:
    """Show a supplementary day sheet."""
    sheets = OutageSheet.objects.select_related("book", "written_by", "entered_by", "shift__cashier")
    found = get_object_or_404(sheets, pk=number)
    context = {"sheet": found, "tables": page_tables([pages_table(pages_of([found]))])}
    return render(request, "desk/outage_sheet.html", context)
