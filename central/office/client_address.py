"""Which machine a request came from: its own address, or behind our TLS proxy the one that the proxy saw.

Only the last entry of X-Forwarded-For is the proxy's own word; whatever stands before it the client may have made up.
"""

from ipaddress import IPv4Address, IPv6Network, ip_address

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
    return of_one_house(client_address(request))


def of_one_house(address: str) -> str | None:
    """Give what one phone or house has for itself: an IPv4 address, but of IPv6 the whole /64, any address of which it may take, by
    its first one. None for what is no address."""
    try:
        read = ip_address(address)
    except ValueError:
        return None
    if isinstance(read, IPv4Address):
        return str(read)
    if read.ipv4_mapped:
        return str(read.ipv4_mapped)
    return str(IPv6Network((int(read) >> 64 << 64, 64)).network_address)
