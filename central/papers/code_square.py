"""A QR code on a canvas, from its modules: no picture file, sharp at any size."""

import segno
from reportlab.pdfgen.canvas import Canvas


def draw_code(canvas: Canvas, left: float, bottom: float, side: float, address: str) -> None:
    """Draw the code of an address in the canvas's fill colour. Runs of dark modules are one rectangle, all are one path."""
    rows = [bytes(row) for row in segno.make(address, error="m", micro=False).matrix]
    module = side / len(rows)
    path = canvas.beginPath()
    for line, row in enumerate(rows):
        y = bottom + side - (line + 1) * module
        start = row.find(1)
        while start >= 0:
            end = row.find(0, start)
            end = len(row) if end < 0 else end
            path.rect(left + start * module, y, (end - start) * module, module * 1.02)
            start = row.find(1, end)
    canvas.drawPath(path, stroke=0, fill=1)
