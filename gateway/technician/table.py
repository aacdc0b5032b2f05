"""Plain text tables for a terminal. Chinese characters take two columns."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence

GAP = "  "


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Give the lines of a table with left-aligned columns, each as wide as its widest cell."""
    cells = [head, *rows]
    widths = [max(columns_of(row[column]) for row in cells) for column in range(len(head))]
    for row in cells:
        yield GAP.join(
            text + " " * (width - columns_of(text)) for text, width in zip(row, widths, strict=True)
        ).rstrip()


def columns_of(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
