"""The finance system as a few days leave it: a signed map and one that waits, an export, lists brought in."""

from datetime import timedelta

from django.db import transaction

from central import clock
from central.domain.k3_map import MapRow
from central.domain.k3_rows import K3Kind
from central.domain.k3_voucher import Span
from central.ledger import chart_of_accounts as chart
from central.ledger.operations import Draft, book
from central.office.approvals import sign
from central.office.models import Approval, User
from central.reports.k3.exports import Wanted, make_export, plan_export
from central.reports.k3.imports import import_file, read_file
from central.reports.k3.map_form import usual_rows
from central.reports.k3.maps import ask_for_map
from central.reports.k3.models import K3Export, K3Import

DAY_MS = 86_400_000
ACCOUNTS = {
    "cash:*:yuan": ("1001.01", "库存现金-卡机房", ""),
    "customer:*:yuan": ("2203.01", "预收账款-电费", "部门---{building}---{building_name}"),
    "revenue:energy:*:yuan": ("6051.01", "其他业务收入-电费", "客户---{class}---{class_name}"),
    "subsidy:*:yuan": ("6602.08", "管理费用-学生电费补贴", ""),
}


def rows() -> list[MapRow]:
    """Map what the seeds move; the rest has an account of its own name, as finance would fill it in."""
    filled = []
    for place, row in enumerate(usual_rows()):
        code, name, item = ACCOUNTS.get(row.pattern, (f"2241.{place:02d}", f"其他应付款-{row.pattern}", ""))
        filled.append(row if row.left_out else MapRow(row.pattern, code, name, item, row.summary))
    return filled


def k3() -> None:
    """Make all of it: two days ago some money moved, and that day is exported."""
    now_ms = clock.now_ms()
    who = {name: User.objects.get(username=name) for name in ("finance", "director")}
    day = clock.campus_day(now_ms) - timedelta(days=2)
    at_ms = clock.start_of_day_ms(day) + DAY_MS // 2
    _movements(at_ms)
    begins = day - timedelta(days=1)
    asked = ask_for_map(begins, rows(), why="与财务处核对", actor=who["finance"], now_ms=now_ms, key="a" * 32)
    assert isinstance(asked, Approval), asked
    sign(asked.number, approve=True, reason="", actor=who["director"], now_ms=now_ms)
    more = {"why": "新增核算项目", "actor": who["finance"], "now_ms": now_ms, "key": "b" * 32}
    ask_for_map(clock.campus_day(now_ms), rows()[:-1], **more)
    wanted = Wanted(begins, day, Span.DAY, {(day.year, day.month): 35})
    shown = plan_export(wanted, now_ms).digest
    made = make_export(wanted, shown=shown, why="", actor=who["finance"], now_ms=now_ms)
    assert isinstance(made, K3Export), made
    days = day.replace(day=1), day
    journal = (
        f"日期,凭证字号,摘要,科目代码,科目名称,核算项目,借方,贷方\n{day},记 - 35,{day} 收款,1001.01,库存现金-卡机房,,900.00,\n"
        f",,{day} 收款,2203.01,预收账款-电费,部门---1---1号楼,,900.00\n"
    )
    totals = "科目代码,科目名称,期初借方,期初贷方,本期借方,本期贷方,期末借方,期末贷方\n1001.01,库存现金,100,,900,0,1000,\n"
    for text, kind, name in (
        (journal, K3Kind.VOUCHERS, "会计分录序时簿.csv"),
        (totals, K3Kind.TOTALS, "科目余额表.csv"),
    ):
        done = import_file(
            read_file(text.encode("gbk"), kind, days), name, actor=who["finance"], now_ms=now_ms
        )
        assert isinstance(done, K3Import), done.findings


def _movements(at_ms: int) -> None:
    """Book a day's money as the ledger has it: the other seeds book all of theirs today."""
    yuan = 1_000_000
    moves = [
        (chart.cash(), chart.customer("1-102.1", "paid", "yuan"), 900 * yuan, "payment"),
        (chart.cash(), chart.on_behalf("R-09"), 12 * yuan, "charge"),
        (chart.customer("1-102.1", "paid", "yuan"), chart.energy_revenue("dormitory", "yuan"), 3_456_789, "consumption"),
        (chart.subsidy("yuan"), chart.customer("1-103.1", "paid", "yuan"), 8 * yuan, "subsidy"),
        (chart.safe(), chart.cash(), 912 * yuan, "to-safe"),
    ]  # fmt: skip
    for number, (debit, credit, amount, kind) in enumerate(moves):
        with transaction.atomic():
            book([Draft(f"k3-seed:{number}", debit, credit, amount, kind, at_ms)], at_ms)
