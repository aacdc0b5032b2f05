"""Sign-in, sign-out and the pages that say what went wrong. They never show a traceback, and each says what to do next."""

from datetime import timedelta

from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from central.office import security_log
from central.office.forms import SignInForm


def locked_out(
    request: HttpRequest, original: HttpResponse | None, credentials: dict[str, str] | None
) -> HttpResponse:
    """Answer a sign-in after too many wrong ones: say when to try again (429)."""
    security_log.refused(request, "too many wrong passwords")
    username = (credentials or {}).get("username", "")
    form = SignInForm(request, initial={"username": username})
    wait = _wait(request, username)
    minutes = max(1, -(-int(wait.total_seconds()) // 60))
    until = localtime(request.axes_attempt_time + wait)
    return render(
        request,
        "office/sign_in.html",
        {
            "form": form,
            "next": request.POST.get("next", ""),
            "locked": ngettext(
                "Too many wrong passwords for this name or from this computer. Try again in %(minutes)d minute, at %(time)s.",
                "Too many wrong passwords for this name or from this computer. Try again in %(minutes)d minutes, at %(time)s.",
                minutes,
            )
            % {"minutes": minutes, "time": until.strftime("%H:%M")},
        },
        status=429,
    )


def _wait(request: HttpRequest, username: str) -> timedelta:
    """Give how long the lock-out still lasts, counted from the last attempt that was recorded."""
    cool_off = get_cool_off(request) or timedelta()
    last = AccessAttempt.objects.filter(username=username).order_by("-attempt_time").first()
    if last is None:
        return cool_off
    return max(timedelta(), last.attempt_time + cool_off - request.axes_attempt_time)


def _error(request: HttpRequest, status: int, heading: str, happened: str, steps: list[str]) -> HttpResponse:
    signed_in = bool(getattr(request, "user", None) and request.user.is_authenticated)
    context = {
        "status": status,
        "heading": heading,
        "happened": happened,
        "steps": steps,
        "onward": "/" if signed_in else resolve_url(settings.LOGIN_URL),
        "onward_label": _("To the overview") if signed_in else _("Sign in"),
    }
    return render(request, "office/error.html", context, status=status)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: signed in, but not with the role this page needs."""
    security_log.refused(request, "role")
    return _error(
        request,
        403,
        _("This page is not for your role"),
        _("You are signed in, but your role does not include this page. Nothing was changed."),
        [
            _("If you need it for your work, ask an administrator to change your role."),
            _("If you have another account, sign out and sign in with that one."),
        ],
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: what was sent is more than any form here has, or can't be read at all."""
    return _error(
        request,
        400,
        _("This could not be read"),
        _("What was sent has more fields than a form may have, or is damaged. Nothing was changed."),
        [_("Go back to the form, take off what is not needed, and send it again.")],
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    return _error(
        request,
        404,
        _("There is no such page"),
        _("The address is mistyped, or what it named no longer exists."),
        [
            _("Look for the room by its number or occupant at the desk."),
            _("If a link on one of our own pages led here, tell an administrator which one."),
        ],
    )


def only_by_form(request: HttpRequest) -> HttpResponse:
    """405: an address that takes forms was opened like a page. Nothing is done by looking."""
    return _error(
        request,
        405,
        _("Nothing was sent"),
        _("This address only takes what a form sends. Nothing was changed by opening it."),
        [
            _("Go back to the page with the form and send it again."),
            _("If you had just sent it: look first whether it was done; what was done is shown there."),
        ],
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """500: the one page that may stand between a cashier and the question whether money was taken."""
    return _error(
        request,
        500,
        _("The server could not finish this"),
        _(
            "Something in the server failed; it has been logged. What was not finished was not booked: there are no half payments."
        ),
        [
            _(
                "You were taking a payment: go back one page and press the button again. The same page pays only once."
            ),
            _("Or look at the room's last payments: if the receipt is there, the money is booked."),
            _("If it happens again, tell an administrator the time at which you saw this."),
        ],
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 of the form protection: an old page, or another sign-in in between."""
    security_log.refused(request, "form without its token")
    return _error(
        request,
        403,
        _("This page was too old to be sent"),
        _("You signed in or out since it was opened, or the browser refuses cookies. Nothing was changed."),
        [
            _("Go back, reload the page and send it again."),
            _("If it goes on, allow cookies for this server in the browser."),
        ],
    )
