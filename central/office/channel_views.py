"""Pages of an administrator: the channels of notices, one channel with its test, the mail server. What is typed as an address or a
password is sealed and never shown again; these pages are kept by no browser (`no-store`)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from central import clock
from central.domain.notice_address import Mistake
from central.office import channels, notice_queries
from central.office.access import roles
from central.office.channels import ChannelRefusal
from central.office.dangerous import dangerous
from central.office.live import live_part
from central.office.models import Channel, MailServer
from central.office.notice_forms import ChannelForm, MailServerForm
from central.office.notice_views import say
from central.office.notice_words import MISTAKES, REFUSALS
from central.office.roles import MANAGE_CHANNELS

LAST_DELIVERIES = 10
FIELD_OF = {
    Mistake.BAD_SECRET: "secret",
    Mistake.NO_GROUP: "onebot_group",
    Mistake.OTHER_KIND: "kind",
    ChannelRefusal.NAME_TAKEN: "name",
}
"""Where a refusal is shown; others at the address."""


@roles(*MANAGE_CHANNELS)
@never_cache
@dangerous
def channel_list(request: HttpRequest) -> HttpResponse:
    """Show every channel; add one."""
    form = ChannelForm(
        request.POST if request.method == "POST" else None, initial={"language": request.LANGUAGE_CODE}
    )
    if request.method == "POST" and (made := _saved(request, form, None)):
        messages.success(request, _("The channel is added. Send a test now."))
        return redirect("office:channel", made.pk)
    context = {"form": form, "channels": notice_queries.channels(), "server": MailServer.objects.first()}
    return render(request, "office/channels.html", context, status=400 if form.errors else 200)


@roles(*MANAGE_CHANNELS)
@never_cache
@dangerous
def channel(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Show one channel with what it told last; change it."""
    found = get_object_or_404(notice_queries.channels(), pk=channel_id)
    last = notice_queries.lines(found.deliveries.select_related("notice", "channel")[:LAST_DELIVERIES])
    if request.htmx:
        return live_part(request, "office/channel_now.html", {"lines": last})
    form = ChannelForm(
        request.POST if request.method == "POST" else None,
        initial={name: getattr(found, name) for name in ("name", "kind", "office", "group", "language")},
    )
    if request.method == "POST" and _saved(request, form, found.pk):
        messages.success(request, _("Changed."))
        return redirect("office:channel", found.pk)
    context = {"form": form, "channel": found, "lines": last}
    return render(request, "office/channel.html", context, status=400 if form.errors else 200)


@roles(*MANAGE_CHANNELS)
@require_POST
def channel_test(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Queue a test; the channel's page shows what becomes of it."""
    get_object_or_404(notice_queries.channels(), pk=channel_id)
    result = channels.send_test(channel_id, actor=request.user.get_username(), now_ms=clock.now_ms())
    say(request, result, _("A test is on its way: what became of it shows below within seconds."))
    return redirect("office:channel", channel_id)


@roles(*MANAGE_CHANNELS)
@require_POST
@dangerous
def channel_open(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Close a channel, or open it again."""
    get_object_or_404(notice_queries.channels(), pk=channel_id)
    is_open = request.POST.get("open") == "1"
    result = channels.set_open(channel_id, is_open, actor=request.user.get_username(), now_ms=clock.now_ms())
    say(request, result, _("Opened again.") if is_open else _("Closed: nothing more is told there."))
    return redirect("office:channel", channel_id)


@roles(*MANAGE_CHANNELS)
@never_cache
@dangerous
def mail_server(request: HttpRequest) -> HttpResponse:
    """Show and set the SMTP server, without its password."""
    server = MailServer.objects.filter(pk=1).first()
    names = ("host", "port", "security", "user", "sender")
    initial = {name: getattr(server, name) for name in names} if server else {"port": 587}
    form = MailServerForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        result = channels.set_mail_server(
            form.asked(), actor=request.user.get_username(), now_ms=clock.now_ms()
        )
        if not isinstance(result, ChannelRefusal):
            messages.success(request, _("The mail server is set. Send a test on a mail channel."))
            return redirect("office:mail-server")
        field = "password" if result is ChannelRefusal.PASSWORD_FOR_OTHER else "sender"
        form.add_error(field, str(REFUSALS[result]))
    context = {"form": form, "has_password": bool(server and server.sealed_password)}
    return render(request, "office/mail_server.html", context, status=400 if form.errors else 200)


def _saved(request: HttpRequest, form: ChannelForm, channel_id: int | None) -> Channel | None:
    """Save what was typed; None when it is refused, with the reason at its field."""
    if not form.is_valid():
        return None
    result = channels.save_channel(
        form.asked(), channel_id, actor=request.user.get_username(), now_ms=clock.now_ms()
    )
    if isinstance(result, Channel):
        return result
    words = MISTAKES[result] if isinstance(result, Mistake) else REFUSALS[result]
    form.add_error(FIELD_OF.get(result, "address"), str(words))
    return None
