"""The page on which a technician says that a room's meter was replaced (R-4.3.5)."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from central import clock
from central.campus.models import MeteringPoint
from central.campus.queries import live_account
from central.domain.rule_values import Kind, UnreadableError, value_of
from central.link.meter_swaps import Refused, Swap, Swapped, SwapRefusal, meter_now, swap_meter
from central.office.access import roles
from central.office.dangerous import dangerous
from central.office.roles import SWAP_METERS
from central.office.words import Words
from gateway.contract.quantities import WattHours, kwh_text

MOST_WH = 10**12
REFUSALS: dict[SwapRefusal, Words] = {
    SwapRefusal.NO_REASON: gettext_lazy("Say why."),
    SwapRefusal.NO_ACCOUNT: gettext_lazy("Nobody occupies this room: there is nothing to bill."),
    SwapRefusal.NO_METER: gettext_lazy("This room has no meter yet. Tie one to it on site."),
    SwapRefusal.OTHER_OLD: gettext_lazy("This room is billed by another meter: %(what)s. Look at the case again."),
    SwapRefusal.BAD_NUMBER: gettext_lazy("%(what)s can't be a meter's number. Use letters, digits and . _ : - only."),
    SwapRefusal.SAME: gettext_lazy("Both numbers are the same."),
    SwapRefusal.IN_USE: gettext_lazy("Another room is billed by %(what)s. Look at the case again."),
    SwapRefusal.OTHER_BUILDING: gettext_lazy("%(what)s belongs to another building. Move it there by the campus list first."),
    SwapRefusal.BELOW_BILLED: gettext_lazy("More than this was billed by %(what)s already. Read its last register again."),
}  # fmt: skip
NUMBER = {"required": gettext_lazy("Type the number on the case.")}
REGISTER = {"required": gettext_lazy("Type the register in kWh.")}


class SwapForm(forms.Form):
    """Both meters, both registers, and why."""

    old_meter = forms.CharField(label=gettext_lazy("Old meter"), max_length=64, error_messages=NUMBER)
    last = forms.CharField(
        label=gettext_lazy("Its last register, kWh"), max_length=20, error_messages=REGISTER
    )
    new_meter = forms.CharField(label=gettext_lazy("New meter"), max_length=64, error_messages=NUMBER)
    first = forms.CharField(
        label=gettext_lazy("Its first register, kWh"), max_length=20, error_messages=REGISTER
    )
    why = forms.CharField(
        label=gettext_lazy("Reason"), max_length=120, error_messages={"required": gettext_lazy("Say why.")}
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for name in ("last", "first"):
            self.fields[name].widget.attrs.update(inputmode="decimal", autocomplete="off")

    def clean_last(self) -> int:
        """Read a register in watt-hours."""
        return _register_wh(self.cleaned_data["last"])

    def clean_first(self) -> int:
        """Read a register in watt-hours."""
        return _register_wh(self.cleaned_data["first"])


def _register_wh(text: str) -> int:
    try:
        found = value_of(Kind.WATT_HOURS, [text])
    except UnreadableError:
        found = -1
    if not isinstance(found, int) or not 0 <= found <= MOST_WH:
        raise forms.ValidationError(_("Write kWh with at most three decimals, such as 412.34."))
    return found


@roles(*SWAP_METERS)
@require_http_methods(["GET", "HEAD", "POST"])
@dangerous
def meter_swap(request: HttpRequest, room_id: int) -> HttpResponse:
    """Say that a room's meter was replaced: it is billed by the new one from now on."""
    points = MeteringPoint.objects.select_related("room__building", "customer_class")
    point = get_object_or_404(points, room__pk=room_id)
    account = live_account(point.code)
    initial = {"old_meter": meter_now(account) if account else ""}
    form = SwapForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        swap = Swap(
            point.code,
            typed["old_meter"].strip(),
            typed["last"],
            typed["new_meter"].strip(),
            typed["first"],
            typed["why"],
        )
        done = swap_meter(swap, actor=request.user.get_username(), now_ms=clock.now_ms())
        if isinstance(done, Swapped):
            messages.success(request, _done_words(done))
            return redirect("link:room-rules", room_id)
        form.add_error(None, _refusal_words(done))
    context = {"form": form, "point": point}
    return render(request, "link/meter_swap.html", context, status=400 if form.errors else 200)


def _done_words(done: Swapped) -> str:
    if not done.unbilled_wh:
        return _("The room is billed by the new meter from now on.")
    return _(
        "The room is billed by the new meter from now on. %(kwh)s kWh of the old one are not billed: agree them with the "
        "customer, and enter them as an adjustment."
    ) % {"kwh": kwh_text(WattHours(done.unbilled_wh))}


def _refusal_words(refused: Refused) -> str:
    return str(REFUSALS[refused.why]) % {"what": refused.what}
