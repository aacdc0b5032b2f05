"""The conversation as plain lines: for `--plain`, a terminal that can't do more, a pipe, a screen reader. The same steps.

Rows are numbered; a number picks one, a letter is a key, `?` is help. Where a key needs a row: the letter, a blank, the number.
"""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from gateway.technician.commission.stage import BACK, Choice, Page, Question, Work, printable
from gateway.words import say

SHOW_EVERY_S = 0.5
STOP = "s"


class InputEnded(Exception):
    """Nobody types any more: the terminal is gone, or a pipe is at its end."""


class PlainStage:
    """Reads lines from standard input and prints lines."""

    def __init__(self) -> None:
        self._typed: asyncio.Queue[str] = asyncio.Queue()
        self._reader: threading.Thread | None = None

    async def choose(self, page: Page) -> Choice:
        """Print the page, take a key or a row's number."""
        keys = {key.key for key in page.keys} | {BACK}
        self._print_page(page)
        while True:
            typed = (await self._line("> ")).split()
            if not typed:
                continue
            if typed[0] == "?":
                print(page.help or say("There is no more to say here."))
            elif typed[0] in keys and (row := self._row(page, typed[1:])) is not None:
                return Choice(typed[0], row)
            elif len(typed) == 1 and (row := self._row(page, typed)):
                return Choice("", row)
            else:
                print(say("Type one of the letters or numbers above; ? for help."))

    def _print_page(self, page: Page) -> None:
        print()
        print(f"== {page.title} ==")
        print("\n".join(page.lines), end="\n" if page.lines else "")
        for number, row in enumerate(page.rows, start=1):
            print(f"{number:>4}  {row.text}")
        words = [f"{key.key} {key.word}" for key in page.keys]
        print("   ".join([*words, f"{BACK} {page.back or say('back')}", say("? help")]))

    @staticmethod
    def _row(page: Page, typed: Sequence[str]) -> str | None:
        """The row that a number names; empty where no number was typed; None for one that isn't there."""
        if not typed:
            return ""
        number = int(typed[0]) if typed[0].isascii() and typed[0].isdigit() else 0
        return page.rows[number - 1].name if 1 <= number <= len(page.rows) else None

    async def ask(self, question: Question) -> str | None:
        """Print the question, take a line."""
        print()
        print("\n".join([f"== {question.title} ==", *question.lines]))
        default = f" [{question.default}]" if question.default else ""
        needed = question.needed and not question.default
        while (typed := await self._line(f"{question.text}{default}: ")) == "?" or (needed and not typed):
            print(question.help or say("There is no more to say here."))
        return typed or question.default or None

    async def tell(self, title: str, lines: Sequence[str]) -> None:
        """Print; a plain reader scrolls back."""
        print()
        print("\n".join([f"== {title} ==", *lines]))

    @asynccontextmanager
    async def working(self, title: str, *, can_stop: bool = True) -> AsyncIterator[Work]:
        """Print each line as it comes. Ctrl-C ends the whole command; nothing is lost by that."""
        work = Work(title)
        can_stop = can_stop and sys.stdin.isatty()
        print(f"\n{title}" + (say(" (s and Enter stop it)") if can_stop else ""), flush=True)
        stopper = asyncio.create_task(self._stop_on_s(work)) if can_stop else None
        shown = _Shown(work)
        printer = asyncio.create_task(shown.follow())
        try:
            yield work
        finally:
            tasks = [printer, stopper] if stopper else [printer]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            shown.print_new()

    async def _stop_on_s(self, work: Work) -> None:
        """Take what is typed meanwhile; whatever is no `s` is thrown away, as on the full screen."""
        self._begin_reading()
        while (typed := await self._typed.get()).strip().lower() != STOP:
            if not typed:
                self._typed.put_nowait(typed)
                return
        work.stopped = True

    async def _line(self, prompt: str) -> str:
        print(prompt, end="", flush=True)
        self._begin_reading()
        typed = await self._typed.get()
        if not typed:
            print()
            raise InputEnded
        return printable(typed)

    def _begin_reading(self) -> None:
        if self._reader is None:
            loop = asyncio.get_running_loop()
            self._reader = threading.Thread(target=self._read, args=(loop,), daemon=True)
            self._reader.start()

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread of its own, so that a blocked read never keeps the command from ending."""
        while True:
            try:
                line = sys.stdin.readline()
            except (OSError, ValueError):
                line = ""
            try:
                loop.call_soon_threadsafe(self._typed.put_nowait, line)
            except RuntimeError:  # the command has ended
                return
            if not line:
                return


class _Shown:
    """What of a work was printed."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._lines = 0
        self._tenths = 0

    async def follow(self) -> None:
        while True:
            self.print_new()
            await asyncio.sleep(SHOW_EVERY_S)

    def print_new(self) -> None:
        """Print the lines that came, and each further tenth of the way."""
        for line in self._work.lines[self._lines :]:
            print(f"  {line}", flush=True)
        self._lines = len(self._work.lines)
        tenths = 10 * self._work.done // self._work.total if self._work.total else 0
        if tenths > self._tenths:
            print(f"  {self._work.status or f'{self._work.done} / {self._work.total}'}", flush=True)
        self._tenths = max(tenths, self._tenths)
