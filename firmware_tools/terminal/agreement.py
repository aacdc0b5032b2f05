"""Before something that can hurt: a question that a person answers; no answer is no."""

import sys

from firmware_tools.terminal.trouble import FAILED, Trouble
from gateway.words import say

YES = ("y", "yes", "是")


def agreed(question: str) -> bool:
    """Ask on stderr, so that stdout stays for results."""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in YES


def not_agreed() -> Trouble:
    """Nobody said yes."""
    return Trouble(
        "not-agreed",
        say("Nothing was done."),
        say("The question was not answered with y."),
        say("Answer y, or give --yes where nobody can be asked."),
        FAILED,
    )
