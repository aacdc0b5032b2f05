"""The resident's page: type room and PIN, see one's own room, leave. Public, and not to be kept by any cache."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from central import clock
from central.dashboard.my_room import pass_cookie
from central.dashboard.my_room.queries import my_room
from central.dashboard.my_room.work import works_of
from central.desk.resident.entering import EntryRefusal, Refused, enter
from central.office.client_address import client_address

LONGEST = 64


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def room(request: HttpRequest) -> HttpResponse:
    """Show the room that this browser may see; else ask for room and PIN."""
    if request.method == "POST":
        return _enter(request)
    account = pass_cookie.account_of(request)
    if account is not None:
        try:
            now_ms = clock.now_ms()
            context = {"room": my_room(account, now_ms), "works": works_of(account, now_ms)}
            return render(request, "my_room/room.html", context)
        except LookupError:
            pass
    return _door(request)


def _enter(request: HttpRequest) -> HttpResponse:
    typed = request.POST.get("room", "")[:LONGEST]
    pin = request.POST.get("pin", "")[:LONGEST]
    if not typed.strip() or not pin.strip():
        return _door(request, typed, _("Type the room and the PIN."), 400)
    entered = enter(typed, pin, client_address(request), now_ms=clock.now_ms())
    if isinstance(entered, Refused):
        status = 429 if entered.why is EntryRefusal.LOCKED else 403
        return _door(request, typed, _words(entered), status)
    answer = redirect("my-room:room")
    pass_cookie.give(request, answer, entered)
    return answer


def _door(request: HttpRequest, typed: str = "", error: str = "", status: int = 200) -> HttpResponse:
    return render(request, "my_room/door.html", {"typed": typed, "error": error}, status=status)


def _words(refused: Refused) -> str:
    if refused.why is EntryRefusal.LOCKED:
        until = clock.local(refused.until_ms + 59_999).strftime("%H:%M")
        return _(
            "Too many tries. Try again after %(time)s. The desk can tell the balance meanwhile, and make a new PIN at once."
        ) % {"time": until}
    return _(
        "Room and PIN don't fit together. Write the room as on your receipt, such as 1-301; the PIN has 6 digits. "
        "If it is lost, the desk makes a new one."
    )


@never_cache
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Forget the room on this phone."""
    answer = redirect("my-room:room")
    pass_cookie.take_away(answer)
    return answer
