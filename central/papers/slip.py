"""Small printed forms (receipts, charge slips): what they say, and where each word stands in a frame of any size. Draws nothing.

title                                number
left        middle                   right
+-----------------------------------------+
| label value | label value               |   rows of cells; a row's cells share its width
+-----------------------------------------+
foot (cells without a frame)          [QR]
signature line, when there is one
characters that the font lacks, when there are any
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from central.papers.boxes import MM, Align, Box, Line, fitted
from central.papers.font import PaperFont

TITLE_SHARE, HEAD_SHARE, FOOT_SHARE, SIGN_SHARE = 0.11, 0.075, 0.24, 0.1
"""Of the frame's height; the table takes the rest."""
LACKING_HEIGHT = 3 * MM
PAD = 1.2 * MM
LABEL_SIZE = 8.0
QUIET = 2.2 * MM
"""White around the code: a reader finds its edges by it."""
CODE_SIDE = 24 * MM
"""At most: a larger code only takes room from the words."""
USUAL_HEIGHT = 87 * MM
MOST_SCALE = 1.2


@dataclass(frozen=True, slots=True)
class Cell:
    """A value with its label; `share` of the row's width, `size` in points at the usual height of a form."""

    label: str
    text: str
    share: float = 1.0
    size: float = 10.0
    label_share: float = 0.0
    """Of the cell's width for the label; 0: as wide as the label needs."""


@dataclass(frozen=True, slots=True)
class Row:
    """Cells side by side; `height` is its share among the rows."""

    cells: Sequence[Cell]
    height: float = 1.0


@dataclass(frozen=True, slots=True)
class Slip:
    """All that a form says."""

    title: str
    number: str
    left: str
    middle: str
    right: str
    rows: Sequence[Row]
    foot: Sequence[Row]
    code_address: str = ""
    """Goes into the QR code; none when empty."""
    code_words: str = ""
    signature: str = ""
    """A line to sign on, with these words before it."""


@dataclass(slots=True)
class Placed:
    """A form on its frame: lines of text, ruled lines (x1, y1, x2, y2), the code's square, and what the font lacked."""

    lines: list[Line] = field(default_factory=list)
    rules: list[tuple[float, float, float, float]] = field(default_factory=list)
    code: Box | None = None
    lacking: set[str] = field(default_factory=set)


def place(slip: Slip, frame: Box, font: PaperFont) -> Placed:
    """Put a form into a frame. Every line stays in its own box, and every box in the frame."""
    return _Placing(slip, frame, font).placed()


class _Placing:
    def __init__(self, slip: Slip, frame: Box, font: PaperFont) -> None:
        self.slip, self.frame, self.font = slip, frame, font
        self.scale = min(MOST_SCALE, frame.height / USUAL_HEIGHT)
        self.out = Placed()

    def placed(self) -> Placed:
        slip, frame = self.slip, self.frame
        height = frame.height - LACKING_HEIGHT
        title, head, foot = height * TITLE_SHARE, height * HEAD_SHARE, height * FOOT_SHARE
        sign = height * SIGN_SHARE if slip.signature else 0.0
        table = height - title - head - foot - sign
        y = frame.top - title
        self._title(Box(frame.left, y, frame.width, title))
        y -= head
        self._head(Box(frame.left, y, frame.width, head))
        y -= table
        self._rows(slip.rows, Box(frame.left, y, frame.width, table), ruled=True)
        y -= foot
        self._foot(Box(frame.left, y, frame.width, foot))
        if sign:
            self._signature(Box(frame.left, y - sign, frame.width, sign))
        self._lacking(Box(frame.left, frame.bottom, frame.width, LACKING_HEIGHT))
        return self.out

    def _text(self, text: str, box: Box, size: float, align: Align = Align.LEFT) -> None:
        self.out.lines += fitted(text, box, self.font, self.out.lacking, size * self.scale, align)

    def _title(self, box: Box) -> None:
        side = box.width * 0.3
        self._text(
            self.slip.title,
            Box(box.left + side, box.bottom, box.width - 2 * side, box.height),
            16,
            Align.CENTRE,
        )
        self._text(self.slip.number, Box(box.right - side, box.bottom, side, box.height), 13, Align.RIGHT)

    def _head(self, box: Box) -> None:
        third = box.width / 3
        slip = self.slip
        texts = ((slip.left, 9, Align.LEFT), (slip.middle, 12, Align.CENTRE), (slip.right, 11, Align.RIGHT))
        for place, (text, size, align) in enumerate(texts):
            self._text(text, Box(box.left + place * third, box.bottom, third, box.height), size, align)

    def _rows(self, rows: Sequence[Row], box: Box, *, ruled: bool) -> None:
        unit, y = box.height / sum(row.height for row in rows), box.top
        if ruled:
            self.out.rules.append((box.left, y, box.right, y))
        for row in rows:
            height = unit * row.height
            y -= height
            x, shares = box.left, sum(cell.share for cell in row.cells)
            for cell in row.cells:
                width = box.width * cell.share / shares
                self._cell(cell, Box(x, y, width, height))
                if ruled:
                    self.out.rules.append((x, y, x, y + height))
                x += width
            if ruled:
                self.out.rules += [(box.left, y, box.right, y), (box.right, y, box.right, y + height)]

    def _cell(self, cell: Cell, box: Box) -> None:
        inner = Box(box.left + PAD, box.bottom, box.width - 2 * PAD, box.height)
        size = LABEL_SIZE * self.scale
        needed = self.font.width(cell.label, size) + PAD if cell.label else 0.0
        label = inner.width * cell.label_share if cell.label_share else min(needed, inner.width * 0.5)
        self._text(cell.label, Box(inner.left, inner.bottom, label, inner.height), LABEL_SIZE)
        self._text(
            cell.text, Box(inner.left + label, inner.bottom, inner.width - label, inner.height), cell.size
        )

    def _foot(self, box: Box) -> None:
        side = min(CODE_SIDE, box.height - QUIET) if self.slip.code_address else 0.0
        if self.slip.code_address:
            bottom = box.top - QUIET - side
            self.out.code = Box(box.right - side, bottom, side, side)
            words = Box(box.right - side - QUIET - 9 * MM, bottom, 9 * MM, side)
            self._text(self.slip.code_words, words, 7, Align.RIGHT)
            side += 2 * QUIET + 9 * MM
        self._rows(self.slip.foot, Box(box.left, box.bottom, box.width - side, box.height), ruled=False)

    def _signature(self, box: Box) -> None:
        half = box.width / 2
        self._text(self.slip.signature, Box(box.left + PAD, box.bottom, half - PAD, box.height), 10)
        start = box.left + PAD + self.font.width(self.slip.signature, 10 * self.scale) + PAD
        y = box.bottom + 1.2 * MM
        self.out.rules.append((min(start, box.left + half), y, box.right - PAD, y))

    def _lacking(self, box: Box) -> None:
        """Name what the font lacks. The words have been met by now: this comes last."""
        if self.out.lacking:
            codes = " ".join(f"U+{ord(letter):04X}" for letter in sorted(self.out.lacking))
            self._text(f"字库缺字：{codes}", box, 6)
