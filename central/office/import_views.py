"""Import the campus list: upload, a preview that names each bad row, then all or nothing."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from central import clock
from central.campus.import_plan import ImportPlan, plan_import
from central.campus.import_words import place_of, problems_of, words_of
from central.campus.operations import Imported, carry_out
from central.domain.campus_rows import HEADERS
from central.office import uploads
from central.office.access import roles
from central.office.dangerous import dangerous
from central.office.forms import CampusListForm
from central.office.roles import IMPORT_CAMPUS

PROBLEMS_SHOWN, ROWS_SHOWN = 200, 12


@roles(*IMPORT_CAMPUS)
def campus_import(request: HttpRequest) -> HttpResponse:
    """Take a list and show what it would do."""
    is_sent = request.method == "POST"
    form = CampusListForm(request.POST, request.FILES) if is_sent else CampusListForm()
    if not is_sent or not form.is_valid():
        status = 400 if is_sent else 200
        return render(
            request, "office/import.html", {"form": form, "headers": HEADERS.items()}, status=status
        )
    content = form.cleaned_data["file"].read()
    return _preview(request, plan_import(content), uploads.keep(content), form.cleaned_data["file"].name)


def _preview(request: HttpRequest, plan: ImportPlan, digest: str, name: str) -> HttpResponse:
    problems = [(place_of(problem), words_of(problem)) for problem in plan.problems[:PROBLEMS_SHOWN]]
    context = {
        "plan": plan,
        "digest": digest,
        "name": name,
        "problems": problems,
        "rows": plan.rooms[:ROWS_SHOWN],
    }
    return render(
        request, "office/import_preview.html", context, status=200 if plan.can_be_carried_out else 422
    )


@roles(*IMPORT_CAMPUS)
@require_POST
@dangerous
def campus_import_confirm(request: HttpRequest) -> HttpResponse:
    """Carry out the list that was shown; it is checked again, since the campus may have changed meanwhile."""
    digest, name = request.POST.get("digest", ""), request.POST.get("name", "")
    content = uploads.kept(digest)
    if content is None:
        messages.error(request, _("The list that was shown is no longer kept. Upload it once more."))
        return redirect("office:import")
    plan = plan_import(content)
    done = carry_out(plan, actor=request.user.get_username(), now_ms=clock.now_ms())
    if not isinstance(done, Imported):
        plan.problems += problems_of(done)
        return _preview(request, plan, digest, name)
    uploads.forget(digest)
    messages.success(
        request,
        _("Imported: %(rooms)d rooms, %(classes)d classes, %(prices)d prices. The gateways are told at once.")
        % {"rooms": done.rooms, "classes": done.classes, "prices": done.prices},
    )
    return redirect("office:import")
