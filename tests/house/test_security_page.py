"""docs/security.md walks every point of ASVS 4.0.3 up to level 2 once, and names only tests and files that exist."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/security.md").read_text()
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([^|]+) \| (met|partly|not met|n/a) \| ([^|]+) \|$", re.MULTILINE)
POINTS = """
1.1:1-7 1.2:1-4 1.4:1,4,5 1.5:1-4 1.6:1-4 1.7:1,2 1.8:1,2 1.9:1,2 1.10:1 1.11:1,2 1.12:2 1.14:1-6
2.1:1-12 2.2:1-3 2.3:1-3 2.4:1-5 2.5:1-7 2.6:1-3 2.7:1-6 2.8:1-7 2.9:1-3 2.10:1-4
3.1:1 3.2:1-4 3.3:1-4 3.4:1-5 3.5:1-3 3.7:1 4.1:1-3,5 4.2:1,2 4.3:1-3
5.1:1-5 5.2:1-8 5.3:1-10 5.4:1-3 5.5:1-4 6.1:1-3 6.2:1-6 6.3:1,2 6.4:1,2
7.1:1-4 7.2:1,2 7.3:1,3,4 7.4:1-3 8.1:1-4 8.2:1-3 8.3:1-8 9.1:1-3 9.2:1-4 10.2:1,2 10.3:1-3
11.1:1-8 12.1:1-3 12.2:1 12.3:1-6 12.4:1,2 12.5:1,2 12.6:1
13.1:1,3-5 13.2:1-3,5,6 13.3:1,2 13.4:1,2 14.1:1-4 14.2:1-6 14.3:2,3 14.4:1-7 14.5:1-4
"""
"""The standard's numbers of levels 1 and 2; deleted ones and those of level 3 alone are left out."""
NAMED = re.compile(r"`(test_\w+)(?:::(test_\w+))?`")
FILES = re.compile(r"`([\w./-]+\.(?:py|md|html|js|toml|lock|service)|\.ci/run)`")
ALIKE = re.compile(r"[Ss]ame test|\b[Aa]s \d+\.\d+\.\d+|^no |^none|journald")


def points() -> list[str]:
    found = []
    for section, numbers in (one.split(":") for one in POINTS.split()):
        for part in numbers.split(","):
            first, _dash, last = part.partition("-")
            found += [f"{section}.{number}" for number in range(int(first), int(last or first) + 1)]
    return found


@cache
def named_in(name: str) -> frozenset[str]:
    """Give the tests of a file of this name; none where there is no such file."""
    [path, *_] = [*(ROOT / "tests").rglob(f"{name}.py"), None]
    if path is None:
        return frozenset()
    tree = ast.parse(path.read_text())
    return frozenset(
        one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def test_each_point_has_one_row() -> None:
    assert len(points()) == 259
    assert [row[0] for row in ROW.findall(PAGE)] == points()
    assert len(re.findall(r"^\| \d", PAGE, re.MULTILINE)) == 259, "a row that can't be read"


def test_the_sums_at_the_head_are_those_of_the_rows() -> None:
    states = Counter(row[2] for row in ROW.findall(PAGE))
    said = "of 259, {met} are met, {n/a} don't apply here, {partly} are met in part, {not met} are not met"
    for state, count in states.items():
        said = said.replace(f"{{{state}}}", str(count))
    assert said in PAGE.replace("\n", " ")


def test_every_test_that_is_named_exists() -> None:
    wrong = [
        f"{file}::{test}" if test else file
        for file, test in NAMED.findall(PAGE)
        if not named_in(file) or (test and test not in named_in(file))
    ]
    assert not wrong
    assert len(set(NAMED.findall(PAGE))) > 100


def test_every_file_that_is_named_exists() -> None:
    wrong = [
        name
        for name in FILES.findall(PAGE)
        if not any((base / name).exists() for base in (ROOT, ROOT / "central"))
    ]
    assert not wrong


def test_what_is_met_says_where_or_by_which_test() -> None:
    bare = [
        number
        for number, _asks, state, how in ROW.findall(PAGE)
        if state == "met" and not any(known.search(how) for known in (NAMED, FILES, ALIKE))
    ]
    assert not bare
