"""The sheet to write on, and the agreed table of one building with its copies, as PDF."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from central import clock
from central.losses.readings.asked import asked_place, begun
from central.losses.readings.models import ReadingSheet
from central.losses.readings.papers import blank_paper, table_paper
from central.office.access import roles
from central.office.roles import READ_METERS, SEE_READINGS
from central.papers.forms_of_paper import download


@roles(*READ_METERS)
@require_GET
def blank(request: HttpRequest, building_id: int, month: int) -> HttpResponse:
    """Give the sheet to be written on."""
    place = asked_place(request, building_id, month)
    return download(request, blank_paper(place, clock.now_ms()), "pdf", place.period, None)


@roles(*SEE_READINGS)
@require_GET
def table(request: HttpRequest, building_id: int, month: int) -> HttpResponse:
    """Give the agreed table of one building; `copy` names its recipient. Raises Http404 before it is agreed."""
    place = asked_place(request, building_id, month)
    if begun(place).state != ReadingSheet.State.AGREED:
        raise Http404
    return download(request, table_paper(place.period, [place.building]), "pdf", place.period, None)
