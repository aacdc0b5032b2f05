"""A written sheet as a table: what is read, what stops it, and that nothing that stands in a cell breaks it."""

from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from central.domain.hand_reading import DisplayFault, Unreadable
from central.domain.reading_rows import SheetFault, columns_of, read_sheet

HEADER = ["表号", "本次读数（kWh）", "抄表时间", "未抄原因", "备注"]
cells = st.lists(st.text(max_size=20), max_size=7)


def row(*values: str) -> tuple[int, list[str]]:
    return 2, list(values)


def test_columns_are_known_by_their_usual_names_in_any_order() -> None:
    assert columns_of(["备注", "时间", " 表 号", "READING, kWh", "Meter"]) == {
        "remark": 0,
        "time": 1,
        "reading": 3,
        "meter": 4,
    }


def test_a_row_is_read_as_it_was_written() -> None:
    (one,), findings = read_sheet(HEADER, [row("000123", "12345.670000000002", "2026/11/26 09:30", "", "亮")])
    assert findings == []
    assert (one.meter, one.typed, one.at, one.remark) == (
        "000123",
        "12345.67",
        datetime(2026, 11, 26, 9, 30),
        "亮",
    )


def test_a_reason_stands_in_place_of_a_figure_and_an_empty_row_is_passed_over() -> None:
    read, findings = read_sheet(
        HEADER, [row("1", "", "2026-11-26 09:30", "黑屏", ""), row("2", "", "", "", "")]
    )
    assert findings == []
    assert [(one.meter, one.why) for one in read] == [("1", Unreadable.DARK)]


def test_a_row_names_all_its_mistakes() -> None:
    _read, findings = read_sheet(HEADER, [row("1.2E+17", "1 2", "soon", "fog", "=1")])
    assert [one.fault for one in findings] == [
        SheetFault.SHORTENED,
        SheetFault.NOT_A_TIME,
        SheetFault.FORMULA,
        SheetFault.UNKNOWN_WHY,
    ]
    _read, findings = read_sheet(HEADER, [row("1", "1 2", "2026-11-26 09:30", "", "")])
    assert [one.fault for one in findings] == [DisplayFault.SEPARATORS]


def test_a_table_without_its_columns_or_without_a_reading_says_so() -> None:
    assert {one.column for one in read_sheet(["a"], [row("1")])[1]} == {"meter", "reading", "time"}
    assert read_sheet(HEADER, [row("1", "", "", "", "")])[1][0].fault is SheetFault.NO_ROWS


@given(st.lists(cells, max_size=5))
def test_nothing_in_a_cell_breaks_it_and_a_row_is_read_or_named(rows: list[list[str]]) -> None:
    numbered = list(enumerate(rows, start=2))
    read, findings = read_sheet(HEADER, numbered)
    named = {one.row for one in findings}
    assert not named & {one.row for one in read}
    assert read or findings
