"""The pay-out slip: what the gateway gave back and what was paid for it, in two copies that the customer signs.

The college's Chinese paper whatever language the pages are in, as the receipt is. Printings are on record; later ones are copies.
"""

from django.db import transaction

from central.campus.queries import occupant_names
from central.desk.capital_numerals import in_capitals
from central.desk.departures.models import Departure, PayBy, PayOutPrint
from central.desk.departures.states import Standing
from central.desk.receipt_sheets import on_sheets
from central.desk.receipt_slips import paper_amount, paper_instant
from central.desk.shift_models import CashOut
from central.domain.receipt_prints import Workstation
from central.ledger.one_writer import lock_head
from central.ledger.operations import record_audit
from central.office.models import User
from central.office.templatetags.cardroom import fen
from central.papers.slip import Cell, Row, Slip
from central.papers.slip_pdf import slips_pdf
from gateway.contract.quantities import WattHours, kwh_text

TITLE, NOTHING = "电费退款凭单", "—"
COPIES = ("存档联（存卡机房）", "客户联（交领款人）")
KINDS = {
    Departure.Kind.REFUND: "退部分余额，账户保留",
    Departure.Kind.DEPARTURE: "退宿销户，退余额",
    Departure.Kind.ROOM_CHANGE: "换房销户，余额转新房间",
}
WAYS = {PayBy.CASH: "现金", PayBy.BANK: "财务转账", PayBy.CREDIT: "转入新房间"}


@transaction.atomic
def print_slip(one: Standing, workstation: Workstation, actor: User, *, now_ms: int) -> bytes:
    """Draw the slip of a paid case and record it. Raises NoFont, and then nothing is recorded."""
    lock_head()
    copy = one.case.prints.count()
    PayOutPrint.objects.create(departure=one.case, copy=copy, by=actor, at_ms=now_ms)
    forms = [pay_out_slip(one, part, copy, actor, now_ms) for part in COPIES]
    sheets = on_sheets(forms, workstation.layout)
    pdf = slips_pdf(sheets, f"pay-out {one.case.pk}", (workstation.right / 10, workstation.down / 10))
    what = f"copy {copy}" if copy else "original"
    record_audit(
        actor=actor.get_username(),
        action="print-pay-out",
        subject=one.case.account.code,
        detail=what,
        now_ms=now_ms,
    )
    return pdf


def pay_out_slip(one: Standing, part: str, copy: int, actor: User, now_ms: int) -> Slip:
    """Give one copy of the slip of a paid case."""
    case, paid = one.case, one.case.paid
    found = one.closing or one.request
    closed_ms = case.account.closed_ms or case.asked_ms
    people = "、".join(occupant_names(case.account, min(closed_ms, paid.at_ms)))
    register = one.closing.final_register_wh if one.closing else None
    shift = CashOut.objects.filter(request_id=found.request_id).first() if found else None
    rows = [
        Row([
            Cell("房间", case.account.point.room.full_label, 0.5, 12),
            Cell("类别", case.account.point.customer_class.name, 0.5),
        ]),
        Row([Cell("领款人", case.asked_for or people or NOTHING, 0.4), Cell("住户", people or NOTHING, 0.6)], 1.2),
        Row([Cell("事由", KINDS[Departure.Kind(case.kind)], 0.5), Cell("付款方式", _way(case), 0.5)]),
        Row([
            Cell("终止读数", f"{kwh_text(WattHours(register))} kWh" if register is not None else NOTHING, 0.5),
            Cell("电表网关退回", _taken(one), 0.5),
        ]),
        Row([
            Cell("金额（大写）", in_capitals(paid.amount_fen) if paid.amount_fen else NOTHING, 0.62, 12),
            Cell("小写", f"￥{fen(paid.amount_fen)}", 0.38, 14),
        ], 1.2),
        Row([Cell("交回收据客户联", case.parts if case.parts_returned else "未交回", 0.5), Cell("原因", case.why, 0.5)], 1.2),
    ]  # fmt: skip
    return Slip(
        title=TITLE,
        number=f"审批 № {one.approval.number if one.approval else NOTHING}",
        left=paper_instant(paid.at_ms),
        middle=part,
        right=f"副本（第 {copy} 次补打）" if copy else "原件",
        rows=rows,
        foot=[
            Row(
                [
                    Cell("付款人", paid.by.spoken_name, 0.6),
                    Cell("班次", str(shift.shift_id) if shift else NOTHING, 0.4),
                ],
                1.1,
            ),
            Row([Cell("打印", f"{actor.spoken_name} {paper_instant(now_ms)}")], 1.1),
        ],
        signature="领款人签字：",
    )


def _way(case: Departure) -> str:
    paid, way = case.paid, WAYS[PayBy(case.paid.method)]
    if paid.method == PayBy.BANK:
        return f"{way}，银行号 {paid.bank_reference}，K3 凭证 {paid.k3_voucher}"
    return f"{way} {case.to_account.point.room.full_label}" if case.to_account else way


def _taken(one: Standing) -> str:
    """Give what the gateway said: of a closing what was left, of a request what it took."""
    unit = one.case.unit
    if one.closing:
        amount = sum(amount for _bucket, said, amount in one.closing.left if said == unit)
    else:
        amount = one.request.taken if one.request else 0
    return paper_amount(amount, unit)
