"""Write voucher files by a layout, and open what K/3 exports: XLS and XLSX as sheets of text. Formulas are never evaluated.

xlwt is unmaintained and used only here, because K/3's own form is Excel 97; xlrd reads what it writes.
"""

import io
import struct
from collections.abc import Sequence

from central.campus.list_file import (
    DAMAGED,
    MAX_COLUMNS,
    MAX_LINES,
    MAX_ROWS,
    ListSheet,
    cell_text,
    read_list,
)
from central.domain.campus_rows import Fault, Problem
from central.domain.k3_layout import MONEY, NUMBER, Cell, Layout, cells_of
from central.domain.k3_voucher import Voucher

OLE_START = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MOST_XLS_ROWS = 65_536
MOST_XLS_BYTES = 20_000_000
MOST_TEMPLATE_ROWS = 5_000
CONTENT_TYPES = {
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def voucher_file(form: str, layout: Layout, vouchers: Sequence[Voucher], preparer: str) -> bytes:
    """Give a file of the vouchers in a layout's sheets and columns."""
    rows = [
        cells_of(layout, voucher, place, entry, preparer)
        for voucher in vouchers
        for place, entry in enumerate(voucher.entries)
    ]
    return _xls(layout, rows) if form == "xls" else _xlsx(layout, rows)


def fits(form: str, layout: Layout, entries: int) -> bool:
    """Say whether a file of this form holds so many entries."""
    return form == "xlsx" or len(layout.sheets[layout.place].rows) + entries <= MOST_XLS_ROWS


def _xls(layout: Layout, rows: Sequence[list[tuple[str, Cell]]]) -> bytes:
    import xlwt

    book = xlwt.Workbook(encoding="utf-8")
    money = xlwt.easyxf(num_format_str="0.00")
    for place, sheet in enumerate(layout.sheets):
        written = book.add_sheet(sheet.name)
        for number, texts in enumerate(sheet.rows):
            for column, text in enumerate(texts):
                if text:
                    written.write(number, column, text)
        for number, cells in enumerate(rows if place == layout.place else (), len(sheet.rows)):
            for column, (holds, cell) in enumerate(cells):
                if cell == "":
                    continue
                if holds == MONEY:
                    written.write(number, column, float(cell), money)
                else:
                    written.write(number, column, cell)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _xlsx(layout: Layout, rows: Sequence[list[tuple[str, Cell]]]) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    money = book.add_format({"num_format": "0.00"})
    for place, sheet in enumerate(layout.sheets):
        written = book.add_worksheet(sheet.name)
        for number, texts in enumerate(sheet.rows):
            for column, text in enumerate(texts):
                if text:
                    written.write_string(number, column, text)
        for number, cells in enumerate(rows if place == layout.place else (), len(sheet.rows)):
            for column, (holds, cell) in enumerate(cells):
                if cell == "":
                    continue
                if holds == MONEY:
                    written.write_number(number, column, float(cell), money)
                elif holds == NUMBER:
                    written.write_number(number, column, int(cell))
                else:
                    written.write_string(number, column, str(cell))
    book.close()
    return out.getvalue()


def read_sheets(content: bytes) -> list[ListSheet] | Problem:
    """Read a list of K/3's: XLS, XLSX or CSV (UTF-8, UTF-16, GBK). Rows of text with their numbers; a file that is none is a
    problem.
    """
    if not content.startswith(OLE_START):
        return read_list(content)
    raw = raw_sheets(content)
    if isinstance(raw, Problem):
        return raw
    sheets = []
    for name, rows in raw:
        filled = [(number, row) for number, row in enumerate(rows, 1) if any(cell.strip() for cell in row)]
        if filled:
            sheets.append(ListSheet(name, filled[0][1], filled[1:]))
    return sheets or Problem(0, "", Fault.NO_ROWS)


def raw_sheets(content: bytes) -> list[tuple[str, list[list[str]]]] | Problem:
    """Read a workbook's sheets as they are, empty rows and empty sheets with them: for a template."""
    if content.startswith(OLE_START):
        return _read_xls(content)
    if not content.startswith(b"PK"):
        return Problem(0, "", Fault.UNREADABLE, expected="XLS, XLSX")
    sheets = read_list(content)  # refuses what unpacks to too much, before anything else opens it
    if isinstance(sheets, Problem):
        return sheets
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        return [
            (
                sheet.title,
                [
                    _trimmed([cell_text(cell) for cell in row])
                    for row in sheet.iter_rows(
                        values_only=True, max_row=MOST_TEMPLATE_ROWS, max_col=MAX_COLUMNS
                    )
                ],
            )
            for sheet in book.worksheets
        ]
    except DAMAGED as error:
        return Problem(0, "", Fault.UNREADABLE, type(error).__name__, "XLS, XLSX")


def _read_xls(content: bytes) -> list[tuple[str, list[list[str]]]] | Problem:
    import xlrd
    from xlrd.compdoc import CompDocError

    if len(content) > MOST_XLS_BYTES:
        return Problem(0, "", Fault.UNREADABLE, f"{len(content) // 1_000_000} MB", "XLS, XLSX, CSV")
    try:
        # A row is as long as its last cell: one cell in the last corner would fill 150 MB with empty ones. Sheets one by one.
        with xlrd.open_workbook(
            file_contents=content, logfile=io.StringIO(), ragged_rows=True, on_demand=True
        ) as book:
            return _xls_sheets(book)
    except (xlrd.XLRDError, CompDocError, struct.error, AssertionError, *DAMAGED) as error:
        return Problem(0, "", Fault.UNREADABLE, type(error).__name__, "XLS, XLSX, CSV")


def _xls_sheets(book) -> list[tuple[str, list[list[str]]]] | Problem:
    sheets, walked = [], 0
    for place in range(book.nsheets):
        sheet = book.sheet_by_index(place)
        walked += sheet.nrows
        if walked > MAX_LINES:
            return Problem(0, "", Fault.TOO_LONG, expected=str(MAX_ROWS), sheet=sheet.name)
        sheets.append((sheet.name, [_xls_row(sheet, number, book.datemode) for number in range(sheet.nrows)]))
        book.unload_sheet(place)
    return sheets


def _xls_row(sheet, number: int, datemode: int) -> list[str]:
    from xlrd import XL_CELL_BOOLEAN, XL_CELL_DATE, XL_CELL_ERROR
    from xlrd.xldate import xldate_as_datetime

    texts = []
    for cell in sheet.row(number)[:MAX_COLUMNS]:
        value = cell.value
        if cell.ctype == XL_CELL_DATE:
            value = xldate_as_datetime(value, datemode)
        elif cell.ctype == XL_CELL_ERROR:
            value = "#ERROR"
        elif cell.ctype == XL_CELL_BOOLEAN:
            value = bool(value)
        texts.append(cell_text(value))
    return _trimmed(texts)


def _trimmed(texts: list[str]) -> list[str]:
    """Take off the empty cells at a row's end: a sheet that was once wider has them in every row."""
    while texts and not texts[-1].strip():
        texts.pop()
    return texts
