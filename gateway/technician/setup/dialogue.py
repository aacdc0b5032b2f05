"""Asks a person on a plain terminal, line by line, and tells him what goes on. A script has answered everything by options."""

import sys
from collections.abc import Iterable

from gateway.words import say, use

LANGUAGE_QUESTION = "语言 / Language:   1 中文   2 English"
"""In both: nobody has chosen one yet."""
LANGUAGE_ANSWERS = {"1": "zh", "zh": "zh", "中文": "zh", "2": "en", "en": "en", "english": "en"}
YES = frozenset({"y", "yes", "j", "是", "好", "对", "1"})
NO = frozenset({"n", "no", "否", "不", "0"})
TRIES = 5


class NoPerson(Exception):
    """Something must be asked, and nobody is there to answer; the message says which option answers it."""


class Dialogue:
    """One person's terminal. `quiet`: only a program reads, and the result is all it wants."""

    def __init__(self, *, yes: bool, quiet: bool) -> None:
        self.has_agreed = yes
        self._quiet = quiet
        self.is_there = sys.stdin.isatty() and not quiet

    def tell(self, lines: str | Iterable[str]) -> None:
        """Print one line or more."""
        if not self._quiet:
            for line in [lines] if isinstance(lines, str) else lines:
                print(line, flush=True)

    def ask(self, question: str, option: str, default: str = "") -> str:
        """Give what was typed; the default for an empty line. Raises NoPerson."""
        if not self.is_there:
            raise NoPerson(say("Nobody is there to answer: give it with {option}.", option=option))
        shown = f"{question} [{default}] " if default else f"{question} "
        for _ in range(TRIES):
            if typed := _typed(shown) or default:
                return typed
        raise NoPerson(say("Nothing was typed."))

    def confirm(self, question: str) -> bool:
        """Say whether the person agrees; `--yes` has agreed. Raises NoPerson."""
        if self.has_agreed:
            return True
        if not self.is_there:
            raise NoPerson(say("Nobody is there to agree: give {option}.", option="--yes"))
        for _ in range(TRIES):
            typed = _typed(f"{question} [y/n] ").lower()
            if typed in YES or typed in NO:
                return typed in YES
        return False

    def choose_language(self) -> str:
        """Ask for the language and speak it from here on."""
        for _ in range(TRIES):
            self.tell(LANGUAGE_QUESTION)
            chosen = LANGUAGE_ANSWERS.get(_typed("> ").lower())
            if chosen is not None:
                use(chosen)
                return chosen
        raise NoPerson("1 / 2?")


def _typed(question: str) -> str:
    """Read a line; what a terminal can't read as text is asked again."""
    try:
        return input(question).strip()
    except UnicodeDecodeError:
        return ""
