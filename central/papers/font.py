"""The font of printed papers: a TrueType one with Chinese, from the system. What it lacks is named, never dropped.

A character without a glyph would vanish from the sheet; here it becomes `U+9FA6` in brackets, and the sheet says so at its end.
"""

import os
from functools import cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

FONT_VARIABLE = "CARDROOM_FONT"
FONT_NAME = "paper"
PLACES = (
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
)
CLOSING, OPENING = frozenset("，。、；：？！）》」』】〕”’…,.;:?!)]}"), frozenset("（《「『【〔“‘([{")
INSTALL = "apt-get install fonts-wqy-microhei"


class NoFont(RuntimeError):
    """No TrueType font with Chinese is installed; `what_to_do` is the one command that mends it."""

    what_to_do = INSTALL


class PaperFont:
    """A loaded font: widths, glyphs, and the characters it lacked since it was asked."""

    def __init__(self, font: TTFont) -> None:
        self.name = font.fontName
        self._glyphs = font.face.charToGlyph
        self._widths = font.face.charWidths
        self._default_width = font.face.defaultWidth

    def width(self, text: str, size: float) -> float:
        """Give a text's width in points."""
        widths, default = self._widths, self._default_width
        return sum(widths.get(ord(letter), default) for letter in text) * size / 1000

    def printable(self, text: str, lacking: set[str]) -> str:
        """Give the text with each character that has no glyph written as its code point; add those to `lacking`."""
        glyphs = self._glyphs
        if all(ord(letter) in glyphs for letter in text):
            return text
        out = []
        for letter in text:
            if ord(letter) in glyphs:
                out.append(letter)
            elif letter in "\n\t":
                out.append(" ")
            else:
                lacking.add(letter)
                out.append(f"[U+{ord(letter):04X}]")
        return "".join(out)

    def broken(self, text: str, width: float, size: float) -> list[str]:
        """Break a printable text where it no longer fits; between any two characters, as Chinese allows, but rather at a space.

        No line begins with what closes, or ends with what opens (GB/T 15834), where there is another place to break.
        """
        if self.width(text, size) <= width:
            return [text]
        lines, rest = [], text
        while rest:
            count = self._fitting(rest, width, size)
            if count < len(rest) and (space := rest.rfind(" ", 1, count + 1)) > 0:
                count = space
            count = _before_punctuation(rest, count)
            lines.append(rest[:count].rstrip())
            rest = rest[count:].lstrip()
        return lines

    def _fitting(self, text: str, width: float, size: float) -> int:
        used = 0.0
        for count, letter in enumerate(text):
            used += self.width(letter, size)
            if used > width:
                return max(1, count)
        return len(text)


def _before_punctuation(text: str, count: int) -> int:
    """Give how many characters a line takes when it may not end in this place; `count` itself where no place is better."""
    for fewer in range(count, 0, -1):
        if text[fewer : fewer + 1] not in CLOSING and text[fewer - 1] not in OPENING:
            return fewer
    return count


@cache
def paper_font() -> PaperFont:
    """Load the font that CARDROOM_FONT names, else the first of the known ones. Raises NoFont, which says what to install."""
    named = os.environ.get(FONT_VARIABLE)
    for place in (named,) if named else PLACES:
        if not Path(place).is_file():
            continue
        try:
            font = TTFont(FONT_NAME, place, subfontIndex=0)
        except TTFError as error:
            raise NoFont(
                f"{place} is no TrueType font that can be embedded ({error}); install one: {INSTALL}"
            ) from error
        pdfmetrics.registerFont(font)
        return PaperFont(font)
    raise NoFont(f"no Chinese font found at {named or ', '.join(PLACES)}; install one: {INSTALL}")
