"""A kept photograph as a picture for a paper: who took it in, its size, its digest as received; one that is gone says so."""

from django.utils.translation import gettext as _

from central.clock import minute_text
from central.office.photo_models import Photo
from central.office.photo_print import for_print
from central.office.photos import content_of
from central.papers.pictures import Picture


def picture_of(photo: Photo, words: str = "") -> Picture:
    """Give a photograph with its lines; `words` say what it belongs to, else when it was received stands there."""
    who = photo.by.spoken_name if photo.by else _("a resident")
    said = words or minute_text(photo.received_ms)
    size = f"{photo.width} × {photo.height} · {photo.size_bytes} B · {photo.kind}"
    lines = (f"{said} · {who} · {size}", f"SHA-256 {photo.digest}")
    content = content_of(photo)
    if content is None:
        return Picture(b"", (*lines, _("The file is missing or is not what was received.")))
    return Picture(for_print(content), lines)
