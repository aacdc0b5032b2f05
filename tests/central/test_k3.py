"""K/3 on the real ledger: every yuan on one day, a day in one export, files that others read, lists brought in whole (R-4.1.9)."""

import io
from datetime import date, timedelta

import openpyxl
import pytest
import xlrd

from central.clock import campus_day, start_of_day_ms
from central.desk.day_close import close_day
from central.desk.operations import pay
from central.domain.imported_rows import RowFault
from central.domain.k3_layout import STANDARD, LayoutFault, layout_from_json
from central.domain.k3_map import MapRow, rows_to_json
from central.domain.k3_rows import K3Kind
from central.domain.k3_voucher import Span, VoucherFault
from central.ledger import chart_of_accounts as chart
from central.ledger.models import AuditEntry, Transfer
from central.ledger.operations import Draft, book
from central.ledger.verification import verify_books
from central.office import approvals
from central.office.models import Approval, User
from central.reports.k3 import exports, imports, maps, templates_in_use
from central.reports.k3.exports import ExportRefusal, Wanted, make_export, plan_export, vouchers_of
from central.reports.k3.files import voucher_file
from central.reports.k3.ledger_days import transfers_of
from central.reports.k3.models import K3Export, K3ExportDay, K3Import, K3Map, K3VoucherRow
from central.reports.k3.queries import days_not_exported, k3_entries, k3_totals, next_numbers
from central.reports.k3.verification import verify_k3
from tests.central.conftest import NOW_MS
from tests.open_shifts import off_shift, on_shift

DAY_MS = 86_400_000
DAY = campus_day(NOW_MS)
LATER_MS = NOW_MS + 2 * DAY_MS
ROOM = "1-301.1"
ROWS = (
    MapRow("cash:*:yuan", "1001.01", "库存现金", "", "{days} {what}"),
    MapRow("cash-safe:yuan", "1001.02", "保险柜", "", "{days} {what}"),
    MapRow("customer:*:yuan", "2203", "预收账款", "部门---{building}---{building_name}", "{days} {what}"),
    MapRow("revenue:energy:*:yuan", "6051", "其他业务收入", "", "{class_name} {what}"),
    MapRow("subsidy:*:yuan", "6602", "管理费用", "", "{what}"),
    MapRow("take-back:*:yuan", left_out=True),
)


@pytest.fixture
def finance(db: None) -> User:
    return User.objects.create_user("fiona", password="x", first_name="Fiona", role=User.Role.FINANCE)


@pytest.fixture
def director(db: None) -> User:
    return User.objects.create_user("dora", password="x", role=User.Role.DIRECTOR)


def have_map(finance: User, rows=ROWS, from_day=DAY - timedelta(days=3)) -> K3Map:
    return K3Map.objects.create(
        from_day=from_day,
        rows=rows_to_json(rows),
        approval=K3Map.objects.count() + 900,
        asked_by=finance,
        why="w",
        at_ms=NOW_MS,
    )


@pytest.fixture
def day_of_work(campus: None, cashier: User, finance: User) -> None:
    """Two payments, some use below a fen, the shift ended and the day closed; the map is in force."""
    have_map(finance)
    pay("p1", ROOM, 5_000, cashier, now_ms=NOW_MS)
    pay("p2", "1-302.1", 1_234, cashier, now_ms=NOW_MS + 1)
    use(ROOM, 1_234_567, NOW_MS + 2)
    use("1-302.1", 7_654_321, NOW_MS + 3)
    off_shift(cashier.shifts.get(), NOW_MS + 1000)
    assert close_day(DAY, cashier, now_ms=NOW_MS + 2000).day == DAY


def use(account: str, micro: int, at_ms: int) -> None:
    sides = chart.customer(account, "paid", "yuan"), chart.energy_revenue("dormitory", "yuan")
    book([Draft(f"use:{account}:{at_ms}", *sides, micro, "consumption", at_ms)], at_ms)


def export(finance: User, first=DAY, last=DAY, span=Span.DAY, why="", numbers=None):
    wanted = Wanted(first, last, span, numbers or {})
    shown = plan_export(wanted, LATER_MS).digest
    return make_export(wanted, shown=shown, why=why, actor=finance, now_ms=LATER_MS)


def test_a_closed_day_becomes_balanced_vouchers_by_the_map(day_of_work, finance):
    made = export(finance, numbers={(DAY.year, DAY.month): 12})
    found = {(v.group.value, v.number): [(e.code, e.debit_fen, e.credit_fen) for e in v.entries]
             for v in vouchers_of(made)}  # fmt: skip
    assert found == {
        ("takings", 12): [("1001.01", 6_234, 0), ("2203", 0, 6_234)],
        ("use", 13): [("2203", 889, 0), ("6051", 0, 889)],
        ("cash", 14): [("1001.02", 6_234, 0), ("1001.01", 0, 6_234)],
    }
    assert sum(abs(line[-1]) for line in made.carried) == 2 * 1_112  # 888.8888 fen on each side
    assert AuditEntry.objects.filter(action="k3-export", subject=f"k3 export {made.pk}").count() == 1
    assert not [check.fault for check in verify_books() if check.fault]


def test_every_yuan_of_the_ledger_is_on_exactly_one_day(day_of_work, cashier, campus):
    """A shift past midnight, and one begun after the day's close: whole on the day they are booked on."""
    late_ms = start_of_day_ms(DAY + timedelta(days=1)) - 60_000
    on_shift(cashier, late_ms)
    pay("late", ROOM, 2_000, cashier, now_ms=late_ms + 1)
    use(ROOM, 5_000, late_ms + 2)
    pay("past-midnight", ROOM, 3_000, cashier, now_ms=late_ms + 120_000)
    off_shift(cashier.shifts.order_by("pk").last(), late_ms + 180_000)
    days = [DAY + timedelta(days=n) for n in range(-1, 3)]
    on_days = [list(transfers_of(day).values_list("pk", flat=True)) for day in days]
    everything = set(Transfer.objects.filter(unit="yuan").values_list("pk", flat=True))
    assert sorted(pk for on_day in on_days for pk in on_day) == sorted(everything)
    late_shift = cashier.shifts.order_by("pk").last()
    assert late_shift.day == DAY + timedelta(days=1)
    place = days.index(late_shift.day)
    assert {"payment:late", "payment:past-midnight", f"to-safe:{late_shift.pk}"} <= set(on_days[place])
    assert f"use:{ROOM}:{late_ms + 2}" in on_days[days.index(DAY)]


def test_a_day_with_an_open_shift_or_not_over_is_not_exported(campus, cashier, finance):
    have_map(finance)
    pay("p1", ROOM, 5_000, cashier, now_ms=NOW_MS)
    assert export(finance)[0] is ExportRefusal.NOT_OVER
    tomorrow = campus_day(LATER_MS)
    assert export(finance, tomorrow, tomorrow)[0] is ExportRefusal.NOT_OVER


def test_without_a_map_or_before_it_or_with_one_that_lacks_an_account_nothing_is_exported(
    campus, cashier, finance, day_of_work
):
    early = DAY - timedelta(days=9)
    assert export(finance, early, DAY)[0] is ExportRefusal.BEFORE_FIRST_MAP
    have_map(finance, ROWS[:2])
    refusal, plan = export(finance)
    assert refusal is ExportRefusal.MAP_LACKS
    assert {(one.fault, one.account) for one in plan.made.findings} == {
        (VoucherFault.UNMAPPED, "customer:*:yuan"),
        (VoucherFault.UNMAPPED, "revenue:*:yuan"),
    }
    assert not K3Export.objects.exists()


def test_the_same_days_again_are_named_asked_and_take_the_former_export_back(day_of_work, finance):
    first = export(finance)
    refusal, plan = export(finance)
    assert (refusal, plan.before) == (ExportRefusal.EXPORTED_BEFORE, [first])
    second = export(finance, why="账套恢复")
    assert isinstance(second, K3Export)
    assert (K3Export.objects.get(pk=first.pk).end.why, second.why) == ("账套恢复", "账套恢复")
    assert (second.vouchers, second.carried) == (first.vouchers, first.carried)
    assert exports.exports_of([DAY]) == [second]


def test_days_not_exported_are_listed(day_of_work, finance):
    begins = DAY - timedelta(days=3)
    assert days_not_exported(LATER_MS)[0] == [(begins, DAY + timedelta(days=1))]
    export(finance)
    waiting, ready_until = days_not_exported(LATER_MS)
    assert waiting == [
        (begins, DAY - timedelta(days=1)),
        (DAY + timedelta(days=1), DAY + timedelta(days=1)),
    ]
    assert ready_until == DAY + timedelta(days=1)
    done = exports.take_back(1, why="wrong", actor=finance, now_ms=LATER_MS)
    assert done.pk == 1
    assert exports.take_back(1, why="wrong", actor=finance, now_ms=LATER_MS) is ExportRefusal.ENDED
    assert days_not_exported(LATER_MS)[0] == [(begins, DAY + timedelta(days=1))]


def test_verify_names_an_export_that_was_changed_behind_its_back(day_of_work, finance):
    made = export(finance)
    assert verify_k3().holds
    K3ExportDay.objects.create(export=made, day=DAY - timedelta(days=1))
    assert "its days are not those" in verify_k3().fault
    K3Export.objects.create(
        **{
            name: getattr(made, name)
            for name in ("first_day", "last_day", "span", "form", "layout", "carried")
        },
        number=9,
        vouchers=[],
        voucher_count=0,
        entry_count=0,
        debit_fen=0,
        digest="x",
        left_out={},
        by=finance,
        at_ms=LATER_MS,
    )
    K3ExportDay.objects.create(export_id=9, day=DAY)
    assert "in two exports that stand" in verify_k3().fault


def test_what_changed_since_it_was_shown_is_shown_again(day_of_work, finance):
    wanted = Wanted(DAY, DAY, Span.DAY)
    refusal, _plan = make_export(wanted, shown="0" * 64, why="", actor=finance, now_ms=LATER_MS)
    assert refusal is ExportRefusal.CHANGED


def test_a_map_is_signed_by_another_person_and_never_under_an_export(day_of_work, finance, director):
    export(finance)
    when = {"why": "new accounts", "actor": finance, "now_ms": LATER_MS, "key": "k" * 32}
    asked = maps.ask_for_map(DAY, ROWS, **when)
    done = approvals.sign(asked.number, approve=True, reason="", actor=director, now_ms=LATER_MS)
    assert done.state == Approval.State.FAILED
    later = DAY + timedelta(days=1)
    asked = maps.ask_for_map(later, ROWS, **(when | {"key": "l" * 32}))
    assert (
        approvals.sign(asked.number, approve=True, reason="", actor=finance, now_ms=LATER_MS) == "own-request"
    )
    approvals.sign(asked.number, approve=True, reason="", actor=director, now_ms=LATER_MS)
    assert (maps.map_on(later).approval, maps.map_on(DAY).from_day) == (asked.number, DAY - timedelta(days=3))
    bad = maps.ask_for_map(later, [MapRow("x", "=1", "n", "", "s")], **when)
    assert [one.found for one in bad] == ["=1"]


def file_of(made: K3Export) -> bytes:
    return voucher_file(made.form, layout_from_json(made.layout), vouchers_of(made), "Fiona")


def test_the_standard_file_is_what_public_descriptions_say(day_of_work, finance):
    """Read by a reader that is not ours: sheets, 36 columns, one serial a voucher, entries from 0, sums that balance."""
    book = xlrd.open_workbook(file_contents=file_of(export(finance)))
    assert book.sheet_names() == ["Page1", "t_Schema"]
    page, schema = book.sheets()
    assert page.row_values(0) == [column.key for column in STANDARD]
    assert len(STANDARD) == 36
    rows = [dict(zip(page.row_values(0), page.row_values(n), strict=True)) for n in range(1, page.nrows)]
    assert [row["FSerialNum"] for row in rows] == [1, 1, 2, 2, 3, 3]
    assert [row["FEntryID"] for row in rows] == [0, 1, 0, 1, 0, 1]
    assert {(row["FYear"], row["FPeriod"]) for row in rows} == {(DAY.year, DAY.month)}
    assert round(sum(row["FDebit"] for row in rows), 2) == round(sum(row["FCredit"] for row in rows), 2)
    same = {
        "FDate": DAY.isoformat(),
        "FGroupID": "记",
        "FCurrencyNum": "RMB",
        "FMeasureUnitID": "*",
        "FPosted": 0,
    }
    assert {key: {row[key] for row in rows} for key in same} == {key: {value} for key, value in same.items()}
    assert rows[1]["FItem"] == "部门---1---North"
    assert [schema.cell_value(n, 3) for n in (1, 2, 3)] == ["VoucherData", "123", "Page1"]
    assert schema.nrows == 4 + 36


def test_our_file_comes_back_by_our_import(day_of_work, finance):
    made = export(finance, numbers={(DAY.year, DAY.month): 7})
    file = imports.read_file(file_of(made), K3Kind.VOUCHERS, (DAY, DAY))
    assert file.findings == []
    kept = imports.import_file(file, "k3.xls", actor=finance, now_ms=LATER_MS)
    assert (kept.rows, kept.debit_fen, kept.credit_fen) == (made.entry_count, made.debit_fen, made.debit_fen)
    lines = list(k3_entries(DAY, DAY, ["2203"]))
    assert [(one.voucher, one.item, one.credit_fen) for one in lines if one.credit_fen] == [
        ("记-7", "部门---1---North", 6_234)
    ]
    assert next_numbers([(DAY.year, DAY.month)]) == {(DAY.year, DAY.month): 10}
    again = imports.import_file(file, "k3.xls", actor=finance, now_ms=LATER_MS)
    assert [one.fault for one in again.findings] == [RowFault.SAME_FILE]


def own_template() -> bytes:
    """A voucher as another K/3 might export it: t_Schema first, other order, Chinese titles, a column of its own, 37 columns."""
    book = openpyxl.Workbook()
    schema = book.active
    schema.title = "t_Schema"
    schema.append(["FType", "FKey", "FFieldName", "FCaption"])
    schema.append(["ClassInfo", "ClassType", "", "VoucherData"])
    page = book.create_sheet("Page1")
    titles = [column.title for column in STANDARD]
    titles = [titles[4], "校区", *titles[:4], *titles[5:30], "汇率类型", *titles[30:]]
    page.append(titles)
    row = dict.fromkeys(titles, "") | {"凭证字": "转", "汇率类型": "固定汇率", "审核": "王五", "凭证号": "3"}
    page.append([row[title] for title in titles])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_the_users_own_file_gives_sheets_columns_and_what_it_always_says(day_of_work, finance):
    kept = templates_in_use.use_template(own_template(), "凭证.xlsx", actor=finance, now_ms=LATER_MS)
    assert kept.form == "xlsx"
    made = export(finance)
    book = openpyxl.load_workbook(io.BytesIO(file_of(made)))
    assert book.sheetnames == ["t_Schema", "Page1"]
    head, *rows = book["Page1"].iter_rows(values_only=True)
    assert (head[:3], len(head)) == (("凭证号", "校区", "凭证日期"), 38)
    first = dict(zip(head, rows[0], strict=True))
    assert (first["凭证字"], first["汇率类型"], first["审核"], first["校区"]) == (
        "转",
        "固定汇率",
        "王五",
        None,
    )
    assert (first["借方"], first["凭证日期"], first["凭证号"]) == (62.34, DAY.isoformat(), 1)
    templates_in_use.use_standard(True, actor=finance, now_ms=LATER_MS)
    assert len(templates_in_use.layout_in_use()[0].columns) == 37


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", LayoutFault.UNREADABLE),
        (b"a,b,c", LayoutFault.UNREADABLE),
        (b"PK\x03\x04 damaged", LayoutFault.UNREADABLE),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, LayoutFault.UNREADABLE),
    ],
)
def test_a_damaged_template_is_named(content, fault):
    assert [one.fault for one in templates_in_use.read_template(content)] == [fault]


def test_an_xls_cut_off_or_changed_anywhere_is_a_finding_never_an_error(day_of_work, finance):
    whole = file_of(export(finance))
    for place in range(0, len(whole), len(whole) // 60):
        for hurt in (whole[:place], whole[:place] + b"\xff\x00\xfe" + whole[place + 3 :]):
            templates_in_use.read_template(hurt)
            imports.read_file(hurt, K3Kind.VOUCHERS, (DAY, DAY))


HEAD = "日期,凭证字号,摘要,科目代码,科目名称,借方,贷方\n"
GOOD = (
    f"{HEAD}2026-11-02,记 - 12,售电,1001,库存现金,100.00,\n,,售电,2203,预收账款,,100.00\n"
    '2026-11-03,记 - 13,售电,1001,库存现金,"1,250.50",\n,,售电,2203,预收账款,,1250.50\n,,合计,,,1350.50,1350.50\n'
)
NOVEMBER = date(2026, 11, 1), date(2026, 11, 30)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_a_journal_is_read_in_each_encoding_with_its_empty_cells_and_sums(encoding, finance):
    file = imports.read_file(GOOD.encode(encoding), K3Kind.VOUCHERS, NOVEMBER)
    assert (file.findings, file.sums_left_out) == ([], 1)
    assert [(r.day.day, r.word, r.number, r.entry, r.side("debit"), r.side("credit")) for r in file.rows] == [
        (2, "记", "12", 0, 10_000, 0),
        (2, "记", "12", 1, 0, 10_000),
        (3, "记", "13", 0, 125_050, 0),
        (3, "记", "13", 1, 0, 125_050),
    ]


BAD = [
    (f"{HEAD}2026-11-02,记-1,x,1001,现金,=SUM(A1),\n,,x,2203,预收,,1\n", RowFault.FORMULA),
    (f"{HEAD}2026-10-25,记-1,x,1001,现金,1,\n,,x,2203,预收,,1\n", RowFault.OTHER_PERIOD),
    (f"{HEAD}2026-11-02,记-1,x,1001,现金,1,\n,,x,2203,预收,,2\n", RowFault.NOT_BALANCED),
    (f"{HEAD}2026-11-02,记-1,x,1001,现金,1.005,\n,,x,2203,预收,,1\n", RowFault.TOO_FINE),
    (f"{HEAD}2026-11-02,无号,x,1001,现金,1,\n,,x,2203,预收,,1\n", RowFault.NOT_A_NUMBER),
    (f"{HEAD}昨天,记-1,x,1001,现金,1,\n", RowFault.NOT_A_TIME),
    ("日期,凭证号,分录号,科目代码,借方,贷方\n2026-11-02,1,0,1001,1,\n2026-11-02,1,0,2203,,1\n", RowFault.TWICE),
    ("姓名,班级\n张三,1\n", RowFault.NO_COLUMN),
    ("", RowFault.NO_ROWS),
    ("\x00\x01\x02", RowFault.UNREADABLE),
    (HEAD + "2026-11-02,记-1,x,1001,现金,1,1\n" * 100_001, RowFault.TOO_LONG),
]  # fmt: skip


@pytest.mark.parametrize(("text", "fault"), BAD, ids=[fault.value for _text, fault in BAD])
def test_a_bad_list_is_named_and_nothing_of_it_is_kept(text, fault, finance):
    file = imports.read_file(text.encode(), K3Kind.VOUCHERS, NOVEMBER)
    assert fault in {one.fault for one in file.findings}
    assert isinstance(imports.import_file(file, "bad.csv", actor=finance, now_ms=NOW_MS), imports.ImportPlan)
    assert not K3Import.objects.exists()
    assert not K3VoucherRow.objects.exists()


def brought_in(text: str, finance: User, kind=K3Kind.VOUCHERS):
    file = imports.read_file(text.encode(), kind, NOVEMBER)
    return imports.import_file(file, "list.csv", actor=finance, now_ms=NOW_MS)


def test_known_entries_are_left_out_changed_ones_stop_until_the_former_import_is_taken_back(finance):
    first = brought_in(GOOD, finance)
    more = GOOD.replace(",,合计,,,1350.50,1350.50\n", "2026-11-04,记-14,x,1001,现金,1,\n,,x,2203,预收,,1\n")
    second = brought_in(more, finance)
    assert (second.rows, second.known) == (2, 4)
    changed = GOOD.replace("100.00", "101.00")
    stopped = brought_in(changed, finance)
    assert {one.fault for one in stopped.findings} == {RowFault.DIFFERS_FROM_BEFORE}
    for made in (first, second):
        imports.end_import(made.pk, why="改过凭证", actor=finance, now_ms=NOW_MS)
    assert brought_in(changed, finance).debit_fen == 135_150
    assert sum(line.debit_fen for line in k3_entries(*NOVEMBER)) == 135_150


def test_totals_with_titles_in_two_rows_are_read(finance):
    text = (
        "科目余额表,,,,,,,\n科目代码,科目名称,期初余额,,本期发生,,期末余额,\n,,借方,贷方,借方,贷方,借方,贷方\n"
        "1001,库存现金,10.00,,200.00,150.00,60.00,\n2203,预收账款,,5.00,150.00,200.00,,55.00\n合计,,10,5,350,350,60,55\n"
    )
    made = brought_in(text, finance, K3Kind.TOTALS)
    assert made.rows == 2, made
    assert [(t.account, t.opening_fen, t.debit_fen, t.closing_fen) for t in made.totals.order_by("row")] == [
        ("1001", 1_000, 20_000, 6_000),
        ("2203", -500, 15_000, -5_500),
    ]
    assert [one.account for one in k3_totals(2026, 11)] == ["1001", "2203"]
