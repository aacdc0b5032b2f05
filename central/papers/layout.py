"""Where everything of a paper stands on its sheets: columns, broken texts, pages. Draws nothing.

columns     get their share of the sheet's width
texts       that are too long go on in further lines of their row; a row longer than a page goes on in further rows
pages       are known before anything is drawn, so that each sheet can say how many there are; short tables share one
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reportlab.lib.pagesizes import A4, landscape

from central.domain.paper import Cell, Column, Paper, Row, Table, has_totals, text_of, totals
from central.papers.font import PaperFont

MARGIN = 36.0
SIZE, LINE = 8.0, 11.0
"""Of the tables' type, in points."""
PAD = 3.0
HEAD_HEIGHT, FOOT_HEIGHT = 78.0, 26.0
PORTRAIT_WIDTH = 100
"""Columns that together ask for more digits than this lie across the sheet."""
MOST_LINES = 20
"""Of one row; what is longer goes on in a row of its own, so that no row is higher than a page."""
FEWEST_LINES = 6
"""Of a table that begins below another one; with less room it begins on the next page."""
BETWEEN = 2 * LINE
"""Two tables on one page."""
NO_LINES = [""]

Lines = Sequence[Sequence[str]]
"""A row's cells, each broken into lines."""


@dataclass(frozen=True)
class PagePart:
    """Which rows of which table stand on a page, and how many lines they take. Texts are broken anew when the page is drawn:
    20,000 rows kept as texts would take more memory than the document."""

    table: int
    start: int
    end: int
    lines: int
    top: float
    """Where its title stands: below the table before it, or at the page's top."""


@dataclass(frozen=True)
class Place:
    """A column's left edge and its width, in points."""

    x: float
    width: float


class Layout:
    """A paper's tables on sheets of A4. `total` and `nothing` are the words for the sums' row and for a table without rows."""

    def __init__(self, paper: Paper, font: PaperFont, total: str, nothing: str) -> None:
        self.font, self.total, self.nothing = font, total, nothing
        self.lacking: set[str] = set()
        """Characters without a glyph that were met so far."""
        widest = max((sum(column.width for column in table.columns) for table in paper.tables), default=0)
        self.width, self.height = landscape(A4) if widest > PORTRAIT_WIDTH else A4
        self.top, self.bottom = self.height - MARGIN - HEAD_HEIGHT, MARGIN + FOOT_HEIGHT
        self.tables = [self._without_towers(table) for table in paper.tables]

    def pages(self) -> list[list[PagePart]]:
        """Put every table's rows on pages, one below the other; a row is never broken across two."""
        pages: list[list[PagePart]] = []
        for index in range(len(self.tables)):
            room = self.height_left(pages[-1]) - BETWEEN if pages else 0.0
            for part in self._parts(index, room):
                if part.top < self.top:
                    pages[-1].append(part)
                else:
                    pages.append([part])
        return pages or [[]]

    def height_left(self, page: Sequence[PagePart]) -> float:
        """Give how much of a page is free below its rows."""
        if not page:
            return self.top - self.bottom
        last = page[-1]
        return last.top - self._head_height(self.tables[last.table]) - last.lines * LINE - self.bottom

    def places(self, table: Table) -> list[Place]:
        """Give each column's place."""
        usable = self.width - 2 * MARGIN
        asked = sum(column.width for column in table.columns) or 1
        x, placed = MARGIN, []
        for column in table.columns:
            placed.append(Place(x, usable * column.width / asked))
            x += placed[-1].width
        return placed

    def title_height(self, table: Table) -> float:
        """Give the room that a table's own title takes."""
        return LINE * 1.8 if table.title else 0.0

    def titles(self, table: Table) -> list[list[str]]:
        """Give the columns' titles, broken into lines."""
        places = self.places(table)
        return [self._broken(c.title, p.width - 2 * PAD) for c, p in zip(table.columns, places, strict=True)]

    def lines(self, table: Table, start: int, end: int | None) -> Iterator[Lines]:
        """Give rows broken into lines; the sums stand behind the last row."""
        widths = [place.width - 2 * PAD for place in self.places(table)]
        for row in table.rows[start:end]:
            yield self._row(table.columns, row.cells, widths)
        if end is not None and end <= len(table.rows):
            return
        if not table.rows:
            yield [[self.nothing], *[NO_LINES for _ in table.columns[1:]]]
        elif has_totals(table):
            sums = totals(table)
            sums[0] = self.total if sums[0] is None else sums[0]
            yield self._row(table.columns, sums, widths)

    def printable(self, text: str) -> str:
        """Give a text with what the font lacks named, and remember that it lacked it."""
        return self.font.printable(text, self.lacking)

    def _parts(self, index: int, room: float) -> Iterator[PagePart]:
        """Cut a table into pages' parts; the first begins in the room that is left below another table, where that will do."""
        table = self.tables[index]
        head = self._head_height(table)
        most = int((self.top - self.bottom - head) // LINE)
        height, top = int((room - head) // LINE), self.bottom + room
        fits_elsewhere = height < len(table.rows) + 1 <= most
        if (height < FEWEST_LINES and height < len(table.rows) + 1) or fits_elsewhere:
            height, top = most, self.top
        start, used, place = 0, 0, -1
        for place, row in enumerate(self.lines(table, 0, None)):
            needed = max(map(len, row))
            if used + needed > height and (used or top < self.top):
                if used:
                    yield PagePart(index, start, place, used, top)
                start, used, height, top = place, 0, most, self.top
            used += needed
        yield PagePart(index, start, place + 1, used, top)

    def _head_height(self, table: Table) -> float:
        titles = max(map(len, self.titles(table)), default=1)
        return self.title_height(table) + titles * LINE

    def _row(self, columns: Sequence[Column], cells: Sequence[Cell], widths: Sequence[float]) -> Lines:
        return [
            self._broken(cell if isinstance(cell, str) else text_of(cell, column.kind), width)
            for column, cell, width in zip(columns, cells, widths, strict=True)
        ]

    def _broken(self, text: str, width: float) -> list[str]:
        if not text:
            return NO_LINES
        lines = (self.font.broken(self.printable(line), width, SIZE) for line in text.split("\n"))
        return [part for line in lines for part in line]

    def _without_towers(self, table: Table) -> Table:
        """Let a text that is longer than MOST_LINES go on in a row of its own below, under the same column."""
        most = [int((place.width - 2 * PAD) // SIZE) * MOST_LINES for place in self.places(table)]
        if not any(_is_longer(row, most) for row in table.rows):
            return table
        rows = [
            part for row in table.rows for part in (_parts_of(row, most) if _is_longer(row, most) else [row])
        ]
        return Table(table.title, table.columns, rows)


def _is_longer(row: Row, most: Sequence[int]) -> bool:
    return any(
        isinstance(cell, str) and len(cell) > limit for cell, limit in zip(row.cells, most, strict=True)
    )


def _parts_of(row: Row, most: Sequence[int]) -> Iterator[Row]:
    """Cut a row's long texts into pieces, one row each; figures stand in the first."""
    rest = list(row.cells)
    while any(cell is not None for cell in rest):
        yield Row([c[:limit] if isinstance(c, str) else c for c, limit in zip(rest, most, strict=True)])
        rest = [(c[n:] or None) if isinstance(c, str) else None for c, n in zip(rest, most, strict=True)]
