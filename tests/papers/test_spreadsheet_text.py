"""No text that a person typed is calculated by whoever opens one of our tables: every writer of XLSX, XLS and CSV, any text."""

import csv
import io
import re
from pathlib import Path

import pytest
import xlrd
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

import central
from central.domain.k3_layout import Layout, Sheet
from central.domain.paper import Column, Kind, Paper, Row, Table
from central.domain.spreadsheet_text import CALCULATED, neutral
from central.papers.csv_text import csv_bytes
from central.papers.xlsx import workbook
from central.reports.k3.files import voucher_file

WRITERS = {
    "papers/xlsx.py",
    "papers/paper_charts.py",
    "papers/csv_text.py",
    "reports/k3/files.py",
    "link/policy_views.py",
    "config/commands/campus_list.py",
    "config/commands/go_live.py",
    "link/telemetry/archive_file.py",
}
"""Two commands write examples of their own words; the archive keeps what gateways sent byte by byte, to be loaded back."""
WRITES = re.compile(r"\bWorkbook\(|csv\.writer|add_worksheet|easyxf")
plain = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)
hostile = st.builds(
    lambda before, sign, rest: before + sign + rest,
    st.sampled_from(["", " ", "  "]),
    st.sampled_from(CALCULATED),
    plain | st.sampled_from(["1+1", 'HYPERLINK("http://x","y")', "cmd|' /C calc'!A0", "-5", "{=1}"]),
)
in_cells = hostile.filter(lambda text: not set(text) & set("\r\n\t"))
"""XML keeps no carriage return; in a sheet's cell it is data whatever it is."""


def paper(text: str) -> Paper:
    columns = [Column("who", text), Column("n", "n", Kind.COUNT)]
    return Paper("x", "", text, "p", 0, 1, [Table(text, columns, [Row([text, 5])])])


@given(hostile)
@settings(max_examples=60, deadline=None)
def test_a_csv_cell_never_begins_as_a_formula(text: str) -> None:
    rows = list(csv.reader(io.StringIO(csv_bytes(paper(text)).decode("utf-8-sig"), newline="")))
    assert [row[0] for row in rows] == [f"'{text}", f"'{text}"]
    assert rows[1][1] == "5", "a figure stays one"


@given(plain.filter(lambda text: not text.lstrip(" ").startswith(CALCULATED)))
@settings(max_examples=40, deadline=None)
def test_other_text_is_left_alone(text: str) -> None:
    assert neutral(text) == text


@given(in_cells)
@settings(max_examples=25, deadline=None)
def test_an_xlsx_cell_says_that_it_is_text(text: str) -> None:
    book = load_workbook(io.BytesIO(workbook(paper(text), "sheet")))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert sum(cell.value == text for cell in cells) == 3


@pytest.mark.parametrize("form", ["xls", "xlsx"])
@given(text=in_cells)
@settings(max_examples=20, deadline=None)
def test_a_voucher_file_holds_no_formula_either(form: str, text: str) -> None:
    layout = Layout((Sheet("Page1", ((text,),)),), 0, ("",))
    content = voucher_file(form, layout, [], text)
    if form == "xls":
        assert (
            xlrd.open_workbook(file_contents=content).sheet_by_index(0).cell(0, 0).ctype == xlrd.XL_CELL_TEXT
        )
    else:
        assert load_workbook(io.BytesIO(content)).active["A1"].data_type == "s"


def test_no_other_room_writes_spreadsheets() -> None:
    root = Path(central.__file__).parent
    found = {str(path.relative_to(root)) for path in root.rglob("*.py") if WRITES.search(path.read_text())}
    assert found == WRITERS, "a new writer makes its text neutral, and stands in the tests above"
