"""Pages of an administrator: who is enrolled, until when its certificate holds, the code that brings a dead card back, revoking."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.link import enrolment_codes
from central.link.authority import AuthorityUnreadable
from central.link.broker_files import NotWritten
from central.link.enrolment_codes import MOST_HOURS, CodeRefusal
from central.link.gateway_queries import Standing, standing_of, standings
from central.link.models import BrokerFiles
from central.link.revoking import Revoked, RevokeRefusal, revoke_gateway
from central.office.access import roles
from central.office.dangerous import dangerous
from central.office.dated_settings import number_at
from central.office.roles import KEEP_GATEWAYS
from central.office.words import Words

CODE_WORDS: dict[CodeRefusal, Words] = {
    CodeRefusal.UNKNOWN_BUILDING: gettext_lazy("There is no such building."),
    CodeRefusal.BAD_ID: gettext_lazy(
        "The building's code can't name a gateway. Open it by the command: enrol BUILDING --id ID."
    ),
    CodeRefusal.ID_TAKEN: gettext_lazy(
        "Another gateway has this name. Open it by the command: enrol BUILDING --id ID."
    ),
    CodeRefusal.OTHER_ID: gettext_lazy("The building's gateway has another name, and keeps it."),
    CodeRefusal.BAD_HOURS: gettext_lazy("Choose 1 to 720 hours."),
    CodeRefusal.NO_CODE: gettext_lazy("This building has no code yet. Open one first."),
    CodeRefusal.LOST: gettext_lazy(
        "The code can't be read any more: the server's secret key was replaced. Make a new one."
    ),
    CodeRefusal.NOTHING_WAITS: gettext_lazy("This card does not wait any more."),
}
REVOKE_WORDS: dict[RevokeRefusal, Words] = {
    RevokeRefusal.UNKNOWN_GATEWAY: gettext_lazy("This building has no gateway."),
    RevokeRefusal.NO_REASON: gettext_lazy("Say why."),
    RevokeRefusal.ALREADY: gettext_lazy("This gateway was revoked before."),
}


class OpenForm(forms.Form):
    """For how long, and whether the code is made anew."""

    hours = forms.IntegerField(label=gettext_lazy("Open for, hours"), min_value=1, max_value=MOST_HOURS)
    new = forms.BooleanField(
        label=gettext_lazy("Make a new code: the former one was seen by a stranger"), required=False
    )


@roles(*KEEP_GATEWAYS)
@require_GET
@never_cache
def gateways(request: HttpRequest) -> HttpResponse:
    """Every building: its gateway, its certificate's end, whether its code is open."""
    context = {"standings": standings(clock.now_ms()), "broker": BrokerFiles.objects.first()}
    return render(request, "link/gateways.html", context)


@roles(*KEEP_GATEWAYS)
@require_GET
@never_cache
def gateway(request: HttpRequest, code: str) -> HttpResponse:
    """One building's gateway, and what can be done."""
    return _page(request, _standing(code))


@roles(*KEEP_GATEWAYS)
@require_POST
@never_cache
@dangerous
def code_open(request: HttpRequest, code: str) -> HttpResponse:
    """Open a building's code and show it."""
    standing, form = _standing(code), OpenForm(request.POST)
    if not form.is_valid():
        return _page(request, standing, form, status=400)
    opened = enrolment_codes.open_code(
        code,
        form.cleaned_data["hours"],
        new_code=form.cleaned_data["new"],
        actor=_actor(request),
        now_ms=clock.now_ms(),
    )
    if isinstance(opened, CodeRefusal):
        form.add_error(None, str(CODE_WORDS[opened]))
        return _page(request, standing, form, status=400)
    return _show(request, code, opened.code)


@roles(*KEEP_GATEWAYS)
@require_POST
@never_cache
@dangerous
def code_show(request: HttpRequest, code: str) -> HttpResponse:
    """Show a code again, to be printed."""
    _standing(code)
    found = enrolment_codes.show_code(code, actor=_actor(request), now_ms=clock.now_ms())
    if isinstance(found, CodeRefusal):
        messages.error(request, str(CODE_WORDS[found]))
        return redirect("link:gateway", code)
    return _show(request, code, found)


@roles(*KEEP_GATEWAYS)
@require_POST
def code_close(request: HttpRequest, code: str) -> HttpResponse:
    """Close a code."""
    refused = enrolment_codes.close_code(code, actor=_actor(request), now_ms=clock.now_ms())
    _say(request, refused, _("The code is closed."))
    return redirect("link:gateway", _standing(code).building.code)


@roles(*KEEP_GATEWAYS)
@require_POST
@dangerous
def replacement(request: HttpRequest, code: str) -> HttpResponse:
    """Let the card that waits replace a gateway that is alive."""
    key = request.POST.get("key", "")[:64]
    refused = enrolment_codes.approve_replacement(code, key, actor=_actor(request), now_ms=clock.now_ms())
    _say(request, refused, _("Approved: the new card is let in when it asks again, within a minute."))
    return redirect("link:gateway", _standing(code).building.code)


@roles(*KEEP_GATEWAYS)
@require_POST
@dangerous
def revoke(request: HttpRequest, code: str) -> HttpResponse:
    """Revoke a gateway: in one act nothing of it is believed."""
    standing = _standing(code)
    name, why = standing.gateway.pk if standing.gateway else "", request.POST.get("why", "")[:200]
    try:
        done = revoke_gateway(name, why, actor=_actor(request), now_ms=clock.now_ms())
    except AuthorityUnreadable as error:
        messages.error(request, str(error))
        return redirect("link:gateway", code)
    if isinstance(done, Revoked):
        _say_revoked(request, done)
    else:
        messages.error(request, str(REVOKE_WORDS[done]))
    return redirect("link:gateway", code)


def _say_revoked(request: HttpRequest, done: Revoked) -> None:
    messages.success(request, _("Revoked: nothing that this gateway says is believed any more."))
    if done.written.why_not is NotWritten.FAILED:
        told = _(
            "The broker's list in %(folder)s could not be written: on the server, run broker-config again as root."
        )
        messages.error(request, told % {"folder": done.written.folder})
    elif done.written.why_not is not None:
        messages.warning(
            request, _("No broker is configured here: take the gateway out of the broker's list by hand.")
        )


def _page(
    request: HttpRequest, standing: Standing, form: OpenForm | None = None, status: int = 200
) -> HttpResponse:
    hours = number_at("link.enrol-hours", standing.now_ms)
    context = {"one": standing, "form": form or OpenForm(initial={"hours": hours})}
    return render(request, "link/gateway.html", context, status=status)


def _show(request: HttpRequest, building_code: str, code: str) -> HttpResponse:
    context = {
        "one": _standing(building_code),
        "code": code,
        "address": request.build_absolute_uri("/").rstrip("/"),
    }
    return render(request, "link/gateway_code.html", context)


def _standing(code: str) -> Standing:
    found = standing_of(code, clock.now_ms())
    if found is None:
        raise Http404
    return found


def _say(request: HttpRequest, refused: CodeRefusal | None, done: str) -> None:
    if refused is None:
        messages.success(request, done)
    else:
        messages.error(request, str(CODE_WORDS[refused]))


def _actor(request: HttpRequest) -> str:
    return str(request.user.get_username())
