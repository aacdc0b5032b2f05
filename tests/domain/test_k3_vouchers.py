"""K/3 vouchers: balanced to the fen, complete, and what the map lacks is named (R-4.1.9)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.domain.k3_map import (
    AccountMap,
    Fact,
    MapFault,
    MapRow,
    findings_in,
    rows_from_json,
    rows_to_json,
)
from central.domain.k3_voucher import (
    Group,
    Movement,
    Span,
    VoucherFault,
    make_vouchers,
    whole_fen,
)

FIRST = date(2026, 10, 24)
WORDS = {group: group.value for group in Group}
ROWS = (
    MapRow("cash:*:yuan", "1001", "库存现金", "", "{days} {what}"),
    MapRow("customer:*:yuan", "2203", "预收账款", "部门---{building}---{building_name}", "{days} {what}"),
    MapRow("customer:1-shop*:yuan", "2203.02", "预收账款商户", "", "{what}"),
    MapRow("revenue:energy:*:yuan", "6051", "其他业务收入", "", "{class_name}"),
    MapRow("on-behalf:*:yuan", "2241", "其他应付款", "项目---{item}", "{what}"),
    MapRow("take-back:*:yuan", left_out=True),
)
FACTS = {Fact.BUILDING: "1", Fact.BUILDING_NAME: "一号楼", Fact.CLASS_NAME: "学生"}


def made(movements, span=Span.DAY, residues=None, numbers=None, rows=ROWS):
    days = {FIRST + timedelta(days=n) for n in range(70)}
    accounts = AccountMap(tuple(rows))
    return make_vouchers(movements, dict.fromkeys(days, accounts), span, residues or {}, numbers or {}, WORDS)


def move(kind="payment", debit="cash:main:yuan", credit="customer:1-301.1:paid:yuan", micro=10_000, day=0):
    return Movement(FIRST + timedelta(days=day), kind, debit, credit, micro, FACTS)


ACCOUNTS = st.sampled_from(
    [
        "cash:main:yuan",
        "customer:1-301.1:paid:yuan",
        "customer:1-302.1:paid:yuan",
        "customer:1-shop1.1:paid:yuan",
        "revenue:energy:dormitory:yuan",
        "on-behalf:R-9:yuan",
    ]
)
MOVES = st.builds(
    lambda kind, sides, micro, day: move(kind, *sides, micro, day),
    st.sampled_from(["payment", "consumption", "void", "subsidy", "never-heard-of"]),
    st.tuples(ACCOUNTS, ACCOUNTS).filter(lambda sides: sides[0] != sides[1]),
    st.integers(1, 10**9),
    st.integers(0, 20),
)


@given(st.lists(MOVES, max_size=40), st.sampled_from(Span), st.integers(0, 20))
def test_every_voucher_balances_and_exports_lose_less_than_a_fen_a_line(moves, span, cut):
    """However the days are cut into exports: per account what K/3 has differs from the ledger by less than a fen a line."""
    early = [one for one in moves if (one.day - FIRST).days < cut]
    late = [one for one in moves if (one.day - FIRST).days >= cut]
    first = made(early, span)
    second = made(late, span, first.residues)
    vouchers = [*first.vouchers, *second.vouchers]
    for voucher in vouchers:
        assert voucher.debit_fen == voucher.credit_fen > 0
        assert all((entry.debit_fen > 0) != (entry.credit_fen > 0) for entry in voucher.entries)
        assert min(min(e.debit_fen, e.credit_fen) for e in voucher.entries) >= 0
    accounts = AccountMap(ROWS)
    ledger: dict[str, int] = {}
    for one in moves:
        for side, sign in ((one.debit, 1), (one.credit, -1)):
            code = accounts.row_of(side).code
            ledger[code] = ledger.get(code, 0) + sign * one.micro_yuan
    booked: dict[str, int] = {}
    for voucher in vouchers:
        for entry in voucher.entries:
            booked[entry.code] = booked.get(entry.code, 0) + entry.debit_fen - entry.credit_fen
    carried: dict[str, int] = {}
    for key, micro in second.residues.items():
        carried[key.code] = carried.get(key.code, 0) + (-micro if key.is_credit else micro)
        assert abs(micro) < 10_000
    for code, micro in ledger.items():
        assert micro == booked.get(code, 0) * 10_000 + carried.get(code, 0)


@given(st.lists(st.integers(-(10**8), 10**8), max_size=12))
def test_rounding_keeps_the_sum_and_whole_fen(parts):
    exact = [*parts, -sum(parts)]
    rounded = whole_fen(exact)
    assert sum(rounded) == 0
    assert all(abs(micro - fen * 10_000) < 10_000 for micro, fen in zip(exact, rounded, strict=True))
    whole = [part * 10_000 for part in exact]
    assert whole_fen(whole) == exact


@given(st.lists(MOVES, min_size=1, max_size=20))
def test_a_voucher_never_spans_two_periods_of_k3(moves):
    """The accounting period of 26 to 25 spans two calendar months: so do its vouchers never."""
    for voucher in made(moves, Span.MONTH).vouchers:
        of = [one.day for one in moves if (one.day.year, one.day.month) == voucher.period]
        assert voucher.day == max(of)


def test_a_voucher_of_a_day_by_what_it_is_about():
    found = made(
        [
            move(micro=500_000_000),
            move("payment", "cash:main:yuan", "on-behalf:R-9:yuan", 80_000_000),
            move("consumption", "customer:1-301.1:paid:yuan", "revenue:energy:dormitory:yuan", 1_234_567),
        ],
        numbers={(2026, 10): 35},
    )
    takings, use = found.vouchers
    assert (takings.group, takings.number, takings.serial, takings.period) == (
        Group.TAKINGS,
        35,
        1,
        (2026, 10),
    )
    assert [(e.code, e.item, e.summary, e.debit_fen, e.credit_fen) for e in takings.entries] == [
        ("1001", "", "2026-10-24 takings", 58_000, 0),
        ("2203", "部门---1---一号楼", "2026-10-24 takings", 0, 50_000),
        ("2241", "项目---R-9", "takings", 0, 8_000),
    ]
    assert (use.number, use.serial, use.debit_fen) == (36, 2, 123)


def test_parts_below_a_fen_come_when_they_are_whole():
    """Three days of 0.4 fen: one fen is booked by the third day, not three times nothing."""
    days = [
        move("consumption", "customer:1-301.1:paid:yuan", "revenue:energy:dormitory:yuan", 4_000, day)
        for day in range(3)
    ]
    residues, fen = {}, []
    for one in days:
        found = made([one], residues=residues)
        residues = found.residues
        fen.append(sum(voucher.debit_fen for voucher in found.vouchers))
    assert sum(fen) == 1


def test_numbers_go_on_within_a_period_and_begin_anew_in_the_next():
    found = made([move(day=day) for day in (6, 7, 8, 9)], numbers={(2026, 10): 9})
    assert [(v.period[1], v.number, v.serial) for v in found.vouchers] == [
        (10, 9, 1),
        (10, 10, 2),
        (11, 1, 3),
        (11, 2, 4),
    ]


def test_what_the_map_lacks_is_named_with_its_sum_and_nothing_is_made():
    found = made([move(), move(credit="lapsed:yuan", micro=70_000), move(credit="lapsed:yuan", micro=30_000)])
    assert found.vouchers == []
    assert [(f.fault, f.account, f.micro_yuan) for f in found.findings] == [
        (VoucherFault.UNMAPPED, "lapsed:yuan", 100_000)
    ]


def test_left_out_on_both_sides_is_told_and_on_one_side_only_refused():
    both = made([move("take-back-asked", "take-back:asked:yuan", "take-back:pending:yuan", 5_000_000)])
    assert (both.vouchers, both.findings, both.left_out) == ([], [], {"take-back-asked": 5_000_000})
    half = made([move(credit="take-back:pending:yuan")])
    assert [f.fault for f in half.findings] == [VoucherFault.HALF_LEFT_OUT]


def test_a_place_that_nothing_is_known_for_is_named():
    bare = Movement(FIRST, "payment", "cash:main:yuan", "customer:9-1.1:paid:yuan", 10_000)
    assert {(f.fault, f.found) for f in made([bare]).findings} == {
        (VoucherFault.NO_FACT, "building"),
        (VoucherFault.NO_FACT, "building_name"),
    }


def test_the_row_with_most_letters_of_its_own_holds():
    accounts = AccountMap(ROWS)
    assert accounts.row_of("customer:1-shop7.1:paid:yuan").code == "2203.02"
    assert accounts.row_of("customer:1-301.1:paid:yuan").code == "2203"
    assert accounts.row_of("customer:1-301.1:paid:kwh") is None
    assert accounts.row_of("xcash:main:yuan") is None


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (MapRow("Cash Box", "1", "n", "", "s"), MapFault.BAD_PATTERN),
        (MapRow("cash:*:yuan", "", "n", "", "s"), MapFault.NO_CODE),
        (MapRow("cash:*:yuan", "10 01", "n", "", "s"), MapFault.BAD_CODE),
        (MapRow("cash:*:yuan", "=1+1", "n", "", "s"), MapFault.BAD_CODE),
        (MapRow("cash:*:yuan", "1001", "", "", "s"), MapFault.NO_NAME),
        (MapRow("cash:*:yuan", "1001", "n", "", ""), MapFault.NO_SUMMARY),
        (MapRow("cash:*:yuan", "1001", "n", "{room}", "s"), MapFault.UNKNOWN_PLACE),
        (MapRow("cash:*:yuan", "1001", "n", "", "{days"), MapFault.UNKNOWN_PLACE),
        (MapRow("cash:*:yuan", "1001", "n" * 90, "", "s"), MapFault.TOO_LONG),
        (MapRow("cash:*:yuan", "1001", "", "", "", left_out=True), MapFault.CODE_AND_LEFT_OUT),
    ],
)
def test_a_bad_row_of_a_map_is_named(row, fault):
    assert [one.fault for one in findings_in([row])] == [fault]


def test_a_map_with_a_pattern_twice_or_two_names_for_an_account_is_refused():
    rows = [MapRow("a:*:yuan", "1", "n", "", "s"), MapRow("a:*:yuan", "1", "m", "", "s")]
    assert [one.fault for one in findings_in(rows)] == [MapFault.PATTERN_TWICE, MapFault.TWO_NAMES]
    assert [one.fault for one in findings_in([])] == [MapFault.NO_ROWS]
    assert findings_in(ROWS) == []
    assert rows_from_json(rows_to_json(ROWS)) == ROWS
