"""A paper as plain data: its figures, totals, mistakes, and bytes that are the same for ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.domain.paper import (
    Column,
    Kind,
    NotAPaper,
    Paper,
    Row,
    Table,
    column_mistakes,
    decode,
    encode,
    seal,
    text_of,
    totals,
)

COLUMNS = [
    Column("room", "Room"),
    Column("yuan", "Yuan", Kind.YUAN, summed=True),
    Column("price", "Price", Kind.PRICE),
]


def paper(rows: list[Row]) -> Paper:
    return Paper(
        "takings", "HNKJ/C4/1012", "月报", "2026-11", 0, 1, [Table("", COLUMNS, rows)], ["财务"], ["制表"]
    )


@pytest.mark.parametrize(
    ("cell", "kind", "text"),
    [
        (None, Kind.YUAN, ""),
        ("1-101", Kind.TEXT, "1-101"),
        (1234, Kind.COUNT, "1234"),
        (12_345_000, Kind.YUAN, "12.35"),
        (-4_000, Kind.YUAN, "0.00"),
        (-5_000, Kind.YUAN, "-0.01"),
        (123_456, Kind.KWH, "123.46"),
        (558_300, Kind.PRICE, "0.5583"),
        (-558_350, Kind.PRICE, "-0.5584"),
        (12_345, Kind.PERCENT, "1.23"),
        (1_000_000, Kind.PERCENT, "100.00"),
        (-49, Kind.PERCENT, "0.00"),
    ],
)
def test_a_cell_is_written_with_its_kinds_decimals(cell: int | str | None, kind: Kind, text: str) -> None:
    assert text_of(cell, kind) == text


@given(st.lists(st.one_of(st.none(), st.integers(-(10**12), 10**12))))
def test_a_sum_is_exact_and_counts_what_is_missing_as_nothing(amounts: list[int | None]) -> None:
    rows = [Row(["x", amount, 558_300]) for amount in amounts]
    assert totals(Table("", COLUMNS, rows)) == [None, sum(a or 0 for a in amounts), None]


@pytest.mark.parametrize(
    ("columns", "cells", "found"),
    [
        (COLUMNS, ["1-101", 5, 6], []),
        (COLUMNS, ["1-101", 5], ["row 1 has 2 cells for 3 columns"]),
        (COLUMNS, [101, 5, 6], ["row 1: room is text, not 101"]),
        (COLUMNS, ["1-101", "5.00", 6], ["row 1: yuan is yuan, not '5.00'"]),
        ([Column("p", "P", Kind.PRICE, summed=True)], [1], ["p can't be summed: price"]),
    ],
)
def test_what_can_not_be_printed_is_named(
    columns: list[Column], cells: list[int | str], found: list[str]
) -> None:
    assert column_mistakes(Table("", columns, [Row(list(cells))])) == found


def test_a_paper_comes_back_as_it_was_and_always_as_the_same_bytes() -> None:
    one = paper([Row(["1-101", 5, None], {"yuan": "/desk/", "room": "/rooms/1/"})])
    other = paper([Row(["1-101", 5, None], {"room": "/rooms/1/", "yuan": "/desk/"})])
    assert decode(encode(one)) == one
    assert encode(one) == encode(other)


def test_bytes_that_are_no_paper_are_refused_by_name() -> None:
    with pytest.raises(NotAPaper, match="can't be read"):
        decode(b'{"code": 1}')


def test_a_seal_covers_every_language_and_where_each_ends() -> None:
    assert seal([b"ab", b"c"]) != seal([b"a", b"bc"])
    assert seal([b"ab", b"c"]) == seal([b"ab", b"c"])
    assert len(seal([b"ab"])) == 64
