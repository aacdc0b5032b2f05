"""The desk's page of a room's private notices: entered with the residents' consent, confirmed with their code, ended."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from central import clock
from central.campus.models import Account
from central.desk.room_notices.forms import CodeForm, WishForm
from central.desk.room_notices.models import RoomNotice
from central.desk.room_notices.operations import LIVE, NoticeRefusal, ask, confirm, end, live_notice
from central.desk.room_notices.words import REFUSALS
from central.desk.search import point_of_room
from central.office.access import roles
from central.office.roles import KEEP_ROOM_NOTICES

LAST = 5


@roles(*KEEP_ROOM_NOTICES)
@require_http_methods(["GET", "HEAD", "POST"])
def room_notice(request: HttpRequest, room_id: int) -> HttpResponse:
    """Show where a room is told, and take an address."""
    account = _account(room_id)
    if request.method != "POST":
        return _page(request, account, None, None)
    form = WishForm(request.POST, unit=account.point.customer_class.unit)
    if form.is_valid():
        done = ask(account, *form.wish(), actor=request.user.get_username(), now_ms=clock.now_ms())
        if not isinstance(done, NoticeRefusal):
            messages.success(
                request, _("A code is on its way to the address. Type it here, or on the room's own page.")
            )
            return redirect("desk:room-notice", room_id)
        form.add_error("address", str(REFUSALS[done]))
    return _page(request, account, form, None)


@roles(*KEEP_ROOM_NOTICES)
@require_POST
def room_notice_confirm(request: HttpRequest, room_id: int) -> HttpResponse:
    """Take the code that the residents read out."""
    account = _account(room_id)
    form = CodeForm(request.POST)
    if form.is_valid():
        done = confirm(
            account, form.cleaned_data["code"], actor=request.user.get_username(), now_ms=clock.now_ms()
        )
        if not isinstance(done, NoticeRefusal):
            messages.success(request, _("Confirmed: the room is told when its balance is low."))
            return redirect("desk:room-notice", room_id)
        form.add_error("code", str(REFUSALS[done]))
    return _page(request, account, None, form)


@roles(*KEEP_ROOM_NOTICES)
@require_POST
def room_notice_end(request: HttpRequest, room_id: int) -> HttpResponse:
    """End a room's notices, because its residents ask for it."""
    if (notice := live_notice(_account(room_id))) is not None:
        end(notice.pk, RoomNotice.Why.DESK, actor=request.user.get_username(), now_ms=clock.now_ms())
    messages.success(request, _("Ended: nothing more is sent, and the address is forgotten."))
    return redirect("desk:room-notice", room_id)


def _account(room_id: int) -> Account:
    point = point_of_room(room_id)
    if point is None or not point.live_account:
        raise Http404
    return get_object_or_404(
        Account.objects.select_related("point__room__building", "point__customer_class"),
        code=point.live_account,
    )


def _page(
    request: HttpRequest, account: Account, form: WishForm | None, code_form: CodeForm | None
) -> HttpResponse:
    unit = account.point.customer_class.unit
    refused = (form is not None and form.errors) or (code_form is not None and code_form.errors)
    context = {
        "room": account.point.room,
        "unit": unit,
        "notice": live_notice(account),
        "last": account.room_notices.exclude(state__in=LIVE).order_by("-pk")[:LAST],
        "form": form or WishForm(unit=unit, initial={"language": "zh-hans"}),
        "code_form": code_form or CodeForm(),
        "confirm_at": reverse("desk:room-notice-confirm", args=[account.point.room_id]),
        "end_at": reverse("desk:room-notice-end", args=[account.point.room_id]),
    }
    answer = render(request, "desk/room_notice.html", context, status=400 if refused else 200)
    answer["Cache-Control"] = "no-store"
    return answer
