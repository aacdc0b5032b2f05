"""The photographs of a theft for print: upright, small enough for a sheet; the digest below is that of the file as received."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from central.losses.theft.evidence import moment
from central.losses.theft.reading import Theft
from central.office.photo_models import Photo
from central.papers.photo_pictures import picture_of
from central.papers.pictures import Picture


def pictures_of(theft: Theft) -> list[Picture]:
    """Give every photograph once, in the order of what happened, with when, by whom and its digest."""
    said = dict(_said(theft))
    kept = {one.digest: one for one in Photo.objects.filter(digest__in=said).select_related("by")}
    return [picture_of(kept[digest], words) for digest, words in said.items() if digest in kept]


def _said(theft: Theft) -> Iterator[tuple[str, str]]:
    for step in theft.steps:
        for digest in step.photos:
            yield digest, f"{step.get_kind_display()} {moment(step.at_ms)}"
    for digest in theft.appeal.photos if theft.appeal else ():
        yield digest, f"{_('Appeal')} {moment(theft.appeal.at_ms)}"
