"""A monthly bill as it is printed: one sheet of A4 for each of three recipients, in the college's Chinese words like its receipts.

Registers, prices and amounts as they were signed; credit notes and what is still owed as of the printing.
"""

from reportlab.lib.pagesizes import A4

from central.clock import minute_text
from central.desk.capital_numerals import in_capitals
from central.desk.merchants.bill_models import MonthlyBill
from central.desk.merchants.bill_queries import BillState
from central.office.templatetags.cardroom import fen, price
from central.papers.boxes import MM, Box
from central.papers.slip import Cell, Row, Slip
from central.papers.slip_pdf import Sheet, slips_pdf
from gateway.contract.quantities import WattHours, kwh_text

COPIES = ("用户联", "财务联", "卡机房存档联")
TITLE, NOTHING = "电费账单", "—"
SIDE, EDGE, USUAL_HEIGHT, ROW_HEIGHT = 15 * MM, 15 * MM, 138 * MM, 9 * MM
USUAL_ROWS = 8


def bill_pdf(state: BillState, copy: int, printed: str) -> bytes:
    """Draw a bill's copy (from 1). Raises NoFont when no Chinese font is installed."""
    slip = bill_slip(state, COPIES[copy - 1], printed)
    width, height = A4
    wanted = USUAL_HEIGHT + ROW_HEIGHT * max(0, len(slip.rows) - USUAL_ROWS)
    tall = min(height - 2 * EDGE, wanted)
    frame = Box(SIDE, height - EDGE - tall, width - 2 * SIDE, tall)
    return slips_pdf([Sheet(width, height, [(slip, frame)])], f"bill {state.bill.pk:06d}")


def bill_slip(state: BillState, copy: str, printed: str) -> Slip:
    """Say all that a bill says."""
    bill = state.bill
    rows = [
        Row([Cell("房间", bill.room, 0.5, 12), Cell("类别", bill.class_name, 0.5)]),
        Row([Cell("用户", bill.occupants or NOTHING, 0.5), Cell("计费时段", _span(bill), 0.5, 9)], 1.2),
        *_meters(bill),
        *_prices(bill),
        Row(
            [
                Cell("金额（大写）", in_capitals(bill.amount_fen), 0.62, 12),
                Cell("小写", f"￥{fen(bill.amount_fen)}", 0.38, 14),
            ],
            1.2,
        ),
        Row([Cell("缴费期限", f"{bill.due_day.isoformat()} 前到卡机房缴纳（现金、刷卡、银行转账均可）")]),
        Row([Cell("备注", _remark(state))]),
    ]
    foot = [
        Row([Cell("签批", f"审批 {bill.approval} 号：{bill.signed_by}")], 1.1),
        Row([Cell("打印", printed)], 1.1),
    ]
    return Slip(
        title=TITLE,
        number=f"№ {bill.pk:06d}",
        left=f"开出 {minute_text(bill.issued_ms)}",
        middle=copy,
        right="本账单已冲减" if state.is_taken_back else "",
        rows=rows,
        foot=foot,
        signature="用户签收：",
    )


def _meters(bill: MonthlyBill) -> list[Row]:
    return [
        Row(
            [
                Cell("电表", one.meter, 0.28),
                Cell("起码", kwh_text(WattHours(one.first_wh)), 0.24),
                Cell("止码", kwh_text(WattHours(one.last_wh)), 0.24),
                Cell("电量", f"{kwh_text(WattHours(one.last_wh - one.first_wh))} 度", 0.24),
            ]
        )
        for one in bill.meters.all()
    ]


def _prices(bill: MonthlyBill) -> list[Row]:
    return [
        Row(
            [
                Cell("电费", f"{kwh_text(WattHours(one.energy_wh))} 度", 0.36),
                Cell("单价", f"{price(one.micro_yuan_per_kwh)} 元/度", 0.32),
                Cell("金额", f"{fen(one.amount_fen)} 元", 0.32),
            ]
        )
        for one in bill.lines.all()
    ]


def _remark(state: BillState) -> str:
    said = ["表码为一次侧读数，已计入互感器变比"]
    for note in state.bill.credits.order_by("number"):
        said.append(f"冲减单 {note.pk} 号冲减 {fen(note.amount_fen)} 元：{note.why}")
    if state.credited_fen:
        said.append(f"冲减后应缴 {fen(state.bill.amount_fen - state.credited_fen)} 元")
    return "；".join(said)


def _span(bill: MonthlyBill) -> str:
    return f"{minute_text(bill.from_ms)} 至 {minute_text(bill.until_ms)}"
