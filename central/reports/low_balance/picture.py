"""A low-balance list as pictures for a group: 1,080 px wide, readable on a phone; a long list in several. No names.

Drawn by the font of papers. What it has no glyph for stands as a code point, as on paper.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from io import BytesIO

from django.utils import translation
from django.utils.translation import gettext as _
from PIL import Image, ImageDraw, ImageFont

from central.clock import minute_text
from central.domain.low_balance import LowRoom
from central.office.notice_templates import Params, Picture
from central.office.templatetags.cardroom import with_unit
from central.papers.font import NoFont, font_file, paper_font
from central.reports.low_balance.lists import rooms_of
from central.reports.low_balance.models import LowBalanceList
from central.reports.low_balance.words import foot_lines, head_lines, joined, marks_of, shown_amounts

WIDTH, EDGE, GAP = 1080, 40, 24
TITLE, LINE, ROOM, SMALL = 60, 36, 46, 30
"""Sizes of letters in pixels: on a phone a third of it."""
TALL, LOW = 112, 80
"""Heights of a room's cell: with a second line, without."""
BODY_HEIGHT = 3_200
ONE_COLUMN_UP_TO = 10
COLOURS, KEPT_PAGES = 48, 64
PAPER, INK, SOFT, STRIPE, RULE = "#ffffff", "#1d2b27", "#5b665f", "#f1f5f2", "#cfd8d2"
BAND, ON_BAND, SPENT = "#0c6656", "#ffffff", "#a1231a"
WARN, WARN_SOFT = "#7d5000", "#fff3d6"


@dataclass(frozen=True, slots=True)
class Cell:
    """A room as it is drawn."""

    label: str
    amount: str
    marks: str
    is_spent: bool


def pictures_of_notice(params: Params, language: str) -> list[Picture]:
    """Draw what goes with the notice of a list; none where the list is gone or no font is installed: the text goes alone."""
    try:
        kept = LowBalanceList.objects.get(pk=int(params["list"]))
        return pictures_of(kept, language)
    except (NoFont, LowBalanceList.DoesNotExist):
        return []


def pictures_of(kept: LowBalanceList, language: str) -> list[Picture]:
    """Give a list's pictures in a language, to be drawn when they are asked for. Raises NoFont."""
    with translation.override(language):
        count = len(pages_of([_cell(room, kept) for room in rooms_of(kept)]))
    return [
        Picture(
            f"{kept.building.code}-{kept.day}-{place}.png",
            partial(_drawn, kept.pk, kept.digest, language, place),
        )
        for place in range(1, count + 1)
    ]


@lru_cache(maxsize=KEPT_PAGES)
def _drawn(number: int, _digest: str, language: str, place: int) -> bytes:
    """Draw a page once: a list never changes, and a split message asks for its pictures each time."""
    kept = LowBalanceList.objects.select_related("building").get(pk=number)
    with translation.override(language):
        pages = pages_of([_cell(room, kept) for room in rooms_of(kept)])
        return _page(kept, pages[place - 1], place, len(pages))


def pages_of(cells: Sequence[Cell]) -> list[Sequence[Cell]]:
    """Cut a list into pages of at most BODY_HEIGHT; an empty list has one."""
    each = BODY_HEIGHT // (TALL if any(cell.marks for cell in cells) else LOW)
    each *= 1 if len(cells) <= ONE_COLUMN_UP_TO else 2
    return [cells[at : at + each] for at in range(0, len(cells), each)] or [cells]


def _cell(room: LowRoom, kept: LowBalanceList) -> Cell:
    amount = " + ".join(with_unit(*one) for one in shown_amounts(room))
    return Cell(
        _printable(room.label), _printable(amount), _printable(joined(marks_of(room, kept))), room.is_spent
    )


def _page(kept: LowBalanceList, cells: Sequence[Cell], place: int, of: int) -> bytes:
    """Draw one page: the band with the building, the lines on its data, the rooms, the foot."""
    title = _wrapped(
        _("%(building)s: low balances") % {"building": kept.building.name}, TITLE, WIDTH - 2 * EDGE
    )
    when = minute_text(kept.at_ms) + (f"   {place}/{of}" if of > 1 else "")
    said, *old = head_lines(kept)
    heads = _wrapped(said, LINE, WIDTH - 2 * EDGE)
    ages = _wrapped(old[0], LINE, WIDTH - 2 * EDGE - 2 * GAP) if old else []
    feet = [line for text in foot_lines(kept) for line in _wrapped(text, SMALL, WIDTH - 2 * EDGE)]
    band = EDGE + len(title) * (TITLE + 14) + LINE + EDGE
    above = band + GAP + len(heads) * (LINE + 14) + (len(ages) * (LINE + 14) + 2 * GAP if ages else 0) + GAP
    columns = 1 if len(cells) <= ONE_COLUMN_UP_TO and of == 1 else 2
    high = TALL if any(cell.marks for cell in cells) else LOW
    rows = -(-len(cells) // columns)
    height = above + rows * high + GAP + len(feet) * (SMALL + 12) + EDGE
    image = Image.new("RGB", (WIDTH, height), PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, WIDTH, band), BAND)
    y = _lines(draw, EDGE, EDGE, title, TITLE, ON_BAND, 14)
    draw.text((EDGE, y), _printable(when), ON_BAND, _font(LINE))
    y = _lines(draw, EDGE, band + GAP, heads, LINE, INK, 14)
    if ages:
        draw.rectangle((EDGE, y, WIDTH - EDGE, y + len(ages) * (LINE + 14) + GAP), WARN_SOFT)
        _lines(draw, EDGE + GAP, y + GAP // 2, ages, LINE, WARN, 14)
    _rooms(draw, cells, columns, above, high)
    _lines(draw, EDGE, above + rows * high + GAP, feet, SMALL, SOFT, 12)
    return _png(image)


def _rooms(draw: ImageDraw.ImageDraw, cells: Sequence[Cell], columns: int, top: int, high: int) -> None:
    """Draw the rooms column by column, each with its balance at the right."""
    rows = -(-len(cells) // columns)
    width = (WIDTH - 2 * EDGE - (columns - 1) * GAP) // columns
    for place, cell in enumerate(cells):
        column, row = divmod(place, rows)
        left, y = EDGE + column * (width + GAP), top + row * high
        if row % 2 == 0:
            draw.rectangle((left, y, left + width, y + high - 1), STRIPE)
        draw.line((left, y + high - 1, left + width, y + high - 1), RULE, 1)
        amount = _fitting(cell.amount, ROOM, width * 2 // 3)
        amount_wide = amount.getlength(cell.amount)
        label = _fitting(cell.label, ROOM, width - amount_wide - 2 * GAP)
        middle = y + (LOW if cell.marks or high == LOW else high) // 2
        draw.text((left + GAP // 2, y + high // 2), cell.label, INK, label, anchor="lm")
        colour = SPENT if cell.is_spent else INK
        draw.text((left + width - GAP // 2, middle), cell.amount, colour, amount, anchor="rm")
        if cell.marks:
            small = _fitting(cell.marks, SMALL, width - GAP)
            draw.text((left + width - GAP // 2, y + LOW + 6), cell.marks, SOFT, small, anchor="rm")


def _lines(
    draw: ImageDraw.ImageDraw, x: int, y: int, lines: Sequence[str], size: int, colour: str, between: int
) -> int:
    """Draw lines one below the other; give where the next one begins."""
    for line in lines:
        draw.text((x, y), line, colour, _font(size))
        y += size + between
    return y


def _wrapped(text: str, size: int, width: int) -> list[str]:
    return paper_font().broken(_printable(text), width, size)


def _printable(text: str) -> str:
    return paper_font().printable(text, set())


def _fitting(text: str, size: int, width: float) -> ImageFont.FreeTypeFont:
    """Give the largest letters, at most of a size, with which a text fits."""
    while size > SMALL // 2 and _font(size).getlength(text) > width:
        size -= 2
    return _font(size)


@lru_cache(maxsize=32)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(font_file()), size)


def _png(image: Image.Image) -> bytes:
    """Write few colours: a page of eighty rooms is some tens of kilobytes."""
    content = BytesIO()
    image.quantize(COLOURS).save(content, "PNG")
    return content.getvalue()
