"""Receipt books (R-4.1.2): what a page may be, in which order pages go out, and the exceptions a check types. Pure.

unchecked -> good -> issued          a page leaves its book once, in order
unchecked -> lacks a seal -> good    it can be sealed, and checked again
any but issued -> void               for good, with its reason
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MOST_PAGES: Final = 500


class Mark(StrEnum):
    """What a person found a page to be."""

    GOOD = "good"
    LACKS_SEAL = "lacks-seal"
    MISSING = "missing"
    WRONG = "wrong"
    EXTRA = "extra"
    STAINED = "stained"
    SPOILED = "spoiled"
    """Written wrongly, torn out: not given to a customer."""
    SKIPPED = "skipped"
    """Left out while a later page was issued."""


VOIDS: Final = frozenset(Mark) - {Mark.GOOD, Mark.LACKS_SEAL}
FOUND_IN_CHECK: Final = (Mark.MISSING, Mark.WRONG, Mark.EXTRA, Mark.STAINED, Mark.LACKS_SEAL)


class PageState(StrEnum):
    """What may be done with a page."""

    UNCHECKED = "unchecked"
    GOOD = "good"
    LACKS_SEAL = "lacks-seal"
    VOID = "void"
    ISSUED = "issued"


ACCOUNTED: Final = frozenset({PageState.VOID, PageState.ISSUED})
"""Pages whose whereabouts are said: issued, or void with a reason."""


class PageRefusal(StrEnum):
    """Why a page can't be issued; a text key for the pages."""

    NO_BOOK = "no-book"
    BAD_PAGE = "bad-page"
    NOT_IN_BOOK = "not-in-book"
    ALREADY_ISSUED = "page-issued"
    VOID = "page-void"
    NOT_CHECKED = "page-not-checked"
    LACKS_SEAL = "page-lacks-seal"
    GAP = "page-gap"
    """An earlier page is neither issued nor void: it needs a reason first."""


@dataclass(frozen=True, slots=True)
class PageFault:
    """Why a page can't be issued, and which page it is about."""

    why: PageRefusal
    page: int | None = None


def state_after(marks: Iterable[Mark], *, issued: bool) -> PageState:
    """Give a page's state from its marks, oldest first. Void is for good; else the last check counts."""
    if issued:
        return PageState.ISSUED
    state = PageState.UNCHECKED
    for mark in marks:
        if mark in VOIDS:
            return PageState.VOID
        state = PageState.GOOD if mark is Mark.GOOD else PageState.LACKS_SEAL
    return state


def next_page(states: Mapping[int, PageState]) -> int | None:
    """Give the page that is next to go out, good or not; None when the book is finished."""
    return min((page for page, state in states.items() if state not in ACCOUNTED), default=None)


def fault_of_issue(page: int, states: Mapping[int, PageState]) -> PageFault | None:
    """Say why a page can't be issued now; None when it can: it is good, and every earlier one is accounted for."""
    unfit = {
        PageState.ISSUED: PageRefusal.ALREADY_ISSUED,
        PageState.VOID: PageRefusal.VOID,
        PageState.UNCHECKED: PageRefusal.NOT_CHECKED,
        PageState.LACKS_SEAL: PageRefusal.LACKS_SEAL,
    }
    if page not in states:
        return PageFault(PageRefusal.NOT_IN_BOOK, page)
    if states[page] in unfit:
        return PageFault(unfit[states[page]], page)
    expected = next_page(states)
    return PageFault(PageRefusal.GAP, expected) if expected != page else None


def runs(pages: Iterable[int]) -> list[tuple[int, int]]:
    """Give pages as runs: 3 4 5 9 -> (3, 5) (9, 9)."""
    found: list[tuple[int, int]] = []
    for page in sorted(pages):
        if found and found[-1][1] == page - 1:
            found[-1] = (found[-1][0], page)
        else:
            found.append((page, page))
    return found


def runs_text(pages: Iterable[int]) -> str:
    """Write pages as runs: `3-5, 9`."""
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs(pages))


# ------------------------------------------------------ what a check types

WORDS: Final = {
    Mark.MISSING: ("缺页", "缺", "missing", "1"),
    Mark.WRONG: ("错页", "错", "wrong", "2"),
    Mark.EXTRA: ("多页", "多", "extra", "3"),
    Mark.STAINED: ("污染", "污", "stained", "4"),
    Mark.LACKS_SEAL: ("缺章", "章", "seal", "5"),
}
_MARK_OF: Final = {word: mark for mark, words in WORDS.items() for word in words}
_LINE: Final = re.compile(
    r"(\d{1,9})(?:\s*[-–—~至到]\s*(\d{1,9}))?[\s:,、]*([^\s\d:,、]+|[1-5](?=\s|$))?[\s:,、]*(.*)"
)
_LONGEST_NOTE: Final = 120


@dataclass(frozen=True, slots=True)
class Finding:
    """Pages that a check found wrong; `lacking` are the seals they lack, `note` what was typed beside it."""

    pages: range
    mark: Mark
    lacking: tuple[str, ...] = ()
    note: str = ""


class LineFault(StrEnum):
    """What is wrong with a typed line."""

    NOT_READ = "not-read"
    NO_WORD = "no-word"
    OUTSIDE = "outside"
    UNKNOWN_SEAL = "unknown-seal"
    TWICE = "twice"


@dataclass(frozen=True, slots=True)
class BadLine:
    """A typed line that can't be understood, as it was typed."""

    line: str
    why: LineFault


def read_findings(
    text: str, first: int, last: int, seals: Sequence[str]
) -> tuple[list[Finding], list[BadLine]]:
    """Read one finding a line: `17 缺页`, `18-19 4`, `23 缺章 财务专用章`; pages must be from `first` to `last`.

    A lacking seal may be typed by its name, the beginning of it, or its number; none typed means none of them is there.
    """
    found: list[Finding] = []
    bad: list[BadLine] = []
    taken: set[int] = set()
    for line in filter(None, (unicodedata.normalize("NFKC", raw).strip() for raw in text.splitlines())):
        read = _read_line(line, first, last, seals)
        if isinstance(read, Finding) and not taken.isdisjoint(read.pages):
            read = LineFault.TWICE
        if isinstance(read, LineFault):
            bad.append(BadLine(line, read))
        else:
            found.append(read)
            taken.update(read.pages)
    return found, bad


def _read_line(line: str, first: int, last: int, seals: Sequence[str]) -> Finding | LineFault:
    match = _LINE.fullmatch(line)
    if match is None:
        return LineFault.NOT_READ
    begin, end, word, rest = int(match[1]), int(match[2] or match[1]), match[3], match[4].strip()
    mark = _MARK_OF.get((word or "").lower())
    if mark is None:
        return LineFault.NO_WORD
    if not first <= begin <= end <= last:
        return LineFault.OUTSIDE
    pages = range(begin, end + 1)
    if mark is not Mark.LACKS_SEAL:
        return Finding(pages, mark, note=rest[:_LONGEST_NOTE])
    named = [_seal_of(part, seals) for part in re.split(r"[\s,、]+", rest) if part]
    if None in named:
        return LineFault.UNKNOWN_SEAL
    lacking = tuple(seal for seal in seals if seal in named) or tuple(seals)
    return Finding(pages, mark, lacking)


def _seal_of(typed: str, seals: Sequence[str]) -> str | None:
    if typed.isdigit() and 1 <= int(typed) <= len(seals):
        return seals[int(typed) - 1]
    if typed in seals:
        return typed
    begun = [seal for seal in seals if seal.startswith(typed)]
    return begun[0] if len(begun) == 1 else None
