"""Rules and use cases do no I/O and read no clock: they import nothing that could."""

import ast
from pathlib import Path

import pytest

import gateway

HOUSE = Path(gateway.__file__).parent
FORBIDDEN = {
    "asyncio",
    "time",
    "os",
    "socket",
    "serial",
    "sqlite3",
    "random",
    "logging",
    "threading",
    "structlog",
}
FILES = sorted([*(HOUSE / "domain").rglob("*.py"), *(HOUSE / "application").rglob("*.py")])


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_a_pure_file_imports_nothing_that_acts(file: Path) -> None:
    imported: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported.add(node.module.partition(".")[0])
    assert imported & FORBIDDEN == set()
