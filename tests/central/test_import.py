"""Campus lists: every bad row is named with its column, what is wrong and what to do; all or nothing."""

import io

import pytest
from django.utils import translation
from openpyxl import Workbook

from central.campus.import_plan import plan_import
from central.campus.import_words import WORDS, place_of, problems_of, words_of
from central.campus.models import (
    Account,
    Binding,
    Building,
    CustomerClass,
    Meter,
    MeteringPoint,
    Occupancy,
    Price,
    Room,
)
from central.campus.operations import CampusRefusal, Imported, carry_out, publish_price
from central.config.commands.campus_list import _csv_example, _workbook_example
from central.domain.campus_rows import Fault
from central.ledger.models import AuditEntry
from central.link.shared_balance import merge
from tests.central.conftest import NOW_MS, import_list

HEADER = "building,room,class,meter,cut_off,billing,protected,max_power_w,baseline_kwh,customer_no,occupants,price,floor\n"
GOOD = "1,401,dormitory,m-401,internal,prepaid,no,3000,12.34,2026001;2026002,Wang;Li,0.5580,4\n"
CHINESE = (
    "楼栋,楼栋名称,楼层,房间,用户类别,表号,断电方式,计费方式,保电,住户,电价\n"
    "5,五号楼,2,201,merchant,9001,接触器,预付费,是,王小明、李四,0.8012\n"
)


def faults(content) -> list[tuple[int, str, Fault]]:
    plan = plan_import(content if isinstance(content, bytes) else content.encode())
    return [(problem.row, problem.column, problem.fault) for problem in plan.problems]


BAD_ROWS = [
    (",401,dormitory", (2, "building", Fault.EMPTY)),
    ("1,,dormitory", (2, "room", Fault.EMPTY)),
    ("1,401,", (2, "class", Fault.EMPTY)),
    ("1/2,401,dormitory", (2, "building", Fault.NOT_A_NAME)),
    ("1,4 01,dormitory", (2, "room", Fault.NOT_A_NAME)),
    ("1,401,dormitory,m#1", (2, "meter", Fault.NOT_A_NAME)),
    ("1,401,palace", (2, "class", Fault.UNKNOWN_CLASS)),
    ("1,401,dormitory,m-1,sometimes", (2, "cut_off", Fault.NOT_A_CHOICE)),
    ("1,401,dormitory,m-1,,barter", (2, "billing", Fault.NOT_A_CHOICE)),
    ("1,401,dormitory,m-1,,,maybe", (2, "protected", Fault.NOT_A_CHOICE)),
    ("1,401,dormitory,m-1,,,,3kW", (2, "max_power_w", Fault.NOT_A_NUMBER)),
    ("1,401,dormitory,m-1,,,,0", (2, "max_power_w", Fault.OUT_OF_RANGE)),
    ("1,401,dormitory,m-1,,,,,-5", (2, "baseline_kwh", Fault.OUT_OF_RANGE)),
    ("1,401,dormitory,m-1,,,,,1.2345", (2, "baseline_kwh", Fault.NOT_A_NUMBER)),
    ("1,401,dormitory,m-1,,,,,1e9", (2, "baseline_kwh", Fault.NOT_A_NUMBER)),
    ("1,401,dormitory,m-1,,,,,,1;2,Wang", (2, "customer_no", Fault.COUNTS_DIFFER)),
    ("1,401,dormitory,m-1,,,,,,,,0.55831", (2, "price", Fault.NOT_A_PRICE)),
    ("1,401,dormitory,m-1,,,,,,,,0.5元", (2, "price", Fault.NOT_A_PRICE)),
    ("1,401,dormitory,m-1,,,,,,,,-0.5", (2, "price", Fault.OUT_OF_RANGE)),
    ("1,401,dormitory,m-1,,,,,,,,0.558,first", (2, "floor", Fault.NOT_A_NUMBER)),
    ("1,401,dormitory,m-1,,,,,,,,0.558,1,spare", (2, "", Fault.EXTRA_CELLS)),
    (GOOD + "1,401,dormitory", (3, "room", Fault.ROOM_TWICE)),
    (GOOD + "1,402,dormitory,m-401", (3, "meter", Fault.METER_TWICE)),
    (GOOD + "1,402,dormitory,m-402,,,,,,,,0.6", (3, "price", Fault.PRICE_DIFFERS)),
    (GOOD + "1,402,dormitory,m-402,,,,,,2026001,Zhao", (3, "customer_no", Fault.CUSTOMER_DIFFERS)),
    ("1,401,dormitory,m-101", (2, "meter", Fault.METER_ELSEWHERE)),
    ("1,301,dormitory,m-999", (2, "meter", Fault.ROOM_HAS_METER)),
]


@pytest.mark.parametrize(("row", "expected"), BAD_ROWS, ids=[str(n) for n in range(len(BAD_ROWS))])
def test_each_bad_row_is_named_and_nothing_is_written(campus, row, expected):
    content = HEADER + row
    assert faults(content) == [expected]
    plan = plan_import(content.encode())
    before = Room.objects.count(), Price.objects.count()
    assert carry_out(plan, actor="x", now_ms=NOW_MS).why == CampusRefusal.HAS_PROBLEMS
    assert (Room.objects.count(), Price.objects.count()) == before


def test_all_problems_of_a_row_and_of_all_rows_are_named(campus):
    content = HEADER + "1/2,,palace,m#1\n" + GOOD + "1,402,dormitory,m-402,sometimes\n"
    assert {(row, column) for row, column, _ in faults(content)} == {
        (2, "building"),
        (2, "room"),
        (2, "class"),
        (2, "meter"),
        (4, "cut_off"),
    }


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", Fault.NO_ROWS),
        (b"\n\n \n", Fault.NO_ROWS),
        (b"a,b,c\n1,2,3\n", Fault.NO_HEADER),
        (b"building,room\n1,301\n", Fault.NO_HEADER),
        (b"\xff\xff\xff\x00", Fault.UNREADABLE),
        (b"\x00\x01\x02", Fault.UNREADABLE),
        (b"PK\x03\x04 no workbook", Fault.UNREADABLE),
        (HEADER.encode(), Fault.NO_ROWS),
    ],
)
def test_a_file_that_is_no_list_is_one_problem(campus, content, fault):
    assert [f for _, _, f in faults(content)] == [fault]


def test_every_fault_has_words_that_say_what_to_do(campus):
    assert set(WORDS) == set(Fault)
    with translation.override("en"):
        [problem] = plan_import((HEADER + "1,401,palace").encode()).problems
        assert place_of(problem) == "row 2, class"
        assert words_of(problem).startswith(
            "class “palace” is not known; use one of: dormitory, merchant, staff"
        )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_chinese_headers_in_any_encoding(campus, encoding, delimiter):
    plan = plan_import(CHINESE.replace(",", delimiter).encode(encoding))
    assert plan.problems == []
    assert isinstance(carry_out(plan, actor="boss", now_ms=NOW_MS), Imported)
    point = MeteringPoint.objects.get(code="5-201")
    assert (point.cut_off, point.billing, point.protected) == ("contactor", "prepaid", True)
    assert Building.objects.get(code="5").name == "五号楼"
    names = Occupancy.objects.filter(account__point=point).values_list("customer__name", flat=True)
    assert sorted(names) == ["李四", "王小明"]
    assert Price.objects.get(tariff__code="merchant").micro_yuan_per_kwh == 801_200


def test_a_list_makes_rooms_accounts_meters_and_occupants(campus):
    plan = plan_import((HEADER + GOOD).encode())
    assert (plan.new_rooms, plan.new_meters) == (1, 1)
    carry_out(plan, actor="boss", now_ms=NOW_MS)
    account = Account.objects.get(code="1-401.1")
    assert (account.point.max_power_w, account.point.room.floor) == (3000, 4)
    binding = Binding.objects.get(account=account)
    assert (binding.meter.meter_no, binding.baseline_wh, binding.from_ms) == ("m-401", 12_340, NOW_MS)
    assert [(o.customer.number, o.customer.name) for o in account.occupancies.all()] == [
        ("2026001", "Wang"),
        ("2026002", "Li"),
    ]
    assert AuditEntry.objects.filter(action="import-campus", actor="boss").exists()


def test_c_16_a_list_that_is_silent_about_a_protection_leaves_it(campus):
    """So it does with everything that people signed for or a longer list had said."""
    kept = {"protected": True, "max_power_w": 500, "cut_off": "contactor"}
    MeteringPoint.objects.filter(code="1-301").update(**kept)
    CustomerClass.objects.filter(code="dormitory").update(overdraft=7, warn_at=[3], minimum_fen=2_000)
    import_list("building,room,class,protected\n1,301,dormitory,\n")
    import_list("class,name,group,unit,overdraft\ndormitory,Dorms,dormitory,yuan,\n")
    assert MeteringPoint.objects.filter(code="1-301", **kept).exists()
    assert Room.objects.get(building__code="1", label="301").floor == 3
    klass = CustomerClass.objects.get(code="dormitory")
    assert (klass.name, klass.overdraft, klass.warn_at, klass.minimum_fen) == ("Dorms", 7, [3], 2_000)
    import_list("building,room,class,protected\n1,301,dormitory,no\n")
    assert not MeteringPoint.objects.get(code="1-301").protected, "what is said counts"


def test_the_same_list_again_changes_nothing_but_what_differs(campus):
    for text in (HEADER + GOOD, HEADER + GOOD, HEADER + GOOD.replace(",no,", ",yes,")):
        plan = plan_import(text.encode())
        assert plan.problems == []
        carry_out(plan, actor="boss", now_ms=NOW_MS)
    assert Account.objects.filter(point__code="1-401").count() == 1
    assert Binding.objects.filter(meter__meter_no="m-401").count() == 1
    assert Occupancy.objects.filter(account__code="1-401.1").count() == 2
    assert Price.objects.filter(tariff__code="dormitory").count() == 1
    assert MeteringPoint.objects.get(code="1-401").protected


@pytest.mark.parametrize("content", [_workbook_example(), _csv_example()], ids=["xlsx", "csv"])
def test_the_example_imports_into_a_new_campus(db, content):
    from central.campus.operations import make_default_classes

    make_default_classes()
    plan = plan_import(content)
    assert plan.problems == []
    carry_out(plan, actor="boss", now_ms=NOW_MS)
    assert Meter.objects.count() == 4


def workbook(**sheets) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_a_workbook_brings_classes_prices_and_rooms_and_names_the_sheet(campus):
    classes = [
        ["class", "name", "group", "unit", "overdraft", "warn_at"],
        ["lab", "Labs", "staff", "kwh", 20, "10;5"],
    ]
    prices = [["class", "price", "from"], ["lab", 0.5583, "2026-09-01 08:00"], ["nobody", 1, "yesterday"]]
    rooms = [["building", "room", "class", "meter"], [7, 101, "lab", 100000000001]]
    plan = plan_import(workbook(classes=classes, prices=prices, rooms=rooms))
    assert {(p.sheet, p.row, p.column, p.fault) for p in plan.problems} >= {
        ("prices", 3, "from", Fault.NOT_A_DATE)
    }
    assert any(p.fault == Fault.UNKNOWN_CLASS and p.row == 3 for p in plan.problems)
    carry_out(
        plan_import(workbook(classes=classes, prices=prices[:2], rooms=rooms)), actor="b", now_ms=NOW_MS
    )
    lab = CustomerClass.objects.get(code="lab")
    assert (lab.unit, lab.overdraft, lab.warn_at) == ("kwh", 20_000, [10_000, 5_000])
    price = Price.objects.get(tariff__code="lab")
    assert (price.micro_yuan_per_kwh, price.from_ms) == (558_300, 1_788_220_800_000)
    assert (
        MeteringPoint.objects.get(code="7-101").accounts.get().bindings.get().meter.meter_no == "100000000001"
    )


def test_r_4_1_3_a_list_gives_a_class_its_first_price_and_never_another(campus):
    first = "class,price,from\nmerchant,0.6,2026-10-01\n"
    done = carry_out(plan_import(first.encode()), actor="b", now_ms=NOW_MS)
    assert isinstance(done, Imported)
    assert "first prices of merchant" in AuditEntry.objects.get(detail__contains="merchant").detail
    assert faults(first) == []
    assert faults(first.replace("0.6", "0.7")) == [(2, "price", Fault.PRICE_NEEDS_A_LIST)]
    assert faults(first.replace("10-01", "11-01")) == [(2, "price", Fault.PRICE_NEEDS_A_LIST)]
    assert faults(first + "merchant,0.6,2026-10-01\n") == [(3, "from", Fault.PRICE_TWICE)]
    rooms = "building,room,class,price\n1,401,dormitory,{}\n"
    assert faults(rooms.format("0.7")) == [(2, "price", Fault.PRICE_NEEDS_A_LIST)]
    assert faults(rooms.format("0.558")) == []
    with translation.override("en"):
        assert "make a price list" in words_of(plan_import(rooms.format("0.7").encode()).problems[0])


def test_r_4_1_3_a_list_that_was_shown_before_a_price_changed_does_not_put_it_back(campus):
    plans = [
        plan_import(f"building,room,class,price\n1,{room},dormitory,0.558\n".encode()) for room in (401, 402)
    ]
    publish_price("dormitory", "0.6", NOW_MS, actor="b", now_ms=NOW_MS)
    done = [
        carry_out(plan, actor="b", now_ms=NOW_MS + shift) for plan, shift in zip(plans, (-1, 0), strict=True)
    ]
    assert isinstance(done[0], Imported)
    assert (done[1].why, [(one.row, one.fault) for one in problems_of(done[1])]) == (
        CampusRefusal.PRICE_NEEDS_A_LIST, [(2, Fault.PRICE_NEEDS_A_LIST)],
    )  # fmt: skip
    dated = "class,price,from\nstaff,0.6,2026-10-01\n"
    plan = plan_import(dated.encode())
    publish_price("staff", "0.5", NOW_MS, actor="b", now_ms=NOW_MS)
    assert carry_out(plan, actor="b", now_ms=NOW_MS).why == CampusRefusal.PRICE_NEEDS_A_LIST


def test_a_class_with_accounts_keeps_its_unit(campus):
    classes = "class,name,group,unit\ndormitory,D,dormitory,kwh\n"
    assert faults(classes) == [(2, "unit", Fault.UNIT_FIXED)]
    assert faults(classes.replace("dormitory,D", "merchant,M")) == []


@pytest.mark.parametrize("room", ["1-301", "1-302"])
@pytest.mark.parametrize("billing", ["monthly", "card"])
def test_a_list_that_would_make_a_merged_balance_unacceptable_is_refused_by_name_and_writes_nothing(
    campus, room, billing
):
    merge("1-301", ["1-302"], actor="t", now_ms=NOW_MS)
    told = Building.objects.get(code="1").revision
    plan = plan_import(
        f"building,room,class,billing\n1,{room[2:]},dormitory,{billing}\n1,401,dormitory,\n".encode()
    )
    assert plan.problems == []
    done = carry_out(plan, actor="x", now_ms=NOW_MS)
    assert done.why == CampusRefusal.BAD_RULES
    with translation.override("en"):
        (problem,) = problems_of(done)
        assert f"{room}.1 is not prepaid" in words_of(problem)
    with translation.override("zh-hans"):
        (problem,) = problems_of(done)
        assert f"账户 1-302.1 由 1-301.1 支付，但 {room}.1 不是预付费" in words_of(problem)
    assert MeteringPoint.objects.get(code=room).billing == "prepaid"
    assert not Room.objects.filter(label="401").exists()
    assert Building.objects.get(code="1").revision == told


def test_a_mistake_that_stood_before_does_not_stop_a_list(campus):
    Price.objects.all().delete()
    same = plan_import(b"building,room,class,protected\n1,301,dormitory,yes\n")
    assert isinstance(carry_out(same, actor="x", now_ms=NOW_MS), Imported)
    more = carry_out(plan_import(b"building,room,class\n1,401,dormitory\n"), actor="x", now_ms=NOW_MS)
    assert "tariff dormitory has no price" in more.mistakes[0].detail


def test_a_room_with_a_live_account_keeps_its_unit(campus):
    kwh = "class,name,group,unit\nlab,Labs,staff,kwh\n"
    carry_out(plan_import(kwh.encode()), actor="b", now_ms=NOW_MS)
    carry_out(plan_import(b"class,price,from\nlab,0.6,2026-10-01\n"), actor="b", now_ms=NOW_MS)
    moved = "building,room,class\n1,301,lab\n1,401,lab\n"
    assert faults(moved) == [(2, "class", Fault.ROOM_UNIT_FIXED)]
    Account.objects.filter(point__code="1-301").update(state=Account.State.CLOSED)
    assert faults(moved) == []
