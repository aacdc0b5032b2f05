"""The words of the desk's printed papers: the receipt in three parts, the charge slip in two copies.

They are the college's Chinese papers whatever language the desk's pages are in: their words are the procedure's own (4.1.2, 4.2.2),
and stand here as they are printed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from central.clock import local
from central.desk.capital_numerals import in_capitals
from central.desk.models import ChargeLine, Payment, Receipt
from central.desk.print_models import ReceiptPrint, ReceiptVoid
from central.desk.receipt_content import Content, energy_of
from central.desk.resident.pins import PrintedPin
from central.domain.repair_list import ItemKind, ItemUnit
from central.domain.typed_sale import quantity_text
from central.office.templatetags.cardroom import fen, price, receipt_number
from central.papers.slip import Cell, Row, Slip
from gateway.contract.quantities import (
    MicroYuan,
    Unit,
    WattHours,
    kwh_text,
    yuan_text,
)

FILED, GIVEN = "存档联（客户签字后存卡机房）", "客户联（随收据交客户）"
RECEIPT_TITLE, CHARGES_TITLE, SLIP_TITLE = "电费收款收据", "收款收据", "电费充值凭单"
ITEM, DEBT, BILL, PENALTY, SCAN = "预缴电费", "补缴所欠电费", "月结电费", "偷电处罚", "扫码\n核验"
METHODS = {Payment.Method.CASH: "现金", Payment.Method.CARD: "刷卡", Payment.Method.TRANSFER: "银行转账"}
UNITS = {ItemUnit.EACH: "个", ItemUnit.METRE: "米", ItemUnit.HOUR: "小时"}
ON_BEHALF = "（代收）"
NOTHING = "—"
ONE_BY_ONE = 5
"""Lines of charges up to which each has a row of its own; more of them stand two by two."""


@dataclass(frozen=True, slots=True)
class Printing:
    """What a paper says beside the receipt's content: this printing, what it replaces, where it is proved, what the original is."""

    entry: ReceiptPrint
    address: str
    replaces: ReceiptVoid | None = None
    void: ReceiptVoid | None = None
    parts: tuple[str, ...] = ()
    """Of the receipt, as they were when it was issued."""
    book_page: str = ""
    """The book page that is the payment's legal original; empty when this number is."""
    content: Content = field(default_factory=Content)
    pin: PrintedPin | None = None
    """The room's PIN, on the customer's part of a first charge slip alone."""
    pin_address: str = ""


def receipt_slip(receipt: Receipt, printing: Printing, part: str) -> Slip:
    """Give one part of a receipt; an empty `part` where the stock bears its name already."""
    content = printing.content
    rows = [
        Row([Cell("房间", receipt.room, 0.62, 12), Cell("类别", receipt.class_name, 0.38)]),
        Row([Cell("交款人", receipt.occupants or NOTHING, 0.62), Cell("收款方式", _method(content), 0.38)], 1.2),
        *_items(receipt, content),
        Row([
            Cell("金额（大写）", in_capitals(receipt.amount_fen), 0.62, 12),
            Cell("小写", f"￥{fen(receipt.amount_fen)}", 0.38, 14),
        ], 1.2),
        Row([Cell("备注", _remark(printing))]),
    ]  # fmt: skip
    return Slip(
        title=CHARGES_TITLE if content.lines else RECEIPT_TITLE,
        number=f"№ {receipt_number(receipt.number)}",
        left=paper_instant(receipt.at_ms),
        middle=part,
        right=_mark(printing),
        rows=rows,
        foot=_foot(receipt, printing),
        code_address=printing.address,
        code_words=SCAN,
    )


def _items(receipt: Receipt, content: Content) -> list[Row]:
    """What it was for: electricity with its price, a monthly bill, a debt, or lines of charges."""
    if content.is_energy:
        energy = energy_of(receipt)
        return [
            Row([
                Cell("项目", ITEM, 0.34),
                Cell("单价", f"{price(receipt.micro_yuan_per_kwh)} 元/kWh", 0.33),
                Cell("电量", NOTHING if energy is None else f"{kwh_text(energy)} kWh", 0.33),
            ])
        ]  # fmt: skip
    if content.bill is not None:
        return [Row([Cell("项目", f"{BILL} {content.bill_month}，账单 №{content.bill}")])]
    if content.penalty is not None:
        return [Row([Cell("项目", f"{PENALTY}，案件 №{content.penalty}")])]
    if not content.lines:
        return [Row([Cell("项目", DEBT)])]
    if len(content.lines) <= ONE_BY_ONE:
        return [Row(_line(one, 0.5, "项目"), 0.8) for one in content.lines]
    pairs = [content.lines[start : start + 2] for start in range(0, len(content.lines), 2)]
    return [
        Row([*_line(pair[0], 0.28), *(_line(pair[1], 0.28) if pair[1:] else _blank(0.28))], 0.62)
        for pair in pairs
    ]


def _line(line: ChargeLine, share: float, label: str = "") -> Sequence[Cell]:
    behalf = ON_BEHALF if line.kind == ItemKind.ON_BEHALF else ""
    unit = UNITS[ItemUnit(line.unit)]
    sums = f"{quantity_text(line.quantity_milli)} {unit} × {fen(line.price_fen)} = {fen(line.amount_fen)} 元"
    return Cell(label, f"{line.name}{behalf}", share), Cell("", sums, 0.5 if label else 0.22)


def _blank(share: float) -> Sequence[Cell]:
    return Cell("", "", share), Cell("", "", 0.22)


def _method(content: Content) -> str:
    word = METHODS[Payment.Method(content.method)]
    if content.reference:
        return f"{word} {content.reference}"
    return word if content.together else f"{word}{_given(content, '，')}"


def _given(content: Content, before: str) -> str:
    """Say what cash was given and what was given back of it; nothing where nobody said."""
    if content.tendered_fen is None or content.change_fen is None:
        return ""
    return f"{before}实收 {fen(content.tendered_fen)}，找零 {fen(content.change_fen)}"


def charge_slip(receipt: Receipt, printing: Printing, copy: str, *, signed: bool) -> Slip:
    """Give one copy of the charge as the system made it: balance before and after, and what is known of the supply (R-4.2.2)."""
    rows = [
        Row([Cell("房间", receipt.room, 0.62, 12), Cell("类别", receipt.class_name, 0.38)]),
        Row([Cell("住户", receipt.occupants or NOTHING)], 1.2),
        Row([
            Cell("收款金额", f"￥{fen(receipt.amount_fen)}", size=12),
            Cell("充入", paper_amount(receipt.credited, receipt.unit), size=12),
            Cell("单价", f"{price(receipt.micro_yuan_per_kwh)} 元/kWh"),
        ]),
        Row([
            Cell("充值前余额", paper_amount(receipt.balance_before, receipt.unit), size=12),
            Cell("充值后余额", paper_amount(receipt.balance_after, receipt.unit), size=12),
        ]),
        Row([Cell("送电情况", f"{paper_instant(printing.entry.at_ms)}：{printing.entry.delivery}")], 1.2),
    ]  # fmt: skip
    if not signed and printing.pin is not None:
        rows.append(Row([Cell("自助查询", _pin_words(printing.pin, printing.pin_address))]))
    return Slip(
        title=SLIP_TITLE,
        number=f"收据 № {receipt_number(receipt.number)}",
        left=paper_instant(receipt.at_ms),
        middle=copy,
        right=_mark(printing),
        rows=rows,
        foot=_foot(receipt, printing),
        code_address=printing.address,
        code_words=SCAN,
        signature="客户签字：" if signed else "",
    )


def _pin_words(pin: PrintedPin, address: str) -> str:
    """Say the PIN where it is known: in clear it is only on the slip that it was made for."""
    if pin.pin:
        return f"密码 {pin.grouped}　网址 {address}（凭房间号和密码，请勿外传）"
    return f"网址 {address}　密码已于 {paper_instant(pin.given_ms)} 发放，遗失请到卡机房重办"


def _mark(printing: Printing) -> str:
    if printing.void is not None:
        return "本收据已作废"
    if printing.entry.copy:
        return f"副本（第 {printing.entry.copy} 次补打）"
    if printing.entry.paper == "slip":
        return ""
    return "副本（原件为收据本页）" if printing.book_page else "原件"


def _remark(printing: Printing) -> str:
    said = []
    if printing.replaces is not None:
        said.append(
            f"作废收据 №{receipt_number(printing.replaces.receipt_id)}，原因：{printing.replaces.reason}"
        )
    if printing.void is not None:
        replaced = printing.void.replaced_by_id
        said.append(
            f"已作废：{printing.void.reason}" + (f"，改开 №{receipt_number(replaced)}" if replaced else "")
        )
    if printing.book_page:
        said.append(f"原件：{printing.book_page}")
    if printing.content.together:
        others = "、".join(f"№{receipt_number(number)}" for number in printing.content.together)
        content = printing.content
        said.append(f"与 {others} 一并交款，合计 {fen(content.sum_fen)} 元{_given(content, '，')}")
    return "；".join(said) or NOTHING


def _foot(receipt: Receipt, printing: Printing) -> list[Row]:
    entry = printing.entry
    # The shift is on receipts from the day shifts are kept.
    shift = getattr(receipt, "shift_id", None)
    printed = f"{entry.by_name} {paper_instant(entry.at_ms)}"
    rows = [
        Row([Cell("收款人", receipt.cashier_name, 0.6), Cell("班次", str(shift or NOTHING), 0.4)], 1.1),
        Row([Cell("打印", printed)], 1.1),
    ]
    if entry.copy:
        rows.append(Row([Cell("补打原因", entry.reason)], 1.1))
    return rows


def paper_amount(amount: int, unit: str) -> str:
    """Write what is kept in a unit as the Chinese papers do."""
    if unit == Unit.KWH:
        return f"{kwh_text(WattHours(amount))} kWh"
    return f"{yuan_text(MicroYuan(amount))} 元"


def paper_instant(instant_ms: int) -> str:
    """Write an instant as the Chinese papers do."""
    return local(instant_ms).strftime("%Y年%m月%d日 %H:%M")
