"""Pages of claims: the list with what each lacks, one claim with its text, its mails and its steps, a new one."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from central import clock
from central.office.access import may, roles
from central.office.models import MailServer
from central.office.notice_words import STATES, TROUBLES
from central.office.photo_keeping import keep_uploads
from central.office.roles import KEEP_GOODS, MANAGE_CHANNELS, SEE_GOODS
from central.workshop.claims import queries
from central.workshop.claims.acting import bound, carry_out, forms_of
from central.workshop.claims.forms import ActForm, NewClaimForm
from central.workshop.claims.letter import photos_of, text_of
from central.workshop.claims.models import Claim
from central.workshop.claims.operations import open_claim
from central.workshop.claims.paper import claim_paper, claims_paper
from central.workshop.claims.sending import Mailed, mails_of
from central.workshop.claims.words import found_words, refusal_words, step_lines
from central.workshop.files import paper_file, printed


@roles(*SEE_GOODS)
@require_safe
def claims(request: HttpRequest) -> HttpResponse:
    """List the claims that stand, each with what it lacks, and those closed last."""
    now_ms = clock.now_ms()
    context = {
        "standing": queries.rows(queries.standing(), now_ms),
        "closed": queries.rows(queries.closed()[: queries.MOST_CLOSED], now_ms),
        "may_keep": may(request, KEEP_GOODS),
    }
    return render(request, "workshop/claims.html", context)


@roles(*SEE_GOODS)
@require_safe
def claims_file(request: HttpRequest, form: str) -> HttpResponse:
    """Give the list as XLSX or PDF."""
    now_ms = clock.now_ms()
    rows = queries.rows([*queries.standing(), *queries.closed()], now_ms)
    return paper_file(request, claims_paper(rows, now_ms), form, "claims")


@roles(*KEEP_GOODS)
@require_http_methods(["GET", "HEAD", "POST"])
def new_claim(request: HttpRequest) -> HttpResponse:
    """Begin a claim for faulty devices of one maker."""
    found = {one.number: one for one in queries.claimable()}
    choices = [
        (one.number, f"{one.number} · {one.type.maker.name} · {one.type.name} · {one.serial}")
        for one in found.values()
    ]
    if request.method != "POST":
        form = NewClaimForm(devices=choices, initial={"devices": request.GET.getlist("device")})
        return render(request, "workshop/claim_new.html", {"form": form, "choices": choices})
    form = NewClaimForm(request.POST, request.FILES, devices=choices)
    if form.is_valid():
        said, now_ms = form.cleaned_data, clock.now_ms()
        digests, troubles = keep_uploads(said["photos"], [], by=request.user, now_ms=now_ms)
        done = None
        if not troubles:
            devices = [found[number] for number in said["devices"]]
            source = f"form:{said['step']}"
            done = open_claim(
                devices, said["text"], digests, source=source, actor=request.user, now_ms=now_ms
            )
        if isinstance(done, Claim):
            messages.success(request, _("The claim is begun: look it through, send it, telephone the maker."))
            return redirect("workshop:claim", done.pk)
        for words in [refusal_words(done)] if done else troubles:
            form.add_error(None, words)
    return render(request, "workshop/claim_new.html", {"form": form, "choices": choices}, status=400)


@roles(*SEE_GOODS)
@require_safe
def claim(request: HttpRequest, number: int) -> HttpResponse:
    """Show one claim."""
    return _page(request, _found(number))


@roles(*KEEP_GOODS)
@require_POST
def act(request: HttpRequest, number: int) -> HttpResponse:
    """Do something about a claim: which, says the form's `act`."""
    found = _found(number)
    form = bound(request, found)
    if form is None:
        raise Http404
    if form.is_valid():
        done = carry_out(form, found, request.user, clock.now_ms())
        if isinstance(done, Claim):
            messages.success(request, _said(form))
            return redirect("workshop:claim", number)
        for words in done if isinstance(done, list) else [refusal_words(done)]:
            form.add_error(None, words)
    return _page(request, found, form)


@roles(*SEE_GOODS)
@require_safe
def claim_file(request: HttpRequest, number: int, form: str) -> HttpResponse:
    """Give a claim as PDF with its photographs, or as XLSX."""
    found = _found(number)
    pictures = printed(photos_of(found)) if form == "pdf" else []
    return paper_file(request, claim_paper(found), form, f"claim-{found.pk}", pictures)


def _found(number: int) -> Claim:
    return get_object_or_404(Claim.objects.select_related("maker"), pk=number)


def _said(form: ActForm) -> str:
    if form.act == "mail":
        return _(
            "The mail waits to be sent; below stands what becomes of it. Now telephone the maker, and log the call."
        )
    return _("It is on record.")


def _page(request: HttpRequest, found: Claim, sent: ActForm | None = None) -> HttpResponse:
    now_ms = clock.now_ms()
    may_keep = may(request, KEEP_GOODS)
    forms = forms_of(found, now_ms) if may_keep else {}
    if sent is not None:
        forms[sent.act] = sent
    context = {
        "claim": found,
        "row": queries.rows([found], now_ms)[0],
        "text": text_of(found),
        "photos": photos_of(found),
        "devices": [
            (one, found_words(one)) for one in found.devices.select_related("device__type", "device__place")
        ],
        "steps": [(one, step_lines(one)) for one in found.steps.select_related("by")],
        "deliveries": found.deliveries.all(),
        "mails": [(one, *_mail_words(one)) for one in mails_of(found)],
        "has_server": MailServer.objects.filter(pk=1).exists(),
        "sets_server": may(request, MANAGE_CHANNELS),
        "forms": forms,
        "sent": sent,
        "may_keep": may_keep,
    }
    return render(request, "workshop/claim.html", context, status=400 if sent is not None else 200)


def _mail_words(mail: Mailed) -> tuple[object, object]:
    """Say how far a mail has come, and what met it."""
    if mail.delivery is None:
        return STATES["gave-up"], ""
    trouble = TROUBLES.get(mail.delivery.trouble, mail.delivery.trouble)
    detail = f" ({mail.delivery.detail})" if mail.delivery.detail else ""
    return STATES[mail.delivery.state], f"{trouble}{detail}" if trouble else ""
