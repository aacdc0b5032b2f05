"""Write a list: begin a draft, change it, read a table into it, compare it with the last list, ask for its approval, or throw it
away."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from central import clock
from central.campus.import_words import place_of, words_of
from central.campus.list_file import read_list
from central.domain.approval import chain_json
from central.domain.campus_rows import Problem
from central.domain.price_list import begins
from central.domain.repair_list import ItemProblem, read_table
from central.office import list_drafts, price_lists, repair_lists
from central.office.access import may, roles
from central.office.acts import act_of
from central.office.approval_queries import SEES_ALL
from central.office.approvals import ApprovalRefusal, chain_for
from central.office.dangerous import dangerous
from central.office.forms import CampusListForm
from central.office.list_drafts import CannotBePublished, DraftRefusal
from central.office.list_head_form import ListHeadForm, typed_instant
from central.office.list_queries import draft_line, published_by, requests_of
from central.office.list_words import problem_place, problem_words, refusal_words
from central.office.models import ListDraft, ListKind
from central.office.page_table import page_tables
from central.office.price_list_form import PriceListForm
from central.office.repair_list_form import RepairListForm
from central.office.roles import SEE_PRICES, SET_PRICES
from central.office.setting_words import chain_text

PROBLEMS_SHOWN = 100
HOMES = {ListKind.PRICE: "office:prices", ListKind.REPAIR: "office:repairs"}
IN_FORCE = {ListKind.PRICE: price_lists.rows_in_force, ListKind.REPAIR: repair_lists.rows_in_force}


@roles(*SET_PRICES)
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Begin a draft with what is in force."""
    kind = request.POST.get("kind", "")
    if kind not in ListKind.values:
        raise Http404
    now_ms = clock.now_ms()
    made = list_drafts.start(kind, IN_FORCE[kind](now_ms), actor=request.user, now_ms=now_ms)
    if isinstance(made, DraftRefusal):
        messages.error(request, refusal_words(made))
        return redirect(HOMES[kind])
    return redirect("office:list-draft", made.pk)


@roles(*SET_PRICES)
def draft(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Show a draft's form and take what was typed; whose office can't change it is shown the comparison."""
    found = get_object_or_404(ListDraft.objects.select_related("request"), pk=draft_id)
    now_ms = clock.now_ms()
    refusal = list_drafts.refusal_of(found, request.user, now_ms)
    if refusal is not None:
        if request.method == "POST":
            messages.error(request, refusal_words(refusal))
        return redirect("office:list-compare", draft_id)
    typed = request.POST if request.method == "POST" else None
    head, form = _forms(found, typed, now_ms)
    if typed is not None and head.is_valid() and form.is_good:
        saved = list_drafts.save(
            draft_id, head.cleaned_data["begins"], form.rows, actor=request.user, now_ms=now_ms, seen_ms=_seen(request)
        )  # fmt: skip
        if not isinstance(saved, DraftRefusal):
            messages.success(request, _("The draft is saved. Nothing is published yet."))
            return redirect("office:list-compare" if "compare" in typed else "office:list-draft", draft_id)
        head.add_error(None, refusal_words(saved))
    return _edit(request, found, head, form, 400 if typed is not None else 200)


def _forms(
    found: ListDraft, typed: object, now_ms: int
) -> tuple[ListHeadForm, PriceListForm | RepairListForm]:
    head = ListHeadForm(typed, initial={"begins": typed_instant(found.from_ms)})
    if found.kind == ListKind.REPAIR:
        return head, RepairListForm(found.rows, typed)
    return head, PriceListForm(found.rows, price_lists.prices_in_force(begins(found.from_ms, now_ms)), typed)


def _edit(
    request: HttpRequest,
    found: ListDraft,
    head: ListHeadForm,
    form: PriceListForm | RepairListForm,
    status: int,
    problems: list[tuple[str, str]] | None = None,
) -> HttpResponse:
    context = {
        "draft": found,
        "line": draft_line(found),
        "home": HOMES[found.kind],
        "head": head,
        "form": form,
        "file_form": CampusListForm(),
        "problems": problems or [],
        "is_bad": status == 400,
    }
    page = "office/repair_draft.html" if found.kind == ListKind.REPAIR else "office/price_draft.html"
    return render(request, page, context, status=status)


@roles(*SET_PRICES)
@require_POST
def take_table(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Replace a repair draft's items by a CSV or XLSX table: all or nothing, problems by row."""
    found = get_object_or_404(ListDraft, pk=draft_id, kind=ListKind.REPAIR)
    now_ms = clock.now_ms()
    refusal = list_drafts.refusal_of(found, request.user, now_ms)
    if refusal is not None:
        messages.error(request, refusal_words(refusal))
        return redirect("office:list-compare", draft_id)
    form = CampusListForm(request.POST, request.FILES)
    if not form.is_valid():
        said = [("", str(error)) for errors in form.errors.values() for error in errors]
        return _edit(request, found, *_forms(found, None, now_ms), 400, said)
    sheets = read_list(form.cleaned_data["file"].read())
    if isinstance(sheets, Problem):
        return _edit(
            request, found, *_forms(found, None, now_ms), 400, [(place_of(sheets), words_of(sheets))]
        )
    items, problems = read_table(sheets[0].header, sheets[0].rows)
    if problems:
        return _edit(request, found, *_forms(found, None, now_ms), 400, _said(problems))
    rows = [item.content() for item in items]
    saved = list_drafts.save(draft_id, found.from_ms, rows, actor=request.user, now_ms=now_ms)
    if isinstance(saved, DraftRefusal):
        messages.error(request, refusal_words(saved))
    else:
        messages.success(request, _("%(count)d items were read into the draft.") % {"count": len(rows)})
    return redirect("office:list-draft", draft_id)


def _said(problems: list[ItemProblem]) -> list[tuple[str, str]]:
    return [(problem_place(problem), problem_words(problem)) for problem in problems[:PROBLEMS_SHOWN]]


@roles(*SEE_PRICES)
@require_safe
def compare(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Show what a draft changes, how its requests went, and to its writers the way to ask for its approval."""
    found = get_object_or_404(ListDraft.objects.select_related("request", "author"), pk=draft_id)
    return _comparison(request, found, "", 200)


def _comparison(request: HttpRequest, found: ListDraft, error: str, status: int) -> HttpResponse:
    now_ms = clock.now_ms()
    if (published := published_by(found)) is not None:
        return redirect(
            "office:price-list" if found.kind == ListKind.PRICE else "office:repair-list", published.pk
        )
    act = act_of(found.kind)
    changed = price_lists.changed if found.kind == ListKind.PRICE else repair_lists.changed
    rows = found.request.content["rows"] if found.is_waiting else changed(found.rows, found.from_ms, now_ms)
    content = {"draft": found.pk, "from_ms": found.from_ms, "rows": rows}
    chain = chain_for(act, request.user, now_ms) if act else None
    context = {
        "draft": found,
        "line": draft_line(found),
        "home": HOMES[found.kind],
        "tables": page_tables(act.show(content)) if act and rows else [],
        "may_change": list_drafts.refusal_of(found, request.user, now_ms) is None,
        "has_passed": 0 < found.from_ms <= now_ms,
        "chain": "" if chain is None else chain_text(chain_json(chain)),
        "requests": requests_of(found),
        "sees_requests": may(request, SEES_ALL),
        "key": request.POST.get("key") or str(uuid.uuid4()),
        "why": request.POST.get("why", ""),
        "error": error,
    }
    return render(request, "office/list_compare.html", context, status=status)


@roles(*SET_PRICES)
@require_POST
@dangerous
def ask(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Ask for the approval of the draft that was looked at."""
    found = get_object_or_404(ListDraft.objects.select_related("request", "author"), pk=draft_id)
    asked = list_drafts.ask(
        draft_id,
        seen_ms=_seen(request) or 0,
        why=request.POST.get("why", ""),
        key=request.POST.get("key", "")[:64] or str(uuid.uuid4()),
        actor=request.user,
        now_ms=clock.now_ms(),
    )
    if isinstance(asked, DraftRefusal | ApprovalRefusal | CannotBePublished):
        return _comparison(request, found, refusal_words(asked), 400)
    messages.success(
        request, _("Asked for as request %(number)d. It is published with the last signature.") % {"number": asked.number}
    )  # fmt: skip
    return redirect("office:list-compare", draft_id)


@roles(*SET_PRICES)
@require_POST
def throw_away(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Delete a draft."""
    found = get_object_or_404(ListDraft, pk=draft_id)
    refusal = list_drafts.throw_away(draft_id, actor=request.user, now_ms=clock.now_ms())
    if refusal is not None:
        messages.error(request, refusal_words(refusal))
        return redirect("office:list-compare", draft_id)
    messages.success(request, _("The draft was thrown away."))
    return redirect(HOMES[found.kind])


def _seen(request: HttpRequest) -> int | None:
    """Give the draft's last change as the page had it."""
    text = request.POST.get("seen", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None
