"""Who may see which page. Every view names its roles; a test walks all addresses and finds the one that forgot."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django_htmx.http import HttpResponseClientRedirect

from central.office.models import User

View = Callable[..., HttpResponse]

CASHIER, ADMIN = User.Role.CASHIER, User.Role.ADMIN
ANYONE_SIGNED_IN = (CASHIER, ADMIN)


def roles(*allowed: str) -> Callable[[View], View]:
    """Let in who has one of the roles; others get 403, strangers the sign-in page."""

    def protect(view: View) -> View:
        @wraps(view)
        def protected(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if not request.user.is_authenticated:
                return _to_sign_in(request)
            if request.user.role not in allowed:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        protected.allowed_roles = allowed
        return protected

    return protect


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send a whole page to the sign-in; a part that refreshes itself must move the whole page, not show the form inside."""
    if request.htmx:
        return HttpResponseClientRedirect(resolve_url("office:sign-in"))
    return redirect_to_login(request.get_full_path())
