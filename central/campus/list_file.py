"""Open a campus list: CSV (UTF-8 with or without BOM, UTF-16, GBK) or XLSX; give rows of text with their numbers.

It knows nothing of what the columns mean.
"""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from central.domain.campus_rows import Fault, Problem

MAX_ROWS = 100_000
MAX_COLUMNS = 100
MAX_LINES = 2 * MAX_ROWS
"""Of a CSV, empty ones included: each costs memory before anybody has looked at it. Of a workbook, over all its sheets: five
kilobytes can declare hundreds of sheets of a hundred thousand empty rows, and walking through them would take an hour."""
MAX_UNPACKED_BYTES = 300_000_000
"""Of a workbook, all parts together: 20 MB can unpack to 20 GB. The largest list that is taken unpacks to a tenth of this."""
MAX_PARTS = 2_000
"""Of a workbook: its sheets, pictures and papers. 20 MB of empty ones would be hundreds of thousands."""
ZIP_START = b"PK"
DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, EOFError, SyntaxError, OSError),
    *(LookupError, ValueError, TypeError, AttributeError, ArithmeticError, RuntimeError),
)
"""What zipfile and openpyxl raise at a file that is cut off, changed, encrypted, or made by hand (found by changing bytes)."""


@dataclass(slots=True)
class ListSheet:
    """One table: its name (empty for CSV), its header and its rows, numbered as a spreadsheet shows them."""

    name: str
    header: list[str]
    rows: list[tuple[int, list[str]]] = field(default_factory=list)


def read_list(content: bytes) -> list[ListSheet] | Problem:
    """Read a file's tables; a file that is none is one problem."""
    if content.startswith(ZIP_START):
        return _read_workbook(content)
    return _read_csv(content)


def _read_csv(content: bytes) -> list[ListSheet] | Problem:
    text = _decoded(content)
    if text is None or "\x00" in text:
        return Problem(0, "", Fault.UNREADABLE, expected="CSV (UTF-8, GBK), XLSX")
    first_line = text.partition("\n")[0]
    delimiter = max(",;\t", key=first_line.count)
    if text.count("\n") > MAX_LINES:
        return Problem(0, "", Fault.TOO_LONG, f"{text.count(chr(10)):,}", str(MAX_ROWS))
    rows = enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=1)
    try:
        return _sheets([("", ((number, cells[: MAX_COLUMNS + 1]) for number, cells in rows))])
    except csv.Error as error:
        return Problem(0, "", Fault.UNREADABLE, str(error), "CSV (UTF-8, GBK), XLSX")


def _decoded(content: bytes) -> str | None:
    encodings = ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _read_workbook(content: bytes) -> list[ListSheet] | Problem:
    # Here, not above: it takes an eighth of the time that any command needs to start.
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        if (unpacked := _unpacked_bytes(content)) > MAX_UNPACKED_BYTES:
            return Problem(0, "", Fault.UNREADABLE, f"{unpacked // 1_000_000} MB", "CSV (UTF-8, GBK), XLSX")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        tables = [
            (sheet.title, ((number, [cell_text(c) for c in row]) for number, row in _numbered(sheet)))
            for sheet in book.worksheets
        ]
        return _sheets(tables)
    except (InvalidFileException, *DAMAGED) as error:
        return Problem(0, "", Fault.UNREADABLE, type(error).__name__, "CSV (UTF-8, GBK), XLSX")


def _unpacked_bytes(content: bytes) -> int:
    """Give how large a workbook says it is; more than it says of a part is never unpacked (zipfile stops there)."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        if len(parts.infolist()) > MAX_PARTS:
            raise zipfile.BadZipFile
        return sum(part.file_size for part in parts.infolist())


def _numbered(sheet: object) -> Iterator[tuple[int, tuple[object, ...]]]:
    return enumerate(sheet.iter_rows(values_only=True, max_row=MAX_ROWS + 2, max_col=MAX_COLUMNS), start=1)  # type: ignore[attr-defined] # openpyxl is untyped


def cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _sheets(tables: list[tuple[str, Iterator[tuple[int, list[str]]]]]) -> list[ListSheet] | Problem:
    sheets: list[ListSheet] = []
    walked = 0
    for name, rows in tables:
        sheet: ListSheet | None = None
        for number, cells in rows:
            walked += 1
            if walked > MAX_LINES:
                return Problem(number, "", Fault.TOO_LONG, expected=str(MAX_ROWS), sheet=name)
            if not any(cell.strip() for cell in cells):
                continue
            if sheet is None:
                sheet = ListSheet(name, cells)
                sheets.append(sheet)
            elif len(sheet.rows) >= MAX_ROWS:
                return Problem(number, "", Fault.TOO_LONG, expected=str(MAX_ROWS), sheet=name)
            else:
                sheet.rows.append((number, cells))
    return sheets or Problem(0, "", Fault.NO_ROWS)
