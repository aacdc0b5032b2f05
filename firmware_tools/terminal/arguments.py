"""The arguments of a tool: a wrong one is answered by one sentence and the way to the help, exit code 2."""

import argparse
import sys
from typing import NoReturn

from firmware_tools.terminal.trouble import USAGE
from gateway.words import say


class Arguments(argparse.ArgumentParser):
    """An argument parser that says what is wrong in one sentence, without the whole usage before it."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and leave with exit code 2."""
        print(say("{tool}: {problem}", tool=self.prog, problem=message), file=sys.stderr)
        print(say("  next: {tool} --help shows what it takes.", tool=self.prog), file=sys.stderr)
        sys.exit(USAGE)


def arguments_of(tool: str, what: str) -> Arguments:
    """Give the parser of `cardroom-firmware TOOL`; `what` says in the reader's language what the tool is for."""
    return Arguments(prog=f"cardroom-firmware {tool}", description=what)


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    parser.add_argument("--json", action="store_true", help=say("print one JSON object for a program"))
