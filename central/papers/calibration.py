"""The calibration sheet: a cross at a known place, and rulers that show whether the printer keeps the scale."""

from io import BytesIO

from reportlab.pdfgen.canvas import Canvas

from central.papers.boxes import MM
from central.papers.font import paper_font

TICK, FIVE_TICK, TEN_TICK = 1.5 * MM, 2.5 * MM, 4 * MM
RULERS_AT = 25 * MM
"""From the left and the upper edge."""
CROSSING = (20, 30)
"""Millimetres whose figures would stand in the other ruler."""


def calibration_pdf(
    size: tuple[float, float], cross_mm: float, offset_mm: tuple[float, float], words: list[str]
) -> bytes:
    """Draw the sheet with the offset in force, so that a printer set up rightly puts the cross where `words` say."""
    target, font, (width, height) = BytesIO(), paper_font(), size
    canvas = Canvas(target, pagesize=size, pageCompression=1)
    canvas.setViewerPreference("PrintScaling", "None")
    canvas.translate(offset_mm[0] * MM, -offset_mm[1] * MM)
    canvas.setFont(font.name, 7)
    canvas.setLineWidth(0.3)
    _ruler_across(canvas, width, height - RULERS_AT)
    _ruler_down(canvas, height, RULERS_AT)
    x, y = cross_mm * MM, height - cross_mm * MM
    canvas.setLineWidth(0.4)
    canvas.lines([(x - 12 * MM, y, x + 12 * MM, y), (x, y - 12 * MM, x, y + 12 * MM)])
    canvas.circle(x, y, 3 * MM)
    canvas.setFont(font.name, 10)
    for number, line in enumerate(words):
        canvas.drawString(x + 16 * MM, y - number * 6 * MM, font.printable(line, set()))
    canvas.save()
    return target.getvalue()


def _tick(millimetre: int) -> float:
    if millimetre % 10 == 0:
        return TEN_TICK
    return FIVE_TICK if millimetre % 5 == 0 else TICK


def _ruler_across(canvas: Canvas, width: float, y: float) -> None:
    canvas.line(0, y, width, y)
    for millimetre in range(int(width / MM) + 1):
        x = millimetre * MM
        canvas.line(x, y, x, y + _tick(millimetre))
        if millimetre % 10 == 0 and millimetre not in CROSSING:
            canvas.drawCentredString(x, y + TEN_TICK + 2, str(millimetre))


def _ruler_down(canvas: Canvas, height: float, x: float) -> None:
    canvas.line(x, 0, x, height)
    for millimetre in range(int(height / MM) + 1):
        y = height - millimetre * MM
        canvas.line(x, y, x - _tick(millimetre), y)
        if millimetre % 10 == 0 and millimetre not in CROSSING:
            canvas.drawRightString(x - TEN_TICK - 2, y - 2, str(millimetre))
