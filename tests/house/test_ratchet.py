"""The house's measures, held as a ratchet: numbers here only ever go down."""

import ast
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("gateway", "central", "firmware_tools")
LONGEST_FILE_LINES = 400
LONGEST_FUNCTION_LINES = 50
LONG_FUNCTIONS_ALLOWED = 0
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}


def tracked(pattern: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", pattern], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).exists()]


def product_files() -> list[Path]:
    return [
        path
        for path in tracked("*.py")
        if path.relative_to(ROOT).parts[0] in PRODUCT and "migrations" not in path.parts
    ]


def test_files_stay_short() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in product_files()
        if (lines := len(path.read_text().splitlines())) > LONGEST_FILE_LINES
    }
    assert not long


def test_functions_stay_small() -> None:
    long = []
    for path in product_files():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LONGEST_FUNCTION_LINES:
                    long.append(f"{path.relative_to(ROOT)}:{node.name} {lines}")
    assert len(long) <= LONG_FUNCTIONS_ALLOWED, long


def test_no_room_is_called_by_what_it_is_not() -> None:
    named = [str(path) for path in product_files() if FORBIDDEN_NAMES & {*path.parts, path.stem}]
    assert not named


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in product_files()
        if path.read_text().strip() and ast.get_docstring(ast.parse(path.read_text())) is None
    ]
    assert not silent


def test_every_dependency_has_its_reason() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    listed = list(project["project"]["dependencies"])
    for extra in project["project"]["optional-dependencies"].values():
        listed += extra
    listed += project["dependency-groups"]["dev"]
    reasons = "\n".join(path.read_text() for path in (ROOT / "docs" / "adr").glob("*.md")).lower()
    for requirement in listed:
        name = re.split(r"[\[<>=~ ]", requirement)[0].lower()
        short = name.removeprefix("pytest")
        assert name in reasons or (short and short in reasons), f"{name} has no reason in docs/adr"


@pytest.mark.xdist_group("house")
def test_a_group_of_tests_stays_on_one_worker(request: pytest.FixtureRequest) -> None:
    if os.environ.get("PYTEST_XDIST_WORKER") is None:
        pytest.skip("the tests run in one process")
    assert request.node.nodeid.endswith("@house"), "pytest and pytest-xdist disagree about a test's id"


def test_no_path_of_a_machine_is_in_the_project() -> None:
    here = re.compile(r"/(?:work|root|home/\w+)/")
    found = [
        str(path.relative_to(ROOT))
        for path in tracked("*")
        if path.suffix in {".py", ".md", ".toml", ".html", ".css", ".service", ""}
        and path.is_file()
        and path.name not in {"LICENSE", "test_ratchet.py"}
        and here.search(path.read_text(errors="replace"))
    ]
    assert not found
