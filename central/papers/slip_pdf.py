"""Forms as a PDF: sheets of any size, several forms on one, cut lines between them, all moved by a printer's own offset."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from reportlab.pdfgen.canvas import Canvas

from central.papers.boxes import MM, Box
from central.papers.code_square import draw_code
from central.papers.font import paper_font
from central.papers.slip import Placed, Slip, place

RULE_WIDTH, CUT_WIDTH = 0.5, 0.3


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its size in points, forms with their frames, and the heights of its cut lines."""

    width: float
    height: float
    forms: Sequence[tuple[Slip, Box]]
    cuts: Sequence[float] = ()


def slips_pdf(sheets: Sequence[Sheet], title: str, offset_mm: tuple[float, float] = (0.0, 0.0)) -> bytes:
    """Draw sheets; `offset_mm` moves all to the right and down. Raises NoFont when no Chinese font is installed."""
    target, font = BytesIO(), paper_font()
    canvas = Canvas(target, pageCompression=1)
    canvas.setTitle(title)
    canvas.setAuthor("cardroom")
    # A viewer that shrinks the page to the printable area would undo the calibration.
    canvas.setViewerPreference("PrintScaling", "None")
    for sheet in sheets:
        canvas.setPageSize((sheet.width, sheet.height))
        canvas.translate(offset_mm[0] * MM, -offset_mm[1] * MM)
        for slip, frame in sheet.forms:
            _draw(canvas, place(slip, frame, font), font.name, slip.code_address)
        canvas.setLineWidth(CUT_WIDTH)
        canvas.setDash(3, 3)
        for y in sheet.cuts:
            canvas.line(0, y, sheet.width, y)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def _draw(canvas: Canvas, placed: Placed, font_name: str, code_address: str) -> None:
    canvas.setLineWidth(RULE_WIDTH)
    canvas.lines(placed.rules)
    text = canvas.beginText()
    for line in placed.lines:
        text.setFont(font_name, line.size)
        text.setTextOrigin(line.x, line.y)
        text.textOut(line.text)
    canvas.drawText(text)
    if placed.code is not None:
        draw_code(canvas, placed.code.left, placed.code.bottom, placed.code.width, code_address)
