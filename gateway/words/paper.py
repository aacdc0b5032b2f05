"""Words on paper: paragraphs, tables and A4 pages with a foot, for the reports that commands print.

Loads reportlab; only who prints imports it. Texts are in the reader's language already; nothing here knows what they are about.
"""

from collections.abc import Iterable, Sequence
from io import BytesIO
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Table

from gateway.words import say
from gateway.words.paper_font import FONT_NAME, paper_font

MARGIN = 14 * mm
GRID = [
    ("GRID", (0, 0), (-1, -1), 0.4, colors.black),
    ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ("TOPPADDING", (0, 0), (-1, -1), 1.5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ("LEFTPADDING", (0, 0), (-1, -1), 2.5),
    ("RIGHTPADDING", (0, 0), (-1, -1), 2.5),
]


def _style(size: float, **more: object) -> ParagraphStyle:
    return ParagraphStyle(
        f"s{size}{sorted(more)}",
        fontName=FONT_NAME,
        fontSize=size,
        leading=size * 1.3,
        wordWrap="CJK",
        **more,
    )


TITLE, HEAD, PLAIN, SMALL = _style(17), _style(11.5, spaceBefore=9, spaceAfter=3), _style(9), _style(7.5)
MIDDLE = _style(8.5, alignment=1)


def text_of(text: str, style: ParagraphStyle = PLAIN) -> Paragraph:
    """Give a text as a paragraph, its line ends kept. Raises NoFont."""
    lines = (escape(paper_font().shown(line)) for line in text.split("\n"))
    return Paragraph("<br/>".join(lines), style)


def table_of(
    rows: Sequence[Sequence[object]], widths: Sequence[float], *, head: bool = True, made: bool = False
) -> Table:
    """Give a table with a grid; `head`: the first row is repeated on each page; `made`: the cells are flowables already."""
    cells = rows if made else [[text_of(str(cell), SMALL) for cell in row] for row in rows]
    style = GRID if head else [rule for rule in GRID if rule[0] != "BACKGROUND"]
    return Table(cells, colWidths=widths, repeatRows=int(head), style=style, hAlign="LEFT")


def signatures_of(signers: Sequence[str]) -> list[Flowable]:
    """Give a line for each who signs, side by side."""
    cells = [
        [text_of(signer) for signer in signers],
        [""] * len(signers),
        [text_of(say("name, date"), SMALL)] * len(signers),
    ]
    style = [("LINEBELOW", (0, 1), (-1, 1), 0.6, colors.black), ("LEFTPADDING", (0, 0), (-1, -1), 0)]
    width = 180 * mm / len(signers)
    table = Table(
        cells,
        colWidths=[width] * len(signers),
        rowHeights=[6 * mm, 13 * mm, 5 * mm],
        style=style,
        hAlign="LEFT",
    )
    return [text_of(say("Signatures"), HEAD), table]


def pdf_of(title: str, author: str, printed: str, story: Iterable[Flowable]) -> bytes:
    """Give A4 portrait pages as PDF; title and `printed`, the moment, stand at the foot of each. Raises NoFont."""
    paper_font()
    file = BytesIO()
    margins = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), MARGIN)
    document = SimpleDocTemplate(file, pagesize=A4, title=title, author=author, **margins)

    def foot(canvas: Canvas, _: object) -> None:
        canvas.setFont(FONT_NAME, 7.5)
        canvas.drawString(MARGIN, 8 * mm, paper_font().shown(f"{title}   {printed}"))
        canvas.drawRightString(A4[0] - MARGIN, 8 * mm, say("page {number}", number=canvas.getPageNumber()))

    document.build(list(story), onFirstPage=foot, onLaterPages=foot)
    return file.getvalue()
