"""The arguments of a tool: its name, what it is for, and the option that all of them have."""

import argparse

from gateway.words import say
from gateway.words.arguments import Arguments


def arguments_of(tool: str, what: str) -> Arguments:
    """Give the parser of `cardroom-firmware TOOL`; `what` says in the reader's language what the tool is for."""
    return Arguments(prog=f"cardroom-firmware {tool}", description=what)


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    parser.add_argument("--json", action="store_true", help=say("print one JSON object for a program"))
