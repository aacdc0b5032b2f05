"""Pages of what K/3 exports: upload, columns and preview, import, one list with its rows."""

from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.domain.k3_rows import K3_FIELDS, K3Kind
from central.office import list_columns, uploads
from central.office.access import may, roles
from central.office.dangerous import dangerous
from central.office.roles import IMPORT_K3, SEE_K3
from central.reports.k3 import imports as operations
from central.reports.k3.forms import K3ListForm, ReasonForm
from central.reports.k3.imports import ImportPlan, K3File, import_file, plan_import, read_file
from central.reports.k3.models import K3Import, K3ImportEnd
from central.reports.k3.words import FIELD_WORDS, KIND_WORDS, refusal_text, row_finding_words

FINDINGS_SHOWN, ROWS_SHOWN, PER_PAGE = 100, 12, 100


@roles(*SEE_K3)
@require_GET
def imports(request: HttpRequest) -> HttpResponse:
    """Show what was imported, and to finance the form that begins it."""
    first = clock.campus_day(clock.now_ms()).replace(day=1)
    last = first - timedelta(days=1)
    return _front(request, K3ListForm(initial={"first": last.replace(day=1), "last": last}))


def _front(request: HttpRequest, form: K3ListForm) -> HttpResponse:
    found = K3Import.objects.select_related("by", "end").order_by("-at_ms", "-pk")
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lists": [(one, KIND_WORDS[K3Kind(one.kind)], hasattr(one, "end")) for one in page],
        "form": form if may(request, IMPORT_K3) else None,
    }
    return render(request, "k3/imports.html", context, status=400 if form.errors else 200)


@roles(*IMPORT_K3)
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Keep a list and lead to its preview; nothing is changed by it."""
    form = K3ListForm(request.POST, request.FILES)
    if not form.is_valid():
        return _front(request, form)
    return redirect(f"{reverse('k3:preview')}?{list_columns.keep(form.cleaned_data)}")


@roles(*IMPORT_K3)
@require_GET
def preview(request: HttpRequest) -> HttpResponse:
    """Show how the columns are understood and what the import would do."""
    file = _file(request, request.GET)
    return file if isinstance(file, HttpResponse) else _preview(request, plan_import(file), request.GET)


@roles(*IMPORT_K3)
@require_POST
@dangerous
def bring_in(request: HttpRequest) -> HttpResponse:
    """Import the list that was shown; it is compared again with what is kept."""
    file = _file(request, request.POST)
    if isinstance(file, HttpResponse):
        return file
    made = import_file(file, request.POST.get("name", ""), actor=request.user, now_ms=clock.now_ms())
    if isinstance(made, ImportPlan):
        return _preview(request, made, request.POST)
    uploads.forget(file.digest)
    said = {"rows": made.rows, "known": made.known}
    messages.success(request, _("Imported: %(rows)d new rows, %(known)d known before.") % said)
    return redirect("k3:imported", made.pk)


@roles(*SEE_K3)
@require_GET
def imported(request: HttpRequest, number: int) -> HttpResponse:
    """One list and its rows."""
    return _list_page(request, _import(number), ReasonForm())


@roles(*IMPORT_K3)
@require_POST
@dangerous
def back(request: HttpRequest, number: int) -> HttpResponse:
    """Take an import back: it no longer counts, its rows stay."""
    made, form = _import(number), ReasonForm(request.POST)
    if not form.is_valid():
        return _list_page(request, made, form)
    why = form.cleaned_data["why"]
    done = operations.end_import(made.pk, why=why, actor=request.user, now_ms=clock.now_ms())
    if not isinstance(done, K3ImportEnd):
        form.add_error("why", refusal_text(done))
        return _list_page(request, made, form)
    messages.success(request, _("Taken back: it no longer counts."))
    return redirect("k3:imported", made.pk)


def _import(number: int) -> K3Import:
    return get_object_or_404(K3Import.objects.select_related("by", "end__by"), pk=number)


def _file(request: HttpRequest, asked: QueryDict) -> K3File | HttpResponse:
    """Read the kept list again by the columns that are asked for; one that is gone leads back to the upload."""
    found = list_columns.kept(asked, K3Kind)
    if found is None:
        messages.error(request, _("The list that was shown is no longer kept. Upload it once more."))
        return redirect("k3:imports")
    content, kind, days = found
    return read_file(content, kind, days, list_columns.chosen(K3_FIELDS[kind], asked))


def _preview(request: HttpRequest, plan: ImportPlan, asked: QueryDict) -> HttpResponse:
    file = plan.file
    context = {
        **list_columns.for_preview(K3_FIELDS[file.kind], FIELD_WORDS, file, asked),
        "plan": plan,
        "kind": KIND_WORDS[file.kind],
        "findings": [(one.row, row_finding_words(one)) for one in plan.findings[:FINDINGS_SHOWN]],
        "rows": [(row, row.side("debit"), row.side("credit")) for row in plan.new[:ROWS_SHOWN]],
        "of_vouchers": file.kind is K3Kind.VOUCHERS,
    }
    return render(request, "k3/preview.html", context, status=200 if plan.can_be_carried_out else 422)


def _list_page(request: HttpRequest, made: K3Import, form: ReasonForm) -> HttpResponse:
    of_vouchers = made.kind == K3Kind.VOUCHERS
    rows = (made.entries if of_vouchers else made.totals).order_by("row")
    context = {
        "made": made,
        "end": getattr(made, "end", None),
        "kind": KIND_WORDS[K3Kind(made.kind)],
        "of_vouchers": of_vouchers,
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "form": form,
        "may_import": may(request, IMPORT_K3),
    }
    return render(request, "k3/import.html", context, status=400 if form.errors else 200)
