"""Sealed vouchers on paper: three on a sheet of A4, to be cut, folded with the code inside, and sealed.

They are the college's Chinese papers whatever language the desk's pages are in.
"""

from collections.abc import Sequence

from central.clock import local
from central.desk.capital_numerals import in_capitals
from central.desk.outage.models import VoucherStock
from central.link.models import StockVoucher
from central.link.stock_vouchers import code_of_voucher
from central.office.templatetags.cardroom import fen
from central.papers.boxes import MM, Box
from central.papers.slip import Cell, Row, Slip
from central.papers.slip_pdf import Sheet, slips_pdf

A4 = (210 * MM, 297 * MM)
ON_SHEET = 3
SIDE, EDGE = 14 * MM, 6 * MM
COMMAND = "cardroom-gateway voucher"


def vouchers_pdf(stock: VoucherStock, vouchers: Sequence[StockVoucher]) -> bytes:
    """Draw vouchers with their codes. Raises NoFont when no Chinese font is installed."""
    slips = [_slip(stock, voucher) for voucher in vouchers]
    sheets = [_sheet(slips[start : start + ON_SHEET]) for start in range(0, len(slips), ON_SHEET)]
    return slips_pdf(sheets, f"vouchers {stock.pk}")


def _slip(stock: VoucherStock, voucher: StockVoucher) -> Slip:
    code = code_of_voucher(voucher) or ""
    room = voucher.account.point.room.full_label
    return Slip(
        title="停网应急充值券",
        number=f"№ {voucher.pk}",
        left=f"制券 {local(stock.made_ms):%Y年%m月%d日}",
        middle=stock.building.name,
        right="密封保存",
        rows=[
            Row([Cell("房间", room, 0.5, 13), Cell("面值", f"￥{fen(stock.value_fen)}", 0.5, 14)]),
            Row([Cell("金额（大写）", in_capitals(stock.value_fen))]),
            Row([Cell("充值码", code, size=13)], 1.6),
            Row(
                [Cell("用法", f"收现金并手写收据页、记下券号；技术员在该楼网关输入：{COMMAND} 加充值码")], 1.3
            ),
        ],
        foot=[
            Row([Cell("说明", "仅对上列房间有效，只能充值一次；未售出的由两人销毁并登记。")]),
        ],
    )


def _sheet(slips: Sequence[Slip]) -> Sheet:
    width, height = A4
    each = height / ON_SHEET
    bottoms = [height - each * (place + 1) for place in range(len(slips))]
    frames = [Box(SIDE, y + EDGE, width - 2 * SIDE, each - 2 * EDGE) for y in bottoms]
    return Sheet(width, height, list(zip(slips, frames, strict=True)), [y for y in bottoms if y > 1])
