"""Signs a person out who has left: after some minutes without a page opened, a form sent or a word searched. And everybody in
the end: a session that is used without a break, by its person or by a thief, ends some hours after the sign-in.

Parts that refresh themselves don't count: a dashboard left open would keep a stranger signed in all night.
"""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from central import clock
from central.office import sessions, sign_in_record
from central.office.sessions import BEGAN_KEY, SEEN_KEY


class IdleSignOut:
    """Ends sessions that were idle for longer than `IDLE_SIGN_OUT_MINUTES`, or began longer ago than `LONGEST_SESSION_HOURS`; must
    stand behind the authentication and htmx."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now_ms = clock.real_now_ms()
            seen_ms = request.session.get(SEEN_KEY)
            began_ms = request.session.setdefault(BEGAN_KEY, now_ms)
            if not 0 <= now_ms - began_ms < settings.LONGEST_SESSION_HOURS * 3_600_000:
                words = _("You were signed out: a sign-in lasts %(hours)d hours. Sign in again.")
                _end(request, sign_in_record.TOO_LONG, words % {"hours": settings.LONGEST_SESSION_HOURS})
            elif seen_ms is not None and not 0 <= now_ms - seen_ms < settings.IDLE_SIGN_OUT_MINUTES * 60_000:
                words = _("You were signed out because nothing was done here for a while.")
                _end(request, sign_in_record.IDLE, words)
            elif seen_ms is None or (is_act(request) and now_ms - seen_ms > 10_000):
                request.session[SEEN_KEY] = now_ms
        if request.user.is_authenticated:
            sessions.note(request)
        return self._get_response(request)


def _end(request: HttpRequest, why: str, words: str) -> None:
    sign_in_record.signed_out(request, why)
    logout(request)
    messages.info(request, words)


def is_act(request: HttpRequest) -> bool:
    """Say whether a person did this: a part of a page that asks by itself (it sends what was `seen`) is none; a search is."""
    return request.method != "GET" or not request.htmx or ("q" in request.GET and "seen" not in request.GET)
