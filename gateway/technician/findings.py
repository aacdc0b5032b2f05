"""What a check found, in one shape for all commands that look for faults: `doctor`, `setup`, `commission`, `config check`.

A finding is in the reader's language already; its `check`, `code` and facts are stable words for programs. It must never know how
the facts were gathered.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.words import mark, say


class Level(StrEnum):
    """What a finding asks of its reader."""

    GOOD = "good"
    ASK = "ask"
    """A person must look or decide."""
    BAD = "bad"
    SKIPPED = "skipped"
    """Not looked at; `why` says what was in the way."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: the sentence, the reason, and what to do about it."""

    check: str
    level: Level
    code: str
    what: str
    why: str = ""
    next_step: str = ""
    facts: Mapping[str, str | int] = field(default_factory=dict)


MARKS = {
    Level.GOOD: mark("[ok]  "),
    Level.ASK: mark("[look]"),
    Level.BAD: mark("[BAD] "),
    Level.SKIPPED: mark("[skip]"),
}
"""All of one width in each language."""
INDENT = " " * 7


def as_json(finding: Finding) -> dict[str, object]:
    """Give one finding for `--json`; without the sentences that it doesn't have."""
    texts = {"why": finding.why, "next": finding.next_step}
    return {
        "check": finding.check,
        "level": finding.level.value,
        "code": finding.code,
        "what": finding.what,
        **{name: text for name, text in texts.items() if text},
        "facts": dict(finding.facts),
    }


def lines_of(findings: Iterable[Finding]) -> Iterator[str]:
    """Give the printed lines: a mark and the sentence, and below it why and what to do next."""
    for finding in findings:
        yield f"{say(MARKS[finding.level])} {finding.what}"
        if finding.why:
            yield INDENT + say("why:  {why}", why=finding.why)
        if finding.next_step:
            yield INDENT + say("next: {next_step}", next_step=finding.next_step)


def exit_code(findings: Iterable[Finding]) -> int:
    """Give 1 where something is bad, else 0: what a person must only look at is no fault."""
    return int(any(finding.level is Level.BAD for finding in findings))
