"""A thing that went wrong, for a person and for a program: what happened, why, what to do next, and the exit code."""

import json
import sys
from dataclasses import dataclass, field
from typing import Any

from gateway.words import say

DONE, FAILED, USAGE = 0, 1, 2
"""Done or good; asked and not done, or a fault found; the question makes no sense (docs/firmware.md)."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a tool did not do its work. `code` is a stable word; the sentences are in the reader's language already."""

    code: str
    what: str
    why: str = ""
    next_step: str = ""
    exit_code: int = FAILED
    facts: dict[str, Any] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """Give the sentences as they are printed."""
        found = [self.what]
        if self.why:
            found.append(say("  why:  {why}", why=self.why))
        if self.next_step:
            found.append(say("  next: {next_step}", next_step=self.next_step))
        return found

    def as_json(self) -> dict[str, Any]:
        """The same for a program."""
        return {
            "ok": False,
            "error": self.code,
            "what": self.what,
            "why": self.why,
            "next": self.next_step,
            **self.facts,
        }


def report(trouble: Trouble, as_json: bool = False) -> int:
    """Print a trouble: one JSON object on stdout, or sentences on stderr. Return its exit code."""
    if as_json:
        print_json(trouble.as_json())
    else:
        print("\n".join(trouble.lines()), file=sys.stderr)
    return trouble.exit_code


def print_json(document: dict[str, Any]) -> None:
    """Print one JSON object on one line."""
    print(json.dumps(document, ensure_ascii=False))
