"""Which pages of a receipt book go to finance with a batch of closed days (R-4.1.8): each once, in order, none forgotten. Pure.

Issued pages go with the day of their payment. A void page goes with the first batch that leaves no page before it behind: so void
pages between the days' pages are in the batch, and those behind its last page too.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Where(StrEnum):
    """Where a page is when a batch is put together."""

    GONE = "gone"
    """Handed in before, or issued before there were batches."""
    HERE = "here"
    """Issued on a day of this batch."""
    LATER = "later"
    """Issued on a day that is in no batch yet."""
    VOID = "void"
    """Void, and in no batch yet."""
    LOOSE = "loose"
    """Neither issued nor void."""


@dataclass(frozen=True, slots=True)
class BookShare:
    """What of a book goes with a batch; `loose` are pages left out before its last one without a reason: there must be none."""

    issued: tuple[int, ...]
    void: tuple[int, ...]
    loose: tuple[int, ...]


def share_of(pages: Mapping[int, Where]) -> BookShare:
    """Give what of a book goes with a batch."""
    issued = tuple(page for page, where in sorted(pages.items()) if where is Where.HERE)
    last = issued[-1] if issued else 0
    loose = tuple(page for page, where in sorted(pages.items()) if where is Where.LOOSE and page < last)
    return BookShare(issued, _void_of(pages), loose)


def _void_of(pages: Mapping[int, Where]) -> tuple[int, ...]:
    found = []
    for page, where in sorted(pages.items()):
        if where in (Where.LATER, Where.LOOSE):
            break
        if where is Where.VOID:
            found.append(page)
    return tuple(found)


# ------------------------------------------------ pages that can't be found, as they are typed

_LINE: Final = re.compile(r"(\S.*?)\s+(\d{1,9})(?:\s*[-–—~至到]\s*(\d{1,9}))?")
MOST_LINES: Final = 50


@dataclass(frozen=True, slots=True)
class MissingPages:
    """Pages of a book whose paper is not there."""

    book: str
    first: int
    last: int


def read_missing(text: str) -> list[MissingPages] | str:
    """Read a book and its pages a line: `A-12 17`, `A-12 17-19`. Gives the first line that is none."""
    found: list[MissingPages] = []
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for line in lines:
        match = _LINE.fullmatch(line)
        if match is None or int(match[3] or match[2]) < int(match[2]) or len(lines) > MOST_LINES:
            return line
        found.append(MissingPages(match[1], int(match[2]), int(match[3] or match[2])))
    return found


def strangers(missing: Sequence[MissingPages], shares: Mapping[str, Sequence[int]]) -> MissingPages | None:
    """Give the first of them that names a page which is not in the batch; `shares` are its pages by book."""
    for one in missing:
        here = set(shares.get(one.book, ()))
        if one.last - one.first >= len(here) or not here.issuperset(range(one.first, one.last + 1)):
            return one
    return None
