"""Shows a picture to a reader whom a page has shown its matter; never as anything but a picture."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import condition, require_safe

from central import clock
from central.office.access import roles
from central.office.photo_addresses import MARK, opens
from central.office.photo_models import Photo
from central.office.photos import CONTENT_TYPES, content_of
from central.office.roles import SEE_PHOTOS


def _etag(_request: HttpRequest, digest: str) -> str:
    return f'"{digest}"'


@roles(*SEE_PHOTOS)
@require_safe
def photo(request: HttpRequest, digest: str) -> HttpResponse:
    """Give a picture to whom this address was made for; to others it doesn't exist."""
    if not opens(request.GET.get(MARK, ""), digest, request.user, clock.real_now_ms()):
        raise Http404
    return _picture(request, digest)


@condition(etag_func=_etag)
def _picture(_request: HttpRequest, digest: str) -> HttpResponse:
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
