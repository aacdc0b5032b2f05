"""The font of every paper that a command prints: a TrueType one with Chinese, from the system, as central's papers have it.

Loads reportlab; only who prints imports it.
"""

import os
from functools import cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from gateway.words import say

FONT_VARIABLE = "CARDROOM_FONT"
FONT_NAME = "paper"
PLACES = (
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
)
INSTALL = "sudo apt-get install fonts-wqy-microhei"


class NoFont(Exception):
    """No TrueType font with Chinese is installed; `message` says which package has one."""

    def __init__(self, file: str) -> None:
        self.message = say(
            "There is no font for the PDF at {file}. Install one: {command}", file=file, command=INSTALL
        )
        super().__init__(self.message)


class Glyphs:
    """What the font can show. What it lacks is printed as its code point, never dropped."""

    def __init__(self, font: TTFont) -> None:
        self._known = font.face.charToGlyph

    def shown(self, text: str) -> str:
        """Give a text with each character that has no glyph as `[U+9FA6]`."""
        return "".join(one if ord(one) in self._known else f"[U+{ord(one):04X}]" for one in text)


@cache
def paper_font() -> Glyphs:
    """Load the font that CARDROOM_FONT names, else the first of the known ones. Raises NoFont."""
    named = os.environ.get(FONT_VARIABLE)
    places = (named,) if named else PLACES
    place = next((place for place in places if Path(place).is_file()), None)
    if place is None:
        raise NoFont(", ".join(places))
    try:
        font = TTFont(FONT_NAME, place, subfontIndex=0)
    except TTFError as error:
        raise NoFont(f"{place} ({error})") from error
    pdfmetrics.registerFont(font)
    return Glyphs(font)
