"""The photographs of a theft for print: upright, small enough for a sheet; the digest below is that of the file as received."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from central.losses.theft.evidence import moment
from central.losses.theft.reading import Theft
from central.office.photo_models import Photo
from central.office.photo_print import for_print
from central.office.photos import content_of
from central.papers.pictures import Picture


def pictures_of(theft: Theft) -> list[Picture]:
    """Give every photograph once, in the order of what happened, with when, by whom and its digest."""
    said = dict(_said(theft))
    kept = {one.digest: one for one in Photo.objects.filter(digest__in=said).select_related("by")}
    return [_picture(kept[digest], words) for digest, words in said.items() if digest in kept]


def _said(theft: Theft) -> Iterator[tuple[str, str]]:
    for step in theft.steps:
        for digest in step.photos:
            yield digest, f"{step.get_kind_display()} {moment(step.at_ms)}"
    for digest in theft.appeal.photos if theft.appeal else ():
        yield digest, f"{_('Appeal')} {moment(theft.appeal.at_ms)}"


def _picture(photo: Photo, words: str) -> Picture:
    content = content_of(photo)
    size = f"{photo.width} × {photo.height} · {photo.size_bytes} B · {photo.kind}"
    who = photo.by.spoken_name if photo.by else _("a resident")
    lines = (f"{words} · {who} · {size}", f"SHA-256 {photo.digest}")
    if content is None:
        return Picture(b"", (*lines, _("The file is missing or is not what was received.")))
    return Picture(for_print(content), lines)
