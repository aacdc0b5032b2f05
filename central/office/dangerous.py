"""Dangerous acts ask for the password again, unless it was typed minutes ago. What was filled in goes along and is not lost.

The page that asks sends the very form again, to the same address, with the password beside it.
"""

from functools import wraps

from django.contrib import messages
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from central import clock
from central.ledger.operations import record_audit
from central.office import sign_in_record
from central.office.access import View

CONFIRMED_KEY = "password_confirmed_ms"
"""Session key: when the password was last typed, in the world's milliseconds."""
CONFIRMED_FOR_MS = 5 * 60_000
PASSWORD_FIELD = "password_again"  # noqa: S105  a field's name
WRONG_KEY = "wrong_passwords"
WRONG_AT_MOST = 5


def dangerous(view: View) -> View:
    """Let a POST through only when the password was typed within the last minutes, or comes with it."""

    @wraps(view)
    def confirmed(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.method != "POST" or is_confirmed(request):
            return view(request, *args, **kwargs)
        if PASSWORD_FIELD not in request.POST:
            return _ask(request)
        if request.user.check_password(request.POST[PASSWORD_FIELD]):
            note_confirmed(request)
            return view(request, *args, **kwargs)
        return _refuse(request)

    return confirmed


def is_confirmed(request: HttpRequest) -> bool:
    """Say whether this session's password was typed within the last minutes."""
    typed_ms = request.session.get(CONFIRMED_KEY, 0)
    return 0 <= clock.real_now_ms() - typed_ms < CONFIRMED_FOR_MS


def note_confirmed(request: HttpRequest) -> None:
    """Remember that the password was typed just now."""
    request.session[CONFIRMED_KEY] = clock.real_now_ms()
    request.session.pop(WRONG_KEY, None)


def _ask(request: HttpRequest, error: str = "") -> HttpResponse:
    skipped = (PASSWORD_FIELD, "csrfmiddlewaretoken")
    kept = [(name, value) for name, values in request.POST.lists() if name not in skipped for value in values]
    context = {"kept": kept, "error": error, "field": PASSWORD_FIELD, "action": request.get_full_path()}
    return render(request, "office/confirm.html", context, status=403 if error else 200)


def _refuse(request: HttpRequest) -> HttpResponse:
    return count_wrong(request) or _ask(request, _("That is not your password. Nothing was done."))


def count_wrong(request: HttpRequest) -> HttpResponse | None:
    """Put a wrong password of who is signed in on record; after several the session ends, and the way to the sign-in is given:
    somebody may sit at another's desk."""
    with transaction.atomic():
        record_audit(
            actor=request.user.get_username(),
            action="password-refused",
            subject=request.path,
            detail="",
            now_ms=clock.now_ms(),
        )
    wrong = request.session.get(WRONG_KEY, 0) + 1
    if wrong < WRONG_AT_MOST:
        request.session[WRONG_KEY] = wrong
        return None
    sign_in_record.signed_out(request, sign_in_record.WRONG_PASSWORDS)
    logout(request)
    messages.error(request, _("Too many wrong passwords: you were signed out, and nothing was done."))
    return redirect("office:sign-in")
