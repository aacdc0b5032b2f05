"""Labels for the meters' cases: room in large, meter number as text and as a QR code that a reader types.

A4 with 3 x 8 labels of 70 x 37 mm, a sheet of any shop. Loads reportlab and segno.
"""

from io import BytesIO

import segno
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from gateway.technician.commission.standing import Meter, Standing
from gateway.words import say
from gateway.words.paper_font import FONT_NAME, paper_font

COLUMNS, ROWS = 3, 8
WIDTH, HEIGHT = 70 * mm, 37 * mm
TOP = A4[1] - (A4[1] - ROWS * HEIGHT) / 2
QR, INSIDE = 25 * mm, 4 * mm
QUIET_MODULES = 4


def labels_pdf(standing: Standing) -> bytes:
    """Give a label for each meter, by room. Raises NoFont."""
    paper_font()
    file = BytesIO()
    canvas = Canvas(file, pagesize=A4)
    canvas.setTitle(say("Labels {building}", building=standing.building))
    meters = sorted(standing.meters.values(), key=lambda meter: (not meter.room, meter.room, meter.number))
    for place, meter in enumerate(meters):
        on_page = place % (COLUMNS * ROWS)
        if place and not on_page:
            canvas.showPage()
        row, column = divmod(on_page, COLUMNS)
        _label(canvas, column * WIDTH, TOP - (row + 1) * HEIGHT, meter, standing.building)
    canvas.save()
    return file.getvalue()


def _label(canvas: Canvas, left: float, bottom: float, meter: Meter, building: str) -> None:
    _square(canvas, left + INSIDE, bottom + (HEIGHT - QR) / 2, meter.number)
    text_left, width = left + 2 * INSIDE + QR - 2 * mm, WIDTH - QR - 3 * INSIDE + 2 * mm
    lines = [
        (meter.room or "-", 20.0),
        (meter.number, 10.5),
        (building, 8.5),
        (f"{meter.found.line} {meter.found.address}", 7.0),
    ]
    height = bottom + HEIGHT - 7 * mm
    for text, size in lines:
        _fitted(canvas, text_left, height - size * 0.7, text, size, width)
        height -= size * 1.35


def _fitted(canvas: Canvas, left: float, height: float, text: str, size: float, width: float) -> None:
    """Draw a text in its size, or smaller where it would run out of the label."""
    shown = paper_font().shown(text)
    natural = stringWidth(shown, FONT_NAME, size)
    canvas.setFont(FONT_NAME, size * min(1.0, width / natural) if natural else size)
    canvas.drawString(left, height, shown)


def _square(canvas: Canvas, left: float, bottom: float, text: str) -> None:
    """Draw a QR code with its quiet zone, module by module: sharp at any size."""
    modules = [list(row) for row in segno.make(text, error="m", micro=False).matrix]
    side = QR / (len(modules) + 2 * QUIET_MODULES)
    for y, row in enumerate(modules):
        for x, dark in enumerate(row):
            if dark:
                down = QUIET_MODULES + len(modules) - 1 - y
                canvas.rect(
                    left + (QUIET_MODULES + x) * side, bottom + down * side, side, side, stroke=0, fill=1
                )
