"""A paper's tables as CSV, as spreadsheets of every make open it: UTF-8 with its mark, and no text that one would calculate.

Figures are figures, and are never made neutral.
"""

import csv
from io import StringIO

from central.domain.paper import Cell, Kind, Paper, text_of
from central.domain.spreadsheet_text import neutral


def csv_bytes(paper: Paper) -> bytes:
    """Write every table under its titles, an empty line between two."""
    target = StringIO()
    writer = csv.writer(target)
    for place, table in enumerate(paper.tables):
        if place:
            writer.writerow([])
        writer.writerow([neutral(column.title) for column in table.columns])
        kinds = [column.kind for column in table.columns]
        for row in table.rows:
            writer.writerow([_cell(cell, kind) for cell, kind in zip(row.cells, kinds, strict=True)])
    return target.getvalue().encode("utf-8-sig")


def _cell(cell: Cell, kind: Kind) -> str:
    text = text_of(cell, kind)
    return neutral(text) if kind is Kind.TEXT else text
