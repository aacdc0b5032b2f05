"""Pictures on sheets of their own behind a paper's tables: two on a sheet, each over what is said of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

from reportlab.lib.utils import ImageReader

ON_A_SHEET = 2
CAPTION_LINE = 10.0
BETWEEN = 14.0


@dataclass(frozen=True)
class Picture:
    """A JPEG to be printed, and the lines below it. Empty content: the file is gone, the lines say so."""

    content: bytes
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Placed:
    """Where a picture stands on its sheet, in points, and where its first line of words begins."""

    picture: Picture
    x: float
    y: float
    width: float
    height: float
    words_y: float


def sheets_of(pictures: Sequence[Picture]) -> list[Sequence[Picture]]:
    """Give which pictures stand on which sheet."""
    return [pictures[start : start + ON_A_SHEET] for start in range(0, len(pictures), ON_A_SHEET)]


def placed(
    pictures: Sequence[Picture], left: float, bottom: float, width: float, top: float
) -> Iterator[Placed]:
    """Place a sheet's pictures one below the other, as large as they fit, in their own proportions."""
    share = (top - bottom) / ON_A_SHEET
    for place, picture in enumerate(pictures):
        upper = top - place * share
        room = share - len(picture.lines) * CAPTION_LINE - BETWEEN
        wide, high = _size(picture)
        scale = min(width / wide, room / high)
        y = upper - high * scale
        yield Placed(picture, left, y, wide * scale, high * scale, y - CAPTION_LINE)


def _size(picture: Picture) -> tuple[int, int]:
    if not picture.content:
        return 1, 1
    width, height = ImageReader(BytesIO(picture.content)).getSize()
    return width, height
