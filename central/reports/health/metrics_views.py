"""What Prometheus scrapes. Nobody signs in there: it answers to this machine itself, else to who brings the token.

Behind a proxy every request seems to come from this machine. So one that was forwarded needs the token, and so does every one where
central is set up to stand behind HTTPS.
"""

import hmac
import ipaddress
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from central import clock
from central.reports.health.metrics import CONTENT_TYPE, exposition

TOKEN_FILE = "metrics.token"  # noqa: S105 - a file's name
FORWARDING = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_FORWARDED",
    "HTTP_X_REAL_IP",
    "HTTP_VIA",
)
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]", "testserver"})


@require_GET
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Give all metrics, or 403 with what is missing."""
    if not (is_of_this_machine(request) or has_token(request)):
        words = _(
            "Metrics are given to this server itself, or with a token: cardroom-central metrics --new-token writes one."
        )
        return HttpResponse(words + "\n", status=403, content_type="text/plain; charset=utf-8")
    return HttpResponse(exposition(clock.now_ms()), content_type=CONTENT_TYPE)


def token_file() -> Path:
    """Give where the token lies: in the data folder, readable by central alone."""
    return Path(settings.SIGNING_KEY_FILE).parent / TOKEN_FILE


def has_token(request: HttpRequest) -> bool:
    """Say whether the request brings the token of the file; without a file nobody has it."""
    scheme, _space, given = request.headers.get("authorization", "").partition(" ")
    try:
        expected = token_file().read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return False
    is_same = hmac.compare_digest(given.strip().encode(), expected.encode())
    return bool(expected) and scheme.lower() == "bearer" and is_same


def is_of_this_machine(request: HttpRequest) -> bool:
    """Say whether a program of this machine asks by itself: no proxy before it, a loopback address and a loopback name."""
    if settings.BEHIND_HTTPS or any(name in request.META for name in FORWARDING):
        return False
    try:
        is_loopback = ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
    name = request.get_host()
    return is_loopback and (name if name.endswith("]") else name.rpartition(":")[0] or name) in LOOPBACK_NAMES
