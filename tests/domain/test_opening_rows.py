"""The old system's cells as people write them, and what moves from one opening balance to another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.domain.opening_moves import moves
from central.domain.opening_rows import Fault, column_of, read_row
from gateway.contract.quantities import Unit

AMOUNTS = st.integers(-(10**9), 10**9)


def read(**texts: str):
    row, findings = read_row(7, {"room": "1-301", **texts})
    return row.unit, row.balance, [f.fault for f in findings]


@pytest.mark.parametrize(
    ("written", "micro_yuan"),
    [
        ("12.50", 12_500_000),
        ("１２．５０", 12_500_000),
        ("1,234.5", 1_234_500_000),
        ("１，２３４．５", 1_234_500_000),
        ("￥12.5", 12_500_000),
        ("12.5元", 12_500_000),
        (" +3 ", 3_000_000),
        ("-0.01", -10_000),
        ("－5", -5_000_000),
        ("−5", -5_000_000),
        ("0", 0),
        ("12.499999999999998", 12_500_000),
        ("0.30000000000000004", 300_000),
        ("1e-16", 0),
    ],
)
def test_a_balance_is_read_as_people_write_it(written, micro_yuan):
    assert read(balance_yuan=written) == (Unit.YUAN, micro_yuan, [])


@pytest.mark.parametrize(
    ("texts", "fault"),
    [
        ({"balance_yuan": ""}, Fault.EMPTY),
        ({"balance_yuan": "=SUM(A1)"}, Fault.FORMULA),
        ({"balance_yuan": "#REF!"}, Fault.FORMULA),
        ({"balance_yuan": "12,34.5"}, Fault.NOT_A_NUMBER),
        ({"balance_yuan": "(12.50)"}, Fault.NOT_A_NUMBER),
        ({"balance_yuan": "12.5.1"}, Fault.NOT_A_NUMBER),
        ({"balance_yuan": "1 2"}, Fault.NOT_A_NUMBER),
        ({"balance_yuan": "nan"}, Fault.NOT_A_NUMBER),
        ({"balance_yuan": "12.345"}, Fault.TOO_FINE),
        ({"balance_kwh": "12.3456"}, Fault.TOO_FINE),
        ({"balance_yuan": "1000001"}, Fault.OUT_OF_RANGE),
        ({"balance": "12"}, Fault.NO_UNIT),
        ({"balance": "12", "unit": "gallon"}, Fault.NO_UNIT),
        ({"balance_yuan": "12度"}, Fault.TWO_UNITS),
        ({"balance": "12元", "unit": "度"}, Fault.TWO_UNITS),
        ({"balance_yuan": "12", "balance_kwh": "3"}, Fault.TWO_BALANCES),
        ({"balance_yuan": "12", "subsidy": "13"}, Fault.PART_TOO_BIG),
        ({"balance_yuan": "-1", "subsidy": "1"}, Fault.PART_TOO_BIG),
        ({"balance_yuan": "12", "subsidy": "-1"}, Fault.BELOW_ZERO),
        ({"balance_yuan": "12", "register": "-1"}, Fault.BELOW_ZERO),
        ({"balance_yuan": "12", "register": "12元"}, Fault.NOT_A_NUMBER),
        ({"balance_yuan": "12", "old_receipt": "x" * 65}, Fault.TOO_LONG_TEXT),
    ],
)
def test_what_could_be_wrong_is_named(texts, fault):
    assert fault in read(**texts)[2]


@pytest.mark.parametrize(
    "texts", [{"balance_kwh": "12.5"}, {"balance": "12.5", "unit": "度"}, {"balance": "12.5 kWh"}]
)
def test_the_unit_stands_in_header_column_or_cell(texts):
    assert read(**texts) == (Unit.KWH, 12_500, [])


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("余额（元）", "balance_yuan"),
        ("余额(度)", "balance_kwh"),
        ("Balance (yuan)", "balance_yuan"),
        (" 房间号 *", "room"),
        ("最后收据", "old_receipt"),
        ("bucket:grant", "bucket:grant"),
        ("备注", None),
        ("", None),
    ],
)
def test_headers_in_both_languages(header, column):
    assert column_of(header) == column


@given(fen=st.integers(-(10**8), 10**8), subsidy=st.integers(0, 10**8))
def test_every_fen_that_is_written_is_read_and_parts_add_up_to_the_whole(fen, subsidy):
    subsidy = min(subsidy, max(fen, 0))
    sign, number = "-" if fen < 0 else "", abs(fen)
    text = f"{sign}{number // 100:,}.{number % 100:02d}"
    row, findings = read_row(1, {"room": "1", "balance_yuan": text, "subsidy": f"{subsidy / 100:.2f}"})
    assert findings == []
    assert row.balance == fen * 10_000
    assert sum(amount for _bucket, amount in row.by_bucket) == row.balance


@given(
    text=st.text(max_size=40),
    column=st.sampled_from(["balance", "balance_yuan", "register", "subsidy", "unit", "room"]),
)
def test_no_text_breaks_the_reading(text, column):
    row, findings = read_row(1, {"room": "1", "balance_yuan": "5", column: text})
    assert findings or row.unit is not None


@given(before=AMOUNTS, after=AMOUNTS, collected=st.integers(0, 10**9))
def test_what_moves_is_always_the_difference(before, after, collected):
    owed = max(max(-before, 0) - collected, 0)
    moved = moves(before, after, owed)
    assert moved.grant - moved.take_back - moved.owe + moved.forgive == after - before
    assert min(moved.grant, moved.take_back, moved.owe, moved.forgive) == 0
    assert moved.forgive <= owed
    assert moved.take_back <= max(before, 0)
    assert not (moved.grant and moved.take_back)
    assert not (moved.owe and moved.forgive)
