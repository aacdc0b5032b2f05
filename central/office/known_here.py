"""Who signed in at this computer lately: two cashiers share one desk, and changing over must take a password and nothing else.

The browser keeps the names in a signed cookie; it holds no right and no secret.
"""

from django.core import signing
from django.http import HttpRequest, HttpResponse

COOKIE = "known_here"
SALT = "office.known-here"
AT_MOST = 4
MAX_AGE_S = 30 * 86_400


def known_here(request: HttpRequest) -> list[str]:
    """Name who signed in here, the latest first; nobody when the cookie was tampered with."""
    try:
        names = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=MAX_AGE_S)
    except signing.BadSignature:
        return []
    return [name for name in names if isinstance(name, str)][:AT_MOST]


def remember_here(request: HttpRequest, response: HttpResponse, name: str) -> None:
    """Put a name at the head of those known here."""
    names = [name, *(other for other in known_here(request) if other != name)][:AT_MOST]
    response.set_cookie(
        COOKIE,
        signing.dumps(names, salt=SALT),
        max_age=MAX_AGE_S,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
