"""A resident's session: a signed cookie of its own, sent to this page's addresses alone. It opens no other page and no other room.

It names an account and the PIN that opened it. A new PIN, a new occupancy and half an hour end it. Staff sign-ins know nothing of
it, and it nothing of them.
"""

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from central.campus.models import Account
from central.desk.resident.entering import Entered
from central.desk.resident.models import ResidentPin

COOKIE, SALT = "my_room", "dashboard.my-room"
LASTS_S = 30 * 60


def give(request: HttpRequest, answer: HttpResponse, entered: Entered) -> None:
    """Let the browser keep it."""
    answer.set_cookie(
        COOKIE,
        signing.dumps([entered.account_id, entered.pin_made_ms], salt=SALT),
        max_age=LASTS_S,
        path=reverse("my-room:room"),
        httponly=True,
        samesite="Strict",
        secure=request.is_secure(),
    )


def take_away(answer: HttpResponse) -> None:
    """Let the browser forget it."""
    answer.delete_cookie(COOKIE, path=reverse("my-room:room"), samesite="Strict")


def account_of(request: HttpRequest) -> Account | None:
    """Give the account that may be shown; None when the cookie is missing, changed, old, or its PIN or occupancy has ended."""
    try:
        account_id, made_ms = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=LASTS_S)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if not isinstance(account_id, int) or not isinstance(made_ms, int):
        return None
    known = ResidentPin.objects.filter(account_id=account_id, made_ms=made_ms)
    pin = known.exclude(account__state=Account.State.CLOSED).select_related("account").first()
    return pin.account if pin else None
