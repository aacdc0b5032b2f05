"""Pages of other parties' lists: upload, columns and preview, bringing in, one list with its rows, taking back."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.domain.agreement_lists import fields_of, required
from central.domain.agreement_rows import Grain
from central.domain.four_way import LineUnit, Party
from central.domain.periods import Period
from central.losses.readings.sheets import month_of, named_period
from central.office import list_columns, uploads
from central.office.access import roles
from central.office.dangerous import dangerous
from central.office.roles import IMPORT_AGREEMENT, SEE_AGREEMENT
from central.papers.words import period_words
from central.reports.agreement.asked import asked_period, parties_of
from central.reports.agreement.forms import ListForm, ReasonForm
from central.reports.agreement.looking import want
from central.reports.agreement.models import OutsideList, OutsideListEnd
from central.reports.agreement.outside import ListPlan, ListRefusal, bring_in, end_list, lists_of, plan_list
from central.reports.agreement.tables import amount_text
from central.reports.agreement.words import (
    FIELD_WORDS,
    GRAIN_WORDS,
    LIST_PARTIES,
    refusal_text,
    row_finding_words,
)

FINDINGS_SHOWN, ROWS_SHOWN, PER_PAGE = 100, 12, 100


def _unit(party: str) -> LineUnit:
    return LineUnit.FEN if party == Party.K3 else LineUnit.WATT_HOURS


@roles(*SEE_AGREEMENT)
@require_GET
def lists(request: HttpRequest) -> HttpResponse:
    """Show what was brought in, and the form that begins it."""
    return _front(request, asked_period(request.GET.get("month", ""), clock.now_ms()), None)


def _front(request: HttpRequest, period: Period, form: ListForm | None) -> HttpResponse:
    parties = parties_of(request)
    page = Paginator(lists_of(request.user), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lists": [(one, _words_of(one)) for one in page],
        "form": form or (ListForm(parties=parties) if parties else None),
        "period": period_words(period),
        "month": month_of(period),
    }
    return render(request, "agreement/lists.html", context, status=400 if form and form.errors else 200)


def _words_of(one: OutsideList) -> dict[str, object]:
    return {
        "party": LIST_PARTIES[Party(one.party)],
        "grain": GRAIN_WORDS[Grain(one.grain)],
        "amount": amount_text(one.amount, _unit(one.party)),
        "month": one.period.partition(":")[2],
        "ended": hasattr(one, "end"),
        "name": one.file_name or one.words,
    }


@roles(*IMPORT_AGREEMENT)
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Keep a list and lead to its preview; nothing is changed by it."""
    form = ListForm(request.POST, request.FILES, parties=parties_of(request))
    period = asked_period(request.POST.get("month", ""), clock.now_ms())
    if not form.is_valid():
        return _front(request, period, form)
    typed = form.cleaned_data
    asked = {
        "digest": uploads.keep(typed["file"].read()),
        "name": typed["file"].name[:200],
        "party": typed["party"],
        "grain": typed["grain"],
        "period": period.name,
    }
    return redirect(f"{reverse('agreement:preview')}?{urlencode(asked)}")


@roles(*IMPORT_AGREEMENT)
@require_GET
def preview(request: HttpRequest) -> HttpResponse:
    """Show how the columns are understood and what bringing it in would do."""
    found = _plan(request, request.GET)
    return found if isinstance(found, HttpResponse) else _preview(request, found, request.GET)


@roles(*IMPORT_AGREEMENT)
@require_POST
@dangerous
def make(request: HttpRequest) -> HttpResponse:
    """Bring in the list that was shown; it is compared again with what counts."""
    plan, now_ms = _plan(request, request.POST), clock.now_ms()
    if isinstance(plan, HttpResponse):
        return plan
    made = bring_in(plan, request.POST.get("name", ""), actor=request.user, now_ms=now_ms)
    if isinstance(made, ListPlan):
        return _preview(request, made, request.POST)
    uploads.forget(plan.digest)
    want(plan.period, [one.code for one in plan.buildings], now_ms)
    messages.success(
        request,
        _("Brought in: %(rows)d rows. Its buildings are compared within minutes.") % {"rows": made.rows_read},
    )
    return redirect("agreement:list", made.pk)


def _plan(request: HttpRequest, asked: QueryDict) -> ListPlan | HttpResponse:
    """Read the kept list again by the columns that are asked for; one that is gone leads back to the upload."""
    content, period = uploads.kept(asked.get("digest", "")), named_period(asked.get("period", ""))
    try:
        party, grain = Party(asked.get("party", "")), Grain(asked.get("grain", ""))
    except ValueError:
        content, party = None, Party.K3
    if content is None or period is None or party not in parties_of(request):
        messages.error(request, _("The list that was shown is no longer kept. Upload it once more."))
        return redirect("agreement:lists")
    return plan_list(
        content, party, grain, period, list_columns.chosen(fields_of(party), asked), reader=request.user
    )


def _preview(request: HttpRequest, plan: ListPlan, asked: QueryDict) -> HttpResponse:
    fields, must = fields_of(plan.party), required(plan.party, plan.grain)
    columns = [
        (
            list_columns.COLUMN + one.name,
            FIELD_WORDS[one.name],
            one.name in must,
            [(place, title, plan.columns.get(one.name) == place) for place, title in enumerate(plan.header)],
        )
        for one in fields
    ]
    kept = [(name, asked.get(name, "")) for name in ("digest", "name", "party", "grain", "period")]
    unit = _unit(plan.party)
    context = {
        "plan": plan,
        "name": asked.get("name", ""),
        "party": LIST_PARTIES[plan.party],
        "grain": GRAIN_WORDS[plan.grain],
        "period": period_words(plan.period),
        "month": month_of(plan.period),
        "columns": columns if plan.header else [],
        "kept": kept,
        "to_import": [
            *kept,
            *((list_columns.COLUMN + one.name, plan.columns.get(one.name, "")) for one in fields),
        ],
        "findings": [(one.row, row_finding_words(one)) for one in plan.findings[:FINDINGS_SHOWN]],
        "rows": [(one, amount_text(one.row.amount, unit)) for one in plan.rows[:ROWS_SHOWN]],
        "total": amount_text(plan.amount, unit),
    }
    return render(request, "agreement/preview.html", context, status=200 if plan.can_be_carried_out else 422)


@roles(*SEE_AGREEMENT)
@require_GET
def one_list(request: HttpRequest, number: int) -> HttpResponse:
    """One list and its rows."""
    return _list_page(request, _list(request, number), ReasonForm())


@roles(*IMPORT_AGREEMENT)
@require_POST
@dangerous
def back(request: HttpRequest, number: int) -> HttpResponse:
    """Take a list back: it no longer counts, its rows stay."""
    made, form, now_ms = _list(request, number), ReasonForm(request.POST), clock.now_ms()
    if Party(made.party) not in parties_of(request):
        raise PermissionDenied
    if hasattr(made, "end"):
        messages.error(request, refusal_text(ListRefusal.ENDED))
        return redirect("agreement:list", made.pk)
    if not form.is_valid():
        return _list_page(request, made, form)
    done = end_list(made.pk, why=form.cleaned_data["why"], actor=request.user, now_ms=now_ms)
    if not isinstance(done, OutsideListEnd):
        form.add_error("why", refusal_text(done))
        return _list_page(request, made, form)
    if (period := named_period(made.period)) is not None:
        want(period, made.rows.values_list("building__code", flat=True).distinct(), now_ms)
    messages.success(request, _("Taken back: it no longer counts."))
    return redirect("agreement:list", made.pk)


def _list(request: HttpRequest, number: int) -> OutsideList:
    return get_object_or_404(lists_of(request.user), pk=number)


def _list_page(request: HttpRequest, made: OutsideList, form: ReasonForm) -> HttpResponse:
    rows = made.rows.select_related("building").order_by("row")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "made": made,
        "words": _words_of(made),
        "end": getattr(made, "end", None),
        "page": page,
        "rows": [(row, amount_text(row.amount, _unit(made.party))) for row in page],
        "form": form if Party(made.party) in parties_of(request) else None,
    }
    return render(request, "agreement/list.html", context, status=400 if form.errors else 200)
