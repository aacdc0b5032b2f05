"""A paper's tables as a page draws them: texts beside their links, figures marked, totals below."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from central.domain.paper import Column, Kind, Row, Table, has_totals, text_of, totals


@dataclass(frozen=True, slots=True)
class PageCell:
    """One cell: its text, whether it is a figure, below zero, and where it leads."""

    text: str
    is_number: bool
    is_negative: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True)
class PageTable:
    """One table, ready to be drawn; `totals` is empty when nothing is summed."""

    title: str
    columns: list[tuple[str, bool]]
    rows: list[list[PageCell]]
    totals: list[PageCell]
    count: int

    @property
    def has_titles(self) -> bool:
        """Say whether the columns have titles at all."""
        return any(title for title, _is_number in self.columns)


def page_tables(tables: Iterable[Table], rows: bool = True) -> list[PageTable]:
    """Give every table; without its rows when only the totals may be shown."""
    return [_table(table, rows) for table in tables]


def rows_of_page(tables: Iterable[Table], first: int, last: int) -> list[PageTable]:
    """Give the tables that have rows between two places of all rows together (`last` not with them), each with those; an empty
    table takes one place. Totals are those of the whole table.
    """
    shown, place = [], 0
    for table in tables:
        ends = place + places_of(table)
        if place < last and first < ends:
            begins = max(first - place, 0)
            shown.append(_table(table, True, table.rows[begins : last - place]))
        place = ends
    return shown


def places_of(table: Table) -> int:
    """Count how many places a table takes on pages."""
    return max(len(table.rows), 1)


def _table(table: Table, with_rows: bool, part: Sequence[Row] | None = None) -> PageTable:
    wanted = table.rows if part is None else part
    rows = [
        [
            _cell(column, cell, row.links.get(column.key, ""))
            for column, cell in zip(table.columns, row.cells, strict=True)
        ]
        for row in (wanted if with_rows else [])
    ]
    sums = (
        [_cell(c, cell, "") for c, cell in zip(table.columns, totals(table), strict=True)]
        if has_totals(table)
        else []
    )
    columns = [(column.title, column.kind is not Kind.TEXT) for column in table.columns]
    return PageTable(table.title, columns, rows, sums, len(table.rows))


def _cell(column: Column, cell: str | int | None, link: str) -> PageCell:
    """An empty cell leads nowhere: a link without words can't be seen, nor read aloud."""
    text, is_negative = text_of(cell, column.kind), isinstance(cell, int) and cell < 0
    return PageCell(text, column.kind is not Kind.TEXT, is_negative, link if text else "")
