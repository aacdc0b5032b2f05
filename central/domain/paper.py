"""A printed table as plain data: columns, rows, totals, whom it goes to, who signs. One paper becomes a page, XLSX, PDF and JSON.

Pure, and complete: a stored paper (`encode`) prints the same years later, whatever prices, names and rules have become. It knows
neither a language (every word on it is given) nor where its rows came from, but keeps the address where each can be looked at.
"""

import hashlib
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from gateway.contract.quantities import MicroYuan, WattHours, kwh_text, yuan_text

Cell = str | int | None
PPM_PER_PERCENT = 10_000


class Kind(StrEnum):
    """What a column's whole numbers are, or that it is text. Days and instants are text: the campus's zone is the builder's."""

    TEXT = "text"
    COUNT = "count"
    YUAN = "yuan"
    """Micro-yuan, shown with two decimals."""
    KWH = "kwh"
    """Watt-hours, shown as kWh with two decimals."""
    YUAN_EXACT = "yuan-exact"
    """Micro-yuan, shown with all six decimals: what must tie to the last digit."""
    KWH_EXACT = "kwh-exact"
    """Watt-hours, shown as kWh with three decimals."""
    PRICE = "price"
    """Micro-yuan per kWh, shown with four decimals."""
    PERCENT = "percent"
    """Parts in a million, shown as percent with two decimals."""


SUMMABLE = frozenset({Kind.COUNT, Kind.YUAN, Kind.KWH, Kind.YUAN_EXACT, Kind.KWH_EXACT})


class Column(msgspec.Struct, frozen=True):
    """One column. `width` is its share of the sheet, in about as many digits; `summed` puts it under the line."""

    key: str
    title: str
    kind: Kind = Kind.TEXT
    width: int = 10
    summed: bool = False


class Row(msgspec.Struct, frozen=True):
    """One row: a cell per column, and by column key the address of the page that shows what a figure is made of."""

    cells: list[Cell]
    links: dict[str, str] = {}


class Table(msgspec.Struct, frozen=True):
    """Rows under columns, with a heading of its own."""

    title: str
    columns: list[Column]
    rows: list[Row]


class Bar(msgspec.Struct, frozen=True):
    """One bar of a chart: its label and its whole number."""

    label: str
    value: int


class Chart(msgspec.Struct, frozen=True):
    """A picture of a table's figures: bars over one scale. It says nothing that no table says."""

    title: str
    axis: str
    bars: list[Bar]


class Paper(msgspec.Struct, frozen=True):
    """A report of a period, ready to be shown in any form."""

    code: str
    """The report's own name: `takings`."""
    document: str
    """The document number printed at its head: `HNKJ/C4/1012`; empty when the procedure gives none."""
    title: str
    period: str
    """The period in words."""
    from_ms: int
    until_ms: int
    """Excluded."""
    tables: list[Table]
    recipients: list[str] = []
    """Who gets which copy, in order: copy 1 of n goes to the first."""
    signatures: list[str] = []
    """The blocks at its foot."""
    notes: list[str] = []
    charts: list[Chart] | msgspec.UnsetType = msgspec.UNSET
    """Drawn above the tables on a page, behind them in a file. Unset: the bytes of papers without any stay as they were."""


class NotAPaper(ValueError):
    """Stored bytes are no paper of this version; the message names what was found."""


def charts_of(paper: Paper) -> list[Chart]:
    """Give a paper's charts; none of one that has none."""
    return [] if isinstance(paper.charts, msgspec.UnsetType) else paper.charts


def column_mistakes(table: Table) -> list[str]:
    """Name what makes a table unprintable: rows of another length, text where figures belong or the reverse, sums of prices."""
    found = [
        f"{column.key} can't be summed: {column.kind}"
        for column in table.columns
        if column.summed and column.kind not in SUMMABLE
    ]
    for number, row in enumerate(table.rows, start=1):
        if len(row.cells) != len(table.columns):
            found.append(f"row {number} has {len(row.cells)} cells for {len(table.columns)} columns")
            continue
        for column, cell in zip(table.columns, row.cells, strict=True):
            if cell is not None and isinstance(cell, str) != (column.kind is Kind.TEXT):
                found.append(f"row {number}: {column.key} is {column.kind}, not {cell!r}")
    return found


def totals(table: Table) -> list[Cell]:
    """Sum the columns that are to be summed; None for the others. What is missing counts as nothing."""
    return [
        sum(cell for row in table.rows if isinstance(cell := row.cells[place], int))
        if column.summed
        else None
        for place, column in enumerate(table.columns)
    ]


def has_totals(table: Table) -> bool:
    """Say whether any column is summed."""
    return any(column.summed for column in table.columns)


def text_of(cell: Cell, kind: Kind) -> str:
    """Write a cell as it is read, without its unit; an empty one is an empty text."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    match kind:
        case Kind.YUAN:
            return yuan_text(MicroYuan(cell))
        case Kind.KWH:
            return kwh_text(WattHours(cell))
        case Kind.YUAN_EXACT:
            return _decimals(cell, 1, 6)
        case Kind.KWH_EXACT:
            return _decimals(cell, 1, 3)
        case Kind.PRICE:
            return _decimals(cell, 100, 4)
        case Kind.PERCENT:
            return _decimals(cell, PPM_PER_PERCENT // 100, 2)
        case _:
            return str(cell)


def _decimals(amount: int, step: int, places: int) -> str:
    """Write whole steps with some decimals, rounded half away from zero."""
    sign = "-" if amount < 0 else ""
    steps = (abs(amount) + step // 2) // step
    whole, part = divmod(steps, 10**places)
    return f"{sign if steps else ''}{whole}.{part:0{places}d}"


def encode(paper: Paper) -> bytes:
    """Give the paper as JSON, always the same bytes for the same paper."""
    return msgspec.json.encode(paper, order="sorted")


def decode(content: bytes) -> Paper:
    """Read a stored paper. Raises NotAPaper."""
    try:
        return msgspec.json.decode(content, type=Paper)
    except msgspec.DecodeError as error:
        raise NotAPaper(f"the stored paper can't be read: {error}") from error


def seal(contents: Sequence[bytes]) -> str:
    """Give the hash that stands for a paper in all its languages (SHA-256, 64 hexadecimal digits)."""
    digest = hashlib.sha256()
    for content in contents:
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()
