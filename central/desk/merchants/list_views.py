"""Pages of other systems' lists: upload, columns and preview, import, and the card system's list against our receipts."""

from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.desk.merchants.card_system import Matched, PayOverRefusal, matches, pay_over, to_pay_over
from central.desk.merchants.forms import ListForm, PayOverForm
from central.desk.merchants.importing import import_list
from central.desk.merchants.lists import ListPlan, ReadFile, plan_list, read_file
from central.desk.merchants.models import CardPayOver, ImportedList
from central.desk.merchants.words import FIELD_WORDS, KINDS, MATCHES, finding_words, refusal_text
from central.domain.imported_rows import FIELDS, ListKind, Match
from central.office import list_columns, uploads
from central.office.access import may, roles
from central.office.dangerous import dangerous
from central.office.roles import IMPORT_CARD_LISTS, PAY_OVER_CARDS, SEE_MONEY
from central.office.templatetags.cardroom import fen
from central.office.words import Badge

FINDINGS_SHOWN, ROWS_SHOWN, PER_PAGE = 100, 12, 100


@roles(*SEE_MONEY)
@require_GET
def lists(request: HttpRequest) -> HttpResponse:
    """Show what was imported, and to those who may import the form that begins it."""
    first = clock.campus_day(clock.now_ms()).replace(day=1)
    last = first - timedelta(days=1)
    return _front(request, ListForm(initial={"first": last.replace(day=1), "last": last}))


@roles(*IMPORT_CARD_LISTS)
@require_POST
def list_upload(request: HttpRequest) -> HttpResponse:
    """Keep a list and lead to its preview; nothing is changed by it."""
    form = ListForm(request.POST, request.FILES)
    if not form.is_valid():
        return _front(request, form)
    return redirect(f"{reverse('desk:list-preview')}?{list_columns.keep(form.cleaned_data)}")


@roles(*IMPORT_CARD_LISTS)
@require_GET
def list_preview(request: HttpRequest) -> HttpResponse:
    """Show how the columns are understood and what the import would do."""
    file = _file(request, request.GET)
    return file if isinstance(file, HttpResponse) else _preview(request, plan_list(file), request.GET)


@roles(*IMPORT_CARD_LISTS)
@require_POST
@dangerous
def list_import(request: HttpRequest) -> HttpResponse:
    """Import the list that was shown; it is compared again with what is kept."""
    file = _file(request, request.POST)
    if isinstance(file, HttpResponse):
        return file
    made = import_list(file, request.POST.get("name", ""), actor=request.user, now_ms=clock.now_ms())
    if isinstance(made, ListPlan):
        return _preview(request, made, request.POST)
    uploads.forget(file.digest)
    messages.success(
        request,
        _("Imported: %(rows)d new rows, %(known)d known before.") % {"rows": made.rows, "known": made.known},
    )
    return redirect("desk:list", made.pk)


@roles(*SEE_MONEY)
@require_GET
def imported_list(request: HttpRequest, list_id: int) -> HttpResponse:
    """One list: the card system's against our receipts, card meters' sales by row."""
    made = get_object_or_404(ImportedList.objects.select_related("by"), pk=list_id)
    return _list_page(request, made, None)


@roles(*PAY_OVER_CARDS)
@require_POST
@dangerous
def list_pay_over(request: HttpRequest, list_id: int) -> HttpResponse:
    """Book that the card system's money for the matched receipts is at the bank."""
    made = get_object_or_404(ImportedList, pk=list_id, kind=ListKind.CARD_SYSTEM)
    form = PayOverForm(request.POST)
    if not form.is_valid():
        return _list_page(request, made, form)
    typed = form.cleaned_data
    done = pay_over(
        made.pk,
        typed["reference"],
        typed["amount"],
        typed["fee"] or 0,
        actor=request.user,
        now_ms=clock.now_ms(),
    )
    if isinstance(done, PayOverRefusal):
        form.add_error("reference" if "reference" in done else "amount", refusal_text(done))
        return _list_page(request, made, form)
    messages.success(request, _("Booked as pay-over %(number)d.") % {"number": done.number})
    return redirect("desk:list", made.pk)


def _front(request: HttpRequest, form: ListForm) -> HttpResponse:
    found = ImportedList.objects.select_related("by").order_by("-at_ms", "-pk")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lists": [(one, KINDS[one.kind]) for one in page],
        "form": form if may(request, IMPORT_CARD_LISTS) else None,
        "pay_overs": CardPayOver.objects.select_related("by").order_by("-number")[:ROWS_SHOWN],
    }
    return render(request, "desk/merchants/lists.html", context, status=400 if form.errors else 200)


def _file(request: HttpRequest, asked: QueryDict) -> ReadFile | HttpResponse:
    """Read the kept list again by the columns that are asked for; one that is gone leads back to the upload."""
    found = list_columns.kept(asked, ListKind)
    if found is None:
        messages.error(request, _("The list that was shown is no longer kept. Upload it once more."))
        return redirect("desk:lists")
    content, kind, days = found
    return read_file(content, kind, days, list_columns.chosen(FIELDS[kind], asked))


def _preview(request: HttpRequest, plan: ListPlan, asked: QueryDict) -> HttpResponse:
    file = plan.file
    context = {
        **list_columns.for_preview(FIELDS[file.kind], FIELD_WORDS, file, asked),
        "plan": plan,
        "kind": KINDS[file.kind],
        "findings": [(one.row, finding_words(one)) for one in plan.findings[:FINDINGS_SHOWN]],
        "rows": plan.new[:ROWS_SHOWN],
        "of_meters": file.kind is ListKind.CARD_METERS,
    }
    status = 200 if plan.can_be_carried_out else 422
    return render(request, "desk/merchants/list_preview.html", context, status=status)


def _list_page(request: HttpRequest, made: ImportedList, form: PayOverForm | None) -> HttpResponse:
    context = {"made": made, "kind": KINDS[made.kind], "of_meters": made.kind == ListKind.CARD_METERS}
    if context["of_meters"]:
        sales = made.sales.select_related("account__point__room__building").order_by("row")
        context["page"] = Paginator(sales, PER_PAGE).get_page(request.GET.get("page"))
    else:
        context |= _against_receipts(request, made, form)
    return render(request, "desk/merchants/list.html", context, status=400 if form else 200)


def _against_receipts(
    request: HttpRequest, made: ImportedList, form: PayOverForm | None
) -> dict[str, object]:
    found = matches(made)
    only = request.GET.get("only", "")
    wanted = [one for one in found if (one.state == only if only else one.state is not Match.MATCHED)]
    page = Paginator(wanted, PER_PAGE).get_page(request.GET.get("page"))
    payments, open_fen = to_pay_over(found)
    return {
        "page": page,
        "rows": [(one, _badge(one)) for one in page],
        "only": only,
        "before": f"only={only}",
        "counts": [(state, MATCHES[state][2], sum(one.state is state for one in found)) for state in Match],
        "open_fen": open_fen,
        "open_count": len(payments),
        "form": form or PayOverForm(initial={"amount": fen(open_fen) if open_fen else ""}),
        "may_pay_over": may(request, PAY_OVER_CARDS),
    }


def _badge(one: Matched) -> Badge:
    tone, outline, words = MATCHES[one.state]
    return Badge(words, tone, outline)
