"""How what was found is printed, given to programs, and told by the exit code."""

import json

import pytest

from gateway import words
from gateway.technician.findings import Finding, Level, as_json, exit_code, lines_of

GOOD = Finding("clock", Level.GOOD, "clock-good", "The clock is right.")
LOOK = Finding("disk", Level.ASK, "disk-nearly-full", "The disk is nearly full.", facts={"free_mb": 90})
BAD = Finding(
    "line", Level.BAD, "wires-swapped", "A and B are swapped.", "Bytes came inverted.", "Swap A and B."
)


def test_a_finding_is_read_by_people_and_by_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_asked", ["en"])
    assert list(lines_of([GOOD, BAD])) == [
        "[ok]   The clock is right.",
        "[BAD]  A and B are swapped.",
        "       why:  Bytes came inverted.",
        "       next: Swap A and B.",
    ]
    assert json.loads(json.dumps(as_json(BAD))) == {
        "check": "line",
        "level": "bad",
        "code": "wires-swapped",
        "what": "A and B are swapped.",
        "why": "Bytes came inverted.",
        "next": "Swap A and B.",
        "facts": {},
    }
    assert as_json(LOOK) == {
        "check": "disk",
        "level": "ask",
        "code": "disk-nearly-full",
        "what": "The disk is nearly full.",
        "facts": {"free_mb": 90},
    }


def test_the_marks_are_of_one_width_in_chinese_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "_asked", ["zh"])
    assert next(iter(lines_of([BAD]))) == "[故障] A and B are swapped."
    assert list(lines_of([BAD]))[2].strip() == "处理：Swap A and B."


def test_only_what_is_bad_makes_the_command_fail() -> None:
    assert (exit_code([]), exit_code([GOOD, LOOK]), exit_code([GOOD, BAD])) == (0, 0, 1)
