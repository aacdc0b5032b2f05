"""Import of a sheet written on paper: upload, a preview that names each mistake, then all rows or none."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from central import clock
from central.losses.readings.asked import asked_place
from central.losses.readings.forms import SheetFileForm
from central.losses.readings.import_words import COLUMNS, finding_words
from central.losses.readings.importing import SheetPlan, import_sheet, plan_sheet
from central.losses.readings.sheets import Place
from central.losses.readings.words import DOUBTS, UNREADABLE
from central.office import uploads
from central.office.access import roles
from central.office.roles import READ_METERS
from central.papers.words import period_words

FINDINGS_SHOWN, ROWS_SHOWN = 100, 400


@roles(*READ_METERS)
def upload(request: HttpRequest, building_id: int, month: int) -> HttpResponse:
    """Take a table and show what it would do; nothing is changed by it."""
    place = asked_place(request, building_id, month)
    form = SheetFileForm(request.POST, request.FILES) if request.method == "POST" else SheetFileForm()
    if not form.is_bound or not form.is_valid():
        context = {
            "place": place,
            "period": period_words(place.period),
            "form": form,
            "columns": COLUMNS.values(),
        }
        return render(request, "losses/reading_import.html", context, status=400 if form.is_bound else 200)
    content = form.cleaned_data["file"].read()
    uploads.keep(content)
    plan = plan_sheet(content, place, clock.now_ms())
    return _preview(request, place, plan, form.cleaned_data["file"].name)


@roles(*READ_METERS)
@require_POST
def confirm(request: HttpRequest, building_id: int, month: int) -> HttpResponse:
    """Enter the table that was shown; it is read and compared again."""
    place = asked_place(request, building_id, month)
    digest, name = request.POST.get("digest", ""), request.POST.get("name", "")
    content = uploads.kept(digest)
    if content is None:
        messages.error(request, _("The list that was shown is no longer kept. Upload it once more."))
        return redirect("losses:reading-import", building_id, month)
    done = import_sheet(content, place, actor=request.user, now_ms=clock.now_ms())
    if isinstance(done, SheetPlan):
        return _preview(request, place, done, name)
    uploads.forget(digest)
    count = len(done)
    said = ngettext("%(count)d reading entered.", "%(count)d readings entered.", count) % {"count": count}
    messages.success(request, said)
    return redirect("losses:reading-sheet", building_id, month)


def _preview(request: HttpRequest, place: Place, plan: SheetPlan, name: str) -> HttpResponse:
    context = {
        "place": place,
        "period": period_words(place.period),
        "plan": plan,
        "name": name[:200],
        "findings": [(one.row, finding_words(one)) for one in plan.findings[:FINDINGS_SHOWN]],
        "rows": [
            (one, [DOUBTS[doubt] for doubt in one.doubts], UNREADABLE[one.row.why] if one.row.why else "")
            for one in plan.rows[:ROWS_SHOWN]
        ],
        "questioned": sum(bool(one.doubts) and not one.row.remark for one in plan.rows),
    }
    return render(
        request, "losses/reading_preview.html", context, status=200 if plan.can_be_carried_out else 422
    )
