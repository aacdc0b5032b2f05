"""Which machine a request came from: its own address, or behind our TLS proxy the one that the proxy saw.

Only the last entry of X-Forwarded-For is the proxy's own word; whatever stands before it the client may have made up.
"""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest

FORWARDED = "HTTP_X_FORWARDED_FOR"


def client_address(request: HttpRequest) -> str:
    """Give the address as text; empty where there is none (a test's own client has one)."""
    seen = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_HTTPS and (forwarded := request.META.get(FORWARDED, "")):
        seen = forwarded.rpartition(",")[2]
    return seen.strip()[:64]


def counted_address(request: HttpRequest) -> str | None:
    """Give the address under which wrong passwords are counted; None for what is none, which PostgreSQL would not take."""
    try:
        return str(ip_address(client_address(request)))
    except ValueError:
        return None
