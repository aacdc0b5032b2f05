"""Who may open which page. Every view names the roles of its act (`roles.py`); a test walks every address with every role.

Two locks, each on its own: the role, and a second factor for those who approve money. The third, a password typed again before a
dangerous act, is `dangerous.py`.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from central import clock
from central.office.people import roles_of
from central.office.roles import SIGNS_IN_TWICE

View = Callable[..., HttpResponse]


def roles(*allowed: str) -> Callable[[View], View]:
    """Let in who has one of the roles; others get 403, strangers the sign-in page."""

    def protect(view: View) -> View:
        @wraps(view)
        def protected(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            if request.user.must_change_password:
                return _elsewhere(request, "office:password")
            if wants_second_factor(request):
                return _elsewhere(request, "office:second-factor")
            if not may(request, allowed):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        protected.allowed_roles = allowed
        return protected

    return protect


def acting_roles(request: HttpRequest) -> frozenset[str]:
    """Give the offices that the reader acts for now: his own, and those of whom he stands in for. Asked once per request."""
    if not hasattr(request, "acting_roles"):
        request.acting_roles = roles_of(request.user, clock.now_ms())
    return request.acting_roles


def may(request: HttpRequest, allowed: Iterable[str]) -> bool:
    """Say whether one of the reader's offices is among those allowed."""
    return not acting_roles(request).isdisjoint(allowed)


def wants_second_factor(request: HttpRequest) -> bool:
    """Say whether this person is one who signs in twice and has not given the second factor in this session."""
    return settings.SECOND_FACTOR and may(request, SIGNS_IN_TWICE) and not request.user.is_verified()


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send a whole page to the sign-in; a part that refreshes itself must move the whole page, not show the form inside.

    A form that was sent too late leads back to the page it stood on: its own address may take nothing but forms.
    """
    if request.htmx:
        return HttpResponseClientRedirect(resolve_url("office:sign-in"))
    if request.method in ("GET", "HEAD"):
        return redirect_to_login(request.get_full_path())
    messages.warning(
        request, _("You were not signed in any more: what you sent was not done. Sign in and send it again.")
    )
    return redirect_to_login(_page_of_form(request))


def _page_of_form(request: HttpRequest) -> str:
    """Give the page of this site that a form stood on, as the browser names it; the front page where it names none."""
    page = urlsplit(request.headers.get("referer", ""))
    if page.netloc != request.get_host() or not page.path.startswith("/"):
        return "/"
    return f"{page.path}?{page.query}" if page.query else page.path


def _elsewhere(request: HttpRequest, name: str) -> HttpResponse:
    """Send to a page that must be passed first, and back afterwards to where the reader was."""
    if request.htmx:
        return HttpResponseClientRedirect(resolve_url(name))
    if request.method == "GET":
        return redirect_to_login(request.get_full_path(), resolve_url(name))
    return redirect(name)
