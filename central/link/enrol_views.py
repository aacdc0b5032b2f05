"""The two addresses that gateways ask without a sign-in: to be enrolled by a code, and for their next certificate.

What comes is anybody's: its size is bounded before it is read, it proves itself by HMAC or signature and not by a session (so there
is no cross-site form to fear), and every refusal is a named 4xx.
"""

import logging
from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse, RawPostDataException, UnreadablePostError
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from central import clock
from central.link.authority import AuthorityUnreadable
from central.link.certificate_rows import renew as renewed
from central.link.enrolment import TRIES_WITHIN_MS
from central.link.enrolment import enrol as enrolled
from central.office.client_address import client_address
from gateway.contract.enrolment import MOST_BYTES, EnrolRefusal

STATUS = {
    EnrolRefusal.BAD_REQUEST: 400,
    EnrolRefusal.UNKNOWN_CODE: 403,
    EnrolRefusal.BAD_MAC: 403,
    EnrolRefusal.UNKNOWN_GATEWAY: 403,
    EnrolRefusal.TOO_MANY: 429,
}
"""Others are 409: it is the right code, and not the time for it."""

log = logging.getLogger(__name__)


@csrf_exempt
@never_cache
@require_POST
def enrol(request: HttpRequest) -> HttpResponse:
    """Enrol a card by a building's code."""
    address = client_address(request)
    return _answered(request, lambda sent: enrolled(sent, address, clock.now_ms()))


@csrf_exempt
@never_cache
@require_POST
def renew(request: HttpRequest) -> HttpResponse:
    """Give a gateway its next certificate."""
    return _answered(request, lambda sent: renewed(sent, clock.now_ms()))


def _answered(request: HttpRequest, ask: Callable[[bytes], bytes | EnrolRefusal]) -> HttpResponse:
    sent = _body(request)
    try:
        done = ask(sent) if sent is not None else EnrolRefusal.BAD_REQUEST
    except AuthorityUnreadable as error:
        log.error("%s", error)
        done = EnrolRefusal.NO_CA
    if isinstance(done, EnrolRefusal):
        answer = JsonResponse({"refusal": done.value}, status=STATUS.get(done, 409))
        if done is EnrolRefusal.TOO_MANY:
            answer["Retry-After"] = str(TRIES_WITHIN_MS // 1000)
        return answer
    return HttpResponse(done, content_type="application/json")


def _body(request: HttpRequest) -> bytes | None:
    """Give what was sent; None for more than any request holds, for a form, or where it broke off."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or len(length) > 9 or int(length) > MOST_BYTES:
        return None
    try:
        return bytes(request.body)
    except (RawPostDataException, RequestDataTooBig, UnreadablePostError):
        return None
