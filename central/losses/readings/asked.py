"""Which building and period a page is asked for, as far as the reader serves it."""

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from central.campus.models import Building
from central.losses.readings.models import ReadingSheet
from central.losses.readings.sheets import Place, period_of_month, place_of
from central.office.models import of_served


def asked_place(request: HttpRequest, building_id: int, month: int) -> Place:
    """Give the sheet that an address names. Raises Http404 for another's building and for what is no month."""
    period = period_of_month(month)
    if period is None:
        raise Http404
    served = Building.objects.filter(of_served(request.user, "pk"))
    return place_of(get_object_or_404(served, pk=building_id), period)


def begun(place: Place) -> ReadingSheet:
    """Give the sheet. Raises Http404 before its first entry."""
    if place.sheet is None:
        raise Http404
    return place.sheet
