"""The page of one go-live: the list beside what the gateways say, building by building; accepting, correcting, the way back."""

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.campus.models import Bucket
from central.desk.forms import new_key
from central.desk.go_live.asking import Asked, ask_acceptance, ask_correction, ask_way_back
from central.desk.go_live.batches import Refused
from central.desk.go_live.comparison import Compared, State, compare, summaries
from central.desk.go_live.forms import CorrectionForm, ReasonForm
from central.desk.go_live.models import OpeningBatch
from central.desk.go_live.queries import BuildingLine, batch_lines, building_lines, owed_lines
from central.desk.go_live.settling import ask_again, collect_debt
from central.desk.go_live.signers_view import bucket_words, state_words
from central.desk.go_live.words import finding_words, refusal_words
from central.office.access import may, roles
from central.office.dangerous import dangerous
from central.office.models import Approval
from central.office.roles import GO_LIVE, SEE_MONEY
from gateway.contract.quantities import Unit

ROWS_PER_PAGE = 60
TONES = {
    State.EQUAL: ("good", "done"),
    State.DIFFERS: ("bad", "fail"),
    State.NOT_REPORTED: ("info", "info"),
    State.ASKED_BACK: ("warn", "clash"),
    State.REFUSED_BACK: ("bad", "fail"),
}
OLD_DEBT = "debt from the former system"
"""Why credit is asked for; kept on record in one language."""


@roles(*SEE_MONEY)
@require_GET
def batch(request: HttpRequest, batch: str) -> HttpResponse:
    """Show a go-live with one of its buildings; a correction or way back leads to the go-live that it belongs to."""
    found = get_object_or_404(OpeningBatch.objects.select_related("of", "done"), pk=batch)
    if found.of_id is not None:
        return redirect("desk:go-live-batch", found.of_id)
    return _page(request, found, request.GET.get("building", ""), {})


@roles(*GO_LIVE)
@require_POST
@dangerous
def accept(request: HttpRequest, batch: str) -> HttpResponse:
    """Ask that a building's go-live is accepted."""

    def asked(found: OpeningBatch, building: str, form: ReasonForm) -> Asked:
        given = form.cleaned_data
        return ask_acceptance(
            found, building, given["key"], why=given["why"], actor=request.user, now_ms=clock.now_ms()
        )

    return _ask(request, batch, "accept_form", ReasonForm(request.POST, prefix="accept"), asked)


@roles(*GO_LIVE)
@require_POST
@dangerous
def way_back(request: HttpRequest, batch: str) -> HttpResponse:
    """Ask that a building, or with `all` every building that is not accepted, is taken back."""

    def asked(found: OpeningBatch, building: str, form: ReasonForm) -> Asked:
        given, wanted = form.cleaned_data, "" if "all" in request.POST else building
        return ask_way_back(
            found, wanted, given["key"], why=given["why"], actor=request.user, now_ms=clock.now_ms()
        )

    return _ask(request, batch, "back_form", ReasonForm(request.POST, prefix="back"), asked)


@roles(*GO_LIVE)
@require_POST
@dangerous
def correct(request: HttpRequest, batch: str) -> HttpResponse:
    """Ask that one room's opening balance becomes another one."""

    def asked(found: OpeningBatch, building: str, form: ReasonForm) -> Asked | str:
        given = form.cleaned_data
        row = found.rows.filter(room=given["room"].strip()).first()
        unit = Unit(row.unit) if row else Unit.YUAN
        amount = form.amount_in(unit) if isinstance(form, CorrectionForm) else 0
        if isinstance(amount, list):
            return finding_words(amount[0])
        return ask_correction(
            found,
            given["room"].strip(),
            given["bucket"],
            amount,
            given["key"],
            why=given["why"],
            actor=request.user,
            now_ms=clock.now_ms(),
        )

    form = CorrectionForm(request.POST, prefix="correct", buckets=_buckets(batch))
    return _ask(request, batch, "correct_form", form, asked)


@roles(*GO_LIVE)
@require_POST
@dangerous
def again(request: HttpRequest, batch: str, row: int) -> HttpResponse:
    """Ask a gateway once more for what it refused to give back."""
    found = get_object_or_404(OpeningBatch, pk=batch)
    done = ask_again(row, actor=request.user, now_ms=clock.now_ms())
    return _said(request, found, done, _("The gateway is asked once more."))


@roles(*GO_LIVE)
@require_POST
@dangerous
def collect(request: HttpRequest, batch: str) -> HttpResponse:
    """Ask a room's gateway for as much credit as the room owes from the old system."""
    found = get_object_or_404(OpeningBatch, pk=batch)
    account, key = request.POST.get("account", "")[:64], request.POST.get("key", "")[:32]
    done = collect_debt(account, key or new_key(), why=OLD_DEBT, actor=request.user, now_ms=clock.now_ms())
    return _said(request, found, done, _("The gateway is asked. What it takes settles the debt."))


def _said(request: HttpRequest, found: OpeningBatch, done: object, words: str) -> HttpResponse:
    if isinstance(done, Refused):
        messages.error(request, refusal_words(done))
    else:
        messages.success(request, words)
    building = request.POST.get("building", "")
    return redirect(f"{reverse('desk:go-live-batch', args=[found.pk])}?building={building}")


def _ask(
    request: HttpRequest,
    batch_id: str,
    name: str,
    form: ReasonForm,
    asked: Callable[[OpeningBatch, str, ReasonForm], Asked | str],
) -> HttpResponse:
    """Ask, and lead to the request; what was refused stays on the page with what was typed."""
    found = get_object_or_404(OpeningBatch.objects.select_related("done"), pk=batch_id, of=None)
    building = request.POST.get("building", "")
    if form.is_valid():
        result = asked(found, building, form)
        if isinstance(result, Approval):
            messages.success(request, _("Asked for. It is done when two people have signed."))
            return redirect("office:approval", result.number)
        form.add_error(None, result if isinstance(result, str) else refusal_words(result))
    return _page(request, found, building, {name: form})


def _page(request: HttpRequest, found: OpeningBatch, code: str, forms: dict[str, ReasonForm]) -> HttpResponse:
    lines = building_lines(found)
    chosen = next((line for line in lines if line.building.code == code), lines[0])
    is_done = hasattr(found, "done")
    context = {
        "batch": found,
        "line": batch_lines([found])[0],
        "buildings": lines,
        "chosen": chosen,
        "is_done": is_done,
        "later": batch_lines(found.later.select_related("done")),
        "may_ask": may(request, GO_LIVE) and is_done,
        "reason_key": new_key(),
        "owed": owed_lines(chosen.building),
        "paper": _paper_address(found),
    }
    context |= _compared(request, found, chosen) if is_done else _asked_rows(request, found, chosen)
    context |= _forms(found, forms)
    return render(request, "desk/go_live_batch.html", context, status=400 if forms else 200)


def _forms(found: OpeningBatch, forms: dict[str, ReasonForm]) -> dict[str, ReasonForm]:
    fresh: dict[str, ReasonForm] = {
        "accept_form": ReasonForm(prefix="accept", initial={"key": new_key()}),
        "back_form": ReasonForm(prefix="back", initial={"key": new_key()}),
        "correct_form": CorrectionForm(
            prefix="correct", initial={"key": new_key()}, buckets=_buckets(found.pk)
        ),
    }
    return fresh | forms


def _buckets(batch_id: str) -> list[tuple[str, str]]:
    """Give the kinds of credit that the go-live's rooms can hold, paid credit first."""
    classes = OpeningBatch.objects.filter(pk=batch_id).values("rows__account__point__customer_class")
    names = set(Bucket.objects.filter(customer_class__in=classes).values_list("name", flat=True))
    return [(name, bucket_words(name)) for name in sorted(names, key=lambda name: (name != "paid", name))]


def _compared(request: HttpRequest, found: OpeningBatch, chosen: BuildingLine) -> dict[str, object]:
    compared = compare(found, chosen.building.code)
    wanted = request.GET.get("only", "")
    states = [one for one in compared if wanted in ("", one.state)]
    page = Paginator(states, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    return {
        "summaries": [
            (
                total,
                [(state, state_words(state), total.count(state)) for state in State if total.count(state)],
            )
            for total in summaries(compared)
        ],
        "shows": {
            name: any(getattr(one, name) for one in compared) for name in ("before", "subsidies", "other")
        },
        "page": page,
        "watermark_ms": max((one.watermark_ms or 0 for one in compared), default=0),
        "rows": [(one, bucket_words(one.row.bucket), _state(one), _again(found, one)) for one in page],
        "only": wanted,
        "states": [(state, state_words(state)) for state in State],
        "before": f"building={chosen.building.code}&only={wanted}",
    }


def _again(found: OpeningBatch, one: Compared) -> int:
    """Give the row whose request the gateway refused; 0 where there is none."""
    if one.state is not State.REFUSED_BACK:
        return 0
    later = found.later.filter(
        done__isnull=False, rows__account=one.row.account_id, rows__bucket=one.row.bucket
    )
    newest = later.order_by("-done").first()
    row = newest.rows.filter(account=one.row.account_id, bucket=one.row.bucket).first() if newest else None
    return row.pk if row else 0


def _state(one: Compared) -> tuple[str, str, str]:
    tone, outline = TONES[one.state]
    return tone, outline, state_words(one.state)


def _asked_rows(request: HttpRequest, found: OpeningBatch, chosen: BuildingLine) -> dict[str, object]:
    """Before it is carried out there is nothing to compare: the rows as they are asked for."""
    rows = found.rows.filter(building=chosen.building)
    page = Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    return {
        "page": page,
        "asked_rows": [(row, bucket_words(row.bucket)) for row in page],
        "before": f"building={chosen.building.code}",
    }


def _paper_address(found: OpeningBatch) -> str:
    day = clock.campus_day(found.change_over_ms).isoformat()
    return f"{reverse('papers:report', args=['go-live'])}?kind=day&day={day}"
