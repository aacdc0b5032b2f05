"""Pages of subsidies: choose, look at what it comes to, ask for signatures, follow the credit, undo it on the same day."""

from collections import Counter

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.desk.forms import new_key
from central.desk.go_live.signers_view import bucket_words
from central.desk.subsidies.batches import Refused, SubsidyRefusal, ask_subsidy
from central.desk.subsidies.forms import ReasonForm, SubsidyForm
from central.desk.subsidies.models import SubsidyBatch
from central.desk.subsidies.plan import SubsidyPlan, plan_subsidy
from central.desk.subsidies.tables import plan_table, progress_of, terms_table
from central.desk.subsidies.undoing import undo_subsidy
from central.desk.subsidies.words import left_out_words, refusal_words
from central.office.access import may, roles
from central.office.dangerous import dangerous
from central.office.models import Approval
from central.office.page_table import page_tables
from central.office.roles import GIVE_SUBSIDIES, SEE_MONEY

BATCHES_PER_PAGE, ROWS_PER_PAGE, ROWS_SHOWN, LEFT_SHOWN = 20, 60, 60, 40


@roles(*SEE_MONEY)
@require_GET
def subsidy_list(request: HttpRequest) -> HttpResponse:
    """Show every batch, and to those who may ask the form that begins one."""
    now_ms = clock.now_ms()
    form = SubsidyForm(now_ms=now_ms, initial={"heads_on": clock.campus_day(now_ms)})
    return _front(request, form)


@roles(*GIVE_SUBSIDIES)
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """Show what a choice comes to; nothing is changed by it."""
    form = SubsidyForm(request.POST, request.FILES, now_ms=clock.now_ms())
    if not form.is_valid():
        return _front(request, form)
    plan = plan_subsidy(form.choice())
    reason = ReasonForm(initial={"key": new_key(), "shown": plan.digest})
    return _preview(request, form, plan, reason)


@roles(*GIVE_SUBSIDIES)
@require_POST
@dangerous
def ask(request: HttpRequest) -> HttpResponse:
    """Put what was shown before those who sign; a campus that changed since is shown again."""
    now_ms = clock.now_ms()
    form, reason = SubsidyForm(request.POST, now_ms=now_ms), ReasonForm(request.POST)
    if not form.is_valid():
        return _front(request, form)
    plan = plan_subsidy(form.choice())
    if not reason.is_valid():
        return _preview(request, form, plan, reason)
    said = reason.cleaned_data
    asked = ask_subsidy(
        plan, said["key"], shown=said["shown"], why=said["why"], actor=request.user, now_ms=now_ms
    )
    if isinstance(asked, Approval):
        messages.success(request, _("Asked for. Nothing is credited before the last signature."))
        return redirect("office:approval", asked.number)
    if isinstance(asked, Refused) and asked.why is SubsidyRefusal.CHANGED:
        reason = ReasonForm({**said, "shown": plan.digest})
        reason.is_valid()
    reason.add_error(None, refusal_words(asked))
    return _preview(request, form, plan, reason)


def _front(request: HttpRequest, form: SubsidyForm) -> HttpResponse:
    given = Sum("rows__amount", filter=Q(rows__left_out=None))
    batches = SubsidyBatch.objects.select_related("customer_class", "done", "undo").annotate(given=given)
    batches = batches.order_by("-asked_ms")
    page = Paginator(batches, BATCHES_PER_PAGE).get_page(request.GET.get("page"))
    requests = {r.key: r for r in Approval.objects.filter(key__in=[batch.pk for batch in page])}
    context = {
        "form": form if may(request, GIVE_SUBSIDIES) else None,
        "page": page,
        "lines": [(b, bucket_words(b.bucket), requests.get(b.pk), _taken_back(b)) for b in page],
    }
    return render(request, "desk/subsidies.html", context, status=400 if form.errors else 200)


def _taken_back(batch: SubsidyBatch) -> int:
    return progress_of(batch).taken_back if hasattr(batch, "undo") else 0


def _preview(request: HttpRequest, form: SubsidyForm, plan: SubsidyPlan, reason: ReasonForm) -> HttpResponse:
    said = form.cleaned_data
    reasons = Counter(one.why for one in plan.left_out)
    context = {
        "plan": plan,
        "unit": plan.choice.bucket.unit,
        "bucket_name": bucket_words(plan.choice.bucket.name),
        "said": said,
        "hidden": _hidden(form),
        "tables": page_tables([plan_table(plan)]),
        "rows": plan.rows[:ROWS_SHOWN],
        "left": [
            (left_out_words(why), count, [one.room for one in plan.left_out if one.why == why][:LEFT_SHOWN])
            for why, count in reasons.items()
        ],
        "form": reason,
    }
    ok = plan.can_be_asked and not reason.errors
    return render(request, "desk/subsidy_preview.html", context, status=200 if ok else 422)


def _hidden(form: SubsidyForm) -> list[tuple[str, str]]:
    """Give what the confirming form sends again: the choice as it was typed, the rooms by their digest."""
    said = form.cleaned_data
    last = said["last_day"].isoformat() if said["last_day"] else ""
    pairs = [("bucket", str(said["bucket"].pk)), ("per_head", said["per_head"]), ("last_day", last)]
    pairs += [("heads_on", said["heads_on"].isoformat()), ("kept", form.keep_rooms())]
    return [*pairs, *(("buildings", code) for code in said["buildings"])]


@roles(*SEE_MONEY)
@require_GET
def subsidy(request: HttpRequest, batch: str) -> HttpResponse:
    """Show a batch: what was signed, how far its credit has come, what came back."""
    return _batch_page(request, _batch(batch), "")


@roles(*GIVE_SUBSIDIES)
@require_POST
@dangerous
def undo(request: HttpRequest, batch: str) -> HttpResponse:
    """Undo a batch on the day it was given: once, with a reason."""
    found = _batch(batch)
    done = undo_subsidy(
        found.pk, why=request.POST.get("why", "")[:300], actor=request.user, now_ms=clock.now_ms()
    )
    if isinstance(done, Refused):
        return _batch_page(request, found, refusal_words(done))
    messages.success(
        request, _("The gateways are asked. What is left of it comes back; what was used stays.")
    )
    return redirect("desk:subsidy", found.pk)


def _batch(batch: str) -> SubsidyBatch:
    batches = SubsidyBatch.objects.select_related("customer_class", "done", "undo__by", "asked_by")
    return get_object_or_404(batches, pk=batch)


def _batch_page(request: HttpRequest, batch: SubsidyBatch, error: str) -> HttpResponse:
    now_ms, done = clock.now_ms(), getattr(batch, "done", None)
    page = Paginator(batch.rows.select_related("left_out", "account__point__room"), ROWS_PER_PAGE)
    shown = page.get_page(request.GET.get("page"))
    is_today = done is not None and clock.campus_day(done.done_ms) == clock.campus_day(now_ms)
    context = {
        "batch": batch,
        "done": done,
        "undone": getattr(batch, "undo", None),
        "request_for": Approval.objects.filter(key=batch.pk).first(),
        "progress": progress_of(batch) if done else None,
        "tables": page_tables([terms_table(batch)]),
        "page": shown,
        "rows": [(r, left_out_words(r.left_out.why) if hasattr(r, "left_out") else "") for r in shown],
        "may_undo": may(request, GIVE_SUBSIDIES) and is_today and not hasattr(batch, "undo"),
        "is_over": done is not None and not is_today and not hasattr(batch, "undo"),
        "typed": request.POST.get("why", ""),
        "error": error,
    }
    return render(request, "desk/subsidy.html", context, status=409 if error else 200)
