"""Pages of stock-taking: the list, counting on a phone, the differences, closing, the paper."""

import uuid
from collections.abc import Sequence

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST, require_safe

from central import clock
from central.domain.device_states import DeviceState, Holds, fits
from central.domain.stock_count import Outcome
from central.office.access import may, roles
from central.office.bar_codes import Code
from central.office.dangerous import dangerous
from central.office.page_table import page_tables
from central.office.roles import CLOSE_STOCK_TAKINGS, KEEP_STORE, SEE_DEVICES
from central.papers.forms_of_paper import download
from central.workshop.devices.models import Place
from central.workshop.stock import taking as operations
from central.workshop.stock import taking_queries as queries
from central.workshop.stock.models import StockScan, StockTaking
from central.workshop.stock.taking import Closing, Scan, TakingRefusal
from central.workshop.stock.taking_forms import (
    BeginForm,
    CloseForm,
    GiveUpForm,
    PhotoForm,
    ScanForm,
    StrikeForm,
)
from central.workshop.stock.taking_paper import day_of, taking_paper
from central.workshop.stock.taking_words import REFUSALS
from central.workshop.stock.words import CONSEQUENCES, OUTCOMES, badge_of

TAKINGS_SHOWN, DIFFERENCES_PER_PAGE = 50, 200
FORMS = ("pdf", "xlsx", "json")


@roles(*SEE_DEVICES)
@require_safe
def takings(request: HttpRequest) -> HttpResponse:
    """List the stock-takings; who keeps the store begins one here."""
    return _list(request, BeginForm())


@roles(*KEEP_STORE)
@require_POST
def taking_begin(request: HttpRequest) -> HttpResponse:
    """Begin one."""
    form = BeginForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        made = operations.begin(
            str(said["taking"]), said["place"], said["note"], actor=request.user, now_ms=clock.now_ms()
        )
        if isinstance(made, StockTaking):
            return redirect("workshop:stock-taking", made.pk)
        form.add_error(None, str(REFUSALS[made]))
    return _list(request, form)


@roles(*SEE_DEVICES)
@require_safe
def taking(request: HttpRequest, number: int) -> HttpResponse:
    """Show one: counting while it is open, both counts after it."""
    one = _taking(number)
    if hasattr(one, "end"):
        return _ended(request, one)
    place = _place(one, request.GET.get("place", ""))
    return _counting(request, one, place, _next(one, place))


@roles(*KEEP_STORE)
@require_POST
def taking_scan(request: HttpRequest, number: int) -> HttpResponse:
    """Keep what was read."""
    one = _taking(number)
    form = ScanForm(one, request.POST)
    place = _place(one, request.POST.get("place", ""))
    if not form.is_valid():
        return _counted(request, one, place, form, (), "")
    said = form.cleaned_data
    what = Scan(str(said["scan"]), said["label"], said["place"])
    done = operations.scan(one.pk, what, actor=request.user, now_ms=clock.now_ms())
    if isinstance(done, TakingRefusal):
        return _counted(request, one, place, form, (), str(REFUSALS[done]))
    return _counted(request, one, place, None, [scan.pk for scan in done], "")


@roles(*KEEP_STORE)
@require_POST
def taking_photo(request: HttpRequest, number: int) -> HttpResponse:
    """Read a photograph of labels, and offer what they say: each is counted when it is chosen."""
    one = _taking(number)
    place = _place(one, request.POST.get("place", ""))
    codes, refused = PhotoForm(request.POST, request.FILES).read()
    return _counting(request, one, place, _next(one, place), refused, codes)


@roles(*KEEP_STORE)
@require_POST
def taking_strike(request: HttpRequest, number: int) -> HttpResponse:
    """Take a scan back."""
    one = _taking(number)
    form = StrikeForm(request.POST)
    if not form.is_valid():
        raise Http404
    said = form.cleaned_data
    done = operations.strike(one.pk, said["of"], str(said["scan"]), actor=request.user, now_ms=clock.now_ms())
    if isinstance(done, TakingRefusal):
        messages.error(request, str(REFUSALS[done]))
        return redirect("workshop:stock-taking", one.pk)
    messages.success(request, _("Taken back: it counts as not counted until it is read again."))
    return redirect(_address(one, done.place_id))


@roles(*SEE_DEVICES)
@require_safe
def taking_differences(request: HttpRequest, number: int) -> HttpResponse:
    """Show what differs before anything is booked."""
    one = _taking(number)
    if hasattr(one, "end"):
        return redirect("workshop:stock-taking", number)
    return _differences(request, one, None)


@roles(*CLOSE_STOCK_TAKINGS)
@require_POST
@dangerous
def taking_close(request: HttpRequest, number: int) -> HttpResponse:
    """Book the differences that were shown."""
    one = _taking(number)
    form = CloseForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        closing = Closing(said["shown"], said["arrivals"], said["has_put_back"])
        done = operations.close(one.pk, closing, actor=request.user, now_ms=clock.now_ms())
        if not isinstance(done, TakingRefusal) or done is TakingRefusal.ENDED:
            messages.success(request, _("Closed: the records are as counted."))
            return redirect("workshop:stock-taking", number)
        form.add_error(None, str(REFUSALS[done]))
    return _differences(request, one, form)


@roles(*CLOSE_STOCK_TAKINGS)
@require_POST
def taking_give_up(request: HttpRequest, number: int) -> HttpResponse:
    """End one without booking anything."""
    one = _taking(number)
    form = GiveUpForm(request.POST)
    why = form.cleaned_data["why"] if form.is_valid() else ""
    done = operations.give_up(one.pk, why, actor=request.user, now_ms=clock.now_ms())
    if isinstance(done, TakingRefusal):
        messages.error(request, str(REFUSALS[done]))
        return redirect("workshop:stock-taking-differences", number)
    messages.success(request, _("Given up: nothing was booked; what was read stays on record."))
    return redirect("workshop:stock-taking", number)


@roles(*SEE_DEVICES)
@require_safe
def taking_file(request: HttpRequest, number: int, form: str) -> HttpResponse:
    """Give the paper of one that has ended, as PDF, XLSX or JSON."""
    one = _taking(number)
    if not hasattr(one, "end") or form not in FORMS:
        raise Http404
    return download(request, taking_paper(one), form, day_of(one), None)


def _list(request: HttpRequest, form: BeginForm) -> HttpResponse:
    context = {
        "takings": queries.takings()[:TAKINGS_SHOWN],
        "form": form if may(request, KEEP_STORE) else None,
        "has_places": Place.objects.filter(is_active=True).exists(),
    }
    return render(request, "workshop/takings.html", context, status=400 if form.errors else 200)


def _counting(
    request: HttpRequest,
    one: StockTaking,
    place: Place,
    form: ScanForm,
    refused: str = "",
    codes: Sequence[Code] = (),
) -> HttpResponse:
    context = _now(one, place) | {
        "form": form,
        "photo_form": PhotoForm(),
        "codes": [(code, uuid.uuid4()) for code in codes],
        "places": queries.places_of(one),
        "refused": refused,
        "may_count": may(request, KEEP_STORE),
    }
    return render(request, "workshop/taking.html", context, status=400 if refused or form.errors else 200)


def _counted(
    request: HttpRequest, one: StockTaking, place: Place, form: ScanForm | None, new: object, refused: str
) -> HttpResponse:
    """Answer a scan: the script gets the part of the page that shows it, a plain form the whole page."""
    if form and not refused:
        refused = " ".join(str(error) for errors in form.errors.values() for error in errors)
    if request.htmx:
        context = _now(one, place) | {"refused": refused, "new": new, "may_count": True}
        return render(request, "workshop/counted.html", context)
    if form:
        return _counting(request, one, place, form, refused)
    return redirect(_address(one, place.pk))


def _now(one: StockTaking, place: Place) -> dict[str, object]:
    scans = queries.last_scans(one)
    is_struck = {_key(scan): scan.is_struck for scan in reversed(scans)}
    return {
        "taking": one,
        "place": place,
        "progress": queries.progress(one),
        "scans": [(scan, _said(scan), None if is_struck[_key(scan)] else uuid.uuid4()) for scan in scans],
    }


def _next(one: StockTaking, place: Place) -> ScanForm:
    """Give the form of the next label."""
    return ScanForm(one, initial={"place": place.pk})


def _key(scan: StockScan) -> str:
    return scan.device_id or scan.label


def _said(scan: StockScan) -> str:
    """Say at once what can't be as it is: an unknown label, another place, a device that is not in stock."""
    device = scan.device
    if scan.is_struck:
        return pgettext("stock", "taken back")
    if device is None:
        return _("nobody knows this label")
    if device.place_id == scan.place_id:
        return ""
    if device.place is None:
        return str(badge_of(device.state).word)
    where = {"place": f"{device.place.code} {device.place.name}"}
    if not fits(DeviceState(device.state), Holds(scan.place.holds)):
        return _("may not lie here, belongs to %(place)s") % where
    return _("recorded at %(place)s") % where


def _differences(request: HttpRequest, one: StockTaking, form: CloseForm | None) -> HttpResponse:
    found = queries.comparison(one)
    places = {place.pk: place for place in Place.objects.all()}
    page = Paginator(found.differences, DIFFERENCES_PER_PAGE).get_page(request.GET.get("page"))
    devices = queries.names_of(line.device for line in page)
    context = {
        "taking": one,
        "found": found,
        "page": page,
        "counts": [(OUTCOMES[outcome], n) for outcome in Outcome if (n := found.count(outcome))],
        "rows": [
            (
                devices[line.device],
                OUTCOMES[line.outcome],
                CONSEQUENCES[line.outcome],
                places.get(line.recorded),
                places.get(line.counted),
            )
            for line in page
        ],
        "form": form or CloseForm.new(found.digest),
        "digest": found.digest,
        "mislaid": found.count(Outcome.MISLAID),
        "found_again": found.count(Outcome.FOUND_AGAIN),
        "give_up": GiveUpForm(),
        "may_close": may(request, CLOSE_STOCK_TAKINGS),
    }
    return render(request, "workshop/taking_differences.html", context, status=400 if form else 200)


def _ended(request: HttpRequest, one: StockTaking) -> HttpResponse:
    paper = taking_paper(one)
    context = {"taking": one, "paper": paper, "tables": page_tables(paper.tables), "files": FORMS}
    return render(request, "workshop/taking_ended.html", context)


def _address(one: StockTaking, place_id: int) -> str:
    return f"{reverse('workshop:stock-taking', args=[one.pk])}?place={place_id}"


def _taking(number: int) -> StockTaking:
    return get_object_or_404(queries.takings(), pk=number)


def _place(one: StockTaking, asked: str) -> Place:
    """Give the place that is counted now: the one asked for, else the first."""
    places = queries.places_of(one)
    return next((place for place in places if str(place.pk) == asked), places[0])
