"""A paper as PDF: A4, head and column titles on every page, figures at the right, the Chinese font embedded as a subset.

Copy n of m names its recipient (R-4.2.5). A sealed paper carries a QR code with the address that proves it. What stands where is
`layout`'s business; here it is drawn with reportlab's canvas, one page after the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from central.domain.paper import Kind, Paper
from central.papers.code_square import draw_code
from central.papers.font import paper_font
from central.papers.layout import LINE, MARGIN, PAD, SIZE, Layout, PagePart, Place
from central.papers.paper_charts import draw_on
from central.papers.paper_charts import sheets_of as chart_sheets_of
from central.papers.pictures import CAPTION_LINE, Picture, placed, sheets_of

SIGN_HEIGHT = 64.0
QR_SIDE = 52.0
HEAD_NOTES = 2
"""Notes that stand at the head of every page; the others stand at the end."""
INK, SOFT, LINE_GREY, HEAD_GREY = (
    (0.11, 0.13, 0.15),
    (0.36, 0.39, 0.41),
    (0.8, 0.78, 0.74),
    (0.95, 0.94, 0.91),
)


@dataclass(frozen=True)
class Words:
    """The few words that every sheet has, in the reader's language."""

    page: str
    """With %(page)d and %(pages)d."""
    copy: str
    """With %(copy)d, %(copies)d and %(recipient)s."""
    total: str
    lacking: str
    """Before the characters that the font has no glyph for."""
    nothing: str
    """In a table without rows."""
    proof: str
    """Beside the QR code."""
    printed: str
    """By whom and when this copy was printed."""


@dataclass(frozen=True)
class Proof:
    """Where a sealed paper is proved: its number and the page's full address."""

    number: str
    address: str


def pdf(
    paper: Paper,
    words: Words,
    copy: int | None = None,
    proof: Proof | None = None,
    pictures: Sequence[Picture] = (),
) -> bytes:
    """Draw a paper, `pictures` behind its tables. `copy` counts from 1; None prints no copy line.

    Raises NoFont when no Chinese font is installed.
    """
    return _Sheets(paper, words, copy, proof, pictures).draw()


class _Sheets:
    def __init__(
        self,
        paper: Paper,
        words: Words,
        copy: int | None,
        proof: Proof | None,
        pictures: Sequence[Picture] = (),
    ) -> None:
        self.paper, self.words, self.copy, self.proof = paper, words, copy, proof
        self.pictures = sheets_of(pictures)
        self.font = paper_font()
        self.layout = Layout(paper, self.font, words.total, words.nothing)
        self.target = BytesIO()
        size = (self.layout.width, self.layout.height)
        self.canvas = Canvas(self.target, pagesize=size, pageCompression=1)
        self.canvas.setTitle(paper.title)
        self.canvas.setAuthor("cardroom")

    def draw(self) -> bytes:
        pages = self.layout.pages()
        ends = len(self._ends()) * LINE + (SIGN_HEIGHT if self.paper.signatures else 0)
        if self.layout.height_left(pages[-1]) < ends:
            pages.append([])
        charts = chart_sheets_of(self.paper)
        count = len(pages) + len(charts) + len(self.pictures)
        for number, page in enumerate(pages, start=1):
            self._head(is_first=number == 1)
            y = self.layout.top
            for part in page:
                y = self._table(part)
            if number == len(pages):
                self._closing(y)
            self._foot(number, count)
            self.canvas.showPage()
        for number, drawn in enumerate(charts, start=len(pages) + 1):
            self._head(is_first=False)
            right = self.layout.width - MARGIN
            draw_on(self.canvas, drawn, self._text, (MARGIN, self.layout.bottom, right, self.layout.top))
            self._foot(number, count)
            self.canvas.showPage()
        for number, sheet in enumerate(self.pictures, start=len(pages) + len(charts) + 1):
            self._head(is_first=False)
            self._pictures(sheet)
            self._foot(number, count)
            self.canvas.showPage()
        self.canvas.save()
        return self.target.getvalue()

    def _head(self, is_first: bool) -> None:
        paper, top, right = self.paper, self.layout.height - MARGIN, self.layout.width - MARGIN
        self._ink(INK)
        self._centred(paper.title, top - 16, 15)
        self._text(MARGIN, top - 8, paper.document, 8)
        if self.copy is not None:
            named = {"copy": self.copy, "copies": len(paper.recipients)}
            line = self.words.copy % {**named, "recipient": paper.recipients[self.copy - 1]}
            self._text(MARGIN, top - 20, line, 8)
        self._ink(SOFT)
        self._centred(paper.period, top - 32, 9)
        for place, note in enumerate(paper.notes[:HEAD_NOTES]):
            self._text(MARGIN, top - 46 - place * LINE, note, 8)
        if is_first and self.proof is not None:
            self._ink(INK)
            draw_code(self.canvas, right - QR_SIDE, top - QR_SIDE, QR_SIDE, self.proof.address)
            self._right(right - QR_SIDE - 8, top - 8, self.proof.number, 7)
            self._right(right - QR_SIDE - 8, top - 18, self.words.proof, 7)

    def _table(self, page: PagePart) -> float:
        """Draw a page's part of a table; give the height below it."""
        table, y = self.layout.tables[page.table], page.top
        places = self.layout.places(table)
        numbers = [column.kind is not Kind.TEXT for column in table.columns]
        if table.title:
            self._ink(INK)
            self._text(MARGIN, y - LINE, table.title, 10)
            y -= self.layout.title_height(table)
        y = self._column_titles(self.layout.titles(table), places, numbers, y)
        return self._rows(page, places, numbers, y)

    def _column_titles(
        self, titles: Sequence[Sequence[str]], places: Sequence[Place], numbers: Sequence[bool], y: float
    ) -> float:
        height = max(map(len, titles), default=1) * LINE
        self._ink(HEAD_GREY)
        self.canvas.rect(MARGIN, y - height, self.layout.width - 2 * MARGIN, height, stroke=0, fill=1)
        self._ink(INK)
        for title, place, is_number in zip(titles, places, numbers, strict=True):
            for line, part in enumerate(title, start=1):
                base = y - LINE * line + PAD
                if is_number:
                    self._right(place.x + place.width - PAD, base, part, SIZE)
                else:
                    self._text(place.x + PAD, base, part, SIZE)
        return y - height

    def _rows(self, page: PagePart, places: Sequence[Place], numbers: Sequence[bool], y: float) -> float:
        canvas, width, end = self.canvas, self.font.width, self.layout.width - MARGIN
        canvas.setStrokeColorRGB(*LINE_GREY)
        canvas.setLineWidth(0.4)
        text = canvas.beginText()
        text.setFont(self.font.name, SIZE)
        text.setFillColorRGB(*INK)
        for row in self.layout.lines(self.layout.tables[page.table], page.start, page.end):
            for is_number, place, parts in zip(numbers, places, row, strict=True):
                for line, part in enumerate(parts, start=1):
                    if part:
                        right = place.x + place.width - PAD - width(part, SIZE)
                        text.setTextOrigin(right if is_number else place.x + PAD, y - LINE * line + PAD)
                        text.textOut(part)
            y -= max(map(len, row)) * LINE
            canvas.line(MARGIN, y, end, y)
        canvas.drawText(text)
        return y

    def _pictures(self, sheet: Sequence[Picture]) -> None:
        width = self.layout.width - 2 * MARGIN
        for one in placed(sheet, MARGIN, self.layout.bottom, width, self.layout.top):
            if one.picture.content:
                image = ImageReader(BytesIO(one.picture.content))
                self.canvas.drawImage(image, one.x, one.y, one.width, one.height)
            self._ink(INK)
            for line, words in enumerate(one.picture.lines):
                self._text(one.x, one.words_y - line * CAPTION_LINE, words, 7)

    def _ends(self) -> list[str]:
        """Give the lines below the last table: further notes, and the characters that the font lacked."""
        ends = list(self.paper.notes[HEAD_NOTES:])
        if self.layout.lacking:
            codes = ", ".join(f"U+{ord(letter):04X}" for letter in sorted(self.layout.lacking))
            ends.append(f"{self.words.lacking} {codes}")
        return ends

    def _closing(self, y: float) -> None:
        self._ink(SOFT)
        for line in self._ends():
            y -= LINE
            self._text(MARGIN, y, line, 8)
        if not self.paper.signatures:
            return
        width = (self.layout.width - 2 * MARGIN) / len(self.paper.signatures)
        base = max(self.layout.bottom, y - SIGN_HEIGHT)
        self.canvas.setStrokeColorRGB(*SOFT)
        for place, block in enumerate(self.paper.signatures):
            x = MARGIN + place * width
            self._text(x, base + 12, block, 8)
            self.canvas.line(x, base, x + width - 14, base)

    def _foot(self, page: int, pages: int) -> None:
        self._ink(SOFT)
        self._text(MARGIN, MARGIN, self.words.printed, 7)
        self._right(self.layout.width - MARGIN, MARGIN, self.words.page % {"page": page, "pages": pages}, 7)

    def _ink(self, colour: tuple[float, float, float]) -> None:
        self.canvas.setFillColorRGB(*colour)

    def _text(self, x: float, y: float, text: str, size: float) -> None:
        self.canvas.setFont(self.font.name, size)
        self.canvas.drawString(x, y, self.layout.printable(text))

    def _right(self, x: float, y: float, text: str, size: float) -> None:
        self._text(x - self.font.width(self.layout.printable(text), size), y, text, size)

    def _centred(self, text: str, y: float, size: float) -> None:
        width = self.font.width(self.layout.printable(text), size)
        self._text((self.layout.width - width) / 2, y, text, size)
