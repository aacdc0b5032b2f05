"""The calibration sheet of a workstation's printer, with what to do with it."""

from reportlab.lib.pagesizes import A4

from central.desk.receipt_sheets import STOCK
from central.domain.receipt_prints import CROSS_AT, PrintLayout, Workstation
from central.papers.calibration import calibration_pdf


def calibration_sheet(workstation: Workstation) -> bytes:
    """Draw the sheet on the workstation's stock, with its offset. Raises NoFont when no Chinese font is installed."""
    size = A4 if workstation.layout is PrintLayout.A4 else STOCK
    offset = (workstation.right / 10, workstation.down / 10)
    cross = CROSS_AT / 10
    words = [
        f"校准页  已用偏移：向右 {offset[0]:.1f} mm，向下 {offset[1]:.1f} mm",
        f"用直尺量十字中心到纸左边、上边的距离，应各为 {cross:.0f} mm。",
        "把量得的两个数填入“打印机设置”页。",
        "标尺 100 mm 处应量得 100 mm；否则在打印对话框中把缩放改为“实际大小”。",
    ]
    return calibration_pdf(size, cross, offset, words)
