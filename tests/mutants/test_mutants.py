"""The tool itself: it makes the changes it says it makes, a noticed one is killed, and one that nobody notices is shown."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutants.mutate import mutants_of
from tests.mutants.run import ROOT

RULE = """
def ten():
    return 10

FREE_WH = ten()

class Room:
    @property
    def is_low(self) -> bool:
        return self.left_wh < FREE_WH

    def __init__(self, left_wh: int) -> None:
        self.left_wh = left_wh

def is_spent(left_wh: int) -> bool:
    return left_wh <= 0

def last_free(room: Room) -> int:
    while not room.is_low:
        room.left_wh -= 1
    return room.left_wh
"""
TESTS = """
import pytest
from gateway.domain.rule import Room, is_spent, last_free

@pytest.mark.parametrize(("left_wh", "low"), [(9, True), (10, False)])
def test_low(left_wh, low):
    assert Room(left_wh).is_low is low

def test_spent():
    assert is_spent(-5) is True
    assert is_spent(5) is False

def test_last_free():
    assert last_free(Room(12)) == 9
"""
NOTICED_BY_NOBODY = """
gateway/domain/rule.py:16  survived (comparison)
    -    return left_wh <= 0
    +    return (left_wh < 0)
gateway/domain/rule.py:16  survived (number)
    -    return left_wh <= 0
    +    return left_wh <= 1
"""


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("a = b < c", {"a = (b <= c)"}),
        ("a = b and not c", {"a = (b or not c)", "a = b and (c)", "a = (not (b)) and not c"}),
        ("a = b + c * 2", {"a = (b - c * 2)", "a = b + (c // 2)", "a = b + c * 3"}),
        ("a = min(b, key=c)", {"a = max(b, key=c)", "a = min(b, )"}),
        ("a = f(b, c)", {"a = f(c, b)"}),
        ("a = f(b, b)", set()),
        ("a = f(b=b, c=c)", {"a = f(c=c)", "a = f(b=b, )"}),
        ("a = [b for b in c if d]", {"a = [b for b in c if (not (d))]"}),
        ("a: int | None = 3", {"a: int | None = 4"}),
        ("a = 'é' if b else c", {"a = 'XXé' if b else c", "a = 'é' if (not (b)) else c"}),
        ("a = f'{b}'", {'a = "XX"'}),
        ("a.b = c", {"pass"}),
        ("raise A(1)", {"pass"}),
        ("'said'", set()),
        ("import a", set()),
        ("@a(1)\ndef f(b=2): return b", {"@a(1)\ndef f(b=3): return b", "@a(1)\ndef f(b=2): return None"}),
        ("match a:\n case 1: f()", {"match a:\n case 1 if False: f()", "match a:\n case 1: pass"}),
    ],
)
def test_a_text_has_these_mutants(text: str, changed: set[str]) -> None:
    source = text.encode()
    assert {mutant.applied(source).decode() for mutant in mutants_of("a.py", source)} == changed


def test_what_nobody_notices_is_shown_and_everything_else_is_killed(tmp_path: Path) -> None:
    """In functions, properties and constants, and where a loop no longer ends."""
    for room in ("gateway", "gateway/domain", "tests/domain"):
        (tmp_path / room).mkdir(parents=True)
        (tmp_path / room / "__init__.py").touch()
    (tmp_path / "gateway/domain/rule.py").write_text(RULE)
    (tmp_path / "tests/domain/conftest.py").write_text("import gateway.domain.rule")
    (tmp_path / "tests/domain/test_rule.py").write_text(TESTS)
    done = subprocess.run(
        [sys.executable, "-m", "tests.mutants.run", "--all", "--root", tmp_path],
        cwd=ROOT,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
    )
    assert NOTICED_BY_NOBODY in done.stdout, done.stderr
    assert done.stdout.count("survived (") == 2
    assert "no test runs it" not in done.stdout
    assert "timed out" in done.stdout
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "mutants: 0/1 goals met")
