"""What phones need to work without a network: the worker's script, and who is signed in with a token to send what waited."""

from django.contrib.staticfiles import finders
from django.http import FileResponse, Http404, HttpRequest, JsonResponse
from django.middleware.csrf import get_token
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from central.office.access import roles
from central.office.roles import WORK_OFFLINE

WORKER = "offline_worker.js"


@require_safe
def worker(request: HttpRequest) -> FileResponse:
    """Give the worker's script from the folder whose pages it keeps: that is its scope. It is looked for anew each time.

    For everyone, as all scripts are: a phone whose person signed out must get a mended one, too.
    """
    path = finders.find(WORKER)
    if path is None:
        raise Http404
    return FileResponse(
        open(path, "rb"),
        content_type="text/javascript; charset=utf-8",
        headers={"Cache-Control": "no-cache"},
    )


@roles(*WORK_OFFLINE)
@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Say who is signed in, with a token of this session: a page kept on a phone holds an old one."""
    return JsonResponse({"reader": str(request.user.pk), "token": get_token(request)})
