"""Texts in boxes of a given size: type is made smaller and broken into lines until it fits; it never sticks out. Draws nothing."""

from dataclasses import dataclass
from enum import StrEnum

from central.papers.font import PaperFont

MM = 72 / 25.4
"""Points in a millimetre."""
SMALLEST = 4.0
"""Points; what does not fit at this size ends with a sign that it goes on."""
STEP = 0.5
LEADING = 1.22
BASELINE = 0.94
"""Of the leading, from a line's top to its baseline; the font's descenders take the rest and a little of the next."""
GOES_ON = "…"


class Align(StrEnum):
    """Where a text stands in its box."""

    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in points, from its lower left corner."""

    left: float
    bottom: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def top(self) -> float:
        return self.bottom + self.height

    def inside(self, by: float) -> "Box":
        """Give the box that is smaller by so much on every side."""
        return Box(self.left + by, self.bottom + by, self.width - 2 * by, self.height - 2 * by)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text at its place: left end of its baseline, size in points, and the box it must stay in."""

    x: float
    y: float
    size: float
    text: str
    box: Box


def fitted(
    text: str, box: Box, font: PaperFont, lacking: set[str], size: float, align: Align = Align.LEFT
) -> list[Line]:
    """Place a text in the middle of a box's height, as large as it fits up to `size`. What the font lacks goes into `lacking`."""
    words = font.printable(" ".join(text.split()), lacking)
    if not words:
        return []
    size, lines = _largest(words, box, font, size)
    leading = size * LEADING
    first = box.bottom + (box.height + len(lines) * leading) / 2 - size * BASELINE
    return [
        Line(_left(part, box, font, size, align), first - number * leading, size, part, box)
        for number, part in enumerate(lines)
    ]


def _largest(words: str, box: Box, font: PaperFont, size: float) -> tuple[float, list[str]]:
    while True:
        lines = font.broken(words, box.width, size)
        most = int((box.height + 0.01) / (size * LEADING))
        if len(lines) <= most:
            return size, lines
        if size - STEP < SMALLEST:
            kept = lines[: max(1, most)]
            return size, [*kept[:-1], _cut(kept[-1], box, font, size)] if len(kept) < len(lines) else kept
        size -= STEP


def _cut(line: str, box: Box, font: PaperFont, size: float) -> str:
    while line and font.width(line + GOES_ON, size) > box.width:
        line = line[:-1]
    return line + GOES_ON


def _left(text: str, box: Box, font: PaperFont, size: float, align: Align) -> float:
    free = box.width - font.width(text, size)
    return box.left + {Align.LEFT: 0.0, Align.CENTRE: free / 2, Align.RIGHT: free}[align]
