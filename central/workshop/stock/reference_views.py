"""Pages of makers, models and places: all three on one page, each entered and changed by the same form."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from central import clock
from central.office.access import may, roles
from central.office.roles import KEEP_DEVICE_TYPES, SEE_DEVICES
from central.office.words import Words
from central.workshop.devices.models import DeviceType, Maker, Place
from central.workshop.stock import reference
from central.workshop.stock.reference import ReferenceRefusal
from central.workshop.stock.reference_forms import REFUSALS, MakerForm, PlaceForm, ReferenceForm, TypeForm


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of reference data: its words, its form, and what writes it."""

    title: Words
    new: Words
    rows: Callable[[], QuerySet[Any]]
    form: type[ReferenceForm]
    keep: Callable[..., Maker | DeviceType | Place | ReferenceRefusal]


KEPT = {
    "makers": Kept(_("Makers"), _("Enter a maker"), Maker.objects.all, MakerForm, reference.keep_maker),
    "types": Kept(_("Models"), _("Enter a model"), DeviceType.objects.all, TypeForm, reference.keep_type),
    "places": Kept(_("Places"), _("Enter a place"), Place.objects.all, PlaceForm, reference.keep_place),
}


@roles(*SEE_DEVICES)
@require_safe
def reference_data(request: HttpRequest) -> HttpResponse:
    """Show makers, models and places."""
    context = {
        "makers": Maker.objects.order_by("-is_active", "code"),
        "types": DeviceType.objects.select_related("maker").order_by("-is_active", "kind", "code"),
        "places": Place.objects.annotate(lie=Count("devices")).order_by("-is_active", "holds", "code"),
        "may_keep": may(request, KEEP_DEVICE_TYPES),
    }
    return render(request, "workshop/reference.html", context)


@roles(*KEEP_DEVICE_TYPES)
@require_http_methods(["GET", "HEAD", "POST"])
def reference_row(request: HttpRequest, what: str, number: int | None = None) -> HttpResponse:
    """Enter a row, or change one."""
    if (kept := KEPT.get(what)) is None:
        raise Http404
    row = None if number is None else get_object_or_404(kept.rows(), pk=number)
    form = kept.form.of(row) if row else kept.form()
    if request.method == "POST":
        form = kept.form(request.POST, initial=form.initial)
        if form.is_valid():
            done = kept.keep(number, form.cleaned_data, actor=request.user, now_ms=clock.now_ms())
            if not isinstance(done, ReferenceRefusal):
                messages.success(request, _now("It is on record."))
                return redirect("workshop:reference")
            form.add_error("code" if done is ReferenceRefusal.CODE_TAKEN else None, str(REFUSALS[done]))
    context = {"form": form, "row": row, "kept": kept, "what": what}
    return render(request, "workshop/reference_row.html", context, status=400 if form.errors else 200)
