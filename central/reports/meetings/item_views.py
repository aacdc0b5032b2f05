"""Pages of improvement items: the list with its filters, a new one, one with its steps and what can be done."""

from datetime import timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from central import clock
from central.clock import campus_day
from central.domain.improvement_items import FINISHED, STANDING, TO_DO, Act, State, acts_for, days_late
from central.office.access import acting_roles, may, roles
from central.office.dated_settings import number_at
from central.office.roles import RECORD_ITEMS, SEE_ITEMS, SEE_MEETINGS, SIGN, Role
from central.office.setting_words import office_word
from central.reports.meetings.forms import OFFICES, ChangeForm, ItemForm, StepForm
from central.reports.meetings.items import Refused, actor_of, open_item, take_step
from central.reports.meetings.models import Item, MeetingEntry
from central.reports.meetings.queries import is_his, items_of, owner_name
from central.reports.meetings.words import ACT_WORDS, STATES, refusal_words

PER_PAGE = 40
SHOWN = {
    "standing": Q(state__in=STANDING),
    "late": Q(state__in=TO_DO),
    "to-check": Q(state=State.DONE),
    "ended": Q(state__in=FINISHED),
    "all": Q(),
}
FOUND_OF = {
    MeetingEntry.Kind.FINDING: Item.Found.REVIEW,
    MeetingEntry.Kind.DECISION: Item.Found.MONTHLY,
}


@roles(*SEE_ITEMS)
@require_safe
def items(request: HttpRequest) -> HttpResponse:
    """List the items that the reader may see, by what is asked for."""
    now_ms = clock.now_ms()
    asked = request.GET
    chosen = _chosen(items_of(request.user, now_ms), request, now_ms)
    page = Paginator(chosen.order_by("due", "pk"), PER_PAGE).get_page(asked.get("page"))
    context = {
        "page": page,
        "rows": [_line(item, now_ms) for item in page],
        "show": asked.get("show") if asked.get("show") in SHOWN else "standing",
        "office": asked.get("office", ""),
        "found": asked.get("found", ""),
        "query": asked.get("q", "")[:80],
        "mine": bool(asked.get("mine")),
        "offices": OFFICES[1:],
        "places": Item.Found.choices,
        "before": _kept(asked),
        "may_open": may(request, RECORD_ITEMS),
        "sees_meetings": may(request, SEE_MEETINGS),
    }
    return render(request, "meetings/items.html", context)


@roles(*RECORD_ITEMS)
@require_http_methods(["GET", "HEAD", "POST"])
def new_item(request: HttpRequest) -> HttpResponse:
    """Open an item, of itself or from a finding or decision (`?from=`)."""
    now_ms = clock.now_ms()
    if request.method != "POST":
        return render(request, "meetings/item_new.html", {"form": _empty_form(request, now_ms)})
    form = ItemForm(request.POST)
    if form.is_valid():
        done = open_item(
            form.problem_said(),
            form.task(),
            str(form.cleaned_data["step"]),
            actor=request.user,
            now_ms=now_ms,
        )
        if not isinstance(done, Refused):
            messages.success(request, _("It is on record, and its owner was told."))
            return redirect("meetings:item", done.pk)
        form.add_error(None, refusal_words(done))
    return render(request, "meetings/item_new.html", {"form": form}, status=400)


@roles(*SEE_ITEMS)
@require_safe
def item(request: HttpRequest, number: int) -> HttpResponse:
    """Show one item with its steps."""
    now_ms = clock.now_ms()
    return _page(request, get_object_or_404(items_of(request.user, now_ms), pk=number), None, now_ms)


@roles(*SIGN)
@require_POST
def step(request: HttpRequest, number: int) -> HttpResponse:
    """Take an item further."""
    now_ms = clock.now_ms()
    found = get_object_or_404(items_of(request.user, now_ms), pk=number)
    is_change = request.POST.get("act") == Act.CHANGED
    form = ChangeForm(request.POST) if is_change else StepForm(request.POST)
    if form.is_valid():
        done = take_step(number, form.said(), actor=request.user, now_ms=now_ms)
        if not isinstance(done, Refused):
            messages.success(request, _("It is on record."))
            return redirect("meetings:item", number)
        form.add_error(None, refusal_words(done))
    return _page(request, found, form, now_ms)


def _page(request: HttpRequest, found: Item, form: StepForm | ChangeForm | None, now_ms: int) -> HttpResponse:
    acts = acts_for(State(found.state), actor_of(found, request.user, now_ms))
    forms = {act.value: ChangeForm.of(found) if act is Act.CHANGED else StepForm.for_act(act) for act in acts}
    stray = None
    if form is not None:
        kind = str(form["act"].value() or "")
        if kind in forms:
            forms[kind] = form
        else:
            stray = form
    context = {
        "item": found,
        "badge": STATES[State(found.state)],
        "owner": owner_name(found),
        "late": days_late(State(found.state), found.due, campus_day(now_ms)),
        "steps": [(one, office_word(one.office)) for one in found.steps.select_related("by", "owner")],
        "acts": [(act, ACT_WORDS[Act(act)], one) for act, one in forms.items()],
        "failed": form,
        "stray": stray,
        "sees_meetings": may(request, SEE_MEETINGS),
    }
    return render(request, "meetings/item.html", context, status=400 if form is not None else 200)


def _line(item: Item, now_ms: int) -> tuple[Item, object, str, int]:
    state = State(item.state)
    return item, STATES[state], owner_name(item), days_late(state, item.due, campus_day(now_ms))


def _chosen(found: QuerySet[Item], request: HttpRequest, now_ms: int) -> QuerySet[Item]:
    """Narrow the items down to what is asked for; what can't be asked for is not looked at."""
    asked = request.GET
    show = asked.get("show", "standing")
    found = found.filter(SHOWN.get(show, SHOWN["standing"]))
    if show == "late":
        found = found.filter(due__lt=campus_day(now_ms))
    if asked.get("office") in Role.values:
        found = found.filter(Q(office=asked["office"], owner=None) | Q(owner__role=asked["office"]))
    if asked.get("found") in Item.Found.values:
        found = found.filter(found=asked["found"])
    if asked.get("mine"):
        found = found.filter(is_his(request.user, acting_roles(request)))
    words = asked.get("q", "").strip()[:80]
    if words.isdecimal() and len(words) < 10:
        return found.filter(Q(pk=int(words)) | Q(problem__contains=words))
    return found.filter(Q(problem__icontains=words) | Q(measure__icontains=words)) if words else found


def _kept(asked: QueryDict) -> str:
    kept = asked.copy()
    kept.pop("page", None)
    return kept.urlencode()


def _empty_form(request: HttpRequest, now_ms: int) -> ItemForm:
    """Give a new item's form, filled in from the finding, decision or page that it comes from."""
    due = campus_day(now_ms) + timedelta(days=number_at("meeting.item-days", now_ms))
    initial: dict[str, object] = {"due": due, "found": Item.Found.WEEKLY}
    given = request.GET.get("from", "")
    source = MeetingEntry.objects.filter(pk=int(given)).first() if _is_number(given) else None
    if source is not None and source.kind in FOUND_OF and may(request, SEE_MEETINGS):
        link = reverse("meetings:meeting", args=[source.meeting_id])
        initial |= {"source": source.pk, "found": FOUND_OF[MeetingEntry.Kind(source.kind)], "link": link}
        is_decision = source.kind == MeetingEntry.Kind.DECISION
        initial["problem"] = source.text
        initial["measure"] = source.text if is_decision else ""
    elif (link := request.GET.get("link", "")).startswith("/losses/"):
        initial |= {"link": link[:200], "found": Item.Found.CASE}
    return ItemForm(initial=initial)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 16
