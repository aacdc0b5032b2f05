"""Turns away what is larger than anything a form sends, before a byte of it is read: an upload without end would fill the disk."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from central.office.photos import MOST_AT_ONCE, MOST_BYTES

MOST_BODY_BYTES = MOST_AT_ONCE * MOST_BYTES + settings.DATA_UPLOAD_MAX_MEMORY_SIZE
"""As many photographs as a form takes, and its words."""


class BodyLimit:
    """Answers 413; must stand behind the language and before the CSRF check, which reads the form."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length[:20]) > MOST_BODY_BYTES:
            words = _(
                "What you sent is too large, and was not taken. Go back, and send fewer or smaller files."
            )
            return HttpResponse(words, status=413, content_type="text/plain; charset=utf-8")
        return self._get_response(request)
