"""The register of what is bound and where it is stored (R-4.1.8)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.desk import binding
from central.desk.binding import NotBound
from central.desk.book_forms import BindForm, PlaceForm
from central.desk.book_models import BoundVolume
from central.desk.book_queries import volumes
from central.desk.book_words import binding_words
from central.office.access import may, roles
from central.office.roles import KEEP_BOOKS, SEE_MONEY

VOLUMES_PER_PAGE = 50


@roles(*SEE_MONEY)
@require_GET
def volume_list(request: HttpRequest) -> HttpResponse:
    """The register, newest first; who keeps the books binds here."""
    return _page(request, BindForm(initial={"since": clock.campus_day(clock.now_ms())}))


@roles(*KEEP_BOOKS)
@require_POST
def bind(request: HttpRequest) -> HttpResponse:
    """Bind a volume."""
    form = BindForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    typed = form.cleaned_data
    result = binding.bind_volume(
        typed["title"],
        typed["ranges"],
        typed["place"],
        typed["since"],
        actor=request.user,
        now_ms=clock.now_ms(),
    )
    if isinstance(result, NotBound):
        form.add_error("ranges", binding_words(result))
        return _page(request, form)
    messages.success(request, _("Bound as volume %(number)d.") % {"number": result.number})
    return redirect("desk:volumes")


@roles(*KEEP_BOOKS)
@require_POST
def store(request: HttpRequest, number: int) -> HttpResponse:
    """Say where a volume is stored from a day on."""
    volume = get_object_or_404(BoundVolume, pk=number)
    form = PlaceForm(request.POST)
    if form.is_valid():
        typed = form.cleaned_data
        binding.store_volume(
            volume, typed["place"], typed["since"], actor=request.user, now_ms=clock.now_ms()
        )
        messages.success(request, _("Noted."))
    else:
        messages.error(request, _("Nothing was noted: write the place, and the day as 2026-09-01."))
    return redirect("desk:volumes")


def _page(request: HttpRequest, form: BindForm) -> HttpResponse:
    page = Paginator(volumes(), VOLUMES_PER_PAGE).get_page(request.GET.get("page"))
    rows = [(volume, sorted(volume.places.all(), key=lambda place: -place.pk)) for volume in page]
    context = {"page": page, "volumes": rows, "form": form, "can_keep": may(request, KEEP_BOOKS)}
    return render(request, "desk/volumes.html", context, status=400 if form.errors else 200)
