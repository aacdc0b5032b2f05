"""The page of shared balances: which rooms use up one balance, and asking for more or fewer of them (C-4, R-B1)."""

import re
import uuid

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from central import clock
from central.campus.models import Account
from central.link import balance_act
from central.office import approvals
from central.office.access import roles
from central.office.approval_views import refusal_words
from central.office.approvals import ApprovalRefusal
from central.office.roles import ASK_SHARED_BALANCES


class SharingForm(forms.Form):
    """Whose balance pays, for which rooms, and why; without a payer the rooms get their own balances again."""

    payer = forms.CharField(label=gettext_lazy("Room that pays"), max_length=56, required=False)
    rooms = forms.CharField(
        label=gettext_lazy("Rooms"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": gettext_lazy("Name the rooms, such as 1-302, 1-303.")},
    )
    why = forms.CharField(
        label=gettext_lazy("Reason"), max_length=300, error_messages={"required": gettext_lazy("Say why.")}
    )
    key = forms.CharField(max_length=40, widget=forms.HiddenInput, required=False)

    def __init__(self, *args: object, merges: bool, **kwargs: object) -> None:
        super().__init__(*args, auto_id=f"id_{'merge' if merges else 'split'}_%s", **kwargs)
        self.merges = merges
        if merges:
            self.fields["payer"].required = True
            self.fields["payer"].error_messages["required"] = _("Name the room that pays.")
        else:
            del self.fields["payer"]

    def clean_rooms(self) -> list[str]:
        """Give the rooms, each once, in the order typed."""
        return list(
            dict.fromkeys(one for one in re.split(r"[\s,;，、；]+", self.cleaned_data["rooms"]) if one)
        )

    def content(self) -> dict[str, object]:
        """Give what is asked for."""
        return {"payer": self.cleaned_data.get("payer", "").strip(), "rooms": self.cleaned_data["rooms"]}


@roles(*ASK_SHARED_BALANCES)
@require_http_methods(["GET", "HEAD", "POST"])
def shared_balances(request: HttpRequest) -> HttpResponse:
    """Show which rooms share a balance; ask to merge or to split."""
    does = request.POST.get("do", "")
    forms_here = {
        name: SharingForm(
            request.POST if does == name else None, merges=name == "merge", initial={"key": uuid.uuid4()}
        )
        for name in ("merge", "split")
    }
    asked = forms_here.get(does)
    if asked is None and request.method == "POST":
        messages.error(request, _("Nothing was asked: press the button of one of the two forms."))
    if asked is not None and asked.is_valid():
        number = _asked(request, asked)
        if number is not None:
            messages.success(request, _("The request waits for a signature. Nothing is changed until then."))
            return redirect("office:approval", number)
    paying = Account.objects.exclude(pays_from=None).exclude(state=Account.State.CLOSED)
    context = {
        "forms": forms_here.values(),
        "shared": paying.select_related("point", "pays_from__point").order_by("pays_from__code", "code"),
    }
    wrong = request.method == "POST" and (asked is None or asked.errors)
    return render(request, "link/balances.html", context, status=400 if wrong else 200)


def _asked(request: HttpRequest, form: SharingForm) -> int | None:
    """Ask, and give the request's number; None when it was refused: the form says why."""
    now_ms, content = clock.now_ms(), form.content()
    cannot = balance_act.why_not(content, now_ms)
    if cannot:
        form.add_error(None, cannot)
        return None
    done = approvals.ask(
        balance_act.MERGE if form.merges else balance_act.SPLIT,
        content,
        subject=str(content["payer"] or ", ".join(form.cleaned_data["rooms"])),
        why=form.cleaned_data["why"],
        actor=request.user,
        now_ms=now_ms,
        key=f"sharing:{form.cleaned_data['key'] or uuid.uuid4()}",
    )
    if isinstance(done, ApprovalRefusal):
        form.add_error(None, refusal_words(done))
        return None
    return int(done.number)
