"""The residents' own page of faults, behind room and PIN: report one, see what becomes of it. Nobody's name, no other room."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from central import clock
from central.campus.models import Account
from central.dashboard.my_room import pass_cookie
from central.workshop.faults.forms import ResidentForm
from central.workshop.faults.models import Fault
from central.workshop.faults.refusals import FaultRefusal, refusal_words
from central.workshop.faults.residents import report, reports_of
from central.workshop.faults.signs import Seen


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def fault(request: HttpRequest) -> HttpResponse:
    """Show what the room reported, and take a report."""
    account = pass_cookie.account_of(request)
    if account is None:
        return redirect("my-room:room")
    if request.method != "POST":
        return _page(request, account, ResidentForm(initial={"step": uuid.uuid4()}))
    form = ResidentForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, account, form, 400)
    said = form.cleaned_data
    photos = [upload.read() for upload in said["photos"]]
    step = f"room-{account.pk}-{said['step']}"
    done = report(account, Seen(said["seen"]), said["text"], photos, step, now_ms=clock.now_ms())
    if isinstance(done, Fault):
        return redirect("my-room:fault")
    form.add_error(None, refusal_words(done))
    return _page(request, account, form, 429 if done.why is FaultRefusal.TOO_OFTEN else 400)


def _page(request: HttpRequest, account: Account, form: ResidentForm, status: int = 200) -> HttpResponse:
    context = {"room": account.point.room, "form": form, "reports": reports_of(account)}
    return render(request, "my_room/fault.html", context, status=status)
