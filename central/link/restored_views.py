"""The page of a central that was restored: which gateways were heard, what people must do, what only the lost one knew."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.link.leap_words import leapt
from central.link.lost_with_central import lost_commands, lost_credit
from central.link.restored import Still, TickRefusal, still_open, tick
from central.link.restored_words import POINTS
from central.office.access import may, roles
from central.office.roles import SEE_RESTORATION, TICK_RESTORATION

MOST_ROWS = 500
TICK_WORDS = {
    TickRefusal.NOT_RESTORED: gettext_lazy("This server was never restored from a backup."),
    TickRefusal.UNKNOWN: gettext_lazy("There is no such point."),
}


class TickForm(forms.Form):
    """Which point was done, and a word about it."""

    point = forms.CharField(max_length=32)
    note = forms.CharField(max_length=200, required=False)


@roles(*SEE_RESTORATION)
@require_GET
@never_cache
def restored(request: HttpRequest) -> HttpResponse:
    """What is still open after the newest restoration."""
    still = still_open()
    return render(
        request, "link/restored.html", {"still": still, **(_about(request, still) if still else {})}
    )


def _about(request: HttpRequest, still: Still) -> dict[str, object]:
    credit, orders = lost_credit(still.restoration), lost_commands(still.restoration)
    points = [(point.value, words, still.ticks.get(point.value)) for point, words in POINTS.items()]
    return {
        "points": points,
        "credit": credit[:MOST_ROWS],
        "credit_count": len(credit),
        "orders": orders[:MOST_ROWS],
        "orders_count": len(orders),
        "numbers": leapt(still.restoration),
        "may_tick": may(request, TICK_RESTORATION),
    }


@roles(*TICK_RESTORATION)
@require_POST
def restored_tick(request: HttpRequest) -> HttpResponse:
    """Put on record that a point was done; twice is once."""
    form = TickForm(request.POST)
    done: object = TickRefusal.UNKNOWN
    if form.is_valid():
        said = form.cleaned_data
        done = tick(said["point"], said["note"], actor=request.user.get_username(), now_ms=clock.now_ms())
    if isinstance(done, TickRefusal):
        messages.error(request, str(TICK_WORDS[done]))
    else:
        messages.success(request, _("It is on record."))
    return redirect("link:restored")
