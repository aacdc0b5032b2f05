"""The desk's papers on their stock: parts on A4 with cut lines, or on continuous stock of 241 x 140 mm."""

from collections.abc import Sequence

from reportlab.lib.pagesizes import A4

from central.desk.models import Receipt
from central.desk.receipt_slips import FILED, GIVEN, Printing, charge_slip, receipt_slip
from central.domain.receipt_prints import PrintedPaper, PrintLayout, Workstation
from central.papers.boxes import MM, Box
from central.papers.slip import Slip
from central.papers.slip_pdf import Sheet, slips_pdf

STOCK = (241 * MM, 140 * MM)
SPROCKETS = 18 * MM
"""At both sides of continuous stock: holes, and what the printer's tractors cover."""
EDGE = 9 * MM
ON_A4 = 3
"""Forms on one sheet of A4; a fourth part of a receipt goes on another."""
A4_SIDE, A4_EDGE = 12 * MM, 5.5 * MM


def draw(papers: Sequence[tuple[Receipt, Printing]], workstation: Workstation) -> bytes:
    """Draw the papers that printings are of, each on sheets of its own. Raises NoFont when no Chinese font is installed."""
    layout = workstation.layout
    sheets = [sheet for one, printing in papers for sheet in on_sheets(_forms(one, printing, layout), layout)]
    title = f"{papers[0][1].entry.paper} {' '.join(f'{one.number:08d}' for one, _printing in papers)}"
    return slips_pdf(sheets, title, (workstation.right / 10, workstation.down / 10))


def _forms(receipt: Receipt, printing: Printing, layout: PrintLayout) -> list[Slip]:
    if printing.entry.paper == PrintedPaper.SLIP:
        return [
            charge_slip(receipt, printing, FILED, signed=True),
            charge_slip(receipt, printing, GIVEN, signed=False),
        ]
    parts = ("",) if layout is PrintLayout.PLIES else printing.parts
    return [receipt_slip(receipt, printing, part) for part in parts]


def on_sheets(forms: list[Slip], layout: PrintLayout) -> list[Sheet]:
    """Put forms on the sheets of a layout."""
    if layout is not PrintLayout.A4:
        width, height = STOCK
        frame = Box(SPROCKETS, EDGE, width - 2 * SPROCKETS, height - 2 * EDGE)
        return [Sheet(width, height, [(form, frame)]) for form in forms]
    return [_a4(forms[start : start + ON_A4]) for start in range(0, len(forms), ON_A4)]


def _a4(forms: list[Slip]) -> Sheet:
    width, height = A4
    each = height / max(2, len(forms))
    bottoms = [height - each * (place + 1) for place in range(len(forms))]
    frames = [Box(A4_SIDE, y + A4_EDGE, width - 2 * A4_SIDE, each - 2 * A4_EDGE) for y in bottoms]
    return Sheet(width, height, list(zip(forms, frames, strict=True)), [y for y in bottoms if y > 1])
