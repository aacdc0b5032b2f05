"""Files that are no honest list: cut off, changed, encrypted, or made to fill the server's memory. Each is one named problem."""

import io
import random
import tracemalloc
import zipfile

import pytest
from openpyxl import Workbook

from central.campus.list_file import (
    MAX_COLUMNS,
    MAX_LINES,
    MAX_PARTS,
    MAX_UNPACKED_BYTES,
    ListSheet,
    read_list,
)
from central.domain.campus_rows import Fault, Problem

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
