"""What the conversation needs of a screen: choose, ask, tell, and show long work. The full screen and the plain lines both are one.

Texts are in the reader's language already. Each page carries its own help. Nothing here knows meters.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

BACK = "q"
"""The key that leads back from every page."""


WIDE = {
    wide: wide - 0xFEE0
    for wide in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B), 0xFF0D, 0xFF1F)
}
"""Digits, letters, the dash and the question mark of a Chinese keyboard, which look like the others and are not."""


def printable(typed: str) -> str:
    """Give what a person or a reader typed: narrow letters, no control characters or broken bytes, no blanks around it."""
    return "".join(letter for letter in typed.translate(WIDE) if letter.isprintable()).strip()


@dataclass(frozen=True, slots=True)
class Key:
    """One key that does something here; a single small letter or digit, so that a phone's keyboard has it."""

    key: str
    word: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line that can be picked."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """What is shown, what can be picked, what keys do. `back`: the word for `q`."""

    title: str
    lines: Sequence[str] = ()
    rows: Sequence[Row] = ()
    keys: Sequence[Key] = ()
    help: str = ""
    back: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen: a key, and the row that was marked then; or a row picked with Enter, key empty."""

    key: str = ""
    row: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A line to be typed or scanned. Empty is `default`; where there is none, empty leads back, or is asked again if `needed`."""

    title: str
    text: str
    lines: Sequence[str] = ()
    default: str = ""
    help: str = ""
    needed: bool = False


@dataclass(slots=True)
class Work:
    """Long work on the screen: what happened last, how far it is. `stopped` is set by a person."""

    title: str
    lines: list[str] = field(default_factory=list)
    done: int = 0
    total: int = 0
    stopped: bool = False
    status: str = ""
    """What it does just now, in one line."""

    def say(self, line: str) -> None:
        """Add a line to what is shown."""
        self.lines.append(line)

    def count(self, done: int, total: int) -> None:
        """Say how far it is."""
        self.done, self.total = done, total


class Stage(Protocol):
    """A screen that a conversation can be held on."""

    async def choose(self, page: Page) -> Choice: ...

    async def ask(self, question: Question) -> str | None:
        """Give the answer without blanks around it; None for back."""

    async def tell(self, title: str, lines: Sequence[str]) -> None:
        """Show until a key is pressed."""

    def working(self, title: str, *, can_stop: bool = True) -> AbstractAsyncContextManager[Work]:
        """Show long work while its block runs."""
