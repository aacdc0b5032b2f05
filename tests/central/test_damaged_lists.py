"""Files that are no honest list: cut off, changed, encrypted, or made to fill the server's memory. Each is one named problem."""

import io
import random
import tracemalloc
import zipfile

import pytest
import xlwt
from openpyxl import Workbook

from central.campus import list_file
from central.campus.list_file import (
    MAX_COLUMNS,
    MAX_LINES,
    MAX_PARTS,
    MAX_UNPACKED_BYTES,
    ListSheet,
    read_list,
)
from central.domain.campus_rows import Fault, Problem
from central.reports.k3 import files
from central.reports.k3.files import raw_sheets

ROWS = [["building", "room", "class"], *([1, f"{number}", "dormitory"] for number in range(30))]


def workbook() -> bytes:
    book, target = Workbook(), io.BytesIO()
    for row in ROWS:
        book.active.append(row)
    book.save(target)
    return target.getvalue()


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return {name: parts.read(name) for name in parts.namelist()}


def packed(parts: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as book:
        for name, part in parts.items():
            book.writestr(name, part)
    return target.getvalue()


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("seed", range(8))
def test_a_workbook_with_changed_bytes_is_read_or_refused(seed):
    good, rnd = workbook(), random.Random(seed)
    parts = parts_of(good)
    for _ in range(40):
        changed = bytearray(good)
        changed[rnd.randrange(len(changed))] = rnd.randrange(256)
        read_list(bytes(changed))
        read_list(good[: rnd.randrange(4, len(good))])
        name = rnd.choice(list(parts))
        inside = bytearray(parts[name])
        inside[rnd.randrange(len(inside))] = rnd.choice(b'0123456789<>"/=ntsb ')
        read_list(packed(parts | {name: bytes(inside)}))


def test_a_workbook_that_unpacks_to_more_than_any_list_is_not_unpacked():
    parts = parts_of(workbook())
    parts["xl/sharedStrings.xml"] = b"<sst><si><t>" + b"a" * MAX_UNPACKED_BYTES + b"</t></si></sst>"
    bomb = packed(parts)
    del parts
    tracemalloc.start()
    found = read_list(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(found, Problem)
    assert found.fault is Fault.UNREADABLE
    assert peak < MAX_UNPACKED_BYTES // 10


def test_a_workbook_of_thousands_of_parts_is_refused():
    parts = parts_of(workbook())
    found = read_list(packed(parts | {f"xl/media/{number}": b"" for number in range(MAX_PARTS)}))
    assert isinstance(found, Problem)


FAR_CELL = '<row r="100001"><c r="CV100001" t="inlineStr"><is><t>x</t></is></c></row></sheetData></worksheet>'


def test_many_small_sheets_that_are_a_hundred_thousand_rows_long_are_refused(monkeypatch):
    """Five kilobytes that took minutes: what lies before a sheet's only row is walked through, sheet by sheet."""
    monkeypatch.setattr(
        list_file, "MAX_LINES", 20_000
    )  # the rest of 200,000 costs a test seconds and shows no more
    book, target = Workbook(), io.BytesIO()
    book.create_sheet("s2")
    book.save(target)
    parts = parts_of(target.getvalue())
    for name, part in parts.items():
        if name.startswith("xl/worksheets/"):
            parts[name] = part[: part.index(b"<sheetData")] + b"<sheetData>" + FAR_CELL.encode()
    found = read_list(packed(parts))
    assert isinstance(found, Problem)
    assert found.fault is Fault.TOO_LONG


def old_workbook(sheets: int) -> bytes:
    """Each sheet has one cell, in its last corner."""
    book, target = xlwt.Workbook(), io.BytesIO()
    for number in range(sheets):
        book.add_sheet(f"s{number}").write(65_535, 255, "x")
    book.save(target)
    return target.getvalue()


def test_an_old_workbook_with_a_cell_in_its_last_corner_fills_no_memory():
    """Five kilobytes that took 170 MB and twenty seconds for each of their sheets."""
    tracemalloc.start()
    try:
        [(_name, rows)] = raw_sheets(old_workbook(1))
        assert tracemalloc.get_traced_memory()[1] < 80_000_000
    finally:
        tracemalloc.stop()
    assert (len(rows), any(rows)) == (65_536, False)


def test_an_old_workbook_of_many_long_sheets_is_refused(monkeypatch):
    monkeypatch.setattr(files, "MAX_LINES", 100_000)
    found = raw_sheets(old_workbook(2))
    assert isinstance(found, Problem)
    assert found.fault is Fault.TOO_LONG


@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY l0 "lol">' + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)),
        '<!ENTITY l9 SYSTEM "file:///etc/passwd">',
    ],
    ids=["a word said a billion times", "a file of the server's"],
)
def test_what_a_sheet_declares_is_not_put_in(declared):
    parts = parts_of(workbook())
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    root = sheet[sheet.index("<worksheet") :]
    assert "building" in root
    bomb = f'<?xml version="1.0"?><!DOCTYPE w [{declared}]>{root.replace("building", "&l9;")}'
    found = read_list(packed(parts | {"xl/worksheets/sheet1.xml": bomb.encode()}))
    assert isinstance(found, Problem) or (found[0].header[0] == "" and "root:" not in repr(found))


def test_a_csv_of_nothing_but_lines_is_refused_before_it_is_read():
    found = read_list(b"building,room\n" + b"\n" * MAX_LINES)
    assert isinstance(found, Problem)
    assert found.fault is Fault.TOO_LONG


def test_a_csv_of_nothing_but_commas_is_cut():
    [sheet] = read_list(b"a" + b",a" * 2_000_000)
    assert isinstance(sheet, ListSheet)
    assert len(sheet.header) == MAX_COLUMNS + 1
