"""Parts of a page that refresh themselves. An unchanged part is answered with 204, so that what a reader has selected,
focused or is being read aloud stays as it is; links inside work without script all the same."""

from hashlib import blake2b

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.html import format_html

SEEN = "seen"


def live_part(request: HttpRequest, template: str, context: dict[str, object]) -> HttpResponse:
    """Render one part, or 204 when it is what the browser shows already (it sends the digest it was given back)."""
    html = render_to_string(template, context, request)
    digest = blake2b(html.encode(), digest_size=8).hexdigest()
    if request.GET.get(SEEN) == digest:
        return HttpResponse(status=204)
    return HttpResponse(html + format_html('<input type="hidden" name="{}" value="{}">', SEEN, digest))
