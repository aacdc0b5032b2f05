"""Where one is signed in, with a way to end the others; and an administrator's way to end a person's."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from central import clock
from central.office import sessions
from central.office.access import roles
from central.office.dangerous import dangerous
from central.office.models import User
from central.office.roles import EVERYONE, MANAGE_PEOPLE


@roles(*EVERYONE)
@require_safe
def own_sessions(request: HttpRequest) -> HttpResponse:
    """Show where the reader is signed in."""
    found = sessions.sessions_of(request.user, request.session.session_key)
    return render(request, "office/own_sessions.html", {"sessions": found})


@roles(*EVERYONE)
@require_POST
def own_sessions_end(request: HttpRequest) -> HttpResponse:
    """End the reader's sessions but this one. Without the password again: who is robbed of his must not be slowed down."""
    who, here = request.user, request.session.session_key
    ended = sessions.end_sessions(who, actor=who.get_username(), now_ms=clock.now_ms(), but=here)
    messages.success(request, _ended_words(ended))
    return redirect("office:own-sessions")


@roles(*MANAGE_PEOPLE)
@require_POST
@dangerous
def person_sign_out(request: HttpRequest, user_id: int) -> HttpResponse:
    """End all sessions of a person; he may sign in again."""
    user = get_object_or_404(User, pk=user_id)
    but = request.session.session_key if user.pk == request.user.pk else None
    ended = sessions.end_sessions(user, actor=request.user.get_username(), now_ms=clock.now_ms(), but=but)
    messages.success(request, _ended_words(ended))
    return redirect("office:person", user.pk)


def _ended_words(count: int) -> str:
    if not count:
        return _("There was no other sign-in.")
    return ngettext("%(count)d sign-in ended.", "%(count)d sign-ins ended.", count) % {"count": count}
