"""The residents' own page of their private notices, behind room and PIN; and the link in each mail that ends them without one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from central import clock
from central.campus.models import Account
from central.dashboard.my_room import pass_cookie
from central.desk.room_notices.forms import CodeForm, WishForm
from central.desk.room_notices.models import RoomNotice
from central.desk.room_notices.operations import (
    LIVE,
    RESIDENT,
    NoticeRefusal,
    ask,
    confirm,
    end,
    live_notice,
    notice_of_token,
)
from central.desk.room_notices.words import REFUSALS


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def notice(request: HttpRequest) -> HttpResponse:
    """Show where the room is told, and take an address."""
    account = pass_cookie.account_of(request)
    if account is None:
        return redirect("my-room:room")
    if request.method != "POST":
        return _page(request, account, None, None)
    form = WishForm(request.POST, unit=account.point.customer_class.unit)
    if form.is_valid():
        done = ask(account, *form.wish(), actor=RESIDENT, now_ms=clock.now_ms())
        if not isinstance(done, NoticeRefusal):
            return redirect("my-room:notice")
        form.add_error("address", str(REFUSALS[done]))
    return _page(request, account, form, None)


@never_cache
@require_POST
def notice_confirm(request: HttpRequest) -> HttpResponse:
    """Take the code from the mail."""
    account = pass_cookie.account_of(request)
    if account is None:
        return redirect("my-room:room")
    form = CodeForm(request.POST)
    if form.is_valid():
        done = confirm(account, form.cleaned_data["code"], actor=RESIDENT, now_ms=clock.now_ms())
        if not isinstance(done, NoticeRefusal):
            return redirect("my-room:notice")
        form.add_error("code", str(REFUSALS[done]))
    return _page(request, account, None, form)


@never_cache
@require_POST
def notice_end(request: HttpRequest) -> HttpResponse:
    """End the room's notices."""
    account = pass_cookie.account_of(request)
    if account is None:
        return redirect("my-room:room")
    if (found := live_notice(account)) is not None:
        end(found.pk, RoomNotice.Why.RESIDENT, actor=RESIDENT, now_ms=clock.now_ms())
    return redirect("my-room:notice")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def notice_stop(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether the mails are to end, and end them: a mail program that follows links by itself ends nothing."""
    found = notice_of_token(token)
    if found is not None and request.method == "POST":
        end(found.pk, RoomNotice.Why.LINK, actor=RESIDENT, now_ms=clock.now_ms())
        found.refresh_from_db()
    context = {"known": found is not None, "is_live": found is not None and found.state in LIVE}
    return render(request, "my_room/notice_stop.html", context, status=200 if found else 404)


def _page(
    request: HttpRequest, account: Account, form: WishForm | None, code_form: CodeForm | None
) -> HttpResponse:
    unit = account.point.customer_class.unit
    refused = (form is not None and form.errors) or (code_form is not None and code_form.errors)
    context = {
        "room": account.point.room,
        "unit": unit,
        "notice": live_notice(account),
        "form": form or WishForm(unit=unit, initial={"language": get_language()}),
        "code_form": code_form or CodeForm(),
        "confirm_at": reverse("my-room:notice-confirm"),
        "end_at": reverse("my-room:notice-end"),
    }
    return render(request, "my_room/notice.html", context, status=400 if refused else 200)
