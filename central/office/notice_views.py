"""Pages about notices: the log of who was told what and when, what a person tells by hand, and a person's own mail."""

from io import BytesIO
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.office import channels, notice_queries
from central.office.access import may, roles
from central.office.channels import ChannelRefusal
from central.office.dangerous import dangerous
from central.office.models import Channel, Delivery
from central.office.notice_forms import OwnMailForm
from central.office.notice_queries import Choice
from central.office.notice_templates import TEMPLATES, name_of_template
from central.office.notice_words import REFUSALS, STATES
from central.office.people_views import ACTING
from central.office.roles import MANAGE_CHANNELS, RETRY_NOTICES, SEE_NOTICES, TELL_BY_HAND

DELIVERIES_PER_PAGE, LAST_BY_HAND = 50, 10


@roles(*SEE_NOTICES)
@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """Show who was told what, when, how; filtered by office or group, kind and state."""
    now_ms = clock.now_ms()
    audiences = notice_queries.audiences()
    known = {"audience": dict(audiences), "template": TEMPLATES, "state": STATES}
    asked = {name: request.GET.get(name, "") for name in known}
    asked = {name: code if code in known[name] else "" for name, code in asked.items()}
    page = Paginator(notice_queries.deliveries(Choice(**asked)), DELIVERIES_PER_PAGE).get_page(
        request.GET.get("page", "1")
    )
    context = {
        "page": page,
        "lines": notice_queries.lines(page),
        "before": urlencode(asked),
        "asked": asked,
        "audiences": audiences,
        "templates": [(code, name_of_template(code)) for code in TEMPLATES],
        "states": [(code, badge.word) for code, badge in STATES.items()],
        "nobody": [
            (notice, notice_queries.words_of(notice, request.LANGUAGE_CODE))
            for notice in notice_queries.told_nobody()
        ],
        "given_up": notice_queries.given_up(now_ms),
        "overdue": notice_queries.overdue(now_ms),
        "by_hand": notice_queries.waiting_by_hand(),
        "may_retry": may(request, RETRY_NOTICES),
        "may_tell": may(request, TELL_BY_HAND),
        "may_manage": may(request, MANAGE_CHANNELS),
    }
    return render(request, "office/notices.html", context)


@roles(*RETRY_NOTICES)
@require_POST
def notice_retry(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """Have a notice tried again at once."""
    get_object_or_404(Delivery, pk=delivery_id)
    result = channels.try_again(delivery_id, actor=request.user.get_username(), now_ms=clock.now_ms())
    say(request, result, _("It is tried again now."))
    return redirect("office:notices")


@roles(*TELL_BY_HAND)
@require_GET
def by_hand(request: HttpRequest) -> HttpResponse:
    """Show what a person copies into a group and then marks as told."""
    told = notice_queries.deliveries(Choice(state="by-hand-done")).order_by("-told_ms")[:LAST_BY_HAND]
    context = {"waiting": notice_queries.by_hand(), "told": notice_queries.lines(told)}
    return render(request, "office/by_hand.html", context)


@roles(*TELL_BY_HAND)
@require_GET
def by_hand_picture(request: HttpRequest, delivery_id: int, page: int) -> HttpResponse:
    """Give a picture that a person puts into a group, as a file."""
    row = get_object_or_404(Delivery.objects.select_related("notice", "channel"), pk=delivery_id)
    drawn = notice_queries.pictures_of(row)
    if not 0 < page <= len(drawn):
        raise Http404
    picture = drawn[page - 1]
    return FileResponse(
        BytesIO(picture.content), as_attachment=True, filename=picture.name, content_type="image/png"
    )


@roles(*TELL_BY_HAND)
@require_POST
def by_hand_told(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """Mark a notice as told by the person who is signed in."""
    get_object_or_404(Delivery, pk=delivery_id)
    result = channels.told_by_hand(delivery_id, actor=request.user.get_username(), now_ms=clock.now_ms())
    say(request, result, _("Marked as told, with your name and the time."))
    return redirect("office:by-hand")


@roles(*ACTING)
@dangerous
def own_mail(request: HttpRequest) -> HttpResponse:
    """Show and set where the reader gets his own notices.

    Also that his sign-in was changed: whoever sits at his open page must not lead that away.
    """
    channel = Channel.objects.filter(person=request.user).first()
    initial = {
        "address": request.user.email,
        "language": channel.language if channel else request.LANGUAGE_CODE,
    }
    form = OwnMailForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        result = channels.set_own_mail(
            request.user.pk, typed["address"], typed["language"], now_ms=clock.now_ms()
        )
        if not isinstance(result, ChannelRefusal):
            messages.success(request, _("Changed."))
            return redirect("office:own-mail")
        form.add_error("address", str(REFUSALS[result]))
    return render(request, "office/own_mail.html", {"form": form}, status=400 if form.errors else 200)


def say(request: HttpRequest, result: object, done: str) -> None:
    """Tell the reader what became of an act."""
    if isinstance(result, ChannelRefusal):
        messages.error(request, str(REFUSALS[result]))
    else:
        messages.success(request, done)
