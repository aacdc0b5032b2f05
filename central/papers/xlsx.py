"""A paper as an XLSX workbook, written row by row: 20,000 rows cost no more memory than one.

Numbers are numbers, so that a reader can go on counting; text is always written as text, so that a name beginning with `=` is no
formula (OWASP: CSV injection).
"""

from io import BytesIO
from typing import Any

from xlsxwriter import Workbook

from central.domain.paper import Cell, Column, Kind, Paper, Table, has_totals, totals
from central.papers.paper_charts import add_to_workbook

NUMBER_FORMATS = {
    Kind.COUNT: "#,##0",
    Kind.YUAN: "#,##0.00",
    Kind.KWH: "#,##0.00",
    Kind.YUAN_EXACT: "#,##0.000000",
    Kind.KWH_EXACT: "#,##0.000",
    Kind.PRICE: "0.0000",
    Kind.PERCENT: "0.00%",
}
UNITS_PER_SHOWN = {
    Kind.COUNT: 1,
    Kind.YUAN: 1_000_000,
    Kind.KWH: 1_000,
    Kind.YUAN_EXACT: 1_000_000,
    Kind.KWH_EXACT: 1_000,
    Kind.PRICE: 1_000_000,
    Kind.PERCENT: 1_000_000,
}
A4, PORTRAIT_WIDTH = 9, 100
"""Who prints a workbook gets a whole row on each sheet; wide tables lie across it, as in the PDF."""
LONGEST_SHEET_NAME = 31
REFUSED_IN_SHEET_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\'", "-"))
MOST_ROWS = 1_048_000
"""A sheet holds 1,048,576; more goes on in another sheet."""


def workbook(paper: Paper, sheet_fallback: str, total: str = "") -> bytes:
    """Write one sheet per table (more when it is too long). `sheet_fallback` names a sheet whose table has no title; `total` is the
    word before the sums.
    """
    target = BytesIO()
    book = Workbook(target, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    formats = {kind: book.add_format({"num_format": pattern}) for kind, pattern in NUMBER_FORMATS.items()}
    looks = _Looks(book, formats, total)
    used: set[str] = set()
    for table in paper.tables:
        for start in range(0, max(1, len(table.rows)), MOST_ROWS):
            name = _sheet_name(table.title or sheet_fallback, used)
            _write_sheet(book.add_worksheet(name), looks, paper, table, start)
    add_to_workbook(book, paper, lambda title: _sheet_name(title, used))
    book.close()
    return target.getvalue()


class _Looks:
    """The workbook's few formats, made once, and the word before the sums."""

    def __init__(self, book: Workbook, numbers: dict[Kind, Any], total: str) -> None:
        self.numbers, self.total = numbers, total
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.total_text = book.add_format({"bold": True, "top": 1})
        self.totals = {
            kind: book.add_format({"bold": True, "top": 1, "num_format": pattern})
            for kind, pattern in NUMBER_FORMATS.items()
        }


def _write_sheet(sheet: Any, looks: _Looks, paper: Paper, table: Table, start: int) -> None:
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    if sum(column.width for column in table.columns) > PORTRAIT_WIDTH:
        sheet.set_landscape()
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, max(8, column.width + 2))
    heads = [paper.title, " · ".join(part for part in (paper.document, paper.period) if part), *paper.notes]
    for line, words in enumerate(heads):
        sheet.write_string(line, 0, words, looks.title if line == 0 else None)
    head_line = len(heads) + 1
    for place, column in enumerate(table.columns):
        sheet.write_string(head_line, place, column.title, looks.head)
    sheet.freeze_panes(head_line + 1, 1)
    sheet.repeat_rows(head_line)
    line = head_line
    writers = [_writer(sheet, looks.numbers, place, column) for place, column in enumerate(table.columns)]
    for line, row in enumerate(table.rows[start : start + MOST_ROWS], start=head_line + 1):
        for write, cell in zip(writers, row.cells, strict=True):
            if cell is not None:
                write(line, cell)
    if has_totals(table) and start + MOST_ROWS >= len(table.rows):
        _write_totals(sheet, looks, table, line + 1)


def _writer(sheet: Any, numbers: dict[Kind, Any], place: int, column: Column) -> Any:
    """Give what writes one cell of a column: chosen once, not 20,000 times."""
    if column.kind is Kind.TEXT:
        return lambda line, cell: sheet.write_string(line, place, cell)
    look, units = numbers[column.kind], UNITS_PER_SHOWN[column.kind]
    return lambda line, cell: sheet.write_number(line, place, cell / units, look)


def _write_totals(sheet: Any, looks: _Looks, table: Table, line: int) -> None:
    cells: list[Cell] = totals(table)
    for place, (column, cell) in enumerate(zip(table.columns, cells, strict=True)):
        if cell is None and place == 0 and looks.total:
            sheet.write_string(line, place, looks.total, looks.total_text)
        elif cell is None:
            sheet.write_blank(line, place, None, looks.total_text)
        else:
            look = looks.totals[column.kind]
            sheet.write_number(line, place, int(cell) / UNITS_PER_SHOWN[column.kind], look)


def _sheet_name(title: str, used: set[str]) -> str:
    """Give a name that Excel takes and that no other sheet has."""
    plain = title.translate(REFUSED_IN_SHEET_NAMES)[:LONGEST_SHEET_NAME].strip() or "1"
    name, number = plain, 1
    while name.lower() in used:
        number += 1
        name = f"{plain[: LONGEST_SHEET_NAME - 4]} {number}"
    used.add(name.lower())
    return name
