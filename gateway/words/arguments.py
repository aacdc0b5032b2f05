"""The arguments of a command: what argparse says about them in the reader's language, and a wrong one answered by one sentence.

Every parser of `cardroom-gateway` and `cardroom-firmware` is an `Arguments`; the parsers of its sub-commands are of the same class.
"""

import argparse
import sys
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, NoReturn

from gateway.words import mark, say

USAGE = 2

SENTENCES = (
    mark("usage: "),
    mark("%(prog)s: error: %(message)s\n"),
    mark("positional arguments"),
    mark("options"),
    mark("show this help message and exit"),
    mark("argument %(argument_name)s: %(message)s"),
    mark("the following arguments are required: %s"),
    mark("one of the arguments %s is required"),
    mark("not allowed with argument %s"),
    mark("ignored explicit argument %r"),
    mark("unrecognized arguments: %s"),
    mark("ambiguous option: %(option)s could match %(matches)s"),
    mark("unexpected option string: %s"),
    mark("invalid choice: %(value)r (choose from %(choices)s)"),
    mark("invalid %(type)s value: %(value)r"),
    mark("unknown parser %(parser_name)r (choices: %(choices)s)"),
    mark("expected one argument"),
    mark("expected at most one argument"),
    mark("expected at least one argument"),
    mark("expected %s argument"),
    mark("expected %s arguments"),
)
"""What argparse can say to a person (3.11 to 3.13); the rest of its sentences are for programmers."""


def _say_many(one: str, many: str, count: int) -> str:
    return say(one if count == 1 else many)


# argparse asks gettext for its words, which would want a compiled catalogue of its own; it is given ours instead.
argparse._ = say  # type: ignore[attr-defined]
argparse.ngettext = _say_many  # type: ignore[attr-defined]


def _whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(say("{value} is no whole number", value=repr(text))) from None


def no_command(word: str, commands: Iterable[str]) -> str:
    """Say that a command doesn't exist, and which one may be meant."""
    near = get_close_matches(word, commands, n=1)
    if near:
        return say("There is no command {word}. Is {near} meant?", word=word, near=near[0])
    return say("There is no command {word}.", word=word)


class Arguments(argparse.ArgumentParser):
    """An argument parser that says what is wrong in one sentence, without the whole usage before it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Take what argparse takes."""
        super().__init__(*arguments, **options)
        self.register("type", int, _whole_number)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and leave with exit code 2."""
        print(say("{tool}: {problem}", tool=self.prog, problem=message), file=sys.stderr)
        print(say("  next: {tool} --help shows what it takes.", tool=self.prog), file=sys.stderr)
        sys.exit(USAGE)


class ByTask(argparse.HelpFormatter):
    """Shows the commands under what a person wants to do; `groups` are headings and their commands."""

    groups: Mapping[str, Iterable[str]] = {}

    def add_argument(self, action: argparse.Action) -> None:
        """Add one argument; the commands group by group."""
        if not isinstance(action, argparse._SubParsersAction):
            super().add_argument(action)
            return
        known: dict[str, Any] = {command.dest: command for command in action._get_subactions()}
        for heading, commands in self.groups.items():
            self.start_section(say(heading))
            for command in commands:
                super().add_argument(known[command])
            self.end_section()
