"""Pages of voucher exports: days not exported, the preview, an export with its file, the template in use (R-4.1.9)."""

from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.domain.k3_layout import layout_from_json
from central.domain.k3_voucher import Span
from central.office.access import may, roles
from central.office.dangerous import dangerous
from central.office.page_table import page_tables
from central.office.roles import EXPORT_K3, SEE_K3
from central.reports.audit.acts import move_words
from central.reports.k3 import exports as operations
from central.reports.k3.exports import ExportPlan, ExportRefusal, Wanted, vouchers_of
from central.reports.k3.files import CONTENT_TYPES, voucher_file
from central.reports.k3.forms import DaysForm, ReasonForm, TemplateForm
from central.reports.k3.models import K3Export, K3ExportEnd
from central.reports.k3.queries import days_not_exported, next_numbers
from central.reports.k3.tables import groups_table, left_out_table, vouchers_table
from central.reports.k3.templates_in_use import layout_in_use, template_in_use, use_standard, use_template
from central.reports.k3.words import layout_finding_words, refusal_text, voucher_finding_words

PER_PAGE, VOUCHERS_PER_PAGE, FINDINGS_SHOWN = 40, 30, 100


@roles(*SEE_K3)
@require_GET
def exports(request: HttpRequest) -> HttpResponse:
    """Show which days wait, and what was exported."""
    return _front(request, None)


def _front(request: HttpRequest, form: DaysForm | None) -> HttpResponse:
    now_ms = clock.now_ms()
    waiting, ready_until = days_not_exported(now_ms)
    if form is None:
        first = waiting[0][0] if waiting else clock.campus_day(now_ms) - timedelta(days=1)
        last = max(first, min(waiting[0][1], ready_until)) if waiting and ready_until else first
        form = DaysForm(initial={"first": first, "last": last, "span": Span.DAY})
    made = K3Export.objects.select_related("by", "end").order_by("-number")
    page = Paginator(made, PER_PAGE).get_page(request.GET.get("page"))
    layout, form_of_file, template_name = layout_in_use()
    context = {
        "waiting": waiting,
        "ready_until": ready_until,
        "page": page,
        "form": form if may(request, EXPORT_K3) else None,
        "layout": layout,
        "form_of_file": form_of_file,
        "template_name": template_name,
    }
    return render(request, "k3/exports.html", context, status=400 if form.errors else 200)


@roles(*SEE_K3)
@require_GET
def plan(request: HttpRequest) -> HttpResponse:
    """Show the vouchers that an export would have, or why it has none."""
    form = DaysForm(request.GET)
    if not form.is_valid():
        return _front(request, form)
    wanted = form.wanted()
    numbers = {**next_numbers(wanted.periods), **wanted.numbers}
    wanted = Wanted(wanted.first, wanted.last, wanted.span, numbers)
    return _plan_page(request, operations.plan_export(wanted, clock.now_ms()), "", "")


@roles(*EXPORT_K3)
@require_POST
@dangerous
def make(request: HttpRequest) -> HttpResponse:
    """Make the export that was shown."""
    form = DaysForm(request.POST)
    if not form.is_valid():
        return _front(request, form)
    why = request.POST.get("why", "")
    made = operations.make_export(
        form.wanted(), shown=request.POST.get("shown", ""), why=why, actor=request.user, now_ms=clock.now_ms()
    )
    if not isinstance(made, K3Export):
        refusal, stands = made
        return _plan_page(request, stands, why, refusal)
    messages.success(request, _("Exported as number %(number)d. Take the file below.") % {"number": made.pk})
    return redirect("k3:export", made.pk)


def _plan_page(request: HttpRequest, stands: ExportPlan, why: str, refusal: str) -> HttpResponse:
    wanted = stands.wanted
    errors = [refusal_text(one, found) for one, found in stands.refusals.items()]
    if refusal in (ExportRefusal.CHANGED, ExportRefusal.EXPORTED_BEFORE):
        errors.append(refusal_text(refusal))
    findings = stands.made.findings
    context = {
        "plan": stands,
        "wanted": wanted,
        "errors": errors,
        "findings": [
            voucher_finding_words(one, str(move_words(one.found))) for one in findings[:FINDINGS_SHOWN]
        ],
        "more_findings": max(0, len(findings) - FINDINGS_SHOWN),
        "numbers": [
            (f"n-{year}-{month:02d}", f"{year}-{month:02d}", wanted.numbers.get((year, month), 1))
            for year, month in wanted.periods
        ]
        if not stands.refusals
        else [],
        "tables": page_tables(
            [groups_table(stands.made.vouchers), vouchers_table(stands.made.vouchers[:VOUCHERS_PER_PAGE])]
        )
        if stands.made.vouchers
        else [],
        "more": max(0, len(stands.made.vouchers) - VOUCHERS_PER_PAGE),
        "left_out": page_tables([left_out_table(stands.made.left_out)]) if stands.made.left_out else [],
        "why": why,
        "may_make": may(request, EXPORT_K3) and not stands.refusals,
    }
    return render(request, "k3/plan.html", context, status=422 if errors else 200)


@roles(*SEE_K3)
@require_GET
def export(request: HttpRequest, number: int) -> HttpResponse:
    """One export: its vouchers, its file, whether it was taken back."""
    return _export_page(request, _export(number), ReasonForm())


def _export(number: int) -> K3Export:
    return get_object_or_404(K3Export.objects.select_related("by", "end__by"), pk=number)


def _export_page(request: HttpRequest, made: K3Export, form: ReasonForm) -> HttpResponse:
    page = Paginator(vouchers_of(made), VOUCHERS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "made": made,
        "end": getattr(made, "end", None),
        "page": page,
        "tables": page_tables([groups_table(vouchers_of(made)), vouchers_table(page.object_list)]),
        "left_out": page_tables([left_out_table(made.left_out)]) if made.left_out else [],
        "form": form,
        "may_export": may(request, EXPORT_K3),
    }
    return render(request, "k3/export.html", context, status=400 if form.errors else 200)


@roles(*EXPORT_K3)
@require_GET
def file(request: HttpRequest, number: int) -> HttpResponse:
    """Give an export's file; who took it is on record before it leaves. One that was taken back gives none."""
    made = _export(number)
    if hasattr(made, "end"):
        messages.error(request, _("This export was taken back: its file is not given out any more."))
        return redirect("k3:export", made.pk)
    operations.put_taking_on_record(made, request.user, clock.now_ms())
    body = voucher_file(made.form, layout_from_json(made.layout), vouchers_of(made), made.by.spoken_name)
    answer = HttpResponse(body, content_type=CONTENT_TYPES[made.form])
    name = f"k3-{made.pk}-{made.first_day:%Y%m%d}-{made.last_day:%Y%m%d}.{made.form}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


@roles(*EXPORT_K3)
@require_POST
@dangerous
def back(request: HttpRequest, number: int) -> HttpResponse:
    """Take an export back: its days may be exported again."""
    made, form = _export(number), ReasonForm(request.POST)
    if not form.is_valid():
        return _export_page(request, made, form)
    why = form.cleaned_data["why"]
    done = operations.take_back(made.pk, why=why, actor=request.user, now_ms=clock.now_ms())
    if not isinstance(done, K3ExportEnd):
        form.add_error("why", refusal_text(done))
        return _export_page(request, made, form)
    messages.success(request, _("Taken back. Delete its vouchers in K/3, too, if they are there."))
    return redirect("k3:export", made.pk)


@roles(*SEE_K3)
@require_GET
def template(request: HttpRequest) -> HttpResponse:
    """Show the layout in use."""
    return _template_page(request, TemplateForm(), [])


@roles(*EXPORT_K3)
@require_POST
def take_template(request: HttpRequest) -> HttpResponse:
    """Take the layout of a file that the user's own K/3 exported. It changes how files look, and no figure."""
    form = TemplateForm(request.POST, request.FILES)
    if not form.is_valid():
        return _template_page(request, form, [])
    sent = form.cleaned_data["file"]
    done = use_template(sent.read(), sent.name, actor=request.user, now_ms=clock.now_ms())
    if isinstance(done, list):
        return _template_page(request, form, [layout_finding_words(one) for one in done])
    messages.success(request, _("The next exports have the columns of this file."))
    return redirect("k3:template")


@roles(*EXPORT_K3)
@require_POST
def standard(request: HttpRequest) -> HttpResponse:
    """Go back to the standard layout."""
    use_standard(bool(request.POST.get("with_rate_type")), actor=request.user, now_ms=clock.now_ms())
    messages.success(request, _("The next exports have the standard layout."))
    return redirect("k3:template")


def _template_page(request: HttpRequest, form: TemplateForm, findings: list[str]) -> HttpResponse:
    layout, form_of_file, name = layout_in_use()
    context = {
        "form": form if may(request, EXPORT_K3) else None,
        "findings": findings,
        "layout": layout,
        "kept": template_in_use(),
        "name": name,
        "form_of_file": form_of_file,
        "columns": list(zip(layout.titles, layout.columns, strict=False)),
        "defaults": [
            (key, layout.defaults.get(key, "")) for key in layout.columns if layout.defaults.get(key)
        ],
    }
    return render(request, "k3/template.html", context, status=422 if findings or form.errors else 200)
