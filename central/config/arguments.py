"""The arguments of `cardroom-central`: help and mistakes in the terminal's language, a wrong argument told by one sentence.

Read before Django is set up, which takes seconds: the words are looked up in the same catalogue by Python's own gettext.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path
from typing import Any, NoReturn

USAGE = 2
CATALOGUE = Path(__file__).parents[1] / "locale"


def terminal_language() -> str:
    """Give the terminal's language as Django names it: `zh-hans` or `en`."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh-hans" if locale.startswith("zh") else "en"


@cache
def _catalogue(language: str) -> NullTranslations:
    if language == "en":
        return NullTranslations()
    return translation("django", str(CATALOGUE), languages=["zh_Hans"], fallback=True)


def _(text: str) -> str:
    return _catalogue(terminal_language()).gettext(text) if text else ""


def _say_many(one: str, many: str, count: int) -> str:
    return _(one if count == 1 else many)


@contextmanager
def spoken() -> Iterator[None]:
    """Let argparse speak the terminal's language while a command line is read; its own sentences are in our catalogue, too."""
    before = argparse._, argparse.ngettext  # type: ignore[attr-defined]
    argparse._, argparse.ngettext = _, _say_many  # type: ignore[attr-defined]
    try:
        yield
    finally:
        argparse._, argparse.ngettext = before  # type: ignore[attr-defined]


class _Help(argparse.HelpFormatter):
    """Explains each argument in the terminal's language."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return _(action.help) if action.help else action.help


class Arguments(argparse.ArgumentParser):
    """An argument parser that says what is wrong in one sentence, and the next step, without the usage before it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Take what argparse takes. The parsers of sub-commands are of this class too."""
        super().__init__(*arguments, **{"formatter_class": _Help, **options})
        self.register("type", int, _whole_number)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if isinstance(action, argparse._SubParsersAction) and value not in action.choices:
            near = get_close_matches(str(value), action.choices, n=1)
            said = (
                _("There is no command {word}. Is {near} meant?").format(word=value, near=near[0])
                if near
                else _("There is no command {word}.").format(word=value)
            )
            self.error(said)
        super()._check_value(action, value)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and leave with exit code 2."""
        print(_("{tool}: {problem}").format(tool=self.prog, problem=message), file=sys.stderr)
        print(_("  next: {tool} --help shows what it takes.").format(tool=self.prog), file=sys.stderr)
        sys.exit(USAGE)


def _whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(_("{value} is no whole number").format(value=repr(text))) from None
