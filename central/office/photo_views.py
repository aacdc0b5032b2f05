"""Shows a picture to those who see cases; never as anything but a picture."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import condition, require_safe

from central.office.access import roles
from central.office.photo_models import Photo
from central.office.photos import CONTENT_TYPES, content_of
from central.office.roles import SEE_PHOTOS


def _mark(_request: HttpRequest, digest: str) -> str:
    return f'"{digest}"'


@roles(*SEE_PHOTOS)
@require_safe
@condition(etag_func=_mark)
def photo(request: HttpRequest, digest: str) -> HttpResponse:
    """Give a picture's bytes as received. A browser that keeps them asks each time: it shows none after the sign-out."""
    found = get_object_or_404(Photo, digest=digest)
    content = content_of(found)
    if content is None:
        raise Http404
    return HttpResponse(
        content,
        content_type=CONTENT_TYPES[found.kind],
        headers={
            "Cache-Control": "private, no-cache",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
        },
    )
