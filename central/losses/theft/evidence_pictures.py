"""The photographs of a theft for print: upright, small enough for a sheet; the digest below is that of the file as received."""

from collections.abc import Iterator
from io import BytesIO

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from central.losses.theft.evidence import moment
from central.losses.theft.reading import Theft
from central.office.photo_models import Photo
from central.office.photos import content_of
from central.papers.pictures import Picture

MOST_PIXELS_WIDE = 1600
QUALITY = 80


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


def for_print(content: bytes) -> bytes:
    """Turn a picture upright, make it small enough, and give it as JPEG."""
    with Image.open(BytesIO(content)) as opened:
        picture = _upright(opened)
        picture.thumbnail((MOST_PIXELS_WIDE, MOST_PIXELS_WIDE))
        made = BytesIO()
        picture.convert("RGB").save(made, "JPEG", quality=QUALITY)
    return made.getvalue()


def _upright(opened: Image.Image) -> Image.Image:
    """Turn it as its EXIF says; EXIF that Pillow can't read must not cost the sheet."""
    try:
        return ImageOps.exif_transpose(opened) or opened
    except Exception:  # Pillow raises many kinds for damaged EXIF
        return opened
