"""Labels for devices: the stock number as a QR code and in large, model and serial number below.

A4 with 3 x 8 labels of 70 x 37 mm, a sheet of any shop; or a roll 62 mm wide, each label a page of its own. Loads reportlab.
"""

from collections.abc import Sequence
from enum import StrEnum
from io import BytesIO

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from central.papers.code_square import draw_code
from central.papers.font import paper_font
from central.workshop.devices.models import Device

COLUMNS, ROWS = 3, 8
PER_SHEET = COLUMNS * ROWS
WIDTH, HEIGHT = 70 * mm, 37 * mm
TOP = A4[1] - (A4[1] - ROWS * HEIGHT) / 2
ROLL = (62 * mm, 29 * mm)
INSIDE = 5.2 * mm
"""Round the code it is the quiet zone, more than four of its modules."""
LARGE, SMALL = 17.0, 8.0


class Sheet(StrEnum):
    """What the labels are printed on."""

    A4 = "a4"
    ROLL = "roll"


def labels_pdf(devices: Sequence[Device], sheet: Sheet, title: str, skip: int = 0) -> bytes:
    """Give the labels of devices; `skip`: how many of an A4 sheet are used already. Raises NoFont."""
    font = paper_font()
    file = BytesIO()
    canvas = Canvas(file, pageCompression=1)
    canvas.setTitle(title)
    canvas.setAuthor("cardroom")
    # A viewer that shrinks the page to the printable area would print beside the labels.
    canvas.setViewerPreference("PrintScaling", "None")
    for place, device in enumerate(devices, start=skip if sheet is Sheet.A4 else 0):
        if sheet is Sheet.ROLL:
            canvas.setPageSize(ROLL)
            _label(canvas, 0, 0, ROLL, device, font.name)
            canvas.showPage()
            continue
        row, column = divmod(place % PER_SHEET, COLUMNS)
        if not place % PER_SHEET and place:
            canvas.showPage()
        canvas.setPageSize(A4)
        _label(canvas, column * WIDTH, TOP - (row + 1) * HEIGHT, (WIDTH, HEIGHT), device, font.name)
    canvas.save()
    return file.getvalue()


def _label(
    canvas: Canvas, left: float, bottom: float, size: tuple[float, float], device: Device, font: str
) -> None:
    width, height = size
    side = height - 2 * INSIDE
    draw_code(canvas, left + INSIDE, bottom + INSIDE, side, device.number)
    text_left = left + side + 2 * INSIDE
    space = width - side - 2 * INSIDE - 2 * mm
    lines = [
        (device.number, LARGE),
        (device.type.name, SMALL),
        (device.type.maker.name, SMALL),
        (device.serial, SMALL),
    ]
    y = bottom + height - INSIDE
    for text, wanted in lines:
        _fitted(canvas, text_left, y - wanted * 0.8, text, wanted, space, font)
        y -= wanted * 1.4


def _fitted(canvas: Canvas, left: float, y: float, text: str, size: float, space: float, font: str) -> None:
    """Draw a text in its size, or smaller where it would run out of the label."""
    loaded = paper_font()
    shown = loaded.printable(text, set())
    natural = loaded.width(shown, size)
    canvas.setFont(font, size * min(1.0, space / natural) if natural else size)
    canvas.drawString(left, y, shown)
