"""Turns away what no form of ours sends, before a byte of it is read: an upload without end would fill the disk, a stranger's many
large ones too, and a body of another kind is nobody's form.
"""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from central.dashboard.my_room.pass_cookie import account_of
from central.office.photos import MOST_AT_ONCE, MOST_BYTES

MOST_BODY_BYTES = MOST_AT_ONCE * MOST_BYTES + settings.DATA_UPLOAD_MAX_MEMORY_SIZE
"""As many photographs as a form takes, and its words."""
MOST_OF_STRANGERS_BYTES = 200_000
"""A sign-in, a room's PIN, what a gateway sends to be enrolled: none of them has a file."""
KINDS = ("application/x-www-form-urlencoded", "multipart/form-data")
FOR_PROGRAMS, THEIR_KIND = "/gateways/", "application/json"


class BodyLimit:
    """Answers 413, 403 or 415; must stand behind the session and the language, and before the CSRF check, which reads the form."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        written = request.META.get("CONTENT_LENGTH") or "0"
        length = int(written[:20]) if written.isdecimal() else 0
        if length > MOST_BODY_BYTES:
            return _refuse(
                413,
                _("What you sent is too large, and was not taken. Go back, and send fewer or smaller files."),
            )
        if length > MOST_OF_STRANGERS_BYTES and not _is_known(request):
            return _refuse(
                403,
                _(
                    "You are not signed in any more: what you sent was not read. Sign in, go back and send it again."
                ),
            )
        if length and not _is_a_form(request):
            return _refuse(415, _("What you sent is not a form of these pages, and was not read."))
        return self._get_response(request)


def _is_known(request: HttpRequest) -> bool:
    """Say whether a person is signed in or a resident within: each has forms with photographs. Gateways are refused by their pages,
    unread, too, and by a name that they know."""
    return (
        request.path.startswith(FOR_PROGRAMS)
        or SESSION_KEY in request.session
        or account_of(request) is not None
    )


def _is_a_form(request: HttpRequest) -> bool:
    is_json = request.content_type == THEIR_KIND and request.path.startswith(FOR_PROGRAMS)
    return request.content_type in KINDS or is_json


def _refuse(status: int, words: str) -> HttpResponse:
    return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")
